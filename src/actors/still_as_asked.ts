/**
 * Whether a row is still what its decision is about. To ask a carrier takes seconds or minutes, and
 * nobody holds the job's lease meanwhile: another label may have been bought.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import { listAttempts } from "../db/attempts.ts";
import { findRow } from "../db/row_queries.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";

/** A row as it was before anybody was asked about it. */
export interface AskedRow {
  /** The row. */
  readonly row: JobRowTable;
  /** The keys of its attempts. */
  readonly keys: readonly string[];
}

/**
 * Notes what is going to be asked about.
 *
 * @param db The database.
 * @param jobId The job.
 * @param row The row, read before.
 * @returns The row and its attempts.
 *
 * @internal
 */
export async function noteAsked(
  db: Kysely<Database>,
  jobId: string,
  row: JobRowTable,
): Promise<AskedRow> {
  return { row, keys: await keysOf(db, jobId, row.row_number) };
}

/**
 * Refuses a decision about a label or attempts that are not the ones that were asked about.
 *
 * @param trx The transaction that records the decision, under the lease.
 * @param jobId The job.
 * @param asked What was asked about.
 * @returns The row as it is now; its status may be another.
 * @throws {WaybillError} `E-4009` if it has another label or another attempt since.
 *
 * @internal
 */
export async function refuseChanged(
  trx: Transaction<Database>,
  jobId: string,
  asked: AskedRow,
): Promise<JobRowTable> {
  const { row: before, keys } = asked;
  const { row_number: rowNumber } = before;
  const row = await findRow(trx, jobId, rowNumber);
  const isSame = row !== undefined && row.generation === before.generation &&
    row.tracking_number === before.tracking_number &&
    String(await keysOf(trx, jobId, rowNumber)) === String(keys);
  if (isSame) return row;
  throw changedSince(jobId, rowNumber);
}

/**
 * The error for a row that is another one than was asked about.
 *
 * @param jobId The job.
 * @param rowNumber The row.
 * @returns The error.
 *
 * @internal
 */
export function changedSince(jobId: string, rowNumber: number): WaybillError {
  return new WaybillError(
    "E-4009",
    `Cannot resolve row ${rowNumber}: it has changed since it was asked about`,
    { rowNumber, remedy: `Look at it with: deno task rows ${jobId}, then say it again` },
  );
}

async function keysOf(
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
): Promise<readonly string[]> {
  return (await listAttempts(db, jobId, rowNumber)).map(({ key }) => key).toSorted();
}
