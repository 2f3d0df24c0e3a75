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

const late = {
  code: "E-3001",
  message: "Too much time has passed since the claim: nothing was sent",
};
const tooLate: Answer = { type: "not_sent", problem: late, retryAfterMs: 0, evidence: late };

/**
 * Logic for the port `buyLabel` of the row machine.
 *
 * @param world The job's world.
 * @returns Logic that rejects only before anything is sent: what the carrier throws is an answer that
 * nobody can read.
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
    const sendBefore = attempt.sentAtMs + Math.max(world.policy.reconcile.quietMs / 4, 1_000);
    // The same holds for this process: it may have been suspended, or have waited for the database, and
    // the quiet period counts from the claim.
    if (world.clock.now().getTime() >= sendBefore) return tooLate;
    const meta = { "waybill/send_before": new Date(sendBefore).toISOString() };
    const tellPace = world.pacers.begin(world.carrierName, attempt.account);
    try {
      const answer = readAnswer(await world.carrier("shipping_create", args, meta));
      tellPace(answer);
      return redact(answer, request);
    } catch (error) {
      const problem = problemOf(error);
      if (error instanceof NotSentError) {
        const notSent = { ...problem, code: "E-3001" };
        return { type: "not_sent", problem: notSent, retryAfterMs: 0, evidence: notSent };
      }
      const message = `Cannot tell whether the label was bought: ${problem.message}`;
      return redact({
        type: "uncertain",
        problem: { code: "E-3010", message },
        namesShipment: false,
        evidence: problem,
      }, request);
    }
  });
}
