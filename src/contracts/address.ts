/**
 * An address, as a template renders it. It refuses unknown fields, so that a misspelt one is found
 * before anything is bought.
 *
 * @module
 */
import { z } from "zod";

const text = z.string().trim().min(1);

/** @internal An address, as a template renders it. */
export const addressSchema = z.strictObject({
  name: text,
  attention_name: z.string().optional(),
  phone: z.string().optional(),
  email: z.string().optional(),
  address_line1: text,
  address_line2: z.string().optional(),
  address_line3: z.string().optional(),
  city: text,
  state_province_code: z.string().optional(),
  postal_code: z.string().optional(),
  country_code: z.string().regex(/^[A-Z]{2}$/, "must be a two-letter country code such as US"),
  residential: z.boolean().optional(),
});

/** @internal An address. */
export type Address = z.infer<typeof addressSchema>;
