/**
 * Reads rows of a table: a page by their keys, one by its key, all of them.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import type { SqlDatabase, SqlRow } from "./database.ts";
import type { PageSize } from "./page_size.ts";
import type { RowNumbers } from "./row_numbers.ts";
import { hasKey, keyOf, keyValue, type SqlTable } from "./sql_table.ts";
import { joined, type Piece, statement } from "./statement.ts";

/** What rows are read from. */
export interface SqlReader {
  /** The database. */
  readonly db: SqlDatabase;
  /** The table. */
  readonly table: SqlTable;
  /** How many rows to ask for at once. */
  readonly pages: PageSize;
}

/** A row and its number. */
export interface NumberedRow {
  /** The number. */
  readonly rowNumber: number;
  /** The row. */
  readonly row: SqlRow;
}

/** Rows, and after which number there are more. */
export interface NumberedPage {
  /** The rows, in order. */
  readonly rows: readonly NumberedRow[];
  /** The last number that was looked at, if there may be more. */
  readonly next: number | undefined;
}

/** SQLite takes no condition of more than a thousand alternatives. */
const mostKeys = 500;

/**
 * The rows after a number that is the key itself.
 *
 * @param reader What to read from.
 * @param after The number.
 * @param limit At most so many; fewer where rows are large.
 * @returns The page.
 * @throws {WaybillError} `E-1011` if two rows have the same key, or it is no number.
 */
export async function readAfter(
  reader: SqlReader,
  after: number,
  limit: number,
): Promise<NumberedPage> {
  const [name = ""] = reader.table.key;
  const size = reader.pages.next(limit);
  const found = await ordered(reader, [" where ", { name }, " > ", { value: after }], size);
  const rows = found.map((row) => ({ rowNumber: Number(row[name]), row }));
  let last = after;
  for (const { rowNumber } of rows) {
    if (!Number.isSafeInteger(rowNumber) || rowNumber <= last) throw notUnique(reader.table);
    last = rowNumber;
  }
  return { rows, next: rows.length === size ? last : undefined };
}

/**
 * The rows after a number that was given out. Rows that are gone are left out.
 *
 * @param reader What to read from.
 * @param numbers The numbers.
 * @param after The number.
 * @param limit At most so many; fewer where rows are large.
 * @returns The page.
 */
export async function readNumbered(
  { db, table, pages }: SqlReader,
  numbers: RowNumbers,
  after: number,
  limit: number,
): Promise<NumberedPage> {
  const size = pages.next(Math.min(limit, mostKeys));
  const wanted = numbers.after(after, size);
  if (wanted.length === 0) return { rows: [], next: undefined };
  const conditions = wanted.map(({ key }): Piece[] => ["(", ...hasKey(table, key), ")"]);
  const { rows: found } = await db.run(statement(db.syntax, [
    "select * from ",
    ...table.from,
    " where ",
    ...joined(conditions, " or "),
  ]));
  pages.saw(found);
  const byKey = new Map(found.map((row) => [JSON.stringify(keyOf(table, row)), row]));
  const rows = wanted.flatMap(({ rowNumber, key }) => {
    const row = byKey.get(JSON.stringify(key));
    return row ? [{ rowNumber, row }] : [];
  });
  return { rows, next: wanted.length === size ? wanted.at(-1)?.rowNumber : undefined };
}

/**
 * One row.
 *
 * @param db The database.
 * @param table The table.
 * @param key Its key.
 * @returns The row, or `undefined` if there is none.
 */
export async function readRow(
  db: SqlDatabase,
  table: SqlTable,
  key: readonly string[],
): Promise<SqlRow | undefined> {
  const { rows: [row, second] } = await db.run(statement(db.syntax, [
    "select * from ",
    ...table.from,
    " where ",
    ...hasKey(table, key),
  ]));
  if (second) throw notUnique(table);
  return row;
}

/**
 * All rows in the order of their keys, some at a time.
 *
 * @param reader What to read from.
 * @yields The rows.
 * @throws {WaybillError} `E-1011` if two rows have the same key.
 */
export async function* allRows(reader: SqlReader): AsyncGenerator<readonly SqlRow[]> {
  const { table, pages } = reader;
  let after: readonly string[] | undefined;
  for (;;) {
    const size = pages.next(Infinity);
    const rows = await ordered(reader, after ? behind(table, after) : [], size);
    if (rows.length === 0) return;
    refuseTwins(table, rows);
    yield rows;
    const last = rows.at(-1);
    if (rows.length < size || !last) return;
    after = keyOf(table, last);
  }
}

async function ordered(
  { db, table, pages }: SqlReader,
  where: readonly Piece[],
  limit: number,
): Promise<readonly SqlRow[]> {
  const { rows } = await db.run(statement(db.syntax, [
    "select * from ",
    ...table.from,
    ...where,
    " order by ",
    ...joined(table.key.map((name) => [{ name }]), ", "),
    ` limit ${limit}`,
  ]));
  pages.saw(rows);
  return rows;
}

/** `(a, b) > (x, y)` written out, so that each value has its column's type. */
function behind(table: SqlTable, key: readonly string[]): Piece[] {
  const alternatives = table.key.map((name, at): Piece[] => {
    const same = table.key.slice(0, at)
      .flatMap((
        each,
        place,
      ): Piece[] => [{ name: each }, " = ", keyValue(table, key, place), " and "]);
    return ["(", ...same, { name }, " > ", keyValue(table, key, at), ")"];
  });
  return [" where ", ...joined(alternatives, " or ")];
}

function refuseTwins(table: SqlTable, rows: readonly SqlRow[]): void {
  let before = "";
  for (const row of rows) {
    const key = JSON.stringify(keyOf(table, row));
    if (key === before) throw notUnique(table);
    before = key;
  }
}

function notUnique({ choice, key }: SqlTable): WaybillError {
  return new WaybillError(
    "E-1011",
    `Cannot use the table "${choice.table}": its key "${
      key.join(", ")
    }" does not tell its rows apart`,
    { remedy: "Name columns that no two rows share the values of: &key=…" },
  );
}
