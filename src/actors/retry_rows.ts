/**
 * A person's decision to try failed rows again, to take up what was mended in the source, and to take
 * up a job that was cancelled.
 *
 * The source is read before the database is touched: a slow one must not keep a transaction open, in
 * which another job's runner would wait to record what it has bought.
 *
 * @module
 */
import type { Kysely } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { forgetFault, getJob, setJobStatus } from "../db/jobs.ts";
import { markRetried, takeUpData } from "../db/rows.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { compareRows } from "./mended_rows.ts";
import type { RowRange } from "./named_rows.ts";
import type { SourceClient } from "./source_client.ts";
import { refuseHeld, underLease } from "./under_lease.ts";
import { reopenVoided } from "./reopen_voided.ts";
import { type Clock, rowTransition, systemClock } from "./world.ts";

/** What a retry did. */
export interface Retried {
  /** The failed and voided rows that are pending again. */
  readonly retried: readonly {
    readonly rowNumber: number;
    readonly was: string;
    /** Whether its data had changed in the source and was taken up as it is now. */
    readonly isTakenUp: boolean;
  }[];
  /** Pending rows whose changed data was taken up. */
  readonly takenUp: number;
  /** Whether the job was cancelled, and is taken up again. */
  readonly isTakenUpAgain: boolean;
}

/** What to retry, and who decides. */
export interface RetryWish {
  /** Who decides, for the audit trail. */
  readonly by: string;
  /** The rows that are meant; all that failed where it is left out. */
  readonly rows?: readonly RowRange[] | undefined;
}

/**
 * Turns failed rows to pending and takes up what was mended in the source since the import. Where rows
 * are named, only those are touched, and voided ones among them are pending again as well.
 *
 * @param db The database.
 * @param jobId The job.
 * @param source The source, for the rows' data as it is now.
 * @param wish Which rows, and who decides.
 * @param clock The time.
 * @returns What was done.
 * @throws {WaybillError} `E-1004` if rows have moved, `E-1006` if one is gone, `E-4009` if one is named
 * that has neither failed nor been voided, `E-4020` if the source still shows a voided number; nothing is
 * changed then.
 * @throws {LeaseHeldError} If a runner works on the job.
 *
 * @internal
 */
export async function retryRows(
  db: Kysely<Database>,
  jobId: string,
  source: SourceClient,
  { by, rows }: RetryWish,
  clock: Clock = systemClock,
): Promise<Retried> {
  await refuseHeld(db, jobId, clock);
  const { source_where: where } = await getJob(db, jobId);
  const { failed, changed, voided } = await compareRows(db, jobId, source, { rows, where });
  return await underLease(db, jobId, clock, async (trx, now) => {
    const audit: AuditEntry[] = [];
    const { status } = await getJob(trx, jobId);
    // A job that was complete is not any more, once a row of it is to be shipped again.
    if (status === "cancelled" || (status === "completed" && voided.length > 0)) {
      const reason = status === "cancelled" ? "request" : "reopened";
      await setJobStatus(trx, jobId, now, { from: status, to: "paused", reason });
      audit.push({ type: "job_transition", from: status, to: "paused", details: { reason, by } });
    }
    for (const { row, checksum } of voided) {
      audit.push(await reopenVoided(trx, jobId, now, row, by));
      if (checksum === row.checksum) continue;
      await takeUpData(trx, jobId, now, row.row_number, checksum);
      const details = { by, ...checksumsOf(row, checksum) };
      audit.push({ type: "row_data_taken_up", rowNumber: row.row_number, details });
    }
    for (const { row, checksum } of failed) {
      const { row_number: rowNumber, error_code: code, error_message: message } = row;
      await markRetried(trx, jobId, now, rowNumber, checksum);
      const details = { by, was: { code, message }, ...checksumsOf(row, checksum) };
      audit.push(rowTransition(rowNumber, "failed", "pending", details));
    }
    for (const { row, checksum } of changed) {
      await takeUpData(trx, jobId, now, row.row_number, checksum);
      const details = { by, ...checksumsOf(row, checksum) };
      audit.push({ type: "row_data_taken_up", rowNumber: row.row_number, details });
    }
    const rowNumbers = failed.map(({ row }) => row.row_number);
    // It halted at one of them: at the first.
    await forgetFault(trx, jobId, rowNumbers.slice(0, 1));
    const retried = [
      ...failed.map(({ row, checksum }) => ({
        rowNumber: row.row_number,
        isTakenUp: checksum !== row.checksum,
        was: `${row.error_code ?? ""} ${row.error_message ?? ""}`.trim(),
      })),
      ...voided.map(({ row, checksum }) => ({
        rowNumber: row.row_number,
        isTakenUp: checksum !== row.checksum,
        was: `voided, ${row.tracking_number ?? ""}`,
      })),
    ].toSorted((one, two) => one.rowNumber - two.rowNumber);
    const isTakenUpAgain = status === "cancelled";
    return { result: { retried, takenUp: changed.length, isTakenUpAgain }, audit };
  });
}

function checksumsOf(row: JobRowTable, now: string): Record<string, string> {
  return row.checksum === now ? {} : { checksum_before: row.checksum, checksum_now: now };
}
