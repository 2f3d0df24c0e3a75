/**
 * The actor that spends money: one attempt, one call, no repeat at any level below it.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { problemOf } from "../machines/port.ts";
import type { Answer, Attempt } from "../machines/purchase.ts";
import { readAnswer } from "./read_answer.ts";
import { redact } from "./redact.ts";
import { NotSentError } from "./tool_caller.ts";
import { confirmLease, type World } from "./world.ts";

/**
 * Logic for the port `buyLabel` of the row machine.
 *
 * @param world The job's world.
 * @returns Logic that rejects, where nobody can tell what the carrier did, and resolves otherwise.
 *
 * @internal
 */
export function createBuyLabel(
  world: World,
): PromiseActorLogic<Answer, { attempt: Attempt; request: Readonly<Record<string, unknown>> }> {
  // The actor's signal is not handed on: to stop waiting does not un-buy the label.
  return fromPromise(async ({ input: { attempt, request } }) => {
    const args = { ...request, idempotency_key: attempt.key };
    // Nothing is sent yet: whoever took the job over has this row among those to ask a person about.
    await confirmLease(world);
    // A server that was suspended with the request in its hands sends it no more when it wakes up: by
    // then somebody else may have found that it was never sent. With the time-out of the request, it is
    // well within the quiet period.
    const sendBefore = attempt.sentAtMs + world.policy.reconcile.quietMs / 4;
    const meta = { "waybill/send_before": new Date(sendBefore).toISOString() };
    try {
      return redact(readAnswer(await world.carrier("shipping_create", args, meta)), request);
    } catch (error) {
      if (!(error instanceof NotSentError)) throw error;
      const problem = { ...problemOf(error), code: "E-3001" };
      return { type: "not_sent", problem, retryAfterMs: 0, evidence: problem };
    }
  });
}
