/**
 * The functions a template can call: nunjucks's three, written so that they fit JSON.
 *
 * @module
 */
import { Fragment, isPunctuation } from "./fragment.ts";
import type { PlacedValue } from "./placeholders.ts";

/** More than any shipment has of anything, and little enough to hold. */
const longestRange = 10_000;

/** The functions' names. */
export const globalNames: readonly string[] = ["range", "cycler", "joiner"];

/**
 * The functions for one rendering.
 *
 * @param values Where the rendering keeps its values.
 * @returns The functions by name.
 */
export function createGlobals(values: readonly PlacedValue[]): Record<string, unknown> {
  return {
    range,
    cycler: (...items: unknown[]) => cycler(items),
    joiner(separator: unknown = ",") {
      // Only punctuation can be the template's own: anything else may have come from a row.
      const text = String(separator);
      const joint = isPunctuation(text) ? new Fragment(text, values) : separator;
      let first = true;
      return () => {
        if (!first) return joint;
        first = false;
        return new Fragment("", values);
      };
    },
  };
}

function range(start: unknown, stop?: unknown, step: unknown = 1): number[] {
  const from = stop === undefined ? 0 : Number(start);
  const to = Number(stop ?? start);
  const by = Number(step);
  const length = Math.max(0, Math.ceil((to - from) / by));
  if (!(length <= longestRange)) {
    throw new RangeError(`range gives at most ${longestRange} numbers`);
  }
  return Array.from({ length }, (_, index) => from + index * by);
}

function cycler(items: unknown[]): Record<string, unknown> {
  let index = -1;
  return {
    next() {
      index = (index + 1) % items.length;
      return items[index];
    },
    reset() {
      index = -1;
    },
  };
}
