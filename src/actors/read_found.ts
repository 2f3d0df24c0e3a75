/**
 * Reads what a carrier answered to a look-up. What cannot be read says nothing: it is no "not found".
 *
 * @module
 */
import { findAnswerSchema } from "../contracts/carrier.ts";
import { errorCodes, isErrorCode } from "../errors.ts";
import type { Problem } from "../machines/port.ts";
import type { Found } from "../machines/purchase.ts";
import { parseMinorUnits } from "../money.ts";
import { filesOf, numbersSchema, withoutNul } from "./read_answer.ts";

/** What is unreadable beside the verdict and the numbers costs what it tells, never those. */
const tolerantSchema = findAnswerSchema.extend({
  tracking_numbers: numbersSchema,
  shipment_id: findAnswerSchema.shape.shipment_id.catch(undefined),
  labels: findAnswerSchema.shape.labels.catch(undefined),
  forms: findAnswerSchema.shape.forms.catch(undefined),
  total_charges: findAnswerSchema.shape.total_charges.catch(undefined),
  retry_after_ms: findAnswerSchema.shape.retry_after_ms.catch(undefined),
  errors: findAnswerSchema.shape.errors.catch(undefined),
});

/**
 * Reads the answer of `shipping_find_by_reference`.
 *
 * @param answer The tool's `structuredContent`.
 * @param atMs When it came, in milliseconds since 1970.
 * @returns What it says.
 */
export function readFound(answer: unknown, atMs: number): Found {
  const read = tolerantSchema.safeParse(withoutNul(answer));
  if (!read.success) {
    return { type: "unknown", problem: codeOnly("E-4010"), retryAfterMs: 0, atMs };
  }
  const { found, tracking_numbers, labels, forms, shipment_id, total_charges: charges } = read.data;
  const numbers = (tracking_numbers ?? []).filter((number) => number !== "");
  const [first, ...rest] = numbers;
  switch (found) {
    case "one": {
      if (first === undefined || numbers.length < (tracking_numbers ?? []).length) {
        return { type: "exists", as: "one_without_number", trackingNumbers: numbers, atMs };
      }
      const costMinor = charges && parseMinorUnits(charges.monetary_value, charges.currency_code);
      const label = {
        shipmentId: shipment_id,
        trackingNumbers: [first, ...rest] as const,
        labels: filesOf({ labels, forms }, first),
        costMinor,
        currencyCode: costMinor === undefined ? undefined : charges?.currency_code,
      };
      return { type: "one", label, atMs };
    }
    case "none":
      // A number beside "none" is a contradiction: whatever it is, it is not absence.
      if (first !== undefined) {
        return { type: "exists", as: found, trackingNumbers: [first, ...rest], atMs };
      }
      return { type: "none", isTrusted: read.data.environment !== "test", atMs };
    case "many":
    case "voided":
    case "exists_no_label":
      return { type: "exists", as: found, trackingNumbers: numbers, atMs };
    case "unknown": {
      const [problem] = read.data.errors ?? [];
      return {
        type: "unknown",
        problem: codeOnly(problem?.code),
        retryAfterMs: read.data.retry_after_ms ?? 0,
        atMs,
      };
    }
    default:
      return found satisfies never;
  }
}

/**
 * A carrier's fault by its code alone: its words may hold the recipient's data, and are not kept.
 *
 * @param code The code, ours or the carrier's.
 * @returns The code, with our own words for it.
 */
export function codeOnly(code: string | undefined): Problem {
  if (isErrorCode(code)) return { code, message: errorCodes[code].title };
  const isPlain = code !== undefined && /^[\w.-]{1,40}$/.test(code);
  return { code: isPlain ? code : "E-3001", message: "The carrier cannot tell" };
}
