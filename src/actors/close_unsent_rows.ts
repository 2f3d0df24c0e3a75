/**
 * Rows of a cancelled job that were claimed and for which nothing was bought: nobody goes on with
 * them, so that they must not look as if something were open.
 *
 * @module
 */
import type { Transaction } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { listRows } from "../db/row_queries.ts";
import { markFailed } from "../db/rows.ts";
import type { Database } from "../db/schema.ts";
import { lostAttemptOf } from "./row_task.ts";

/**
 * Calls such rows failed; `retry` makes them pending again. Those whose answer was lost stay as they
 * are, for `run` to clear them up.
 *
 * @param trx The transaction that cancels the job, or clears it up.
 * @param jobId The job.
 * @param now The time.
 * @returns What happened, for the trail.
 *
 * @internal
 */
export async function closeUnsentRows(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
): Promise<AuditEntry[]> {
  const audit: AuditEntry[] = [];
  for (const { row_number: rowNumber } of await listRows(trx, jobId, { status: "in_flight" })) {
    if (await lostAttemptOf({ db: trx, job: { id: jobId } }, rowNumber)) continue;
    const code = "E-4019";
    const message = "The job was cancelled before a label was bought for the row";
    await markFailed(trx, jobId, now, "in_flight", { rowNumber, code, message });
    const details = { code, message };
    audit.push({ type: "row_transition", rowNumber, from: "in_flight", to: "failed", details });
  }
  return audit;
}
