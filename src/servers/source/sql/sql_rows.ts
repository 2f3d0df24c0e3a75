/**
 * Reads rows of a table: a page by their keys, one by its key, all of them.
 *
 * @module
 */
import type { SqlDatabase, SqlRow } from "./database.ts";
import { notUnique } from "./key_errors.ts";
import type { PageSize } from "./page_size.ts";
import type { RowNumbers } from "./row_numbers.ts";
import { hasKey, keyOf, type SqlKey, type SqlTable } from "./sql_table.ts";
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
  reader: SqlReader,
  numbers: RowNumbers,
  after: number,
  limit: number,
): Promise<NumberedPage> {
  const size = reader.pages.next(limit);
  const wanted = numbers.after(after, size);
  if (wanted.length === 0) return { rows: [], next: undefined };
  const found = await findByKeys(reader, wanted.map(({ key }) => key), "rows");
  const rows = wanted.flatMap(({ rowNumber, key }) => {
    const row = found.get(JSON.stringify(key));
    return row ? [{ rowNumber, row }] : [];
  });
  return { rows, next: wanted.length === size ? wanted.at(-1)?.rowNumber : undefined };
}

/**
 * The rows that have one of some keys.
 *
 * @param reader What to read from.
 * @param keys The keys; at most as many as a page has.
 * @param what Whole rows, or only the columns of the key.
 * @returns The rows, by their key as JSON.
 */
export async function findByKeys(
  { db, table, pages }: SqlReader,
  keys: readonly SqlKey[],
  what: "rows" | "keys",
): Promise<Map<string, SqlRow>> {
  const { rows } = await db.run(statement(db.syntax, [
    ...selected(table, what),
    " where ",
    ...joined(keys.map((key): Piece[] => ["(", ...hasKey(table, key), ")"]), " or "),
  ]));
  pages.saw(rows);
  return new Map(rows.map((row) => [JSON.stringify(keyOf(table, row)), row]));
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
  key: SqlKey,
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
 * @param what Whole rows, or only the columns of the key.
 * @yields The rows.
 * @throws {WaybillError} `E-1011` if two rows have the same key.
 */
export async function* allRows(
  reader: SqlReader,
  what: "rows" | "keys",
): AsyncGenerator<readonly SqlRow[]> {
  const { table, pages } = reader;
  let after: SqlKey | undefined;
  for (;;) {
    const size = pages.next(Infinity);
    const rows = await ordered(reader, after ? behind(table, after) : [], size, what);
    const last = rows.at(-1);
    if (!last) return;
    refuseNeighbours(table, rows);
    yield rows;
    if (rows.length < size) return;
    after = keyOf(table, last);
  }
}

async function ordered(
  { db, table, pages }: SqlReader,
  where: readonly Piece[],
  limit: number,
  what: "rows" | "keys" = "rows",
): Promise<readonly SqlRow[]> {
  const { rows } = await db.run(statement(db.syntax, [
    ...selected(table, what),
    ...where,
    " order by ",
    ...joined(table.key.map((name) => [{ name }]), ", "),
    ` limit ${limit}`,
  ]));
  pages.saw(rows);
  return rows;
}

function selected(table: SqlTable, what: "rows" | "keys"): Piece[] {
  const columns: Piece[] = what === "rows"
    ? ["*"]
    : joined(table.key.map((name): Piece[] => [{ name }]), ", ");
  return ["select ", ...columns, " from ", ...table.from];
}

/** `(a, b) > (x, y)` written out: not every database has that. */
function behind(table: SqlTable, key: SqlKey): Piece[] {
  const value = (at: number): Piece => ({ value: key[at] ?? null });
  const alternatives = table.key.map((name, at): Piece[] => {
    const same = table.key.slice(0, at)
      .flatMap((each, place): Piece[] => [{ name: each }, " = ", value(place), " and "]);
    return ["(", ...same, { name }, " > ", value(at), ")"];
  });
  return [" where ", ...joined(alternatives, " or ")];
}

function refuseNeighbours(table: SqlTable, rows: readonly SqlRow[]): void {
  let before = "";
  for (const row of rows) {
    const key = JSON.stringify(keyOf(table, row));
    if (key === before) throw notUnique(table);
    before = key;
  }
}
