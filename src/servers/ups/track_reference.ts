/**
 * Tracking by our reference (UPS Tracking API, v1): a second witness. A hit proves that a shipment
 * exists; a miss proves little, since UPS does not say when a new label can be seen.
 *
 * @module
 */
import { faultsOf } from "./recovery.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import { dayOf } from "./ship_payload.ts";
import { readPackages } from "./track_answer.ts";
import type { UpsFault } from "./ups_faults.ts";
import type { UpsQuestion } from "./ups_http.ts";

/** What an answer says. */
export type TrackAnswer =
  /** Packages with the reference; their numbers. */
  | { readonly kind: "hit"; readonly seen: readonly string[] }
  | { readonly kind: "miss" }
  /** Nothing can be concluded. */
  | { readonly kind: "unknown"; readonly faults: readonly UpsFault[] };

/** The days between which packages were to be picked up. */
export interface Days {
  /** The first. */
  readonly from: Date;
  /** The last. */
  readonly to: Date;
}

const dayMs = 86_400_000;

/**
 * The question. Left to itself, UPS looks back a fortnight, and at whatever shipper used the
 * reference.
 *
 * @param reference The reference.
 * @param account The shipper's number.
 * @param days Between which days.
 * @returns The question.
 */
export function trackQuestion(reference: string, account: string, { from, to }: Days): UpsQuestion {
  const query = new URLSearchParams({
    locale: "en_US",
    fromPickUpDate: dayOf(from),
    toPickUpDate: dayOf(to),
    shipperNum: account,
    refNumType: "SmallPackage",
  });
  return { path: `/api/track/v1/reference/details/${encodeURIComponent(reference)}?${query}` };
}

/**
 * The days around a purchase, two before it and two after.
 *
 * @param sent When it was sent.
 * @returns The days.
 */
export function daysAround(sent: Date): Days {
  const at = sent.getTime();
  return { from: new Date(at - 2 * dayMs), to: new Date(at + 2 * dayMs) };
}

/**
 * Reads an answer as a witness.
 *
 * @param http The answer.
 * @returns What it says.
 */
export function readTrack(http: HttpAnswer): TrackAnswer {
  const packages = readPackages(http);
  if (!packages) return { kind: "unknown", faults: faultsOf(http) };
  const seen = new Set(packages.map(({ tracking_number }) => tracking_number));
  return seen.size > 0 ? { kind: "hit", seen: [...seen] } : { kind: "miss" };
}
