/**
 * Work on a job that takes more than one transaction and is no run of it: it holds the lease from its
 * beginning to its end, so that a runner and it exclude each other.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { appendAudit } from "../db/audit.ts";
import { acquireLease, holdLease, leaseTtlMs, releaseLease } from "../db/leases.ts";
import type { Database, JobTable } from "../db/schema.ts";
import { every } from "./every.ts";
import { livenessOf, thisRunner } from "./runner_identity.ts";
import type { Clock, LeasedJob } from "./world.ts";

/**
 * Takes a job, does the work, and gives the job back.
 *
 * @param db The database.
 * @param job The job.
 * @param clock The time.
 * @param work The work; each of its steps is a `commit`.
 * @returns What the work returned.
 * @throws {LeaseHeldError} If a runner works on the job: nothing was done.
 *
 * @internal
 */
export async function withLease<Result>(
  db: Kysely<Database>,
  job: Pick<JobTable, "id" | "name">,
  clock: Clock,
  work: (leased: LeasedJob) => Promise<Result>,
): Promise<Result> {
  const runner = await thisRunner();
  const lease = await db.transaction().execute(async (trx) => {
    const now = clock.now();
    const { lease, takenFrom } = await acquireLease(trx, job.id, runner, now, livenessOf);
    const { host, pid } = runner;
    const details = { epoch: lease.epoch, host, pid, taken_from: takenFrom ?? null };
    await appendAudit(trx, job.id, now, [{ type: "lease_acquired", details }]);
    return lease;
  });
  const leased: LeasedJob = {
    ...{ db, job, clock, lease },
    committedAt: undefined,
    auditHead: undefined,
  };
  // A carrier may be slow: the lease does not run out meanwhile.
  const stopHeartbeat = every(
    clock,
    leaseTtlMs / 3,
    // What is wrong is found out by the next commit, which says so.
    () => db.transaction().execute((trx) => holdLease(trx, lease, clock.now())),
  );
  try {
    return await work(leased);
  } finally {
    stopHeartbeat();
    await db.transaction().execute((trx) => releaseLease(trx, lease)).catch(() => {
      // Taken over, or the database is away: then it expires.
    });
  }
}
