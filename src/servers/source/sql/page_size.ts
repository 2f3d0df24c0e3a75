/**
 * How many rows are asked of the database at once: it follows the size of the rows that came, since a
 * thousand orders may be 100 KB, or 3 GB with a picture in each.
 *
 * @module
 */
import type { SqlRow } from "./database.ts";

/** Small: nothing is known of the rows yet. */
const firstRows = 4;

/** SQLite takes no condition of a thousand alternatives, and a page of keys is one. */
const mostRows = 500;

/** What a fetch should not go far beyond, in characters. */
const fetchSize = 1 << 20;

/** A table whose rows become small again is read fast again soon. */
const growth = 4;

/** The number of rows to ask for; it learns from those that come. */
export interface PageSize {
  /** How many to ask for now. */
  next(atMost: number): number;
  /** Learns from rows that came. */
  saw(rows: readonly SqlRow[]): void;
}

/**
 * Makes one that knows nothing yet.
 *
 * @returns It.
 */
export function pageSize(): PageSize {
  let size = firstRows;
  return {
    next: (atMost) => Math.max(1, Math.min(size, atMost)),
    saw(rows) {
      if (rows.length === 0) return;
      const largest = rows.reduce((most, row) => Math.max(most, sizeOf(row)), 1);
      size = Math.max(1, Math.min(Math.floor(fetchSize / largest), size * growth, mostRows));
    },
  };
}

function sizeOf(row: SqlRow): number {
  let size = 0;
  for (const value of Object.values(row)) size += typeof value === "string" ? value.length : 8;
  return size;
}
