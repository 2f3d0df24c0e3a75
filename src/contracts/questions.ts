/**
 * What a carrier server may be asked that buys nothing (MCP): a check, a rate, an address, where a
 * package is. All of it is optional: a carrier that has not one of these tools ships all the same.
 *
 * A question that the carrier refuses is answered with an error: `E-3005` for this request, `E-5001`
 * for every one (credentials, account), `E-3001` or `E-3002` for now.
 *
 * @module
 */
import { z } from "zod";
import { addressSchema } from "./address.ts";
import { carrierFaultSchema, chargesSchema, shipmentRequestSchema } from "./carrier.ts";

/** @internal How many shipments are checked with one call. */
export const mostChecked = 500;

/** @internal The arguments of `shipping_check`: shipments as for `shipping_create`, without keys. */
export const shippingCheckSchema = z.object({
  shipments: z.array(z.unknown()).min(1).max(mostChecked),
});

/** @internal The answer of `shipping_check`: for each shipment what the carrier would refuse. */
export const shippingCheckAnswerSchema = z.object({
  results: z.array(z.object({
    /** Each begins with the field, such as `ship_to.name`; without a cell's content. */
    faults: z.array(carrierFaultSchema),
    /** What a person should know, and nothing stops. */
    warnings: z.array(z.string()).optional(),
  })),
});

/** @internal The arguments of `rating_quote` and `rating_shop`: as `shipping_create`, no key. */
export const ratingQuoteSchema = shipmentRequestSchema;

const alertsSchema = z.array(z.object({ code: z.string(), description: z.string().optional() }))
  .optional();

/** @internal One price. */
export const quoteSchema = z.object({
  service: z.union([
    z.string(),
    z.object({ code: z.string(), name: z.string().optional() }),
  ]),
  /** What would be billed: the negotiated price if there is one, see `basis`. */
  total_charges: chargesSchema,
  /** When it would arrive, as far as the carrier says. */
  delivery: z.object({
    business_days: z.number().int().optional(),
    by: z.string().optional(),
  }).optional(),
  alerts: alertsSchema,
});

/** @internal The answer of `rating_quote`. */
export const ratingQuoteAnswerSchema = quoteSchema;

/** @internal The answer of `rating_shop`: a price for each service of the lane, the cheapest first. */
export const ratingShopAnswerSchema = z.object({ quotes: z.array(quoteSchema) });

/** @internal The arguments of `address_validate`: an address of which not all must be there. */
export const addressValidateSchema = z.object({
  address_line1: z.string().trim().min(1),
  address_line2: z.string().optional(),
  address_line3: z.string().optional(),
  city: z.string().optional(),
  state_province_code: z.string().optional(),
  postal_code: z.string().optional(),
  country_code: z.string().regex(/^[A-Z]{2}$/),
});

/** @internal An address as the carrier would write it. */
export const candidateSchema = addressSchema.partial().omit({ name: true }).loose();

/**
 * The answer of `address_validate`. `valid` has the address as the carrier writes it as its one
 * candidate; `unavailable` is an answer too: the carrier does not know that country's addresses.
 *
 * @internal
 */
export const addressValidateAnswerSchema = z.object({
  status: z.enum(["valid", "ambiguous", "invalid", "unavailable"]),
  candidates: z.array(candidateSchema),
  /** What kind of address it is, as far as the carrier knows. */
  classification: z.enum(["residential", "commercial", "unknown"]).optional(),
});

/** @internal The arguments of `tracking_by_number`. */
export const trackingByNumberSchema = z.object({
  tracking_number: z.string().regex(/^[A-Z0-9]{7,34}$/),
});

/** @internal The arguments of `tracking_by_reference`. */
export const trackingByReferenceSchema = z.object({
  reference: z.string().min(1).max(35),
  account_number: z.string().optional(),
});

/** @internal The answer of both tracking tools. */
export const trackingAnswerSchema = z.object({
  /** Whether the carrier knows it; soon after a purchase, `false` proves nothing. */
  found: z.boolean(),
  packages: z.array(z.object({
    tracking_number: z.string(),
    status: z.object({ code: z.string(), description: z.string().optional() }).optional(),
    /** ISO date. */
    delivered_on: z.string().optional(),
  })),
});

/** @internal The answer of `rating_quote`. */
export type Quote = z.infer<typeof quoteSchema>;

/** @internal The answer of `address_validate`. */
export type AddressAnswer = z.infer<typeof addressValidateAnswerSchema>;

/** @internal The answer of the tracking tools. */
export type TrackingAnswer = z.infer<typeof trackingAnswerSchema>;

/** @internal The answer of `shipping_check`. */
export type CheckAnswer = z.infer<typeof shippingCheckAnswerSchema>;
