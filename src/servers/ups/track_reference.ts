/**
 * Tracking by our reference (UPS Tracking API, v1): a second witness. A hit proves that a shipment
 * exists; a miss proves little, since UPS does not say when a new label can be seen.
 *
 * @module
 */
import { z } from "zod";
import { upsCode } from "../../contracts/ups_codes.ts";
import { faultsOf } from "./recovery.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import { listOf, text } from "./ship_response.ts";
import { readFaults, readJson, type UpsFault } from "./ups_faults.ts";
import type { UpsQuestion } from "./ups_http.ts";

/** What an answer says. */
export type TrackAnswer =
  /** Packages with the reference; their numbers. */
  | { readonly kind: "hit"; readonly seen: readonly string[] }
  | { readonly kind: "miss" }
  /** Nothing can be concluded. */
  | { readonly kind: "unknown"; readonly faults: readonly UpsFault[] };

const dayMs = 86_400_000;

const responseSchema = z.object({
  trackResponse: z.object({
    shipment: listOf(z.object({
      inquiryNumber: text,
      warnings: listOf(z.object({ code: text })).catch([]),
      package: listOf(z.object({ trackingNumber: text })).catch([]),
    })),
  }),
});

/**
 * The question, from two days before a purchase to two days after it. Left to itself, UPS looks back
 * a fortnight, and at whatever shipper used the reference.
 *
 * @param reference The reference.
 * @param account The shipper's number.
 * @param around When it was sent.
 * @returns The question.
 */
export function trackQuestion(reference: string, account: string, around: Date): UpsQuestion {
  const query = new URLSearchParams({
    locale: "en_US",
    fromPickUpDate: compactDate(around.getTime() - 2 * dayMs),
    toPickUpDate: compactDate(around.getTime() + 2 * dayMs),
    shipperNum: account,
    refNumType: "SmallPackage",
  });
  return { path: `/api/track/v1/reference/details/${encodeURIComponent(reference)}?${query}` };
}

/**
 * Reads an answer.
 *
 * @param http The answer.
 * @returns What it says.
 */
export function readTrack(http: HttpAnswer): TrackAnswer {
  if (http.status === 404 && readFaults(http.body).length > 0) return { kind: "miss" };
  const read = responseSchema.safeParse(readJson(http.body));
  if (http.status !== 200 || !read.success) return { kind: "unknown", faults: faultsOf(http) };
  const shipments = read.data.trackResponse.shipment;
  const seen = shipments.flatMap((shipment) => shipment.package)
    .map(({ trackingNumber }) => trackingNumber).filter((number) => number !== "");
  if (seen.length > 0) return { kind: "hit", seen: [...new Set(seen)] };
  const isMiss = shipments.length > 0 &&
    shipments.every(({ warnings }) =>
      warnings.some(({ code }) => upsCode(code).kind === "untracked")
    );
  return isMiss ? { kind: "miss" } : { kind: "unknown", faults: faultsOf(http) };
}

function compactDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");
}
