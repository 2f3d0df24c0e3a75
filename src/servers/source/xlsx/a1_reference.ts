/**
 * References to cells as Excel writes them: `B7`, `A1:D20`.
 *
 * @module
 */

/** A cell, by 1-based column and row. */
export interface CellPlace {
  /** The column; `A` is 1. */
  readonly column: number;
  /** The row of the sheet. */
  readonly row: number;
}

/** A rectangle of cells, its edges included. */
export interface CellRange {
  /** The upper left cell. */
  readonly from: CellPlace;
  /** The lower right cell. */
  readonly to: CellPlace;
}

/** The last column that a sheet can have: `XFD`. */
export const maxColumn = 16_384;

/** The last row that a sheet can have. */
export const maxRow = 1_048_576;

/**
 * The letters of a column.
 *
 * @param column The 1-based column.
 * @returns Such as `AB` for 28.
 */
export function columnLetters(column: number): string {
  let letters = "";
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(0x41 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}

/**
 * The reference of a cell.
 *
 * @param column Its 1-based column.
 * @param row Its row.
 * @returns Such as `B7`.
 */
export function cellReference(column: number, row: number): string {
  return `${columnLetters(column)}${row}`;
}

/**
 * Reads the reference of a cell.
 *
 * @param text Such as `B7`.
 * @returns Where it is, or `undefined` if it is no cell of a sheet.
 */
export function parseCell(text: string): CellPlace | undefined {
  const letters = /^[A-Z]{1,3}/i.exec(text)?.[0] ?? "";
  const digits = text.slice(letters.length);
  if (letters === "" || !/^[1-9]\d{0,6}$/.test(digits)) return undefined;
  let column = 0;
  for (const letter of letters.toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 0x40;
  const row = Number(digits);
  return column <= maxColumn && row <= maxRow ? { column, row } : undefined;
}

/**
 * Reads the reference of a range.
 *
 * @param text Such as `A1:D20`, or `B7` for one cell.
 * @returns The range, or `undefined` if it is none.
 */
export function parseRange(text: string): CellRange | undefined {
  const [first = "", last = first] = text.split(":");
  const [from, to] = [parseCell(first), parseCell(last)];
  return from && to && { from, to };
}
