/**
 * A person's decision to try failed rows again, and to take up what was mended in the source.
 *
 * The source is read before the database is touched: a slow one must not keep a transaction open, in
 * which another job's runner would wait to record what it has bought.
 *
 * @module
 */
import type { Kysely } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { forgetFault } from "../db/jobs.ts";
import { listRows } from "../db/row_queries.ts";
import { markRetried, takeUpData } from "../db/rows.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import type { SourceClient } from "./source_client.ts";
import { underLease } from "./under_lease.ts";
import { type Clock, rowTransition, systemClock } from "./world.ts";

/** How many rows are read at once. */
const pageSize = 500;

/** What a retry did. */
export interface Retried {
  /** The failed rows that are pending again. */
  readonly retried: readonly { readonly rowNumber: number; readonly was: string }[];
  /** Pending rows whose changed data was taken up. */
  readonly takenUp: number;
}

/** A row that is retried or taken up, and the checksum of its data now. */
interface Mended {
  readonly row: JobRowTable;
  readonly checksum: string;
}

/**
 * Turns failed rows to pending and takes up what was mended in the source since the import.
 *
 * @param db The database.
 * @param jobId The job.
 * @param source The source, for the rows' data as it is now.
 * @param person Who decides, for the audit trail.
 * @param clock The time.
 * @returns What was done.
 * @throws {WaybillError} `E-1004` if rows have moved, `E-1006` if one is gone; nothing is changed then.
 * @throws {LeaseHeldError} If a runner works on the job.
 *
 * @internal
 */
export async function retryRows(
  db: Kysely<Database>,
  jobId: string,
  source: SourceClient,
  person: string,
  clock: Clock = systemClock,
): Promise<Retried> {
  const { failed, changed } = await compare(db, jobId, source);
  return await underLease(db, jobId, clock, async (trx, now) => {
    const audit: AuditEntry[] = [];
    for (const { row, checksum } of failed) {
      const { row_number: rowNumber, error_code: code, error_message: message } = row;
      await markRetried(trx, jobId, now, rowNumber, checksum);
      const details = { by: person, was: { code, message }, ...checksumsOf(row, checksum) };
      audit.push(rowTransition(rowNumber, "failed", "pending", details));
    }
    for (const { row, checksum } of changed) {
      await takeUpData(trx, jobId, now, row.row_number, checksum);
      const details = { by: person, ...checksumsOf(row, checksum) };
      audit.push({ type: "row_data_taken_up", rowNumber: row.row_number, details });
    }
    const rowNumbers = failed.map(({ row }) => row.row_number);
    // It halted at one of them: at the first.
    await forgetFault(trx, jobId, rowNumbers.slice(0, 1));
    const retried = failed.map(({ row }) => ({
      rowNumber: row.row_number,
      was: `${row.error_code ?? ""} ${row.error_message ?? ""}`.trim(),
    }));
    return { result: { retried, takenUp: changed.length }, audit };
  });
}

/** Compares the job's rows with what the source has now. */
async function compare(
  db: Kysely<Database>,
  jobId: string,
  source: SourceClient,
): Promise<{ failed: Mended[]; changed: Mended[] }> {
  const imported = new Map<string, number>();
  const open: JobRowTable[] = [];
  let afterRow = 0;
  for (;;) {
    const rows = await listRows(db, jobId, { afterRow, limit: pageSize });
    for (const row of rows) {
      imported.set(row.checksum, row.row_number);
      if (row.status === "failed" || row.status === "pending") open.push(row);
    }
    const last = rows.at(-1);
    if (!last) break;
    afterRow = last.row_number;
  }
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
    changed: mended.filter(({ row, checksum }) =>
      row.status === "pending" && row.checksum !== checksum
    ),
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
