/**
 * Asks UPS for what may be asked again: label recovery, tracking, a void. A purchase goes another way, see
 * {@link ./ship_post.ts}.
 *
 * @module
 */
import { reasonOf } from "./no_answer.ts";
import { type NoToken, TokenError } from "./oauth.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import { requestMs, type Ups } from "./ups.ts";
import type { UpsFault } from "./ups_faults.ts";

/** A question. */
export interface UpsQuestion {
  /** The path, and what follows it. */
  readonly path: string;
  /** The body; a question with one is a POST. */
  readonly body?: Record<string, unknown>;
  /** The method, if it is neither a POST nor a GET. */
  readonly method?: "DELETE";
}

/** What came back: an answer, whatever it says, or why there is none. */
export type UpsReply =
  | { readonly http: HttpAnswer }
  | { readonly faults: readonly UpsFault[]; readonly why: NoToken };

/**
 * Asks a question; once more with a new token if the token is refused.
 *
 * @param ups Where, how long to wait, and what gives the token.
 * @param question The question.
 * @returns What came back; never throws.
 */
export async function askUps(
  ups: Ups,
  question: UpsQuestion,
): Promise<UpsReply> {
  const { tokens } = ups;
  try {
    const token = await tokens.get();
    const http = await askOnce(ups, token.text, question);
    if (http.status !== 401) {
      tokens.accept(token);
      return { http };
    }
    tokens.refuse(token);
    const fresh = await tokens.get();
    const second = await askOnce(ups, fresh.text, question);
    if (second.status !== 401) tokens.accept(fresh);
    return { http: second };
  } catch (error) {
    if (error instanceof TokenError) return { faults: error.faults, why: error.why };
    return { faults: [{ code: "E-3001", message: reasonOf(error) }], why: { kind: "away" } };
  }
}

async function askOnce(
  ups: Ups,
  token: string,
  { path, body, method: other }: UpsQuestion,
): Promise<HttpAnswer> {
  const { url } = ups.settings;
  const method = other ?? (body ? "POST" : "GET");
  const response = await fetch(`${url}${path}`, {
    method,
    headers: method === "DELETE" ? headersWithoutBody(token) : upsHeaders(token),
    ...(body ? { body: JSON.stringify(body) } : {}),
    redirect: "error",
    signal: AbortSignal.timeout(requestMs(ups)),
  });
  const { status, headers } = response;
  return { status, retryAfter: headers.get("retry-after"), body: await response.text() };
}

/**
 * The headers of a request to UPS.
 *
 * @param token The OAuth token.
 * @returns The headers.
 */
export function upsHeaders(token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    // 32 characters: a UUID without its hyphens.
    transId: crypto.randomUUID().replaceAll("-", ""),
    transactionSrc: "waybill",
  };
}

/** A DELETE has no body, and UPS wants no type of one. */
function headersWithoutBody(token: string): Record<string, string> {
  const { "content-type": _, ...headers } = upsHeaders(token);
  return headers;
}
