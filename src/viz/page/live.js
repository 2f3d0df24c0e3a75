// @ts-check
/// <reference lib="dom" />
/**
 * Reads a job's history, and follows it: a browser that is cut off comes back by itself and says which
 * event it had last (Last-Event-ID).
 */

/** @import { Changes } from "./types.js" */

/**
 * Asks the server.
 *
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function ask(path, signal) {
  const answer = await fetch(path, signal ? { signal } : {});
  if (!answer.ok) throw new Error(`The server answered ${answer.status} to ${path}`);
  return await answer.json();
}

/**
 * Reads all of a job's history and follows it, until it is told to end.
 *
 * @param {string} base Where the job is on the server.
 * @param {AbortSignal} signal
 * @param {{ take: (changes: Changes) => void, tell: (state: "reading" | "live" | "cut off") => void,
 *   lastOf: () => number }} to
 */
export async function follow(base, signal, { take, tell, lastOf }) {
  tell("reading");
  // The first piece is small: something is to be seen soon.
  let limit = 2_000;
  for (let isLast = false; !isLast; limit = 50_000) {
    const answer = await ask(`${base}/changes?after=${lastOf()}&limit=${limit}`, signal);
    signal.throwIfAborted();
    take(answer.changes);
    isLast = answer.isLast;
  }
  const events = new EventSource(`${base}/events?after=${lastOf()}`);
  signal.addEventListener("abort", () => events.close());
  events.addEventListener("open", () => tell("live"));
  events.addEventListener("error", () => tell("cut off"));
  events.addEventListener("changes", (event) => take(JSON.parse(event.data)));
}
