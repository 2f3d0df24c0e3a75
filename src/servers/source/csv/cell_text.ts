/**
 * Text in a cell that a spreadsheet must not take for a formula: an apostrophe stands before it, as a
 * person would type it. Only in our own columns; nobody else's cell is read or written otherwise than it
 * is.
 *
 * @module
 */

/**
 * What is written for a value.
 *
 * @param value The value.
 * @returns The cell's text.
 */
export function cellText(value: string): string {
  return /^'*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

/**
 * The value that a cell's text was written for.
 *
 * @param text The cell's text.
 * @returns The value.
 */
export function valueIn(text: string): string {
  return /^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}
