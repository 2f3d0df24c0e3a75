/**
 * A person's decision to ship a row again whose label was voided: `voided` → `pending`.
 *
 * @module
 */
import type { Transaction } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { confirmJob } from "../db/jobs.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { markReopened } from "../db/voids.ts";
import { WaybillError } from "../errors.ts";
import { rowTransition } from "./world.ts";

/**
 * Lets a voided row be shipped again, under its next key.
 *
 * @param trx The transaction, which also audits it.
 * @param jobId The job.
 * @param now The time.
 * @param row The row.
 * @param by Who decides.
 * @returns The audit entry.
 * @throws {WaybillError} `E-4020` if the source still shows the voided number.
 *
 * @internal
 */
export async function reopenVoided(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  { row_number: rowNumber, tracking_number, voided_at, void_written_at }: JobRowTable,
  by: string,
): Promise<AuditEntry> {
  if (void_written_at === null) {
    throw new WaybillError(
      "E-4020",
      `Cannot ship row ${rowNumber} again: its source still shows the voided number`,
      { rowNumber, remedy: `Have the source told first: deno task void ${jobId}` },
    );
  }
  await markReopened(trx, jobId, now, rowNumber);
  // A second label for a row is no part of what was confirmed.
  await confirmJob(trx, jobId, undefined);
  const details = { by, was: tracking_number ?? "", voided_at };
  return rowTransition(rowNumber, "voided", "pending", details);
}
