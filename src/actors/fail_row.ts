/**
 * The actor that commits a row's own fault: nothing was sent for it.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import type { AuditEntry } from "../db/audit.ts";
import { markFailed, markWrittenBack } from "../db/rows.ts";
import type { Problem } from "../machines/port.ts";
import type { Claim } from "../machines/row_types.ts";
import { commit, rowTransition, type World } from "./world.ts";

/**
 * Logic for the port `failRow` of the row machine.
 *
 * @param world The job's world.
 * @returns Logic that resolves once `failed` is durable.
 *
 * @internal
 */
export function createFailRow(
  world: World,
): PromiseActorLogic<void, { claim: Claim; problem: Problem }> {
  return fromPromise(async ({ input: { claim: { rowNumber, from, settles }, problem } }) => {
    const { code, message } = problem;
    const jobId = world.job.id;
    await commit(world, async (trx, now) => {
      const audit: AuditEntry[] = [];
      if (settles !== undefined) {
        await markWrittenBack(trx, jobId, now, settles);
        audit.push(rowTransition(settles, "shipped", "completed"));
      }
      await markFailed(trx, jobId, now, from, { rowNumber, code, message });
      await world.checkpoint.save(trx, jobId);
      audit.push(rowTransition(rowNumber, from, "failed", { code, message }));
      return { result: undefined, audit };
    });
  });
}
