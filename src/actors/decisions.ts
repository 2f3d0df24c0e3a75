/**
 * What a person decides about a row: to settle what the program cannot know, or to leave it out. It
 * holds the job's lease while it is recorded.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { listAttempts, listDuplicates, resolveAttempt, settleDuplicate } from "../db/attempts.ts";
import { forgetFault } from "../db/jobs.ts";
import { findRow, findRowByTrackingNumber } from "../db/row_queries.ts";
import { markFailed, markResolved, markRetried, markSkipped } from "../db/rows.ts";
import type {
  AttemptResolution,
  AttemptTable,
  Database,
  JobRowTable,
  RowStatus,
} from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import { type Adoption, type AskedCarrier, checkAdoption, findExisting } from "./check_adoption.ts";
import { lostAttemptOf } from "./row_task.ts";
import { findByReference } from "./look_up.ts";
import { ownsLabel, recordVoidedByHand } from "./own_label_voided.ts";
import { noteAsked, refuseChanged } from "./still_as_asked.ts";
import { refuseHeld, underLease } from "./under_lease.ts";
import { type Clock, rowTransition, systemClock } from "./world.ts";

/** A decision on a row that needs one. */
export type Decision =
  | { readonly adopt: string }
  | { readonly voided: string }
  | "reship"
  | "skip";

/** Who decides, and why. */
export interface Person {
  /** Who. */
  readonly by: string;
  /** Why. */
  readonly reason: string;
}

/**
 * Records what a person found out about a row that needed it.
 *
 * @param db The database.
 * @param jobId The job.
 * @param rowNumber The row.
 * @param decision What to do with it.
 * @param person Who decides, and why.
 * @param carrier The carrier, to check it with; `undefined` if it cannot be asked from here.
 * @param clock The time.
 * @returns Whether the carrier was asked and agrees; `undefined` where it need not be asked.
 * @throws {WaybillError} `E-1006` if there is no such row, `E-4009` if it needs no decision or has
 * changed since the carrier was asked, `E-2100` if the number to adopt is another row's, `E-3012` if
 * the carrier says otherwise, `E-3013` if a row is to be bought again that has a shipment.
 *
 * @internal
 */
export async function resolveRow(
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
  decision: Decision,
  person: Person,
  carrier?: AskedCarrier,
  clock: Clock = systemClock,
): Promise<{ isChecked: boolean | undefined }> {
  await refuseHeld(db, jobId, clock);
  const row = await findRow(db, jobId, rowNumber);
  if (!row) {
    throw new WaybillError("E-1006", `Cannot resolve row ${rowNumber}: the job has no such row`, {
      rowNumber,
      remedy: `List the rows with: deno task rows ${jobId}`,
    });
  }
  const asked = await noteAsked(db, jobId, row);
  if (typeof decision === "object" && "voided" in decision) {
    const { voided } = decision;
    if (ownsLabel(row, voided)) {
      return await recordVoidedByHand(db, jobId, asked, voided, person, carrier, clock);
    }
    return await settleSecondLabel(db, jobId, rowNumber, voided, person, carrier, clock);
  }
  const isInReview = row.status === "needs_review";
  const adoption = typeof decision === "object" && isInReview
    ? await checkAdoption(db, carrier, jobId, rowNumber, decision.adopt)
    : undefined;
  const isAbsenceChecked = decision === "reship" && isInReview
    ? await refuseSecond(db, carrier, jobId, rowNumber, clock)
    : true;
  refuseSettled(jobId, row, decision);
  await underLease(db, jobId, clock, async (trx, now) => {
    const current = await refuseChanged(trx, jobId, asked);
    await forgetFault(trx, jobId, [rowNumber]);
    if (decision === "skip" && current.status !== "needs_review") {
      return { result: undefined, audit: await skipRow(trx, jobId, now, current, person) };
    }
    if (typeof decision === "object") await refuseTaken(trx, rowNumber, decision.adopt);
    const label = typeof decision === "string" ? decision : adoption ?? adoptedAs(decision.adopt);
    await markResolved(trx, jobId, now, rowNumber, label);
    await closeAttempts(trx, jobId, now, rowNumber, label);
    const what = typeof decision === "string"
      ? { decision, ...(decision === "reship" ? { is_checked: isAbsenceChecked } : {}) }
      : { decision: "adopt", ...decision, is_checked: adoption?.isChecked ?? false };
    const to = typeof decision === "string" ? targets[decision] : "shipped";
    const audit = [rowTransition(rowNumber, "needs_review", to, { ...what, ...person })];
    return { result: undefined, audit };
  });
  // Leaving a row out spends nothing: nobody was asked.
  return { isChecked: decision === "skip" ? undefined : adoption?.isChecked ?? isAbsenceChecked };
}

