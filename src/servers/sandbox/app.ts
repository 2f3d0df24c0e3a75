/**
 * The sandbox's HTTP interface: the form of UPS's REST APIs, as far as the sandbox offers them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Ledger } from "./ledger.ts";
import { buy } from "./ship.ts";
import type { UpsFault } from "./fault.ts";
import { checkShipRequest } from "./ship_check.ts";
import { shipRequestSchema } from "./ship_request.ts";

/** What the sandbox works with. */
export interface Sandbox {
  /** The books. */
  ledger: Ledger;
  /** How long a token is good for. */
  tokenSeconds: number;
}

/**
 * Makes the function that answers requests.
 *
 * @param sandbox What it works with.
 * @returns What `Deno.serve` calls.
 */
export function sandboxHandler(sandbox: Sandbox): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    const route = `${request.method} ${pathname}`;
    if (route === "POST /security/v1/oauth/token") return await giveToken(request, sandbox);
    if (!/^POST \/api\/shipments\/v2409\/ship$/.test(route)) {
      return refusal(404, { code: "9610", message: `No such endpoint in the sandbox: ${route}` });
    }
    if (!isTokenGood(request.headers.get("authorization"))) {
      return refusal(401, { code: "250002", message: "Invalid Authentication Information." });
    }
    return await ship(request, sandbox);
  };
}

async function giveToken(request: Request, { tokenSeconds }: Sandbox): Promise<Response> {
  const [scheme, credentials] = (request.headers.get("authorization") ?? "").split(" ");
  const [id, secret] = Buffer.from(credentials ?? "", "base64").toString().split(":");
  const grant = new URLSearchParams(await request.text()).get("grant_type");
  if (scheme !== "Basic" || !id || !secret) {
    return refusal(401, { code: "10401", message: "ClientId is Invalid" });
  }
  if (grant !== "client_credentials") {
    return refusal(400, { code: "10400", message: "Invalid grant_type" });
  }
  const now = Date.now();
  return Response.json({
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

/** A token tells itself when it ends, so that it outlives a restart of the sandbox. */
function isTokenGood(authorization: string | null): boolean {
  const expiry = /^Bearer sandbox\.(\d+)$/.exec(authorization ?? "")?.[1];
  return expiry !== undefined && Date.now() < Number(expiry);
}

async function ship(request: Request, { ledger }: Sandbox): Promise<Response> {
  const body = shipRequestSchema.safeParse(readJson(await request.text()));
  if (!body.success) {
    return refusal(400, { code: "10001", message: "The request is not well formed" });
  }
  const faults = checkShipRequest(body.data.ShipmentRequest);
  if (faults.length > 0) return refusal(400, ...faults);
  return Response.json(buy(ledger, body.data.ShipmentRequest));
}

function refusal(status: number, ...errors: UpsFault[]): Response {
  return Response.json({ response: { errors } }, { status });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
