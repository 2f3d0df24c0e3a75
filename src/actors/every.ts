/**
 * Work that is done again and again beside other work, on whatever clock there is.
 *
 * @module
 */
import type { Clock } from "./world.ts";

/**
 * Does something at intervals; the next one begins when the last has ended.
 *
 * @param clock The time.
 * @param ms How long to wait before each time, in milliseconds.
 * @param work What to do; what it throws is its own trouble, and does not end the repetition.
 * @returns Ends it; work that is under way goes on to its end.
 *
 * @internal
 */
export function every(clock: Clock, ms: number, work: () => Promise<void>): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const repeat = async () => {
    for (;;) {
      await clock.sleep(ms, signal);
      if (signal.aborted) return;
      await work().catch(() => {});
    }
  };
  repeat();
  return () => ending.abort();
}
