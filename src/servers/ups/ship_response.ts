/**
 * The body with which UPS answers a purchase, read with tolerance: what UPS has been seen to send,
 * not only what it documents.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import type { chargesSchema } from "../../contracts/carrier.ts";
import { clean } from "./ups_faults.ts";

/** The label of a package, not saved yet. */
export interface LabelImage {
  /** The package's number. */
  trackingNumber: string;
  /** Such as `ZPL`. */
  format: string;
  /** The file. */
  bytes: Uint8Array;
}

/** @internal A text of UPS; empty where there is none. */
export const text = z.string().transform(clean).catch("");

/** @internal An amount of UPS; none where it cannot be read. */
export const moneySchema = z.object({ CurrencyCode: text, MonetaryValue: text }).optional()
  .catch(undefined);

type Money = z.output<typeof moneySchema>;

/** The customs forms of a shipment, drawn as one file, not saved yet. */
export interface FormImage {
  /** Such as `PDF`. */
  format: string;
  /** The file. */
  bytes: Uint8Array;
}

/**
 * UPS has sent one object where a list is documented, and a list where one object is.
 *
 * @param item What the list holds.
 * @returns A schema that takes both, and nothing as an empty list.
 *
 * @internal
 */
export function listOf<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item>[]> {
  return z.preprocess(
    (value) => value === undefined || value === null ? [] : Array.isArray(value) ? value : [value],
    z.array(item),
  );
}

/** @internal The customs forms of an answer; those that cannot be read are left out. */
export const formsSchema = listOf(
  z.object({
    Image: z.object({
      ImageFormat: z.object({ Code: text }).optional().catch(undefined),
      GraphicImage: text,
    }).optional().catch(undefined),
  }),
).catch([]);

/** @internal The body of a success, read with tolerance. */
export const shipResponseSchema = z.object({
  ShipmentResponse: z.object({
    Response: z.object({
      ResponseStatus: z.object({ Code: text }),
      Alert: listOf(z.object({ Code: text, Description: text })).catch([]),
      TransactionReference: z.object({ CustomerContext: text }).optional().catch(undefined),
    }),
    ShipmentResults: z.object({
      ShipmentIdentificationNumber: text,
      ShipmentCharges: z.object({ TotalCharges: moneySchema }).optional().catch(undefined),
      NegotiatedRateCharges: z.object({ TotalCharge: moneySchema }).optional().catch(undefined),
      Form: formsSchema,
      PackageResults: listOf(z.object({
        TrackingNumber: text,
        ShippingLabel: z.object({ ImageFormat: z.object({ Code: text }), GraphicImage: text })
          .optional().catch(undefined),
      })),
    }),
  }),
});

/** @internal The body of a success. */
export type ShipResponse = z.infer<typeof shipResponseSchema>["ShipmentResponse"];

/**
 * The labels in an answer; a package whose label cannot be decoded has none.
 *
 * @param response The body.
 * @returns The labels in the order of the packages.
 *
 * @internal
 */
export function labelsOf({ ShipmentResults }: ShipResponse): LabelImage[] {
  return ShipmentResults.PackageResults.flatMap(({ TrackingNumber, ShippingLabel }) => {
    const bytes = Buffer.from(ShippingLabel?.GraphicImage ?? "", "base64");
    const format = ShippingLabel?.ImageFormat.Code.toUpperCase() ?? "";
    return bytes.length > 0 ? [{ trackingNumber: TrackingNumber, format, bytes }] : [];
  });
}

/**
 * The forms in an answer; one that cannot be decoded is left out.
 *
 * @param forms What UPS calls `Form`.
 * @returns The forms.
 *
 * @internal
 */
export function formsOf(forms: z.output<typeof formsSchema>): FormImage[] {
  return forms.flatMap(({ Image }) => {
    const bytes = Buffer.from(Image?.GraphicImage ?? "", "base64");
    const format = Image?.ImageFormat?.Code.toUpperCase() || "PDF";
    return bytes.length > 0 ? [{ format, bytes }] : [];
  });
}

/**
 * What is charged: the negotiated price if there is one. A missing price is never zero.
 *
 * @param negotiated The price of the account.
 * @param published The price of everybody.
 * @returns The price and its basis, if there is a price that can be read.
 *
 * @internal
 */
export function chargesOf(
  negotiated: Money,
  published: Money,
): z.output<typeof chargesSchema> | undefined {
  for (const [basis, charge] of [["negotiated", negotiated], ["published", published]] as const) {
    const isPrice = charge !== undefined && /^\d+(\.\d+)?$/.test(charge.MonetaryValue) &&
      /^[A-Z]{3}$/.test(charge.CurrencyCode);
    if (!isPrice) continue;
    return { currency_code: charge.CurrencyCode, monetary_value: charge.MonetaryValue, basis };
  }
  return undefined;
}
