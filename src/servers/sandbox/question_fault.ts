/**
 * Which fault of the plan a request takes that belongs to no order: a token, a rate, an address.
 *
 * @module
 */
import { type Answer, gatewayFailure, refusal, tooManyRequests } from "./answer.ts";
import { questionFaults, readFaultPlan, tokenFaults } from "./fault_plan.ts";
import type { Sandbox } from "./sandbox.ts";

/** What stands in the books where there is no order. */
const noOrder = "*";
const known: ReadonlySet<string> = new Set([...questionFaults, ...tokenFaults]);

/**
 * The answer of the plan to this request; that it was taken is written down, so that it is counted
 * even if the sandbox dies.
 *
 * @param of What is asked for.
 * @param sandbox What it works with.
 * @returns The answer, if the plan spoils this request.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 */
export function takeQuestionFault(
  of: "rate" | "validate" | "token",
  sandbox: Sandbox,
): Answer | undefined {
  const planned = readFaultPlan(sandbox.faultsPath)[of];
  if (planned.length === 0) return undefined;
  const books = sandbox.ledger.read();
  const taken = [...known].reduce(
    (sum, fault) => sum + books.faultsOf({ order: noOrder, of, fault }),
    0,
  );
  const fault = planned[taken];
  if (fault === undefined) return undefined;
  const at = new Date().toISOString();
  sandbox.ledger.append(() => ({ kind: "fault", at, key: "", order: noOrder, of, fault }));
  switch (fault) {
    case "none":
      return undefined;
    case "503":
      return gatewayFailure();
    case "429":
      return tooManyRequests();
    case "reset":
      return { kind: "reset" };
    case "quota":
      return refusal(429, { code: "10429", message: "Quota Limit Exceeded" });
    default:
      return fault satisfies never;
  }
}
