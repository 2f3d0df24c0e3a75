/**
 * Tests that mostly wait for processes, several at a time: while one is awaited, the next have begun.
 *
 * @module
 */
import { it } from "vitest";

/** A test of many. */
export interface Scenario {
  readonly name: string;
  readonly body: () => Promise<void>;
}

/** Registers tests; `width` of them are under way at a time. */
export function itSideBySide(scenarios: readonly Scenario[], width = 2): void {
  const begun = new Map<number, Promise<void>>();
  const begin = (at: number): Promise<void> => {
    const result = begun.get(at) ?? scenarios[at]?.body() ?? Promise.resolve();
    // It may fail before its turn; whoever awaits it is told.
    result.catch(() => {});
    begun.set(at, result);
    return result;
  };
  scenarios.forEach(({ name }, at) => {
    it(name, async () => {
      for (let next = at; next < at + width; next++) begin(next);
      await begin(at);
    }, 90_000);
  });
}
