/**
 * The actor that commits that a job is running.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { getJob, setJobStatus } from "../db/jobs.ts";
import { commit, type World } from "./world.ts";

/**
 * Logic for the port `startJob` of the job machine.
 *
 * @param world The job's world.
 * @returns Logic that resolves when `running` is durable. A job whose runner died is running already.
 *
 * @internal
 */
export function createStartJob(world: World): PromiseActorLogic<void, string> {
  return fromPromise(async ({ input: jobId }) => {
    await commit(world, async (trx, now) => {
      const { status: from } = await getJob(trx, jobId);
      await setJobStatus(trx, jobId, now, { from, to: "running" });
      const audit = [{ type: "job_transition", from, to: "running" }];
      return { result: undefined, audit };
    });
  });
}
