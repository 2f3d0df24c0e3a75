/**
 * Asks UPS where packages are, by a number or by a reference (Tracking API, v1).
 *
 * @module
 */
import type { z } from "zod";
import type {
  TrackingAnswer,
  trackingByNumberSchema,
  trackingByReferenceSchema,
} from "../../contracts/questions.ts";
import { askPatiently, isConclusive } from "./ask_patiently.ts";
import { unanswered } from "./question_faults.ts";
import { readPackages } from "./track_answer.ts";
import { trackQuestion } from "./track_reference.ts";
import type { Ups } from "./ups.ts";
import type { UpsQuestion } from "./ups_http.ts";

/** For how long UPS keeps what it knows of a package. */
const keptDays = 120;
const dayMs = 86_400_000;

/**
 * Asks by a tracking number.
 *
 * @param args The number.
 * @param ups What it works with.
 * @returns Where its packages are.
 * @throws {WaybillError} `E-3005` if UPS refuses the question, `E-3001`, `E-3002` or `E-5001` if it
 * does not answer.
 *
 * @internal
 */
export function trackByNumber(
  { tracking_number: number }: z.output<typeof trackingByNumberSchema>,
  ups: Ups,
): Promise<TrackingAnswer> {
  const query = new URLSearchParams({ locale: "en_US" });
  return track({ path: `/api/track/v1/details/${encodeURIComponent(number)}?${query}` }, ups);
}

/**
 * Asks by a reference, such as an order's number, for as long back as UPS remembers.
 *
 * @param args The reference, and the account if another one than usual paid.
 * @param ups What it works with.
 * @returns Where its packages are.
 * @throws {WaybillError} As {@link trackByNumber}.
 *
 * @internal
 */
export function trackByReference(
  { reference, account_number }: z.output<typeof trackingByReferenceSchema>,
  ups: Ups,
): Promise<TrackingAnswer> {
  const now = Date.now();
  const question = trackQuestion(reference, account_number ?? ups.settings.account, {
    from: new Date(now - keptDays * dayMs),
    to: new Date(now + dayMs),
  });
  return track(question, ups);
}

async function track(question: UpsQuestion, ups: Ups): Promise<TrackingAnswer> {
  const reply = await askPatiently(
    ups,
    question,
    (http) => isConclusive(http) || readPackages(http) !== undefined,
  );
  const answer = "http" in reply ? readPackages(reply.http) : undefined;
  if (!answer) throw unanswered("Cannot track this", reply);
  return { found: answer.length > 0, packages: answer };
}
