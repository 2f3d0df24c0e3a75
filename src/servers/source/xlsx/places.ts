/**
 * Cells that a message names: the first ones, and how many more there are.
 *
 * @module
 */
import { cellReference } from "./a1_reference.ts";

/** Collects cells. */
export interface Places {
  /** Takes a cell by its 1-based column and row. */
  add(column: number, row: number): void;
  /** How many were taken. */
  count(): number;
  /** Their references: all, or the first ones and how many more. */
  text(separator?: string): string;
}

/** How many a message names before it only counts. */
const named = 10;

/**
 * Begins a collection of cells.
 *
 * @returns What collects them.
 */
export function places(): Places {
  const first: string[] = [];
  let count = 0;
  return {
    add(column, row) {
      if (++count <= named) first.push(cellReference(column, row));
    },
    count: () => count,
    text: (separator = ", ") => first.join(separator) + more(count),
  };
}

/**
 * The numbers of rows: all, or the first ones and how many more.
 *
 * @param rows The row numbers.
 * @returns Such as `rows 2, 5 and 8` without the last comma's ado: `rows 2, 5, 8`.
 */
export function rowsText(rows: readonly number[]): string {
  const noun = rows.length === 1 ? "row" : "rows";
  return `${noun} ${rows.slice(0, named).join(", ")}${more(rows.length)}`;
}

function more(count: number): string {
  return count > named ? ` and ${count - named} more` : "";
}
