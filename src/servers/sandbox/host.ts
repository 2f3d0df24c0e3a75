/**
 * Who is asked for: a page in a browser can send requests to any name that leads here, and must not
 * read what is ours by such a name.
 *
 * @module
 */
import type { Answer } from "./answer.ts";

/**
 * Whether a request names this machine.
 *
 * @param host The header `Host`.
 * @returns Whether it does.
 */
export function isOurHost(host: string): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/i.test(host);
}

/**
 * The answer to whoever names another.
 *
 * @returns The answer.
 */
export function strangeHost(): Answer {
  const body = "The sandbox answers to 127.0.0.1 and localhost only\n";
  return { kind: "answer", status: 421, type: "text/plain; charset=utf-8", body };
}
