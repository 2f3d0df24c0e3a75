/**
 * Voiding (UPS Shipping API, v2409): the question, and what the answer says. It decides on status and
 * codes, never on words.
 *
 * @module
 */
import { z } from "zod";
import { knownUpsCode, upsCode } from "../../contracts/ups_codes.ts";
import { faultsOf } from "./recovery.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import { listOf, text } from "./ship_response.ts";
import { readFaults, readJson, type UpsFault } from "./ups_faults.ts";
import type { UpsQuestion } from "./ups_http.ts";

/** What an answer says. */
export type VoidVerdict =
  /** UPS has the shipment no longer, since now or since before. */
  | { readonly kind: "voided"; readonly status: UpsFault }
  /** UPS says no, and nothing was changed. */
  | { readonly kind: "refused"; readonly status: UpsFault }
  /** Nothing can be concluded; a void may be asked for again. */
  | { readonly kind: "unknown"; readonly faults: readonly UpsFault[] };

/** About the client, the account or its rate: they say nothing of the shipment. */
const aboutUs: ReadonlySet<number> = new Set([401, 403, 429]);

const status = z.object({ Code: text, Description: text });
const results = listOf(z.object({ Status: status.catch({ Code: "", Description: "" }) })).catch([]);

const responseSchema = z.object({
  VoidShipmentResponse: z.object({
    Response: z.object({ ResponseStatus: z.object({ Code: text }) }),
    SummaryResult: z.object({ Status: status }).optional().catch(undefined),
    PackageLevelResults: results,
    // UPS's test system has called it so (UPS-API issue 63).
    PackageLevelResult: results,
  }),
});

/**
 * The question: a DELETE without a body, and so without a type of one.
 *
 * @param shipmentId The number of the shipment: that of its first package.
 * @returns The question.
 */
export function voidQuestion(shipmentId: string): UpsQuestion {
  return {
    method: "DELETE",
    path: `/api/shipments/v2409/void/cancel/${encodeURIComponent(shipmentId)}`,
  };
}

/**
 * Reads an answer.
 *
 * @param http The answer.
 * @returns What it says.
 */
export function readVoid(http: HttpAnswer): VoidVerdict {
  if (http.status === 200) return readSuccess(http);
  const faults = readFaults(http.body);
  const already = faults.find(({ code }) => upsCode(code).kind === "voided");
  if (already && http.status < 500) return { kind: "voided", status: already };
  const [first] = faults;
  const isReadable = http.status >= 400 && http.status < 500 && !aboutUs.has(http.status) &&
    !faults.some(({ code }) => knownUpsCode(code)?.kind === "ambiguous");
  return first && isReadable ? { kind: "refused", status: first } : unknown(http);
}

function readSuccess(http: HttpAnswer): VoidVerdict {
  const read = responseSchema.safeParse(readJson(http.body));
  if (!read.success) return unknown(http);
  const { Response, SummaryResult, PackageLevelResults, PackageLevelResult } =
    read.data.VoidShipmentResponse;
  if (Response.ResponseStatus.Code !== "1") return unknown(http);
  const packages = [...PackageLevelResults, ...PackageLevelResult].map(({ Status }) => Status);
  const summary = SummaryResult?.Status;
  const all = summary ? [summary, ...packages] : packages;
  // 1 is "voided or already voided"; one package that is not leaves a label that lives.
  const other = all.find(({ Code }) => Code !== "1");
  const [said] = all;
  if (!said || other?.Code === "") return unknown(http);
  return other
    ? { kind: "refused", status: faultOf(other) }
    : { kind: "voided", status: faultOf(said) };
}

function faultOf({ Code, Description }: { Code: string; Description: string }): UpsFault {
  return { code: Code, message: Description };
}

function unknown(http: HttpAnswer): VoidVerdict {
  return { kind: "unknown", faults: faultsOf(http) };
}
