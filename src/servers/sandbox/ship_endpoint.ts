/**
 * Takes a ship request: into the books first, then whatever the plan of faults has for it, then the
 * purchase.
 *
 * @module
 */
import {
  type Answer,
  type Asked,
  gatewayFailure,
  json,
  readJson,
  refusal,
  tooManyRequests,
} from "./answer.ts";
import { checkShipRequest } from "./checks/ship_check.ts";
import { readFaultPlan, type ShipFault } from "./fault_plan.ts";
import type { Sandbox } from "./sandbox.ts";
import { allReferences, buy } from "./ship.ts";
import { shipAnswer, withoutLabels } from "./ship_answer.ts";
import { type ShipRequest, shipRequestSchema } from "./ship_request.ts";
import { tokenExpired, tokenFault } from "./token.ts";

/**
 * Takes a ship request.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan; then nothing was written or bought.
 */
export async function takeShipRequest(asked: Asked, sandbox: Sandbox): Promise<Answer> {
  const plan = readFaultPlan(sandbox.faultsPath);
  const body = shipRequestSchema.safeParse(readJson(asked.body));
  if (!body.success) {
    return refusal(400, { code: "10001", message: "The request is not well formed" });
  }
  const request = body.data.ShipmentRequest;
  const [key = "", order] = allReferences(request.Shipment);
  const refused = tokenFault(asked);
  let count = 0;
  sandbox.ledger.append((books) => {
    count = books.requestsOf(order ?? key);
    return {
      kind: "request",
      at: new Date().toISOString(),
      key,
      order: order ?? null,
      ...(refused ? { refused: refused.code } : {}),
    };
  });
  if (refused) return refusal(401, refused);
  const faults = order !== undefined && Object.hasOwn(plan.ship, order) ? plan.ship[order] : [];
  const fault = faults?.[count] ?? { fault: "none" };
  if (order !== undefined && fault.fault !== "none") {
    sandbox.ledger.append(() => ({
      kind: "fault",
      at: new Date().toISOString(),
      key,
      order,
      of: "ship",
      fault: fault.fault,
    }));
  }
  return await actOut(fault, request, sandbox);
}

async function actOut(
  fault: ShipFault,
  request: ShipRequest,
  sandbox: Sandbox,
): Promise<Answer> {
  switch (fault.fault) {
    case "503":
      return gatewayFailure();
    case "reset":
      return { kind: "reset" };
    case "429":
      return tooManyRequests();
    case "token-expired":
      return refusal(401, tokenExpired);
  }
  const wrong = checkShipRequest(request);
  if (wrong.length > 0) return refusal(400, ...wrong);
  if (fault.fault === "hang-then-commit") {
    sandbox.later.run(fault.ms, () => buy(sandbox, request));
    return { kind: "hang" };
  }
  const bought = buy(sandbox, request);
  const answer = () => shipAnswer(request, bought);
  switch (fault.fault) {
    case "none":
      return json(200, await answer());
    case "commit-then-drop":
      return { kind: "reset" };
    case "commit-then-503":
      return gatewayFailure();
    case "commit-then-hang":
      return { kind: "hang" };
    case "commit-then-truncate":
      return { kind: "truncate", body: JSON.stringify(await answer()) };
    case "no-label":
      return json(200, withoutLabels(await answer()));
    default:
      return fault.fault satisfies never;
  }
}
