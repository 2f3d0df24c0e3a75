/**
 * What is still to do about a job whose rows are all done: keys that were given up on, second labels
 * that nobody has dealt with, voids that its source is owed.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listDuplicates, listSuperseded } from "../db/attempts.ts";
import type { Database } from "../db/schema.ts";
import { findOpenVoids } from "../db/voids.ts";
import { safePolicy } from "./purchase_policy.ts";

/**
 * Whether a completed job should be looked at again.
 *
 * @param db The database.
 * @param jobId The job.
 * @param now The time.
 * @returns Whether there is something to ask the carrier or a person, or to tell the source.
 *
 * @internal
 */
export async function hasLooseEnds(
  db: Kysely<Database>,
  jobId: string,
  now: Date = new Date(),
): Promise<boolean> {
  const since = new Date(now.getTime() - safePolicy.reconcile.ageLimitMs).toISOString();
  if ((await listSuperseded(db, jobId, { since, limit: 1 })).length > 0) return true;
  if ((await listDuplicates(db, jobId)).length > 0) return true;
  return (await findOpenVoids(db, jobId)).owed > 0;
}
