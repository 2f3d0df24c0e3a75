/**
 * Reads what a carrier answered. What cannot be read is `uncertain`: it may have been billed.
 *
 * @module
 */
import { shippingAnswerSchema } from "../contracts/carrier.ts";
import type { ShippingAnswer } from "../contracts/carrier.ts";
import type { Answer } from "../machines/row.ts";
import { parseMinorUnits } from "../money.ts";

/** What is unreadable beside the numbers costs what it tells, never the numbers. */
const tolerantSchema = shippingAnswerSchema.extend({
  shipment_id: shippingAnswerSchema.shape.shipment_id.catch(undefined),
  labels: shippingAnswerSchema.shape.labels.catch(undefined),
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
  const result = tolerantSchema.safeParse(answer);
  if (!result.success) {
    const issue = result.error.issues[0];
    return uncertain(`its answer does not keep the contract (${issue?.path.join(".")})`, {});
  }
  const evidence = result.data;
  const names = (evidence.tracking_numbers ?? []).length > 0;
  if (names && evidence.outcome !== "bought" && evidence.outcome !== "uncertain") {
    return uncertain(`it says ${evidence.outcome} and names a tracking number`, evidence);
  }
  switch (evidence.outcome) {
    case "bought":
      return bought(evidence);
    case "rejected":
      return { type: "rejected", problem: { ...faultOf(evidence, "E-3005") }, evidence };
    case "not_sent":
      return { type: "not_sent", problem: { ...faultOf(evidence, "E-3001") }, evidence };
    case "uncertain":
      return uncertain(faultOf(evidence, "E-3010").message, evidence);
    default:
      return evidence.outcome satisfies never;
  }
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
      labels: evidence.labels ?? [],
      costMinor,
      currencyCode: costMinor === undefined ? undefined : charges?.currency_code,
    },
  };
}

function faultOf(
  { errors }: ShippingAnswer,
  fallback: string,
): { code: string; message: string } {
  const [first] = errors ?? [];
  return first ?? { code: fallback, message: "The carrier gave no reason" };
}

function uncertain(why: string, evidence: unknown): Answer {
  const message = `Cannot tell whether the label was bought: ${why}`;
  return { type: "uncertain", problem: { code: "E-3010", message }, evidence };
}
