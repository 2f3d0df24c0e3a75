/**
 * The actor that commits that a job is running.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { getJob, setJobStatus } from "../db/jobs.ts";
import { refuseChanged } from "./confirmation.ts";
import { commit, type World } from "./world.ts";

/**
 * Logic for the port `startJob` of the job machine.
 *
 * @param world The job's world.
 * @returns Logic that resolves when `running` is durable. A job whose runner died is running already.
 * It fails with `E-2004` where what is to be bought is not what was confirmed.
 *
 * @internal
 */
export function createStartJob(world: World): PromiseActorLogic<void, string> {
  const { approval, inputs, carrierName: carrier } = world;
  return fromPromise(async ({ input: jobId }) => {
    await commit(world, async (trx, now) => {
      const { status: from } = await getJob(trx, jobId);
      if (approval && inputs.used) {
        await refuseChanged(trx, jobId, approval, { inputs: inputs.used, carrier });
      }
      await setJobStatus(trx, jobId, now, { from, to: "running" });
      const audit = [{ type: "job_transition", from, to: "running" }];
      return { result: undefined, audit };
    });
  });
}
