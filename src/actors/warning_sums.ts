/**
 * Warnings of many rows, each told once with the rows that it is about.
 *
 * @module
 */
import type { RowsWarned } from "../machines/job_types.ts";

/** How many rows of a warning are named; the rest is counted. */
const namedRows = 10;

/** How many different warnings are told. */
const toldWarnings = 20;

/** A row that something may be wrong with. */
export interface WarnedRow {
  /** The row. */
  readonly row: { readonly row_number: number };
  /** What looks wrong. */
  readonly warnings: readonly string[];
}

/** Collects the warnings of rows. */
export class WarningSums {
  readonly #sums = new Map<string, { count: number; rows: number[] }>();

  /**
   * Takes the warnings of rows.
   *
   * @param rows The rows.
   */
  add(rows: readonly WarnedRow[]): void {
    for (const { row, warnings } of rows) {
      for (const message of new Set(warnings)) {
        const sum = this.#sums.get(message) ?? { count: 0, rows: [] };
        sum.count++;
        if (sum.rows.length < namedRows) sum.rows.push(row.row_number);
        if (this.#sums.size < toldWarnings) this.#sums.set(message, sum);
      }
    }
  }

  /** What was said, and of which rows. */
  get told(): RowsWarned[] {
    return [...this.#sums].map(([message, sum]) => ({ message, ...sum }));
  }
}
