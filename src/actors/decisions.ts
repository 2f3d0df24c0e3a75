/**
 * What a person decides about a row: to settle what the program cannot know, or to leave it out. It
 * holds the job's lease while it is recorded.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { forgetFault } from "../db/jobs.ts";
import { findRow, findRowByTrackingNumber } from "../db/row_queries.ts";
import { markResolved, markRetried, markSkipped } from "../db/rows.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import { underLease } from "./under_lease.ts";
import { type Clock, rowTransition, systemClock } from "./world.ts";

/** A decision on a row that needs one. */
export type Decision = { readonly adopt: string } | "reship" | "skip";

/**
 * Records what a person found out about a row that needed it.
 *
 * @param db The database.
 * @param jobId The job.
 * @param rowNumber The row.
 * @param decision What to do with it.
 * @param person Who decides, and why.
 * @param clock The time.
 * @throws {WaybillError} `E-1006` if there is no such row, `E-4009` if it needs no decision, `E-2100`
 * if the number to adopt is another row's.
 *
 * @internal
 */
export async function resolveRow(
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
  decision: Decision,
  person: { by: string; reason: string },
  clock: Clock = systemClock,
): Promise<void> {
  await underLease(db, jobId, clock, async (trx, now) => {
    const row = await findRow(trx, jobId, rowNumber);
    if (!row) {
      throw new WaybillError("E-1006", `Cannot resolve row ${rowNumber}: the job has no such row`, {
        rowNumber,
        remedy: `List the rows with: deno task rows ${jobId}`,
      });
    }
    await forgetFault(trx, jobId, [rowNumber]);
    if (decision === "skip" && row.status !== "needs_review") {
      return { result: undefined, audit: await skipRow(trx, jobId, now, row, person) };
    }
    if (typeof decision === "object") await refuseTaken(trx, rowNumber, decision.adopt);
    await markResolved(trx, jobId, now, rowNumber, decision);
    const what = typeof decision === "string" ? { decision } : { decision: "adopt", ...decision };
    const to = typeof decision === "string" ? targets[decision] : "shipped";
    const audit = [rowTransition(rowNumber, "needs_review", to, { ...what, ...person })];
    return { result: undefined, audit };
  });
}

/** Leaves out a row for which nothing was bought, so that the rows after it can go on. */
async function skipRow(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  { row_number: rowNumber, status, checksum }: JobRowTable,
  person: { by: string; reason: string },
): Promise<AuditEntry[]> {
  const audit: AuditEntry[] = [];
  if (status === "failed") {
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
