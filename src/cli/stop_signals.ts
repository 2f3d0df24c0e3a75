/**
 * Signals that ask the program to stop: once for an orderly stop, twice for a quick one.
 *
 * @module
 */
import process from "node:process";

/** Ctrl-C, an orderly stop, and a terminal that was closed. */
const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A Ctrl-C may come twice: from the terminal to the whole group, and once more from `deno task`. */
const sameStopMs = 400;

/**
 * Listens for signals.
 *
 * @param heed What to do at the first, and at each one after it.
 * @returns Stops listening.
 */
export function onStopSignals(heed: { first: () => void; again: () => void }): () => void {
  let lastMs: number | undefined;
  const listen = () => {
    const nowMs = performance.now();
    if (lastMs === undefined) heed.first();
    else if (nowMs - lastMs > sameStopMs) heed.again();
    else return;
    lastMs = nowMs;
  };
  for (const signal of stopSignals) process.on(signal, listen);
  return () => {
    for (const signal of stopSignals) process.off(signal, listen);
  };
}
