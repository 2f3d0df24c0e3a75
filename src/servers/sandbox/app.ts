/**
 * The sandbox's HTTP interface: the form of UPS's REST APIs, as far as the sandbox offers them, and
 * a look into its books.
 *
 * @module
 */
import { type Answer, type Asked, json, refusal } from "./answer.ts";
import type { UpsFault } from "./fault.ts";
import { liveLabels } from "./live_labels.ts";
import { recoverLabel } from "./recovery.ts";
import type { Sandbox } from "./sandbox.ts";
import { takeShipRequest } from "./ship_endpoint.ts";
import { giveToken, tokenFault } from "./token.ts";
import { trackReference } from "./track.ts";
import { voidShipment } from "./void.ts";

/** An endpoint that wants a token; `names` is what the parts of its path say. */
type Endpoint = (asked: Asked, sandbox: Sandbox, name: string) => Answer;

const endpoints: readonly [method: string, path: RegExp, Endpoint][] = [
  ["POST", /^\/api\/labels\/v1\/recovery$/, recoverLabel],
  ["GET", /^\/api\/track\/v1\/reference\/details\/([^/]+)$/, trackReference],
  ["DELETE", /^\/api\/shipments\/v2409\/void\/cancel\/([^/]+)$/, voidShipment],
];

/**
 * Answers a request.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 */
export function answerRequest(asked: Asked, sandbox: Sandbox): Answer {
  const { method, path } = asked;
  const route = `${method} ${path}`;
  if (route === "POST /security/v1/oauth/token") return giveToken(asked, sandbox);
  if (route === "GET /ledger/live-labels") return json(200, liveLabels(sandbox.ledger.read()));
  // It looks at the token itself: it writes down what it turns away too.
  if (route === "POST /api/shipments/v2409/ship") return takeShipRequest(asked, sandbox);
  for (const [verb, pattern, endpoint] of endpoints) {
    const match = method === verb ? pattern.exec(path) : null;
    if (!match) continue;
    const fault: UpsFault | undefined = tokenFault(asked);
    return fault
      ? refusal(401, fault)
      : endpoint(asked, sandbox, decodeURIComponent(match[1] ?? ""));
  }
  return refusal(404, { code: "9610", message: `No such endpoint in the sandbox: ${route}` });
}
