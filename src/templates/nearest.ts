/**
 * Finds what somebody meant when they wrote a name that does not exist.
 *
 * @module
 */
import { closest, distance } from "fastest-levenshtein";

/**
 * The name most like a wrong one.
 *
 * @param wrong What was written.
 * @param names What exists.
 * @returns The nearest name, unless none is near: two letters may differ, or a third of them.
 */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  // A hostile template may write a very long name, and the distance costs length times length.
  if (names.length === 0 || wrong.length > 100) return undefined;
  const folded = new Map(names.map((name) => [fold(name), name]));
  const best = closest(fold(wrong), [...folded.keys()]);
  const shorter = Math.min(fold(wrong).length, best.length);
  const allowed = Math.max(Math.min(2, shorter - 1), Math.floor(shorter / 3));
  return distance(fold(wrong), best) <= allowed ? folded.get(best) : undefined;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, "");
}
