/**
 * What one run of a job did, for its summary.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { countRows } from "../db/row_queries.ts";
import type { Database } from "../db/schema.ts";
import type { Problem } from "../machines/port.ts";
import type { Brought } from "./source_watch.ts";

/** What one run of a job did. */
export interface RunFacts {
  /** How many labels it bought. */
  readonly boughtRows: number;
  /** How many rows failed in it. */
  readonly failedRows: number;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
  /** What it brought to the source. */
  readonly source: Readonly<Brought>;
  /** Why it could not go on, where a part of it was given up. */
  readonly problem?: Problem | undefined;
}

/**
 * Counts what a run does, by the rows themselves: events may be lost.
 *
 * @param db The database.
 * @param jobId The job.
 * @param brought What is brought to the source.
 * @returns Tells what it came to, once it has ended.
 *
 * @internal
 */
export async function startCounting(
  db: Kysely<Database>,
  jobId: string,
  brought: Brought,
): Promise<(problem: Problem | undefined) => Promise<RunFacts>> {
  const startedAt = performance.now();
  const count = async () => {
    const { shipped, completed, failed } = await countRows(db, jobId);
    return { bought: shipped + completed, failed };
  };
  const before = await count();
  return async (problem) => {
    const elapsedMs = Math.round(performance.now() - startedAt);
    const after = await count();
    return {
      boughtRows: after.bought - before.bought,
      failedRows: after.failed - before.failed,
      elapsedMs,
      source: { ...brought },
      problem,
    };
  };
}
