/**
 * The sandbox's OAuth tokens. A token tells itself when it ends, so that it outlives a restart.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Answer, type Asked, json, refusal } from "./answer.ts";
import type { UpsFault } from "./fault.ts";
import { takeQuestionFault } from "./question_fault.ts";
import type { Sandbox } from "./sandbox.ts";

/** @internal What UPS says of a token that has ended. */
export const tokenExpired: UpsFault = { code: "251004", message: "The token has expired." };

const tokenInvalid: UpsFault = { code: "250002", message: "Invalid Authentication Information." };

/**
 * Gives a token to whoever has an id and a secret.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 */
export function giveToken({ authorization, body }: Asked, sandbox: Sandbox): Answer {
  const { tokenSeconds } = sandbox;
  const [scheme, credentials] = authorization.split(" ");
  const [id, secret] = Buffer.from(credentials ?? "", "base64").toString().split(":");
  if (scheme !== "Basic" || !id || !secret) {
    return refusal(401, { code: "10401", message: "ClientId is Invalid" });
  }
  if (new URLSearchParams(body).get("grant_type") !== "client_credentials") {
    return refusal(400, { code: "10400", message: "Invalid grant_type" });
  }
  const spoilt = takeQuestionFault("token", sandbox);
  if (spoilt) return spoilt;
  const now = Date.now();
  return json(200, {
    token_type: "Bearer",
    issued_at: String(now),
    client_id: id,
    access_token: `sandbox.${now + tokenSeconds * 1000}`,
    scope: "",
    // UPS sends numbers as text.
    expires_in: String(tokenSeconds),
    refresh_count: "0",
    status: "approved",
  });
}

/**
 * What is wrong with the token of a request.
 *
 * @param asked The request.
 * @returns The fault, if there is one.
 */
export function tokenFault({ authorization }: Asked): UpsFault | undefined {
  const expiry = /^Bearer sandbox\.(\d+)$/.exec(authorization)?.[1];
  if (expiry === undefined) return tokenInvalid;
  return Date.now() < Number(expiry) ? undefined : tokenExpired;
}
