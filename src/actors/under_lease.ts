/**
 * One change of a job from outside a runner: it holds the job's lease for as long as it takes, so
 * that it and a runner's work exclude each other.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import { appendAudit, type AuditEntry } from "../db/audit.ts";
import { acquireLease, describeHolder, findLease, isHeld, releaseLease } from "../db/leases.ts";
import type { Database } from "../db/schema.ts";
import { LeaseHeldError } from "../errors.ts";
import { livenessOf, thisRunner } from "./runner_identity.ts";
import type { Clock } from "./world.ts";

/**
 * Makes a change in one transaction with its audit entries.
 *
 * @param db The database.
 * @param jobId The job.
 * @param clock The time.
 * @param change What to change; it returns its result and the audit entries.
 * @returns The change's result, once it is durable.
 * @throws {LeaseHeldError} If a runner works on the job: nothing is changed.
 *
 * @internal
 */
export async function underLease<Result>(
  db: Kysely<Database>,
  jobId: string,
  clock: Clock,
  change: (
    trx: Transaction<Database>,
    now: Date,
  ) => Promise<{ result: Result; audit: readonly AuditEntry[] }>,
): Promise<Result> {
  const runner = await thisRunner();
  return await db.transaction().execute(async (trx) => {
    const now = clock.now();
    const { lease } = await acquireLease(trx, jobId, runner, now, livenessOf);
    const { result, audit } = await change(trx, now);
    await appendAudit(trx, jobId, now, audit);
    await releaseLease(trx, lease);
    return result;
  });
}

/**
 * Refuses what cannot be done while a runner works on the job, before anybody is asked or waited for.
 *
 * @param db The database.
 * @param jobId The job.
 * @param clock The time.
 * @throws {LeaseHeldError} If one does.
 *
 * @internal
 */
export async function refuseHeld(
  db: Kysely<Database>,
  jobId: string,
  clock: Clock,
): Promise<void> {
  const holder = (await findLease(db, jobId))?.holder;
  if (!holder || !await isHeld(holder, clock.now(), livenessOf)) return;
  throw new LeaseHeldError(jobId, describeHolder(holder));
}
