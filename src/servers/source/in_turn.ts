/**
 * Calls that come one at a time, whoever makes them and however many at once: no call sees another's
 * half.
 *
 * @module
 */
import type { Awaitable } from "./source.ts";

/** Runs a call when those before it have ended, and gives what it gives. */
export type InTurn = <T>(call: () => Awaitable<T>) => Promise<T>;

/**
 * Makes a queue of calls.
 *
 * @returns What runs a call in its turn; a call that fails does not stop those after it.
 */
export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (call) => {
    const turn = last.then(call);
    last = turn.catch(() => {});
    return turn;
  };
}
