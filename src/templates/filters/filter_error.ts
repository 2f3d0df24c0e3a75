/**
 * What all filters share: how they refuse a value, and how they read one.
 *
 * @module
 */

/** A filter does not take a value; the renderer adds row, line, filter and value. */
export class FilterError extends Error {
  /** What to do about it. */
  readonly remedy: string | undefined;

  /**
   * Makes the error.
   *
   * @param message Why, as in "it has 6 digits".
   * @param remedy What to do about it: one imperative sentence.
   */
  constructor(message: string, remedy?: string) {
    super(message);
    this.name = new.target.name;
    this.remedy = remedy;
  }
}

/**
 * The text of a cell.
 *
 * @param value A text, a number or an empty cell.
 * @returns The text, trimmed; "" for an empty cell; a number without an exponent.
 * @throws {FilterError} If it is neither.
 */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value.trim();
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new FilterError("it is not a number");
    const text = String(value);
    return text.includes("e") ? value.toFixed(20).replace(/\.?0+$/, "") : text;
  }
  throw new FilterError(`it is ${Array.isArray(value) ? "a list" : `of type ${typeof value}`}`);
}

/**
 * The text without the `.0` that spreadsheets put behind whole numbers.
 *
 * @param text The text of a cell.
 * @returns The digits alone if it is digits and `.0`, else the text as it is.
 */
export function withoutFloatTail(text: string): string {
  return text.replace(/^(\d+)\.0*$/, "$1");
}

/**
 * A whole number that a template gives as a filter's setting.
 *
 * @param value The setting.
 * @param name What it is called.
 * @param max The greatest.
 * @returns The number.
 * @throws {FilterError} If it is not one from 0 to `max`.
 */
export function wholeSetting(value: unknown, name: string, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) {
    return value;
  }
  throw new FilterError(`${name} must be a whole number from 0 to ${max}`);
}
