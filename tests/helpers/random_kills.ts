/**
 * Kills at random: a seed chooses points, times, victims and faults for a batch, which is run again
 * and again until it is done.
 *
 * @module
 */
import type { Lab, RunHooks } from "./crash_lab.ts";
import { allPoints, victims } from "./crash_points.ts";
import type { Kill } from "./kill_plan.ts";
import { orderOf } from "./orders.ts";

/** Numbers from 0 to 1 whose sequence a seed fixes: mulberry32. */
export type Random = () => number;

/** Makes a generator. */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of a list. */
export function oneOf<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new RangeError("There is nothing to choose from");
  return value;
}

/** Kills at points, spread over a batch: each time that a row passes a point, one at the most. */
export function randomPlan(random: Random, rows: number, count: number): Kill[] {
  return Array.from({ length: count }, () => {
    const kill: Kill = {
      at: oneOf(random, allPoints),
      nth: 1 + Math.floor(random() * rows),
      victims: oneOf(random, victims),
    };
    // Sometimes a server stands still while its runner dies, and goes on when another one is at work.
    return random() < 0.1 ? { ...kill, victims: ["runner"], pauseMs: 1_500 } : kill;
  });
}

/** Faults that a batch gets over without anybody's help, for some rows. */
export function randomFaults(random: Random, rows: number, share: number): unknown {
  const faults = [
    ...["commit-then-drop", "commit-then-503", "commit-then-hang", "commit-then-truncate"],
    ...["no-label", "503", "reset", "429", "token-expired"],
  ];
  const ship: Record<string, string[]> = {};
  for (let row = 1; row <= rows; row++) {
    if (random() < share) ship[orderOf(row)] = [oneOf(random, faults)];
  }
  return { ship };
}

/** Kills somebody at any moment of some runs. */
export function killAtAnyMoment(lab: Lab, random: Random, share: number): RunHooks {
  return {
    onRun() {
      if (random() >= share) return () => {};
      const [afterMs, who] = [random() * 2_500, oneOf(random, victims)];
      const timer = setTimeout(() => lab.kill(who), afterMs);
      return () => clearTimeout(timer);
    },
  };
}
