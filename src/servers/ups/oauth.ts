/**
 * The OAuth token: kept until a minute before it ends, and fetched by one request at a time. The
 * token endpoint has a quota of its own.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { ensureError } from "../../errors.ts";
import type { Settings } from "./settings.ts";
import { readFaults, readJson, type UpsFault } from "./ups_faults.ts";

/** No token could be had: nothing was sent that could have bought something. */
export class TokenError extends Error {
  /** What UPS, or the network, said. */
  readonly faults: readonly UpsFault[];

  /**
   * Makes the error.
   *
   * @param faults What UPS, or the network, said.
   */
  constructor(faults: readonly UpsFault[]) {
    super(faults.map(({ code, message }) => `${code} ${message}`).join("; "));
    this.name = "TokenError";
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
  const fetchAndKeep = async () => {
    const { access_token, expires_in } = await fetchToken(settings);
    const token = { text: access_token };
    kept = { token, until: now() + expires_in * 1000 - earlyMs };
    return token;
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

async function fetchToken({ url, clientId, clientSecret, account }: Settings) {
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${url}/security/v1/oauth/token`, {
      method: "POST",
      headers: { authorization: `Basic ${basic}`, "x-merchant-id": account },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    const { message, cause } = ensureError(error);
    throw new TokenError([{ code: "E-3001", message: ensureError(cause ?? message).message }]);
  }
  const token = tokenSchema.safeParse(readJson(text));
  if (status === 200 && token.success) return token.data;
  const faults = readFaults(text);
  if (faults.length > 0) throw new TokenError(faults);
  throw new TokenError([{ code: "E-3001", message: `No token: HTTP ${status}` }]);
}
