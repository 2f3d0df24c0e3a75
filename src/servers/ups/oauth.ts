/**
 * The OAuth token: kept until a minute before it ends, and fetched by one request at a time. The
 * token endpoint has a quota of its own.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { knownUpsCode } from "../../contracts/ups_codes.ts";
import { reasonOf } from "./no_answer.ts";
import type { Settings } from "./settings.ts";
import { type HttpAnswer, retryAfterMs } from "./ship_answer.ts";
import { readFaults, readJson, type UpsFault } from "./ups_faults.ts";

/**
 * Why there is no token: UPS refuses the client, as it will the next time; it wants to be left alone
 * for a while; or it did not answer so that anybody could read it.
 */
export type NoToken =
  | { readonly kind: "refused" }
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  | { readonly kind: "away" };

/** No token could be had: nothing was sent that could have bought something. */
export class TokenError extends Error {
  /** What UPS, or the network, said. */
  readonly faults: readonly UpsFault[];
  /** Why. */
  readonly why: NoToken;

  /**
   * Makes the error.
   *
   * @param why Why there is none.
   * @param faults What UPS, or the network, said.
   */
  constructor(why: NoToken, faults: readonly UpsFault[]) {
    super(faults.map(({ code, message }) => `${code} ${message}`).join("; "));
    this.name = "TokenError";
    this.why = why;
    this.faults = faults;
  }
}

/** A token. Two that were fetched one after the other are two, even if UPS gave the same text. */
export interface Token {
  /** What goes into the header. */
  readonly text: string;
}

/** Gives the token. */
export interface TokenSource {
  /** The token; fetched if there is none, or none that lasts. */
  get(): Promise<Token>;
  /**
   * Forgets a token that was refused, so that the next one is fetched.
   *
   * @returns Whether that may help: not if another one was refused before it, with none that was
   * accepted between them.
   */
  refuse(token: Token): boolean;
  /** UPS took a token. */
  accept(token: Token): void;
}

const timeoutMs = 10_000;
const earlyMs = 60_000;

// UPS writes numbers as text.
const tokenSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive(),
});

/**
 * Makes the source of tokens.
 *
 * @param settings Where and who.
 * @param now Tells the time in milliseconds.
 * @returns The source.
 */
export function tokenSource(settings: Settings, now: () => number = Date.now): TokenSource {
  let kept: { token: Token; until: number } | undefined;
  let underWay: Promise<Token> | undefined;
  let refused: Token | undefined;
  let quota: { error: TokenError; until: number } | undefined;
  const fetchAndKeep = async () => {
    // The quota is on tokens: asking again before its time would use it up for good.
    if (quota && now() < quota.until) throw quota.error;
    try {
      const { access_token, expires_in } = await fetchToken(settings);
      const token = { text: access_token };
      kept = { token, until: now() + expires_in * 1000 - earlyMs };
      return token;
    } catch (error) {
      if (error instanceof TokenError && error.why.kind === "busy") {
        quota = { error, until: now() + error.why.retryAfterMs };
      }
      throw error;
    }
  };
  return {
    get() {
      if (kept && now() < kept.until) return Promise.resolve(kept.token);
      underWay ??= fetchAndKeep().finally(() => underWay = undefined);
      return underWay;
    },
    refuse(token) {
      if (kept?.token === token) kept = undefined;
      refused ??= token;
      return refused === token;
    },
    accept() {
      refused = undefined;
    },
  };
}

async function fetchToken(settings: Settings): Promise<z.infer<typeof tokenSchema>> {
  const http = await askForToken(settings);
  const token = tokenSchema.safeParse(readJson(http.body));
  if (http.status === 200 && token.success) return token.data;
  const faults = readFaults(http.body);
  const told = faults.length > 0
    ? faults
    : [{ code: "E-3001", message: `UPS gives no token: HTTP ${http.status}` }];
  throw new TokenError(whyNot(http, faults), told);
}

async function askForToken(
  { url, clientId, clientSecret, account }: Settings,
): Promise<HttpAnswer> {
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  try {
    const response = await fetch(`${url}/security/v1/oauth/token`, {
      method: "POST",
      headers: { authorization: `Basic ${basic}`, "x-merchant-id": account },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { status, headers } = response;
    return { status, retryAfter: headers.get("retry-after"), body: await response.text() };
  } catch (error) {
    throw new TokenError({ kind: "away" }, [{ code: "E-3001", message: reasonOf(error) }]);
  }
}

/** A gateway's page says nothing of the client, and neither does a failure of UPS's own. */
function whyNot({ status, retryAfter }: HttpAnswer, faults: readonly UpsFault[]): NoToken {
  const kinds = faults.map(({ code }) => knownUpsCode(code)?.kind);
  if (status === 429 || kinds.includes("retryable")) {
    return { kind: "busy", retryAfterMs: retryAfterMs(retryAfter) };
  }
  const isRefusal = status === 401 || (faults.length > 0 && (status === 400 || status === 403));
  return { kind: isRefusal && !kinds.includes("ambiguous") ? "refused" : "away" };
}
