/**
 * A ship request as the sandbox reads it: the form of the UPS Shipping API (v2409), as far as the
 * sandbox looks at it. Everything may be missing; {@link ./checks/ship_check.ts} says what may not.
 *
 * @module
 */
import { z } from "zod";

const text = z.string().catch("");
const code = z.object({ Code: text });
/** A tag: that it is there is what it says. */
const tag = z.unknown().optional();
const reference = z.object({ Code: z.string().optional(), Value: text });
const money = z.object({ CurrencyCode: z.string().optional(), MonetaryValue: text });

/**
 * One object where the API wants a list is taken as a list of one, as UPS does.
 *
 * @param item What the list holds.
 * @returns The schema of the list.
 *
 * @internal
 */
export function listOf<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item>[]> {
  return z.preprocess(
    (value) => value === undefined ? [] : Array.isArray(value) ? value : [value],
    z.array(item),
  );
}

const party = z.object({
  Name: text,
  AttentionName: z.string().optional(),
  ShipperNumber: text,
  Phone: z.object({ Number: text, Extension: z.string().optional() }).optional(),
  EMailAddress: z.string().optional(),
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
  Description: z.string().optional(),
  Packaging: code.optional(),
  PackageWeight: z.object({ UnitOfMeasurement: code.optional(), Weight: text }).optional(),
  Dimensions: z.object({
    UnitOfMeasurement: code.optional(),
    Length: text,
    Width: text,
    Height: text,
  }).optional(),
  ReferenceNumber: listOf(reference),
});

const payer = z.object({ AccountNumber: text }).optional();
const charge = z.object({
  Type: text,
  BillShipper: payer,
  BillReceiver: payer,
  BillThirdParty: payer,
  ConsigneeBilledIndicator: tag,
});

const product = z.object({
  Description: listOf(z.string()),
  Unit: z.object({ Number: text, UnitOfMeasurement: code.optional(), Value: text }).optional(),
  CommodityCode: z.string().optional(),
  PartNumber: z.string().optional(),
  OriginCountryCode: text,
});

/** @internal The customs forms in a ship request. */
export const formsSchema = z.object({
  FormType: listOf(z.string()),
  InvoiceNumber: z.string().optional(),
  InvoiceDate: text,
  ReasonForExport: text,
  CurrencyCode: text,
  TermsOfShipment: z.string().optional(),
  Comments: z.string().optional(),
  Contacts: z.object({ SoldTo: party.optional() }).optional(),
  Product: listOf(product),
});

/** @internal What is inside of a ship request, as it stands in the books too. */
export const shipmentRequestSchema = z.object({
  Request: z.object({
    TransactionReference: z.object({ CustomerContext: z.string().optional() }).optional(),
  }).optional(),
  Shipment: z.object({
    Description: z.string().optional(),
    Shipper: party.optional(),
    ShipTo: party.optional(),
    ShipFrom: party.optional(),
    PaymentInformation: z.object({ ShipmentCharge: listOf(charge) }).optional(),
    Service: code.optional(),
    ShipmentRatingOptions: z.object({ NegotiatedRatesIndicator: z.string().optional() })
      .optional(),
    InvoiceLineTotal: money.optional(),
    ShipmentServiceOptions: z.object({ InternationalForms: formsSchema.optional() }).optional(),
    ReferenceNumber: listOf(reference),
    Package: listOf(packageSchema),
  }),
  LabelSpecification: z.object({
    LabelImageFormat: code.optional(),
    LabelStockSize: z.object({ Height: text, Width: text }).optional(),
  }).optional(),
});

/** @internal The body of a ship request. */
export const shipRequestSchema = z.object({ ShipmentRequest: shipmentRequestSchema });

/** @internal What is inside of a ship request. */
export type ShipRequest = z.infer<typeof shipmentRequestSchema>;

/** @internal A shipment in a ship request. */
export type Shipment = ShipRequest["Shipment"];

/** @internal One package of a shipment. */
export type Parcel = Shipment["Package"][number];

/** @internal The shipper or the receiver in a ship request. */
export type Party = z.infer<typeof party>;

/** @internal The customs forms of a shipment. */
export type Forms = z.infer<typeof formsSchema>;
