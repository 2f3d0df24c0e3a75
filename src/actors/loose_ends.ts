/**
 * What may still come to light about a job whose rows are all done: keys that were given up on, and
 * second labels that nobody has dealt with.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listDuplicates, listSuperseded } from "../db/attempts.ts";
import type { Database } from "../db/schema.ts";
import { safePolicy } from "./purchase_policy.ts";

/**
 * Whether a completed job should be looked at again.
 *
 * @param db The database.
 * @param jobId The job.
 * @param now The time.
 * @returns Whether there is something to ask the carrier or a person.
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
  return (await listDuplicates(db, jobId)).length > 0;
}
