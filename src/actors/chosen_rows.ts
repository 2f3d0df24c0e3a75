/**
 * The rows of a source that a person wants: by number, by a filter, the first so many. Their numbers
 * stay those of the source, so that what is bought for them is written back to the right ones.
 *
 * @module
 */
import { type SourceDescription, type SourceRow, trackingNumberOf } from "../contracts/source.ts";
import { UsageError, WaybillError } from "../errors.ts";
import { type RowFilter, rowFilter } from "../where/matches.ts";
import type { RowRange } from "./named_rows.ts";
import type { SourceClient } from "./source_client.ts";

/** Which rows of a source become a job's. */
export interface RowChoice {
  /** Only rows that fit this condition, as in `state = 'CA' and weight < 50`. */
  readonly where?: string | undefined;
  /** Only rows of these numbers, in order. */
  readonly rows?: readonly RowRange[] | undefined;
  /** At most so many, the first ones. */
  readonly limit?: number | undefined;
}

/** What reading needs besides, and what it counts. */
export interface Reading {
  /** The columns whose values are needed; all, if left out. */
  readonly only?: readonly string[];
  /** Is counted up. */
  readonly tally?: {
    /** Rows that have a tracking number: they were shipped, and are left out. */
    shipped: number;
    /** Rows that the filter says neither yes nor no to. */
    unknown: number;
  };
}

/** How many rows are asked for at once. */
const pageSize = 500;

/**
 * Reads the rows that are wanted, in order. Those that have a tracking number are nobody's wish.
 *
 * @param source The source.
 * @param columns Its columns.
 * @param choice Which rows are wanted.
 * @param reading Which columns are needed, and what is counted.
 * @yields The rows.
 * @throws {WaybillError} `E-1008` if the filter cannot be read, `E-1009` if it does not fit a cell,
 * `E-1006` if a row that is named is not there.
 *
 * @internal
 */
export async function* chosenRows(
  source: Pick<SourceClient, "getRows">,
  columns: SourceDescription["columns"],
  { where, rows = [{ first: 1, last: Infinity }], limit = Infinity }: RowChoice,
  { only, tally = { shipped: 0, unknown: 0 } }: Reading = {},
): AsyncGenerator<SourceRow> {
  const filter = where === undefined ? undefined : rowFilter(where, columns);
  const needed = only && [...new Set([...only, ...filter?.columns ?? []])];
  let left = limit;
  for (const range of rows) {
    let isEmpty = true;
    for await (const row of rowsIn(source, range, needed)) {
      isEmpty = false;
      const isWanted = fits(row, filter, where);
      if (isWanted === undefined) tally.unknown++;
      if (!isWanted) continue;
      if (trackingNumberOf(row.data) !== "") {
        tally.shipped++;
        continue;
      }
      if (left-- <= 0) return;
      yield row;
      if (left <= 0) return;
    }
    if (isEmpty && range.last !== Infinity) throw absent(range);
  }
}

async function* rowsIn(
  source: Pick<SourceClient, "getRows">,
  { first, last }: RowRange,
  columns: readonly string[] | undefined,
): AsyncGenerator<SourceRow> {
  let after: number | undefined = first - 1;
  while (after !== undefined && after < last) {
    const page = await source.getRows(after, Math.min(pageSize, last - after), columns);
    for (const row of page.rows) {
      if (row.row_number > last) return;
      yield row;
    }
    after = page.next_after ?? undefined;
  }
}

/** A filter was checked against the columns; a row of a server that leaves one out is not guessed at. */
function fits(
  row: SourceRow,
  filter: RowFilter | undefined,
  where: string | undefined,
): boolean | undefined {
  const missing = filter?.columns.find((name) => !Object.hasOwn(row.data, name));
  if (missing === undefined) return filter ? filter.matches(row) : true;
  throw new WaybillError(
    "E-4010",
    `Cannot filter row ${row.row_number} by ${where}: the source left its "${missing}" out`,
    { rowNumber: row.row_number, remedy: "Make the source's get_rows give every column" },
  );
}

function absent({ first, last }: RowRange): UsageError {
  const what = first === last ? `row ${first}` : `rows ${first} to ${last}`;
  return new UsageError(
    `Cannot import ${what}: the source has ${first === last ? "no such row" : "none of them"}`,
    "Rows have the numbers of the source: data rows of a file from 1, keys of a table",
  );
}
