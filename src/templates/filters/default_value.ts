/**
 * The filter that fills an empty cell.
 *
 * @module
 */

/**
 * The value, or the default if there is none.
 *
 * None are: an empty cell, a blank text, a column that is not there, and NaN. 0, `false` and an
 * empty list are values.
 *
 * @param value The value.
 * @param otherwise The default.
 * @returns The one or the other, unchanged.
 * @example defaultValue("  ", "UPS") // "UPS"
 * @example defaultValue(0, 5) // 0
 */
export function defaultValue(value: unknown, otherwise: unknown = ""): unknown {
  if (value === null || value === undefined || Number.isNaN(value)) return otherwise;
  return typeof value === "string" && value.trim() === "" ? otherwise : value;
}
