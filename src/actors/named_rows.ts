/**
 * Rows that a person named, as ranges: `3,7-9` is two of them.
 *
 * @module
 */

/** Rows from `first` to `last`, both included; one row where they are the same. */
export interface RowRange {
  /** The first row. */
  readonly first: number;
  /** The last row. */
  readonly last: number;
}

/**
 * Whether a row was named.
 *
 * @param ranges The ranges.
 * @param rowNumber The row.
 * @returns Whether it is in one of them.
 */
export function isInRanges(ranges: readonly RowRange[], rowNumber: number): boolean {
  return ranges.some(({ first, last }) => first <= rowNumber && rowNumber <= last);
}
