/**
 * Sends a ship request: one POST, once, whatever happens. UPS has no idempotency key, so a second
 * one would be a second label.
 *
 * @module
 */
import { ensureError } from "../../errors.ts";
import { reasonOf } from "./no_answer.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import { upsHeaders } from "./ups_http.ts";

/** What became of the POST. */
export type PostResult =
  /** There is an answer, whatever it says. */
  | { kind: "answered"; http: HttpAnswer }
  /** It is certain that no byte of the request left this machine. */
  | { kind: "not_sent"; why: string }
  /** The request, or a part of it, may have arrived. */
  | { kind: "no_answer"; why: string };

const connectFailed = "client error (Connect)";

/**
 * A connection of its own for every purchase, because a kept one is dangerous: if the server closes
 * it after reading the request, Deno's `fetch` (hyper) silently sends the request again on another
 * connection, a POST too (seen on Deno 2.9.6; `ups_server.test.ts` counts). That would be a second
 * label that nobody asked for.
 */
const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0, http2: false });

/**
 * Sends the request.
 *
 * @param url The API's scheme, host and port.
 * @param token The OAuth token.
 * @param body The body, JSON.
 * @param timeoutMs How long to wait for the whole answer.
 * @returns What became of it; never throws.
 */
export async function postShip(
  url: string,
  token: string,
  body: string,
  timeoutMs: number,
): Promise<PostResult> {
  try {
    const response = await fetch(`${url}/api/shipments/v2409/ship`, {
      method: "POST",
      headers: upsHeaders(token),
      body,
      redirect: "error",
      // Our own limit: a caller who stops waiting does not un-buy.
      signal: AbortSignal.timeout(timeoutMs),
      client,
    });
    const { status, headers } = response;
    const retryAfter = headers.get("retry-after");
    return { kind: "answered", http: { status, retryAfter, body: await response.text() } };
  } catch (error) {
    return { kind: isBeforeSending(error) ? "not_sent" : "no_answer", why: reasonOf(error) };
  }
}

/**
 * Whether the connection was never made (refused, no such host, TLS failed) or never allowed: the
 * failures of `fetch` that come before the request. Deno tells the first by this phrase alone; if it
 * ever changes, such failures count as uncertain, which is the safe side.
 */
function isBeforeSending(error: unknown): boolean {
  if (error instanceof Deno.errors.NotCapable) return true;
  return error instanceof TypeError && ensureError(error.cause).message.includes(connectFailed);
}
