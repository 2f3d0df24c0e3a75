/**
 * A set of row numbers: one bit for each row up to the largest.
 *
 * @module
 */

/** Row numbers. */
export interface RowSet {
  /** Takes a row number. */
  add(row: number): void;
  /** Whether it was taken. */
  has(row: number): boolean;
}

/**
 * Makes an empty set.
 *
 * @returns The set.
 */
export function rowSet(): RowSet {
  let bits = new Uint8Array(1024);
  return {
    add(row) {
      const at = row >> 3;
      if (at >= bits.length) {
        const larger = new Uint8Array(2 * (at + 1));
        larger.set(bits);
        bits = larger;
      }
      bits[at] = (bits[at] ?? 0) | (1 << (row & 7));
    },
    has: (row) => ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0,
  };
}