function adoptedAs(trackingNumber: string): Adoption {
  return {
    shipmentId: undefined,
    trackingNumbers: [trackingNumber],
    labels: "[]",
    key: undefined,
    isChecked: false,
  };
}

/** Says what the row is, where there is nothing to decide. */
function refuseSettled(
  jobId: string,
  { row_number, status }: JobRowTable,
  decision: Decision,
): void {
  const skippable: readonly string[] = ["pending", "failed", "in_flight"];
  if (status === "needs_review" || (decision === "skip" && skippable.includes(status))) return;
  throw new WaybillError("E-4009", `Cannot resolve row ${row_number}: it is ${status}`, {
    rowNumber: row_number,
    remedy: settledRemedies(jobId)[status],
  });
}

function settledRemedies(jobId: string): Record<RowStatus, string> {
  const isBought = `It has its label; look at it with: deno task rows ${jobId}`;
  return {
    pending: `It is shipped when its turn comes: deno task run ${jobId}`,
    in_flight: `Find out what became of it first: deno task run ${jobId}`,
    shipped: isBought,
    completed: isBought,
    failed: `Mend what is wrong, then: deno task retry ${jobId}`,
    needs_review: "",
    skipped: "It is left out already; import its order again to ship it",
    voided: `Its label was voided; look at it with: deno task rows ${jobId}`,
  };
}

/**
 * A label that the carrier has, and another one bought for the same order, would be two. Tells whether
 * the carrier was asked.
 */
async function refuseSecond(
  db: Kysely<Database>,
  carrier: AskedCarrier | undefined,
  jobId: string,
  rowNumber: number,
  clock: Clock,
): Promise<boolean> {
  const { existing, isChecked } = await findExisting(db, carrier, jobId, rowNumber);
  if (!existing) return isChecked;
  const { attempt: { key, exists_since }, isNew } = existing;
  if (isNew) {
    await underLease(db, jobId, clock, async (trx, now) => {
      await resolveAttempt(trx, now, { key, resolution: undefined, doesExist: true });
      const audit = [{ type: "attempt_exists", rowNumber, details: { key } }];
      return { result: undefined, audit };
    });
  }
  throw new WaybillError(
    "E-3013",
    `Cannot buy a label for row ${rowNumber} again: the carrier said ${
      isNew ? "just now" : `on ${exists_since}`
    } that a shipment with the reference ${key} exists`,
    {
      rowNumber,
      remedy: `Find its number and adopt it: deno task resolve ${jobId} ${rowNumber} --adopt ` +
        '<tracking number> --reason "…"',
    },
  );
}

/** What a person says of a row is said of its attempts, so that none of them is asked about again. */
async function closeAttempts(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
  decision: Adoption | "reship" | "skip",
): Promise<void> {
  const open = (await listAttempts(trx, jobId, rowNumber)).filter(({ outcome, resolution }) =>
    outcome !== "bought" && resolution === null
  );
  // Only what the carrier gave as the one shipment of a key is that key's: the others are swept.
  const own = typeof decision === "object" ? decision.key : undefined;
  for (const { key } of open) {
    const resolution: AttemptResolution = key === own
      ? "adopted"
      : decision === "skip"
      ? "left_out"
      : "no_label";
    await resolveAttempt(trx, now, { key, resolution });
  }
}

