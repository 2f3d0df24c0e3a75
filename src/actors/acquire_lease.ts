/**
 * The actor that takes a job for this runner.
 *
 * @module
 */
import type { Transaction } from "kysely";
import { fromPromise, type PromiseActorLogic } from "xstate";
import { appendAudit } from "../db/audit.ts";
import { saveSnapshot } from "../db/jobs.ts";
import { acquireLease } from "../db/leases.ts";
import type { Database } from "../db/schema.ts";
import { LeaseHeldError } from "../errors.ts";
import { jobMachineVersion } from "../machines/job.ts";
import { type Problem, problemOf } from "../machines/port.ts";
import { takeControls } from "./obey_controls.ts";
import { takeInputs } from "./job_inputs.ts";
import { takeCarrier } from "./take_carrier.ts";
import type { World } from "./world.ts";

/**
 * Logic for the port `acquireLease` of the job machine.
 *
 * @param world The job's world; gets the lease.
 * @returns Logic that resolves to `held` when another runner has the job.
 *
 * @internal
 */
export function createAcquireLease(
  world: World,
): PromiseActorLogic<{ type: "held"; problem: Problem } | { type: "acquired" }, string> {
  return fromPromise(async ({ input: jobId }) => {
    try {
      world.lease = await world.db.transaction().execute(async (trx) => {
        const now = world.clock.now();
        const { runner, livenessOf } = world;
        const { lease, takenFrom } = await acquireLease(trx, jobId, runner, now, livenessOf);
        const { host, pid } = runner;
        const details = { epoch: lease.epoch, host, pid, taken_from: takenFrom ?? null };
        await appendAudit(trx, jobId, now, [{ type: "lease_acquired", details }]);
        await appendAudit(trx, jobId, now, await takeControls(trx, jobId, now));
        await setSnapshotAside(trx, world, now);
        world.inputs.used = await takeInputs(trx, jobId, now, world.inputs.wanted);
        await takeCarrier(trx, world, now);
        return lease;
      });
      return { type: "acquired" };
    } catch (error) {
      if (error instanceof LeaseHeldError) return { type: "held", problem: problemOf(error) };
      throw error;
    }
  });
}

/** A snapshot that this program cannot read is kept in the trail and out of the way. */
async function setSnapshotAside(
  trx: Transaction<Database>,
  { job, setAside }: World,
  now: Date,
): Promise<void> {
  if (setAside === undefined) return;
  await saveSnapshot(trx, job.id, jobMachineVersion, null);
  const details = { why: setAside };
  await appendAudit(trx, job.id, now, [{ type: "snapshot_set_aside", details }]);
}
