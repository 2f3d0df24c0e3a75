/**
 * A person's decision to ship a row again whose label was voided: `voided` → `pending`.
 *
 * @module
 */
import type { Kysely } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { getJob, setJobStatus } from "../db/jobs.ts";
import { findRow } from "../db/row_queries.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { markReopened } from "../db/voids.ts";
import { WaybillError } from "../errors.ts";
import { underLease } from "./under_lease.ts";
import { type Clock, rowTransition, systemClock } from "./world.ts";

/**
 * Lets voided rows be shipped again, all of them or none. A job that was complete or
 * cancelled is not any more: it is paused, and its next run ships them.
 *
 * @param db The database.
 * @param jobId The job.
 * @param rowNumbers The rows.
 * @param person Who decides.
 * @param clock The time.
 * @returns The numbers of the labels that were voided, by row.
 * @throws {WaybillError} `E-1006` if there is no such row, `E-4009` if one is not voided, `E-4020` if
 * the source is still owed the void of one.
 * @throws {LeaseHeldError} If a runner works on the job.
 *
 * @internal
 */
export async function reopenVoided(
  db: Kysely<Database>,
  jobId: string,
  rowNumbers: readonly number[],
  person: string,
  clock: Clock = systemClock,
): Promise<ReadonlyMap<number, string>> {
  return await underLease(db, jobId, clock, async (trx, now) => {
    const audit: AuditEntry[] = [];
    const was = new Map<number, string>();
    for (const rowNumber of rowNumbers) {
      const row = reopenable(jobId, rowNumber, await findRow(trx, jobId, rowNumber));
      await markReopened(trx, jobId, now, rowNumber);
      const number = row.tracking_number ?? "";
      was.set(rowNumber, number);
      const details = { by: person, was: number, voided_at: row.voided_at };
      audit.push(rowTransition(rowNumber, "voided", "pending", details));
    }
    const { status } = await getJob(trx, jobId);
    if ((status === "completed" || status === "cancelled") && was.size > 0) {
      const change = { from: status, to: "paused" as const, reason: "reopened" };
      await setJobStatus(trx, jobId, now, change);
      const details = { reason: change.reason, by: person };
      audit.push({ type: "job_transition", from: status, to: change.to, details });
    }
    return { result: was, audit };
  });
}

function reopenable(
  jobId: string,
  rowNumber: number,
  row: JobRowTable | undefined,
): JobRowTable {
  if (!row) {
    throw new WaybillError("E-1006", `Cannot ship row ${rowNumber} again: there is no such row`, {
      rowNumber,
      remedy: `List the rows with: deno task rows ${jobId}`,
    });
  }
  if (row.status !== "voided") {
    const { status } = row;
    throw new WaybillError("E-4009", `Cannot ship row ${rowNumber} again: it is ${status}`, {
      rowNumber,
      remedy: status === "shipped" || status === "completed"
        ? `Void its label first: deno task void ${jobId} --rows ${rowNumber}`
        : `Look at it with: deno task rows ${jobId}`,
    });
  }
  if (row.void_written_at === null) {
    throw new WaybillError(
      "E-4020",
      `Cannot ship row ${rowNumber} again: its source still shows the voided number`,
      { rowNumber, remedy: `Have the source told first: deno task void ${jobId}` },
    );
  }
  return row;
}
