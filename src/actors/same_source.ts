/**
 * Other jobs of the same source, and what they have bought of it.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { sourceIdentity } from "../contracts/source_location.ts";
import { listOtherSources } from "../db/jobs.ts";
import { listRows } from "../db/row_queries.ts";
import type { Database, JobRowTable } from "../db/schema.ts";

/** How many rows are read at once. */
const pageSize = 1_000;

/** How many rows are named; the rest is counted. */
const namedRows = 10;

/** Rows that were shipped before, by another job. */
export interface Repeats {
  /** The job. */
  readonly jobId: string;
  /** How many of its rows are meant. */
  readonly count: number;
  /** The first of them, by the numbers of that job. */
  readonly rows: readonly number[];
}

/**
 * The other jobs of a source, however it was named for them.
 *
 * @param db The database.
 * @param sourceUri The source.
 * @param jobId The job that is left out.
 * @returns Their ids.
 *
 * @internal
 */
export async function jobsOfSource(
  db: Kysely<Database>,
  sourceUri: string,
  jobId: string,
): Promise<string[]> {
  const identity = sourceIdentity(sourceUri);
  return (await listOtherSources(db, jobId))
    .filter(({ source_uri }) => sourceIdentity(source_uri) === identity).map(({ id }) => id);
}

/**
 * Looks for rows that another job of the same source has bought a label for.
 *
 * @param db The database.
 * @param jobIds The other jobs of the source.
 * @param checksums Gives the checksums of the rows that are about to be shipped.
 * @returns The first job with such rows, or `undefined`.
 *
 * @internal
 */
export async function findRepeats(
  db: Kysely<Database>,
  jobIds: readonly string[],
  checksums: () => ReadonlySet<string>,
): Promise<Repeats | undefined> {
  let wanted: ReadonlySet<string> | undefined;
  for (const jobId of jobIds) {
    const rows: number[] = [];
    let count = 0;
    for await (const row of boughtRows(db, jobId)) {
      wanted ??= checksums();
      if (!wanted.has(row.checksum)) continue;
      count++;
      if (rows.length < namedRows) rows.push(row.row_number);
    }
    if (count > 0) return { jobId, count, rows };
  }
  return undefined;
}

async function* boughtRows(db: Kysely<Database>, jobId: string): AsyncGenerator<JobRowTable> {
  for (const status of ["completed", "shipped"] as const) {
    let afterRow: number | undefined = 0;
    while (afterRow !== undefined) {
      const page: JobRowTable[] = await listRows(db, jobId, { status, afterRow, limit: pageSize });
      yield* page;
      afterRow = page.length < pageSize ? undefined : page.at(-1)?.row_number;
    }
  }
}
