/**
 * How values of a filter are told apart and put in order.
 *
 * @module
 */

/** A number as people and databases write it. */
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A day, perhaps with a time, as ISO 8601 and databases write it. */
const time =
  /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|[+]00(?::?00)?)?)?$/;

/**
 * Whether a text is a number.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isNumber(text: string): boolean {
  return number.test(text);
}

/**
 * Puts numbers in order, digit for digit where they have more digits than a float keeps.
 *
 * @param left One number.
 * @param right Another.
 * @returns Below 0, 0 or above 0.
 */
export function compareNumbers(left: string, right: string): number {
  const isLong = (text: string) => /^[+-]?\d{16,}$/.test(text);
  if ((isLong(left) && /^[+-]?\d+$/.test(right)) || (isLong(right) && /^[+-]?\d+$/.test(left))) {
    const [a, b] = [left, right].map((text) => BigInt(text.replace(/^[+]/, "")));
    return a === undefined || b === undefined || a === b ? 0 : a < b ? -1 : 1;
  }
  return Number(left) - Number(right);
}

/**
 * Puts texts in order; days and times by what they mean, whichever way they are written.
 *
 * @param left One text.
 * @param right Another.
 * @returns Below 0, 0 or above 0.
 */
export function compareTexts(left: string, right: string): number {
  const [a, b] = [timeOf(left), timeOf(right)];
  const [one, other] = a !== undefined && b !== undefined ? [a, b] : [left, right];
  return one === other ? 0 : one < other ? -1 : 1;
}

/** A day is its first moment. */
function timeOf(text: string): string | undefined {
  const found = time.exec(text);
  if (!found) return undefined;
  const clock = (found[2] ?? "00:00:00").padEnd(8, ":00");
  return `${found[1]}T${clock}`.replace(/\.?0+$/, (zeros) => zeros.startsWith(".") ? "" : zeros);
}
