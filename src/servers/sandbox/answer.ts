/**
 * What the sandbox does with a request: it answers, or it does what networks do.
 *
 * @module
 */
import type { UpsFault } from "./fault.ts";

/** A request that has arrived. */
export interface Asked {
  /** Such as `POST`. */
  readonly method: string;
  /** The path, without what follows it. */
  readonly path: string;
  /** What follows it. */
  readonly query: URLSearchParams;
  /** The header `Authorization`. */
  readonly authorization: string;
  /** The header `Host`. */
  readonly host: string;
  /** The header `transId`. */
  readonly transId: string | undefined;
  /** The header `transactionSrc`. */
  readonly transactionSrc: string | undefined;
  /** The body. */
  readonly body: string;
}

/** What is done with it. */
export type Answer =
  /** It is answered. */
  | {
    readonly kind: "answer";
    readonly status: number;
    readonly type: string;
    readonly body: string | Uint8Array;
    /** More headers. */
    readonly headers?: Readonly<Record<string, string>>;
  }
  /** It is answered up to the middle of the body, then the connection is reset. */
  | { readonly kind: "truncate"; readonly body: string }
  /** The connection is reset. */
  | { readonly kind: "reset" }
  /** Nothing, until the client goes away. */
  | { readonly kind: "hang" };

/**
 * An answer in JSON.
 *
 * @param status The status.
 * @param value The body.
 * @returns The answer.
 */
export function json(status: number, value: unknown): Answer {
  return { kind: "answer", status, type: "application/json", body: JSON.stringify(value) };
}

/**
 * A refusal, as UPS tells it.
 *
 * @param status The status.
 * @param errors Why.
 * @returns The answer.
 */
export function refusal(status: number, ...errors: UpsFault[]): Answer {
  return json(status, { response: { errors } });
}

/**
 * The answer to whoever asks too often.
 *
 * @returns The answer.
 */
export function tooManyRequests(): Answer {
  return refusal(429, { code: "10429", message: "Too Many Requests" });
}

/**
 * The answer of a gateway that has lost what is behind it.
 *
 * @returns The answer.
 */
export function gatewayFailure(): Answer {
  const body = "<html><body><h1>503 Service Unavailable</h1>no healthy upstream</body></html>";
  return { kind: "answer", status: 503, type: "text/html", body };
}

/**
 * The value of a JSON text.
 *
 * @param text The text.
 * @returns The value, `undefined` if the text is not JSON.
 */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
