/**
 * Reads what a carrier answered. What cannot be read is `uncertain`: it may have been billed.
 *
 * @module
 */
import { z } from "zod";
import { shippingAnswerSchema } from "../contracts/carrier.ts";
import type { ShippingAnswer } from "../contracts/carrier.ts";
import type { Problem } from "../machines/port.ts";
import type { Answer } from "../machines/purchase.ts";
import { parseMinorUnits } from "../money.ts";

/**
 * Some write a number as a number, and some a `null` where there is none.
 *
 * @internal
 */
export const numbersSchema = z.array(z.union([z.string(), z.number(), z.null()]))
  .transform((numbers) => numbers.map((each) => each === null ? "" : String(each)))
  .nullish().catch(undefined);

/** What is unreadable beside the numbers costs what it tells, never the numbers. */
const tolerantSchema = shippingAnswerSchema.extend({
  tracking_numbers: numbersSchema,
  errors: shippingAnswerSchema.shape.errors.catch(undefined),
  shipment_id: shippingAnswerSchema.shape.shipment_id.catch(undefined),
  labels: shippingAnswerSchema.shape.labels.catch(undefined),
  forms: shippingAnswerSchema.shape.forms.catch(undefined),
  total_charges: shippingAnswerSchema.shape.total_charges.catch(undefined),
  retry_after_ms: shippingAnswerSchema.shape.retry_after_ms.catch(undefined),
  alerts: shippingAnswerSchema.shape.alerts.catch(undefined),
});

/**
 * Reads the answer of `shipping_create`.
 *
 * @param answer The tool's `structuredContent`.
 * @returns What became of the attempt. Its evidence holds what the contract names and nothing else,
 * so that no personal data is kept with it.
 */
export function readAnswer(answer: unknown): Answer {
  const result = tolerantSchema.safeParse(withoutNul(answer));
  if (!result.success) {
    const issue = result.error.issues[0];
    return uncertain(`its answer does not keep the contract (${issue?.path.join(".")})`, {});
  }
  const { tracking_numbers: numbers, ...rest } = result.data;
  const evidence: ShippingAnswer = numbers
    ? { ...rest, tracking_numbers: numbers.filter((number) => number !== "") }
    : rest;
  if (
    namesShipment(evidence) && evidence.outcome !== "bought" && evidence.outcome !== "uncertain"
  ) {
    return uncertain(`it says ${evidence.outcome} and names a tracking number`, evidence);
  }
  if (evidence.outcome !== "bought" && evidence.errors === undefined && hasErrors(answer)) {
    return uncertain("its reasons cannot be read", evidence);
  }
  if (evidence.outcome === "bought" && numbers?.includes("")) {
    return uncertain("it says bought and lacks the number of a package", evidence);
  }
  switch (evidence.outcome) {
    case "bought":
      return bought(evidence);
    case "rejected":
      return {
        type: "rejected",
        problem: faultOf(evidence, "E-3005"),
        retryAfterMs: retryAfterOf(evidence),
        isForJob: isForJob(evidence),
        evidence,
      };
    case "not_sent":
      return {
        type: "not_sent",
        problem: faultOf(evidence, "E-3001"),
        retryAfterMs: retryAfterOf(evidence) ?? 0,
        isForJob: isForJob(evidence),
        evidence,
      };
    case "uncertain":
      return uncertain(faultOf(evidence, "E-3010").message, evidence);
    default:
      return evidence.outcome satisfies never;
  }
}

/**
 * The files of a shipment, as a row keeps them: its labels, and its customs forms among them.
 *
 * @param answer Names them.
 * @param trackingNumber The first package's.
 * @returns The files; a form is told by its `kind`.
 *
 * @internal
 */
export function filesOf(
  { labels = [], forms = [] }: Pick<ShippingAnswer, "labels" | "forms">,
  trackingNumber: string,
): Readonly<Record<string, unknown>>[] {
  const kind = "form" as const;
  return [...labels, ...forms.map((each) => ({ tracking_number: trackingNumber, ...each, kind }))];
}

/** Only a readable refusal is one. */
function hasErrors(answer: unknown): boolean {
  const errors: unknown = Reflect.get(Object(answer), "errors");
  return errors !== undefined && errors !== null;
}

/**
 * A value without NUL characters: PostgreSQL keeps no text with one, and an answer that is not kept is
 * lost.
 *
 * @param value Any JSON value.
 * @returns The same without them.
 */
export function withoutNul(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("\0", "");
  if (Array.isArray(value)) return value.map(withoutNul);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutNul(inner)]));
}

function bought(evidence: ShippingAnswer): Answer {
  const [first, ...rest] = evidence.tracking_numbers ?? [];
  if (first === undefined) {
    return uncertain("it says bought and names no tracking number", evidence);
  }
  const charges = evidence.total_charges;
  const costMinor = charges && parseMinorUnits(charges.monetary_value, charges.currency_code);
  return {
    type: "bought",
    evidence,
    label: {
      shipmentId: evidence.shipment_id,
      trackingNumbers: [first, ...rest],
      labels: filesOf(evidence, first),
      costMinor,
      currencyCode: costMinor === undefined ? undefined : charges?.currency_code,
    },
  };
}

/** A refusal with a time to wait, or UPS's "Too Many Requests" (ups.md, 1.5), is not the row's. */
function retryAfterOf({ retry_after_ms, errors }: ShippingAnswer): number | undefined {
  if (retry_after_ms !== undefined) return Math.max(retry_after_ms, 0);
  return errors?.some(({ code }) => code === "10429") ? 0 : undefined;
}

/** One that has a time to wait may come to an end by itself, whatever else it says. */
function isForJob(evidence: ShippingAnswer): boolean {
  return retryAfterOf(evidence) === undefined &&
    evidence.errors?.some(({ scope }) => scope === "job") === true;
}

/** What the job stops for comes first: it is what has to be mended. */
function faultOf({ errors = [] }: ShippingAnswer, fallback: string): Problem {
  const told = errors.find(({ scope }) => scope === "job") ?? errors[0];
  if (!told) return { code: fallback, message: "The carrier gave no reason" };
  const { code, message, remedy } = told;
  return { code, message, ...(remedy === undefined ? {} : { remedy }) };
}

function uncertain(why: string, evidence: Partial<ShippingAnswer>): Answer {
  const message = `Cannot tell whether the label was bought: ${why}`;
  return {
    type: "uncertain",
    problem: { code: "E-3010", message },
    namesShipment: namesShipment(evidence),
    evidence,
  };
}

function namesShipment(evidence: Partial<ShippingAnswer>): boolean {
  return (evidence.tracking_numbers ?? []).length + (evidence.labels ?? []).length > 0 ||
    evidence.shipment_id !== undefined;
}
