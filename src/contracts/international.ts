/**
 * What a shipment across a border carries beside its packages: what is in it, what it is worth and
 * why it travels. Customs forms are made of it.
 *
 * @module
 */
import { z } from "zod";
import { addressSchema } from "./address.ts";

const text = z.string().trim().min(1);

/** @internal An amount as decimal text; a template may write it as a number. */
export const amountSchema = z.union([z.string().trim(), z.number()]).transform(String).pipe(
  z.string().regex(/^\d+(\.\d{1,6})?$/, "must be an amount such as 15 or 15.50"),
);

/** @internal One kind of goods in a shipment. */
export const productSchema = z.strictObject({
  description: text,
  quantity: z.number().int().positive(),
  /** A UPS code for the unit of the quantity. */
  unit: text.default("PCS"),
  /** The worth of one unit, in the currency of the invoice. */
  unit_value: amountSchema,
  /** The harmonized-system code, 6 to 15 characters; dots are taken out. */
  commodity_code: text.optional(),
  origin_country_code: z.string().regex(/^[A-Z]{2}$/, "must be a country code such as US"),
  part_number: text.optional(),
});

/** @internal Why goods cross a border, in the words of UPS. */
export const exportReasons = [
  "SALE",
  "GIFT",
  "SAMPLE",
  "RETURN",
  "REPAIR",
  "INTERCOMPANYDATA",
] as const;

/** @internal Who pays what at the border: Incoterms, as UPS takes them. */
export const incoterms = [
  ...["CFR", "CIF", "CIP", "CPT", "DAF", "DAP", "DDP", "DEQ", "DES", "EXW", "FAS", "FCA", "FOB"],
] as const;

/** @internal The customs data of a shipment. */
export const internationalSchema = z.strictObject({
  /** What is in the shipment as a whole, printed and declared. */
  description: text,
  invoice_number: text.optional(),
  /** The day of the invoice; the day of the purchase (UTC) if it is left out. */
  invoice_date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "must be a date such as 2026-11-26")
    .optional(),
  reason_for_export: z.enum(exportReasons).default("SALE"),
  terms_of_shipment: z.enum(incoterms).optional(),
  /** The currency of all amounts in here. */
  currency_code: z.string().regex(/^[A-Z]{3}$/, "must be a currency code such as USD"),
  products: z.array(productSchema).min(1),
  /** Who bought the goods, if it is not who receives them. */
  sold_to: addressSchema.optional(),
  /** Who pays duties and taxes. */
  duties_paid_by: z.enum(["receiver", "shipper"]).default("receiver"),
  /** Printed on the invoice. */
  comments: text.optional(),
  /**
   * Electronic Export Information, for exports from the US worth more than 2,500 US dollars in one
   * commodity: the ITN that was filed, or the exemption that holds, such as `30.37(a)`.
   */
  eei: z.union([z.strictObject({ itn: text }), z.strictObject({ exemption: text })]).optional(),
});

/** @internal The customs data of a shipment, defaults filled in. */
export type International = z.infer<typeof internationalSchema>;

/** @internal One kind of goods. */
export type Product = z.infer<typeof productSchema>;
