/**
 * Why a request has no answer, in words for people.
 *
 * @module
 */
import { ensureError } from "../../errors.ts";

/** How Deno tells that no connection was made: to where, and why. */
const noConnection = /\(https?:\/\/([^/)]+)[^)]*\): client error \(Connect\): (.+)$/s;

/**
 * Why there is no answer: `fetch failed` says nothing, its cause does.
 *
 * @param error What `fetch` threw.
 * @returns The reason.
 */
export function reasonOf(error: unknown): string {
  const { message, cause } = ensureError(error);
  const text = cause instanceof Error ? cause.message : message;
  const [, host, why = ""] = noConnection.exec(text) ?? [];
  if (host === undefined) return text;
  return why.startsWith("dns error")
    ? `no connection to ${host}: no such name is known here (is this machine on the internet?)`
    : `no connection to ${host}: ${why}`;
}
