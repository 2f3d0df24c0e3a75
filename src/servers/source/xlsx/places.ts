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

/** Collects row numbers by column. */
export interface RowsByColumn {
  /** Takes a row of a column. */
  add(column: string, row: number): void;
  /** Each column with its rows: all, or the first ones and how many more. */
  texts(): [column: string, rows: string][];
}

/**
 * Begins a collection of row numbers.
 *
 * @returns What collects them.
 */
export function rowsByColumn(): RowsByColumn {
  const found = new Map<string, { first: number[]; count: number }>();
  return {
    add(column, row) {
      const rows = found.get(column) ?? { first: [], count: 0 };
      found.set(column, rows);
      if (++rows.count <= named) rows.first.push(row);
    },
    texts: () =>
      [...found].map(([column, { first, count }]) => {
        const noun = count === 1 ? "row" : "rows";
        return [column, `${noun} ${first.join(", ")}${more(count)}`];
      }),
  };
}

function more(count: number): string {
  return count > named ? ` and ${count - named} more` : "";
}
