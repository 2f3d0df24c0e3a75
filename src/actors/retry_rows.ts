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
import { listRows } from "../db/row_queries.ts";
import { markRetried, takeUpData } from "../db/rows.ts";
import type { Database, JobRowTable, RowStatus } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import { isInRanges, type RowRange } from "./named_rows.ts";
import type { SourceClient } from "./source_client.ts";
import { refuseHeld, underLease } from "./under_lease.ts";
import { reopenVoided } from "./reopen_voided.ts";
import { type Clock, rowTransition, systemClock } from "./world.ts";

/** How many rows are read at once. */
const pageSize = 500;

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

/** A row that is retried or taken up, and the checksum of its data now. */
interface Mended {
  readonly row: JobRowTable;
  readonly checksum: string;
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
  const { failed, changed, voided } = await compare(db, jobId, source, rows);
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

/** What a row must be to be retried, where it is named. */
const retryable: ReadonlySet<RowStatus> = new Set(["failed", "voided"]);

/** Compares the job's rows with what the source has now. */
async function compare(
  db: Kysely<Database>,
  jobId: string,
  source: SourceClient,
  named: readonly RowRange[] | undefined,
): Promise<{ failed: Mended[]; changed: Mended[]; voided: Mended[] }> {
  const imported = new Map<string, number>();
  const open: JobRowTable[] = [];
  let count = 0;
  let afterRow = 0;
  for (;;) {
    const rows = await listRows(db, jobId, { afterRow, limit: pageSize });
    for (const row of rows) {
      imported.set(row.checksum, row.row_number);
      if (named) {
        if (!isInRanges(named, row.row_number)) continue;
        if (!retryable.has(row.status)) throw notFailed(jobId, row);
        count++;
      }
      // A voided row is shipped again only if it is named: nobody retries it by the way.
      const isMeant = row.status === "failed" || row.status === "pending" ||
        (named !== undefined && row.status === "voided");
      if (isMeant) open.push(row);
    }
    const last = rows.at(-1);
    if (!last) break;
    afterRow = last.row_number;
  }
  if (named) refuseUnknown(jobId, named, count, open);
  const checksums = await readChecksums(source, open);
  const mended = open.map((row) => {
    const checksum = checksums.get(row.row_number);
    if (checksum === undefined) throw rowGone(row.row_number);
    const other = imported.get(checksum);
    if (checksum !== row.checksum && other !== undefined) throw rowMoved(row.row_number, other);
    return { row, checksum };
  });
  return {
    failed: mended.filter(({ row }) => row.status === "failed"),
    voided: mended.filter(({ row }) => row.status === "voided"),
    changed: mended.filter(({ row, checksum }) =>
      row.status === "pending" && row.checksum !== checksum
    ),
  };
}

/** A row that was named and is not there: a slip of the pen, before anything is changed. */
function refuseUnknown(
  jobId: string,
  named: readonly RowRange[],
  count: number,
  found: readonly JobRowTable[],
): void {
  const wanted = named.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (wanted === count) return;
  const numbers = new Set(found.map(({ row_number }) => row_number));
  const missing = named.map(({ first, last }) => {
    for (let row = first; row <= last; row++) if (!numbers.has(row)) return row;
    return undefined;
  }).find((row) => row !== undefined);
  throw new WaybillError("E-1006", `Cannot retry row ${missing}: the job has no such row`, {
    rowNumber: missing,
    remedy: `List the failed rows with: deno task rows ${jobId} --status failed`,
  });
}

/** Says what the row is, where there is nothing to try again. */
function notFailed(jobId: string, { row_number: rowNumber, status }: JobRowTable): WaybillError {
  return new WaybillError("E-4009", `Cannot retry row ${rowNumber}: it is ${status}, not failed`, {
    rowNumber,
    remedy: retryRemedies(jobId, rowNumber)[status],
  });
}

function retryRemedies(jobId: string, rowNumber: number): Record<RowStatus, string> {
  const isDone = `It has its label; to buy another one, void that one first: ` +
    `deno task void ${jobId} --rows ${rowNumber}`;
  return {
    pending: `It is shipped when its turn comes: deno task run ${jobId}`,
    in_flight: `Find out what became of it: deno task run ${jobId}`,
    shipped: isDone,
    completed: isDone,
    failed: "",
    needs_review: `Say what you found at the carrier: deno task resolve ${jobId} ${rowNumber} ` +
      '--adopt <tracking number> | --reship | --skip --reason "…"',
    skipped: "Somebody left it out; import its order again to ship it",
    voided: "",
  };
}

async function readChecksums(
  source: SourceClient,
  rows: readonly JobRowTable[],
): Promise<Map<number, string>> {
  const checksums = new Map<number, string>();
  const last = rows.at(-1)?.row_number ?? 0;
  let afterRow: number | undefined = (rows[0]?.row_number ?? 1) - 1;
  while (afterRow !== undefined && afterRow < last) {
    const page = await source.getRows(afterRow, pageSize);
    for (const { row_number, checksum } of page.rows) checksums.set(row_number, checksum);
    afterRow = page.next_after ?? undefined;
  }
  return checksums;
}

/**
 * What another row of the job held at import is no mended data: the rows of the source have moved, and
 * to take them up would ship some orders twice and others never.
 */
function rowMoved(rowNumber: number, other: number): WaybillError {
  return new WaybillError(
    "E-1004",
    `Cannot take up row ${rowNumber}: it holds what row ${other} held at the import`,
    { rowNumber, remedy: "Put the source's rows back in the order of the import, then retry" },
  );
}

function rowGone(rowNumber: number): WaybillError {
  return new WaybillError("E-1006", `Cannot take up row ${rowNumber}: the source has no such row`, {
    rowNumber,
    remedy: "Put the source back as it was, or leave the row out: deno task resolve",
  });
}

function checksumsOf(row: JobRowTable, now: string): Record<string, string> {
  return row.checksum === now ? {} : { checksum_before: row.checksum, checksum_now: now };
}
