/**
 * What a person says of a row's own label: it was voided at the carrier by hand. The carrier is asked
 * whether that is so, where it can be.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listAttempts } from "../db/attempts.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { type BoughtStatus, decideVoid, markVoided, type VoidDecision } from "../db/voids.ts";
import { WaybillError } from "../errors.ts";
import type { Found } from "../machines/purchase.ts";
import type { AskedCarrier } from "./check_adoption.ts";
import { findByReference } from "./look_up.ts";
import { type AskedRow, changedSince, refuseChanged } from "./still_as_asked.ts";
import { sentElsewhere } from "./take_carrier.ts";
import { underLease } from "./under_lease.ts";
import { type Clock, rowTransition, systemClock } from "./world.ts";

/**
 * The status of a row whose own label has a number.
 *
 * @param row The row.
 * @param trackingNumber The number, as a person typed it.
 * @returns Its status, or `undefined` if it has no such label that could be voided.
 *
 * @internal
 */
export function ownsLabel(row: JobRowTable, trackingNumber: string): BoughtStatus | undefined {
  const { status } = row;
  if (status !== "shipped" && status !== "completed") return undefined;
  const own: unknown[] = JSON.parse(row.tracking_numbers ?? "[]");
  const typed = trackingNumber.toUpperCase();
  return own.some((each) => String(each).toUpperCase() === typed) ? status : undefined;
}

/**
 * Records that a row's own label is voided. Its source is owed the void from then on.
 *
 * @param db The database.
 * @param jobId The job.
 * @param asked The row, as it was before the carrier is asked.
 * @param typed The number, as a person typed it.
 * @param person Who says so, and why.
 * @param carrier The carrier; `undefined` if it cannot be asked from here.
 * @param clock The time.
 * @returns Whether the carrier was asked and agrees.
 * @throws {WaybillError} `E-3012` if the carrier says otherwise or cannot tell now, `E-4009` if the row
 * has another label by then.
 * @throws {LeaseHeldError} If a runner works on the job.
 *
 * @internal
 */
export async function recordVoidedByHand(
  db: Kysely<Database>,
  jobId: string,
  asked: AskedRow,
  typed: string,
  person: VoidDecision,
  carrier: AskedCarrier | undefined,
  clock: Clock,
): Promise<{ isChecked: boolean }> {
  const { row_number: rowNumber, tracking_number: trackingNumber } = asked.row;
  const isChecked = carrier !== undefined && await isVoidedAt(carrier, db, jobId, asked.row);
  await underLease(db, jobId, clock, async (trx, now) => {
    const row = await refuseChanged(trx, jobId, asked);
    const from = ownsLabel(row, typed);
    if (!from) throw changedSince(jobId, rowNumber);
    await decideVoid(trx, jobId, now, { rowNumber, from }, person);
    await markVoided(trx, jobId, now, row, from);
    const details = {
      tracking_number: trackingNumber,
      by_hand: true,
      is_checked: isChecked,
      ...person,
    };
    return { result: undefined, audit: [rowTransition(rowNumber, from, "voided", details)] };
  });
  return { isChecked };
}

async function isVoidedAt(
  carrier: AskedCarrier,
  db: Kysely<Database>,
  jobId: string,
  row: JobRowTable,
): Promise<boolean> {
  const found = await findOwnLabel(carrier, db, jobId, row.row_number);
  return found !== undefined && agrees(row.row_number, found);
}

/**
 * Asks the carrier what became of a row's own label.
 *
 * @param carrier The carrier.
 * @param db The database.
 * @param jobId The job.
 * @param rowNumber The row.
 * @returns What it said; `undefined` for a number that was adopted by itself: it has no reference to ask
 * by.
 * @throws {WaybillError} `E-4017` if the label was bought from another carrier.
 *
 * @internal
 */
export async function findOwnLabel(
  carrier: AskedCarrier,
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
): Promise<Found | undefined> {
  const owner = (await listAttempts(db, jobId, rowNumber)).findLast((attempt) =>
    attempt.voided_at === null &&
    (attempt.outcome === "bought" || attempt.resolution === "adopted")
  );
  if (!owner) return undefined;
  if (owner.carrier !== null && owner.carrier !== carrier.name) {
    throw sentElsewhere(rowNumber, owner.carrier);
  }
  const asked = { key: owner.key, account: owner.account ?? undefined };
  // From the carrier itself: its server's own books know nothing of a void by hand.
  const fresh = { "waybill/fresh": true };
  return await findByReference({ carrier: carrier.call, clock: systemClock }, asked, fresh);
}

/** A carrier that knows of no such shipment says neither yes nor no. */
function agrees(rowNumber: number, found: Found): boolean {
  switch (found.type) {
    case "none":
    case "unsupported":
      return false;
    case "exists":
      if (found.as === "voided") return true;
      throw otherwise(rowNumber, "the carrier still has it");
    case "one":
      throw otherwise(rowNumber, "the carrier still has it");
    case "unknown":
      throw otherwise(rowNumber, found.problem.message);
    default:
      return found satisfies never;
  }
}

function otherwise(rowNumber: number, why: string): WaybillError {
  return new WaybillError("E-3012", `Cannot take the label of row ${rowNumber} as voided: ${why}`, {
    rowNumber,
    remedy: "Void it with deno task void, or try again when the carrier answers",
  });
}
