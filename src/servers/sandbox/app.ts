/**
 * The sandbox's HTTP interface: the form of UPS's REST APIs, as far as the sandbox offers them, and
 * a look into its books.
 *
 * @module
 */
import { validateAddress } from "./addresses/validate.ts";
import { type Answer, type Asked, json, refusal } from "./answer.ts";
import type { UpsFault } from "./fault.ts";
import { isOurHost, strangeHost } from "./host.ts";
import { liveLabels } from "./live_labels.ts";
import { rateShipment } from "./rate.ts";
import { recoverLabel } from "./recovery.ts";
import type { Sandbox } from "./sandbox.ts";
import { takeShipRequest } from "./ship_endpoint.ts";
import { giveToken, tokenFault } from "./token.ts";
import { trackNumber, trackReference } from "./track.ts";
import { voidShipment } from "./void.ts";

/** An endpoint that wants a token; `name` is what its path names. */
type Endpoint = (asked: Asked, sandbox: Sandbox, name: string) => Answer | Promise<Answer>;

const endpoints: readonly [method: string, path: RegExp, Endpoint][] = [
  ["POST", /^\/api\/labels\/v1\/recovery$/, recoverLabel],
  ["POST", /^\/api\/rating\/v2409\/([^/]+)$/, rateShipment],
  ["POST", /^\/api\/addressvalidation\/v2\/([^/]+)$/, validateAddress],
  ["GET", /^\/api\/track\/v1\/details\/([^/]+)$/, trackNumber],
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
export async function answerRequest(asked: Asked, sandbox: Sandbox): Promise<Answer> {
  const { method, path } = asked;
  const route = `${method} ${path}`;
  if (route === "POST /security/v1/oauth/token") return giveToken(asked, sandbox);
  // It looks at the token itself: it writes down what it turns away too.
  if (route === "POST /api/shipments/v2409/ship") return await takeShipRequest(asked, sandbox);
  for (const [verb, pattern, endpoint] of endpoints) {
    const match = method === verb ? pattern.exec(path) : null;
    if (!match) continue;
    const fault: UpsFault | undefined = tokenFault(asked);
    if (fault) return refusal(401, fault);
    const name = decoded(match[1] ?? "");
    return name === undefined
      ? refusal(400, { code: "10001", message: "The path is not well formed" })
      : await endpoint(asked, sandbox, name);
  }
  if (method === "GET" && !path.startsWith("/api/")) return await lookInside(asked, sandbox);
  return refusal(404, { code: "9610", message: `No such endpoint in the sandbox: ${route}` });
}

/** What is for people, and for tests: no token, but only from this machine by its own name. */
async function lookInside(asked: Asked, sandbox: Sandbox): Promise<Answer> {
  if (!isOurHost(asked.host)) return strangeHost();
  if (asked.path === "/ledger/live-labels") return json(200, liveLabels(sandbox.ledger.read()));
  const { answerPage } = await import("./page/pages.ts");
  return await answerPage(asked, sandbox);
}

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
