/**
 * Tests that mostly wait for processes, two at a time: while one is awaited, the next has begun.
 *
 * @module
 */
import { it } from "vitest";

/** A test of many. */
export interface Scenario {
  readonly name: string;
  readonly body: () => Promise<void>;
}

/** Registers tests; each is begun when the one before it is, at the latest when it is its turn. */
export function itTwoAtATime(scenarios: readonly Scenario[], timeoutMs: number): void {
  const begun: Promise<void>[] = [];
  const begin = (at: number): Promise<void> => {
    const body = scenarios[at]?.body ?? (() => Promise.resolve());
    const result = begun[at] ?? body();
    // It may fail before its turn; whoever awaits it is told.
    result.catch(() => {});
    begun[at] = result;
    return result;
  };
  scenarios.forEach(({ name }, at) => {
    it(name, async () => {
      const result = begin(at);
      begin(at + 1);
      await result;
    }, timeoutMs);
  });
}
