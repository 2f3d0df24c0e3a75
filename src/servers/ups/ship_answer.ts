/**
 * What became of a ship request, read from the answer: on status and codes only, never on words.
 *
 * A shipment is bought only if the answer is complete, and refused only if UPS itself says so.
 * Everything else is uncertain: a label may exist.
 *
 * @module
 */
import type { ShippingAnswer } from "../../contracts/carrier.ts";
import { knownUpsCode, upsCode } from "../../contracts/ups_codes.ts";
import {
  chargesOf,
  type FormImage,
  formsOf,
  type LabelImage,
  labelsOf,
  type ShipResponse,
  shipResponseSchema,
} from "./ship_response.ts";
import { explained } from "./explain_faults.ts";
import { readFaults, readJson, type UpsFault } from "./ups_faults.ts";

/** An answer of the HTTP kind. */
export interface HttpAnswer {
  /** The status. */
  status: number;
  /** The body. */
  body: string;
  /** The header `Retry-After`, if any. */
  retryAfter: string | null;
}

/** @internal What an answer means, and the labels and forms in it if the shipment was bought. */
export interface ReadAnswer {
  answer: ShippingAnswer;
  labels: LabelImage[];
  forms: FormImage[];
}

/** Of these, nothing was bought if UPS itself has written the answer. */
const refusals: ReadonlySet<number> = new Set([400, 401, 403, 429]);
const defaultRetryMs = 5_000;

/**
 * Reads an answer.
 *
 * @param http The answer.
 * @param asked What it must fit: our key, and how many packages were sent.
 * @returns What it means.
 *
 * @internal
 */
export function readShipAnswer(
  http: HttpAnswer,
  asked: { key: string; packages: number },
): ReadAnswer {
  if (http.status !== 200) return without(readRefusal(http));
  const read = shipResponseSchema.safeParse(readJson(http.body));
  if (!read.success) return without(uncertain(http, "the answer cannot be read"));
  const results = read.data.ShipmentResponse;
  const labels = labelsOf(results);
  const missing = whatIsMissing(results, labels, asked);
  if (missing) return without(uncertain(http, missing));
  const { ShipmentResults, Response } = results;
  const charges = chargesOf(
    ShipmentResults.NegotiatedRateCharges?.TotalCharge,
    ShipmentResults.ShipmentCharges?.TotalCharges,
  );
  return {
    answer: {
      outcome: "bought",
      shipment_id: ShipmentResults.ShipmentIdentificationNumber,
      tracking_numbers: ShipmentResults.PackageResults.map(({ TrackingNumber }) => TrackingNumber),
      ...(charges ? { total_charges: charges } : {}),
      ...(Response.Alert.length > 0
        ? {
          alerts: Response.Alert.map((alert) => ({
            code: alert.Code,
            description: alert.Description,
          })),
        }
        : {}),
    },
    labels,
    forms: formsOf(ShipmentResults.Form),
  };
}

function without(answer: ShippingAnswer): ReadAnswer {
  return { answer, labels: [], forms: [] };
}

/**
 * The answer when nobody can know what became of the request.
 *
 * @param http The answer of UPS, if there was one.
 * @param why Why it does not tell.
 * @returns The answer, with what may help to find out.
 *
 * @internal
 */
export function uncertain(http: HttpAnswer | undefined, why: string): ShippingAnswer {
  const code = http ? `HTTP-${http.status}` : "E-3010";
  const faults = http ? readFaults(http.body) : [];
  const seen = [...new Set(http?.body.match(/\b1Z[A-Z0-9]{16}\b/g) ?? [])];
  return {
    outcome: "uncertain",
    errors: [{ code, message: `Cannot know whether a label was bought: ${why}` }, ...faults],
    ...(seen.length > 0 ? { tracking_numbers: seen } : {}),
  };
}

function readRefusal(http: HttpAnswer): ShippingAnswer {
  const errors = readFaults(http.body);
  if (!refusals.has(http.status)) return uncertain(http, `UPS answered HTTP ${http.status}`);
  if (errors.length === 0) return uncertain(http, "the refusal is not one that UPS wrote");
  if (errors.some((fault) => saysNothing(fault, http.status))) {
    return uncertain(http, "UPS failed in the middle of its work");
  }
  const wait = http.status === 429 ? { retry_after_ms: retryAfterMs(http.retryAfter) } : {};
  return { outcome: "rejected", errors: explained(errors, http.status), ...wait };
}

/**
 * UPS's own failures, at whatever status, say nothing about whether a label was made; at HTTP 400,
 * neither does a code that nobody knows. The other statuses are refusals by themselves.
 */
function saysNothing({ code }: UpsFault, status: number): boolean {
  const meaning = status === 400 ? upsCode(code, status) : knownUpsCode(code);
  return meaning?.kind === "ambiguous";
}

/**
 * How long to wait after a 429. UPS documents no `Retry-After`; if there is one, it is heeded.
 *
 * @param header The header, if any.
 * @returns The time in milliseconds.
 */
export function retryAfterMs(header: string | null): number {
  if (header === null) return defaultRetryMs;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : defaultRetryMs;
}

function whatIsMissing(
  { Response, ShipmentResults }: ShipResponse,
  labels: readonly LabelImage[],
  asked: { key: string; packages: number },
): string | undefined {
  const echo = Response.TransactionReference?.CustomerContext;
  const numbers = ShipmentResults.PackageResults.map(({ TrackingNumber }) => TrackingNumber);
  if (Response.ResponseStatus.Code !== "1") return "the answer is neither a success nor a refusal";
  if (echo && echo !== asked.key) return "the answer belongs to another request";
  if (ShipmentResults.ShipmentIdentificationNumber === "") return "the answer has no shipment";
  if (numbers.length !== asked.packages || numbers.includes("")) {
    return `the answer has ${numbers.length} of ${asked.packages} packages`;
  }
  return labels.length === asked.packages ? undefined : "the answer lacks a label";
}
