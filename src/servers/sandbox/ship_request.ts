/**
 * A ship request as the sandbox reads it: the form of the UPS Shipping API (v2409), as far as the
 * sandbox looks at it. Everything may be missing; {@link ./ship_check.ts} says what may not.
 *
 * @module
 */
import { z } from "zod";

const text = z.string().catch("");
const reference = z.object({ Code: z.string().optional(), Value: text });

/** One object where the API wants a list is taken as a list of one, as UPS does. */
function listOf<Item extends z.ZodType>(item: Item) {
  return z.preprocess(
    (value) => value === undefined ? [] : Array.isArray(value) ? value : [value],
    z.array(item),
  );
}

const party = z.object({
  Name: text,
  AttentionName: z.string().optional(),
  ShipperNumber: text,
  Phone: z.object({ Number: text }).optional(),
  Address: z.object({
    AddressLine: listOf(z.string()),
    City: text,
    StateProvinceCode: text,
    PostalCode: text,
    CountryCode: text,
    ResidentialAddressIndicator: z.string().optional(),
  }).optional(),
});

const packageSchema = z.object({
  Packaging: z.object({ Code: text }).optional(),
  PackageWeight: z.object({ UnitOfMeasurement: z.object({ Code: text }).optional(), Weight: text })
    .optional(),
  ReferenceNumber: listOf(reference),
});

const charge = z.object({
  Type: text,
  BillShipper: z.object({ AccountNumber: text }).optional(),
});

/** @internal What is inside of a ship request, as it stands in the books too. */
export const shipmentRequestSchema = z.object({
  Request: z.object({
    TransactionReference: z.object({ CustomerContext: z.string().optional() }).optional(),
  }).optional(),
  Shipment: z.object({
    Shipper: party.optional(),
    ShipTo: party.optional(),
    PaymentInformation: z.object({ ShipmentCharge: listOf(charge) }).optional(),
    Service: z.object({ Code: text }).optional(),
    ShipmentRatingOptions: z.object({ NegotiatedRatesIndicator: z.string().optional() })
      .optional(),
    ReferenceNumber: listOf(reference),
    Package: listOf(packageSchema),
  }),
  LabelSpecification: z.object({ LabelImageFormat: z.object({ Code: text }).optional() })
    .optional(),
});

/** @internal The body of a ship request. */
export const shipRequestSchema = z.object({ ShipmentRequest: shipmentRequestSchema });

/** @internal What is inside of a ship request. */
export type ShipRequest = z.infer<typeof shipmentRequestSchema>;

/** @internal A shipment in a ship request. */
export type Shipment = ShipRequest["Shipment"];

/** @internal The shipper or the receiver in a ship request. */
export type Party = z.infer<typeof party>;
