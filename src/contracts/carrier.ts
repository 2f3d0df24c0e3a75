/**
 * The contract of a carrier server (MCP): what its tools take and answer.
 *
 * Addresses and packages refuse unknown fields; unknown fields of an answer are ignored.
 *
 * @module
 */
import { z } from "zod";
import { addressSchema } from "./address.ts";
import { internationalSchema } from "./international.ts";

const text = z.string().trim().min(1);

/** @internal A package, as a template renders it. */
export const packageSchema = z.strictObject({
  weight: z.number().positive(),
  weight_unit: z.enum(["LBS", "KGS"]).default("LBS"),
  length: z.number().positive().optional(),
  width: z.number().positive().optional(),
  height: z.number().positive().optional(),
  dimension_unit: z.enum(["IN", "CM"]).default("IN"),
  packaging_type: z.string().min(1).default("02"),
  description: z.string().optional(),
});

/** @internal What a template renders, the shipper filled in: the arguments but the key. */
export const shipmentRequestSchema = z.looseObject({
  order_reference: z.string().optional(),
  shipper: addressSchema,
  ship_to: addressSchema,
  packages: z.array(packageSchema).min(1),
  service_code: text,
  account_number: z.string().optional(),
  label_format: z.string().optional(),
  residential: z.boolean().optional(),
  international: internationalSchema.optional(),
});

/** @internal The arguments of `shipping_create`. */
export const shippingCreateSchema = shipmentRequestSchema.extend({
  idempotency_key: z.string().regex(/^[A-Z0-9]{8,35}$/),
});

/** @internal An amount as a carrier writes it: decimal text and ISO currency. */
export const chargesSchema = z.object({
  currency_code: z.string().regex(/^[A-Z]{3}$/),
  monetary_value: z.string(),
  basis: z.string().optional(),
});

/** @internal A label file. */
export const labelSchema = z.object({
  tracking_number: z.string(),
  format: z.string(),
  path: z.string(),
  sha256: z.string().optional(),
});

/** @internal A customs form that goes with a shipment, to be printed and put on it. */
export const formSchema = z.object({
  format: z.string(),
  path: z.string(),
  sha256: z.string().optional(),
});

/** @internal What a carrier says of a fault. */
export const carrierFaultSchema = z.object({
  code: z.string(),
  message: z.string(),
  /**
   * Whose fault it is: this row's, or the job's, as with credentials or an account, which every
   * other row would meet too. A carrier that does not say means the row.
   */
  scope: z.enum(["row", "job"]).optional(),
  /** What to do next: one imperative sentence. */
  remedy: z.string().optional(),
});

/** @internal The answer of `shipping_create`; all but `outcome` may be missing. */
export const shippingAnswerSchema = z.object({
  outcome: z.enum(["bought", "rejected", "not_sent", "uncertain"]),
  shipment_id: z.string().optional(),
  tracking_numbers: z.array(z.string().min(1)).optional(),
  labels: z.array(labelSchema).optional(),
  forms: z.array(formSchema).optional(),
  total_charges: chargesSchema.optional(),
  errors: z.array(carrierFaultSchema).optional(),
  retry_after_ms: z.number().optional(),
  alerts: z.array(z.object({ code: z.string(), description: z.string().optional() })).optional(),
});

/** @internal The arguments of `shipping_find_by_reference`. */
export const findByReferenceSchema = z.object({
  idempotency_key: z.string().regex(/^[A-Z0-9]{8,35}$/),
  account_number: z.string().optional(),
});

/**
 * The answer of `shipping_find_by_reference`; all but `found` may be missing.
 *
 * `none` says that no such shipment can be seen, not that there is none: in an `environment` of the
 * carrier's own for tests it says nothing. `exists_no_label` and `many` may name numbers that were
 * seen. `unknown` is no answer at all: ask again, after `retry_after_ms` where it is given.
 *
 * @internal
 */
export const findAnswerSchema = z.object({
  found: z.enum(["one", "none", "many", "voided", "exists_no_label", "unknown"]),
  shipment_id: z.string().optional(),
  tracking_numbers: z.array(z.string().min(1)).optional(),
  labels: z.array(labelSchema).optional(),
  forms: z.array(formSchema).optional(),
  total_charges: chargesSchema.optional(),
  environment: z.enum(["production", "sandbox", "test"]).optional(),
  retry_after_ms: z.number().optional(),
  errors: z.array(carrierFaultSchema).optional(),
});

/** @internal The arguments of `shipping_get_label`. */
export const getLabelSchema = z.object({
  tracking_number: z.string().regex(/^[A-Z0-9]{7,34}$/),
  format: z.string().optional(),
});

/** @internal The answer of `shipping_get_label`. */
export const getLabelAnswerSchema = z.object({
  labels: z.array(labelSchema),
  forms: z.array(formSchema).optional(),
});

/** @internal The arguments of `shipping_void`. */
export const shippingVoidSchema = z.object({
  shipment_id: z.string().regex(/^[A-Za-z0-9-]{4,40}$/, "must be the number of a shipment"),
});

/**
 * The answer of `shipping_void`: whether the carrier has the shipment no longer, since now or since
 * before; `false` is a refusal, and a carrier that cannot tell answers with an error.
 *
 * @internal
 */
export const voidAnswerSchema = z.object({
  voided: z.boolean(),
  status: z.object({ code: z.string(), description: z.string().optional() }).optional(),
});

/** @internal A request that passed the check, defaults filled in. */
export type ShipmentRequest = z.infer<typeof shipmentRequestSchema>;

/** @internal The arguments of `shipping_create`. */
export type ShippingCreate = z.infer<typeof shippingCreateSchema>;

/** @internal The answer of `shipping_create`. */
export type ShippingAnswer = z.infer<typeof shippingAnswerSchema>;

/** @internal The arguments of `shipping_find_by_reference`. */
export type FindByReference = z.infer<typeof findByReferenceSchema>;

/** @internal The answer of `shipping_find_by_reference`. */
export type FindAnswer = z.infer<typeof findAnswerSchema>;

/** @internal The answer of `shipping_void`. */
export type VoidAnswer = z.infer<typeof voidAnswerSchema>;
