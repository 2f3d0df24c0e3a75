/**
 * Reads rows of a table: a page by their keys, one by its key, all of them.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import type { SqlDatabase, SqlRow } from "./database.ts";
import type { RowNumbers } from "./row_numbers.ts";
import { hasKey, keyOf, keyValue, type SqlTable } from "./sql_table.ts";
import { joined, type Piece, statement } from "./statement.ts";

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
  /** The last number that was looked at, if there are more. */
  readonly next: number | undefined;
}

/**
 * The rows after a number that is the key itself.
 *
 * @param db The database.
 * @param table The table.
 * @param after The number.
 * @param limit At most so many.
 * @returns The page.
 * @throws {WaybillError} `E-1011` if two rows have the same key, or it is no number.
 */
export async function readAfter(
  db: SqlDatabase,
  table: SqlTable,
  after: number,
  limit: number,
): Promise<NumberedPage> {
  const [name = ""] = table.key;
  // One more than is wanted tells whether there is more.
  const found = await ordered(db, table, [" where ", { name }, " > ", { value: after }], limit + 1);
  const rows = found.slice(0, limit).map((row) => ({ rowNumber: Number(row[name]), row }));
  let last = after;
  for (const { rowNumber } of rows) {
    if (!Number.isSafeInteger(rowNumber) || rowNumber <= last) throw notUnique(table);
    last = rowNumber;
  }
  return { rows, next: found.length > limit ? last : undefined };
}

/**
 * The rows after a number that was given out. Rows that are gone are left out.
 *
 * @param db The database.
 * @param table The table.
 * @param numbers The numbers.
 * @param after The number.
 * @param limit At most so many.
 * @returns The page.
 */
export async function readNumbered(
  db: SqlDatabase,
  table: SqlTable,
  numbers: RowNumbers,
  after: number,
  limit: number,
): Promise<NumberedPage> {
  const wanted = numbers.after(after, limit);
  if (wanted.length === 0) return { rows: [], next: undefined };
  const conditions = wanted.map(({ key }): Piece[] => ["(", ...hasKey(table, key), ")"]);
  const { rows: found } = await db.run(statement(db.syntax, [
    "select * from ",
    ...table.from,
    " where ",
    ...joined(conditions, " or "),
  ]));
  const byKey = new Map(found.map((row) => [JSON.stringify(keyOf(table, row)), row]));
  const rows = wanted.flatMap(({ rowNumber, key }) => {
    const row = byKey.get(JSON.stringify(key));
    return row ? [{ rowNumber, row }] : [];
  });
  return { rows, next: wanted.length === limit ? wanted.at(-1)?.rowNumber : undefined };
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
 * @param db The database.
 * @param table The table.
 * @param size How many at a time.
 * @yields The rows.
 * @throws {WaybillError} `E-1011` if two rows have the same key.
 */
export async function* allRows(
  db: SqlDatabase,
  table: SqlTable,
  size = 1_000,
): AsyncGenerator<readonly SqlRow[]> {
  let after: readonly string[] | undefined;
  for (;;) {
    const rows = await ordered(db, table, after ? behind(table, after) : [], size);
    if (rows.length === 0) return;
    refuseTwins(table, rows);
    yield rows;
    const last = rows.at(-1);
    if (rows.length < size || !last) return;
    after = keyOf(table, last);
  }
}

async function ordered(
  db: SqlDatabase,
  table: SqlTable,
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
