/**
 * What a person is told of single rows at the end of a run.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listRows } from "../db/row_queries.ts";
import type { Database } from "../db/schema.ts";
import type { Report } from "./report.ts";
import { formatRowRanges } from "./row_ranges.ts";

/** How many rows are named. */
const namedRows = 20;

/**
 * The rows of a job that failed.
 *
 * @param db The database.
 * @param jobId The job.
 * @param count How many there are.
 * @returns A line for each of the first, and where to see them all; none if no row failed.
 *
 * @internal
 */
export async function failedLines(
  db: Kysely<Database>,
  jobId: string,
  count: number,
): Promise<string[]> {
  if (count === 0) return [];
  const rows = await listRows(db, jobId, { status: "failed", limit: namedRows });
  return [
    `${count === 1 ? "1 row" : `${count} rows`} failed:`,
    ...rows.map(({ row_number, error_code, error_message }) =>
      `  Row ${row_number}: ${error_code ?? ""} ${error_message ?? ""}`.trimEnd()
    ),
    ...count > rows.length ? [`  … and ${count - rows.length} more`] : [],
    `See them with: deno task rows ${jobId} --status failed`,
  ];
}

/**
 * How a job's rows are shipped again, where none of them has a label any more.
 *
 * @param db The database.
 * @param report How the job stands.
 * @returns The line; none where a row still has its label.
 *
 * @internal
 */
export async function voidedLines(
  db: Kysely<Database>,
  { jobId, rows, openVoids }: Report,
): Promise<string[]> {
  const isOpen = openVoids.owed + openVoids.unanswered.length > 0;
  if (rows.voided === 0 || rows.shipped + rows.completed > 0 || isOpen) return [];
  const voided = await listRows(db, jobId, { status: "voided", limit: rows.voided });
  const ranges = formatRowRanges(voided.map(({ row_number }) => row_number));
  return [`Every label is voided. To ship again: deno task retry ${jobId} --rows ${ranges}`];
}
