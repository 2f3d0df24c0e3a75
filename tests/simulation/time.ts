/**
 * Simulated time: it stands still while anything can be done, and jumps to the next sleeper when
 * nothing can.
 *
 * @module
 */
import { setImmediate } from "node:timers";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** The time of a simulated world. */
export class SimTime {
  /** Milliseconds since 1970. */
  nowMs: number;
  /** Soonest last. */
  readonly #sleepers: Sleeper[] = [];

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  /** Waits, in milliseconds, or until the signal says that nobody waits any more. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = { atMs: this.nowMs + Math.max(ms, 0), wake };
      const sleepers = this.#sleepers;
      function wake(): void {
        signal?.removeEventListener("abort", leave);
        resolve();
      }
      function leave(): void {
        sleepers.splice(sleepers.indexOf(sleeper), 1);
        wake();
      }
      signal?.addEventListener("abort", leave);
      // Whoever came first of those that wake at the same time is woken first.
      let at = sleepers.length;
      while (at > 0 && (sleepers[at - 1]?.atMs ?? 0) <= sleeper.atMs) at--;
      sleepers.splice(at, 0, sleeper);
    });
  }

  /**
   * Lets the world go on until something has come about.
   *
   * @param work What.
   * @param limitMs How long that may take, in simulated milliseconds.
   * @returns What it came to.
   * @throws {Error} If it cannot come about any more, or not in that time.
   */
  async until<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
    const endMs = this.nowMs + limitMs;
    let isSettled = false;
    const settled = work.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    for (;;) {
      // All that can be done without time passing is done when this turn comes.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (isSettled) return await settled;
      const next = this.#sleepers.pop();
      if (!next) throw new Error("nothing is under way any more, and it has not come about");
      if (next.atMs > endMs) throw new Error(`it has not come about in ${limitMs} ms`);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.wake();
    }
  }
}
