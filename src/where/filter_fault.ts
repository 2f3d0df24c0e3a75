/**
 * The error of a filter that cannot be used: it points at the place.
 *
 * @module
 */
import { WaybillError } from "../errors.ts";

/** How much of a long filter is shown before and after the place. */
const shown = 60;

/**
 * Makes the error.
 *
 * @param text The filter.
 * @param at The place in it.
 * @param why What is wrong there.
 * @param remedy What to do; what a filter looks like, if left out.
 * @returns The error, `E-1008`.
 */
export function filterFault(text: string, at: number, why: string, remedy?: string): WaybillError {
  const from = Math.max(0, at - shown);
  const line = text.slice(from, at + shown).replace(/\s/g, " ");
  return new WaybillError(
    "E-1008",
    `Cannot use the filter: ${why}, at character ${at + 1}\n  ${line}\n  ${" ".repeat(at - from)}^`,
    { remedy: remedy ?? "As in: state = 'CA' and weight < 50" },
  );
}
