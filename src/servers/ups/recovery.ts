/**
 * Label recovery (UPS Shipping API, v1): the question by our reference or by a number, and what the
 * answer says. It decides on status and codes, never on words.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { upsCode } from "../../contracts/ups_codes.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import {
  type FormImage,
  formsOf,
  formsSchema,
  type LabelImage,
  listOf,
  text,
} from "./ship_response.ts";
import { readFaults, readJson, type UpsFault } from "./ups_faults.ts";
import type { UpsQuestion } from "./ups_http.ts";

/** What is asked for. */
export type RecoveryOf =
  /** Whatever was bought under a reference by an account. */
  | { readonly reference: string; readonly account: string }
  /** One package. */
  | { readonly trackingNumber: string };

/** A shipment that was found. */
export interface Recovered {
  /** The number that names the shipment. */
  shipmentId: string;
  /** The number of each package, whether its label came with it or not. */
  trackingNumbers: string[];
  /** The labels that can be read. */
  labels: LabelImage[];
  /** Its customs forms. */
  forms: FormImage[];
}

/** What an answer says. */
export type RecoveryAnswer =
  /** One shipment. */
  | { readonly kind: "found"; readonly shipment: Recovered }
  /** Several that match, or one that cannot be given; its numbers, as far as they were seen. */
  | { readonly kind: "many" | "exists"; readonly seen: readonly string[] }
  | { readonly kind: "voided" }
  /** Nothing that matches can be seen. */
  | { readonly kind: "not_found" }
  /** Nothing can be concluded. */
  | { readonly kind: "unknown"; readonly faults: readonly UpsFault[] };

/** With the others, UPS refuses a size (9801050). */
const formatsWithStock: ReadonlySet<string> = new Set(["ZPL", "EPL", "SPL"]);

const responseSchema = z.object({
  LabelRecoveryResponse: z.object({
    Response: z.object({ ResponseStatus: z.object({ Code: text }) }),
    ShipmentIdentificationNumber: text,
    LabelResults: listOf(z.object({
      TrackingNumber: text,
      LabelImage: z.object({
        LabelImageFormat: z.object({ Code: text }).optional().catch(undefined),
        GraphicImage: text,
      }).optional().catch(undefined),
    })),
    Form: formsSchema,
    TrackingCandidate: listOf(z.object({ TrackingNumber: text })).catch([]),
  }),
});

/**
 * The question.
 *
 * @param what What is asked for.
 * @param format The format of the label, such as `ZPL`.
 * @returns The question.
 */
export function recoveryQuestion(what: RecoveryOf, format: string): UpsQuestion {
  const code = format.toUpperCase();
  const by = "reference" in what
    ? {
      ReferenceValues: {
        ReferenceNumber: { Value: what.reference },
        ShipperNumber: what.account,
      },
    }
    : { TrackingNumber: what.trackingNumber };
  return {
    path: "/api/labels/v1/recovery",
    body: {
      LabelRecoveryRequest: {
        Request: { TransactionReference: { CustomerContext: "waybill recovery" } },
        LabelSpecification: {
          // Without it, UPS would answer with HTML.
          LabelImageFormat: { Code: code },
          HTTPUserAgent: "Mozilla/4.5",
          ...(formatsWithStock.has(code) ? { LabelStockSize: { Height: "6", Width: "4" } } : {}),
        },
        ...by,
      },
    },
  };
}

/**
 * Reads an answer.
 *
 * @param http The answer.
 * @returns What it says.
 */
export function readRecovery(http: HttpAnswer): RecoveryAnswer {
  if (http.status === 200) return readSuccess(http);
  const faults = readFaults(http.body);
  const kinds = faults.map(({ code }) => upsCode(code, http.status).kind);
  if (http.status === 400 || http.status === 404) {
    if (kinds.includes("exists")) return { kind: "exists", seen: [] };
    if (kinds.includes("voided")) return { kind: "voided" };
    // Only if it says nothing else: beside another fault it may be the consequence of that one.
    const isNotFound = kinds.length > 0 && kinds.every((kind) => kind === "not_found");
    if (isNotFound) return { kind: "not_found" };
  }
  return { kind: "unknown", faults: faultsOf(http) };
}

/**
 * The faults in an answer that says nothing else.
 *
 * @param http The answer.
 * @returns UPS's own, or its status.
 */
export function faultsOf(http: HttpAnswer): UpsFault[] {
  const faults = readFaults(http.body);
  if (faults.length > 0) return faults;
  return [{ code: `HTTP-${http.status}`, message: "UPS's answer cannot be read" }];
}

function readSuccess(http: HttpAnswer): RecoveryAnswer {
  const read = responseSchema.safeParse(readJson(http.body));
  if (!read.success) return { kind: "unknown", faults: faultsOf(http) };
  const { Response, ShipmentIdentificationNumber, LabelResults, TrackingCandidate, Form } =
    read.data.LabelRecoveryResponse;
  if (Response.ResponseStatus.Code !== "1") return { kind: "unknown", faults: faultsOf(http) };
  const trackingNumbers = numbersOf(LabelResults);
  const seen = [...new Set([...trackingNumbers, ...numbersOf(TrackingCandidate)])];
  if (TrackingCandidate.length > 1) return { kind: "many", seen };
  if (trackingNumbers.length === 0) return { kind: "exists", seen };
  const labels = LabelResults.flatMap(({ TrackingNumber, LabelImage }) => {
    const bytes = Buffer.from(LabelImage?.GraphicImage ?? "", "base64");
    const format = LabelImage?.LabelImageFormat?.Code.toUpperCase() ?? "";
    return bytes.length > 0 ? [{ trackingNumber: TrackingNumber, format, bytes }] : [];
  });
  const shipmentId = ShipmentIdentificationNumber || (trackingNumbers[0] ?? "");
  return { kind: "found", shipment: { shipmentId, trackingNumbers, labels, forms: formsOf(Form) } };
}

function numbersOf(items: readonly { TrackingNumber: string }[]): string[] {
  return items.map(({ TrackingNumber }) => TrackingNumber).filter((number) => number !== "");
}
