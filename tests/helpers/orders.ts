/** Orders of `examples/orders.csv`. @module */

/** The order of a row. */
export function orderOf(rowNumber: number): string {
  return `SO-${1000 + rowNumber}`;
}
