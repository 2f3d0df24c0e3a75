/**
 * What a person is told of the rows that failed, after a run that carried on past them.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listRows } from "../db/row_queries.ts";
import type { Database } from "../db/schema.ts";

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