/** A second label is dealt with once the carrier has it no longer. */
async function settleSecondLabel(
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
  trackingNumber: string,
  person: Person,
  carrier: AskedCarrier | undefined,
  clock: Clock,
): Promise<{ isChecked: boolean | undefined }> {
  const duplicates = (await listDuplicates(db, jobId)).filter(({ row_number, duplicate }) => {
    const numbers: unknown = JSON.parse(duplicate ?? "[]");
    if (row_number !== rowNumber || !Array.isArray(numbers)) return false;
    return numbers.length === 0 || numbers.some((each) => isSame(each, trackingNumber));
  });
  const [duplicate] = duplicates;
  if (!duplicate) {
    throw new WaybillError(
      "E-4009",
      `Cannot settle ${trackingNumber}: row ${rowNumber} has no label of that number to be voided`,
      { rowNumber, remedy: `See what there is to settle: deno task status ${jobId}` },
    );
  }
  const { key } = duplicate;
  const isChecked = await isGone(carrier, duplicate);
  await underLease(db, jobId, clock, async (trx, now) => {
    await settleDuplicate(trx, now, key);
    await forgetFault(trx, jobId, [rowNumber]);
    const details = { key, tracking_number: trackingNumber, is_checked: isChecked, ...person };
    return { result: undefined, audit: [{ type: "duplicate_settled", rowNumber, details }] };
  });
  return { isChecked };
}

function isSame(known: unknown, typed: string): boolean {
  return typeof known === "string" && known.toUpperCase() === typed.toUpperCase();
}

/** Whether the carrier was asked and has the label no longer. */
async function isGone(
  carrier: AskedCarrier | undefined,
  { key, account, row_number: rowNumber, duplicate }: AttemptTable,
): Promise<boolean> {
  if (!carrier) return false;
  const asked = { key, account: account ?? undefined };
  const found = await findByReference({ carrier: carrier.call, clock: systemClock }, asked);
  if (found.type === "unsupported") return false;
  if (found.type === "none" || (found.type === "exists" && found.as === "voided")) return true;
  const left = found.type === "one"
    ? found.label.trackingNumbers
    : found.type === "exists"
    ? found.trackingNumbers
    : [];
  const extra: unknown[] = JSON.parse(duplicate ?? "[]");
  const isOnlyTheRowsOwn = left.length > 0 &&
    left.every((number) => !extra.some((each) => isSame(each, number)));
  if (isOnlyTheRowsOwn) return true;
  throw new WaybillError(
    "E-3012",
    `Cannot settle the second label of row ${rowNumber}: ${
      found.type === "unknown" ? found.problem.message : "the carrier still has it"
    }`,
    { rowNumber, remedy: "Void it at the carrier first, or try again when the carrier answers" },
  );
}

/** Leaves out a row for which nothing was bought, so that the rows after it can go on. */
async function skipRow(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  { row_number: rowNumber, status, checksum }: JobRowTable,
  person: Person,
): Promise<AuditEntry[]> {
  const audit: AuditEntry[] = [];
  if (status === "in_flight") {
    if (await lostAttemptOf({ db: trx, job: { id: jobId } }, rowNumber)) {
      throw new WaybillError(
        "E-4009",
        `Cannot leave out row ${rowNumber}: nobody knows yet whether its label was bought`,
        { rowNumber, remedy: `Find out first: deno task run ${jobId}` },
      );
    }
    const fault = { code: "E-3001", message: "No request reached the carrier" };
    await markFailed(trx, jobId, now, "in_flight", { rowNumber, ...fault });
    audit.push(rowTransition(rowNumber, "in_flight", "failed", { ...fault, ...person }));
  }
  if (status === "failed" || status === "in_flight") {
    await markRetried(trx, jobId, now, rowNumber, checksum);
    audit.push(rowTransition(rowNumber, "failed", "pending", { ...person }));
  }
  await markSkipped(trx, jobId, now, rowNumber);
  audit.push(rowTransition(rowNumber, "pending", "skipped", { decision: "skip", ...person }));
  return audit;
}

/** One label for two orders would send one of them nowhere. */
async function refuseTaken(
  trx: Transaction<Database>,
  rowNumber: number,
  trackingNumber: string,
): Promise<void> {
  const taken = await findRowByTrackingNumber(trx, trackingNumber);
  if (!taken) return;
  throw new WaybillError(
    "E-2100",
    `Cannot adopt ${trackingNumber} for row ${rowNumber}: row ${taken.rowNumber} of job ` +
      `"${taken.jobId}" has it`,
    { rowNumber, remedy: "Check the number at the carrier" },
  );
}

const targets = { reship: "pending", skip: "skipped" } as const;
