/**
 * The rows that a person names: `3,7-9`.
 *
 * @module
 */
import type { RowRange } from "../actors/named_rows.ts";
import { UsageError } from "../errors.ts";

export type { RowRange };

/** The largest row number that the database's column holds. */
const maxRowNumber = 2 ** 31 - 1;

const howToNameRows = "Name rows by their numbers, as in: --rows 3,7-9";

/**
 * Reads which rows a person names.
 *
 * @param text Numbers and ranges with commas between them, as in `3,7-9`.
 * @returns The ranges in the order of the rows, those that touch or overlap made one.
 * @throws {UsageError} If a part is no row number and no range; it says which.
 */
export function parseRowRanges(text: string): RowRange[] {
  const ranges = text.split(",").map((part) => parseRange(part.trim(), text));
  const merged: RowRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before && range.first <= before.last + 1) {
      merged[merged.length - 1] = { ...before, last: Math.max(before.last, range.last) };
    } else merged.push(range);
  }
  return merged;
}

/**
 * The rows that a person names by themselves, not as one of a range.
 *
 * @param text As for `parseRowRanges`, which refuses what is no row.
 * @returns Their numbers.
 */
export function namedAlone(text: string): ReadonlySet<number> {
  const parts = text.split(",").map((part) => part.trim());
  return new Set(parts.filter((part) => /^\d+$/.test(part)).map(Number));
}

/**
 * Rows in the form in which a person would name them.
 *
 * @param rowNumbers The rows.
 * @returns As in `3,7-9`.
 */
export function formatRowRanges(rowNumbers: readonly number[]): string {
  if (rowNumbers.length === 0) return "";
  return parseRowRanges(rowNumbers.join())
    .map(({ first, last }) => first === last ? String(first) : `${first}-${last}`).join();
}

/**
 * Rows in words.
 *
 * @param rowNumbers The rows, at least one.
 * @returns As in `row 3` or `rows 3,7-9`.
 */
export function rowsInWords(rowNumbers: readonly number[]): string {
  return `${rowNumbers.length === 1 ? "row" : "rows"} ${formatRowRanges(rowNumbers)}`;
}

function parseRange(part: string, text: string): RowRange {
  const match = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(part);
  if (!match) {
    const what = part === "" ? "a row is missing between the commas" : `"${part}" names no rows`;
    throw new UsageError(`Cannot read the rows "${text}": ${what}`, howToNameRows);
  }
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first < 1) {
    throw new UsageError(`Cannot read the rows "${text}": rows begin at 1`, howToNameRows);
  }
  if (last > maxRowNumber) {
    throw new UsageError(`Cannot read the rows "${text}": ${last} is too large`, howToNameRows);
  }
  if (first > last) {
    throw new UsageError(
      `Cannot read the rows "${text}": ${part} ends before it begins`,
      `Say ${last}-${first}`,
    );
  }
  return { first, last };
}
