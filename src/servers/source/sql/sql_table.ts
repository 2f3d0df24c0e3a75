/**
 * What is to be read of a database, worked out once: the statement's source, its columns, the key and
 * whether the key is the row's number.
 *
 * @module
 */
import { ownColumns } from "../../../contracts/source.ts";
import type { TableChoice } from "../../../contracts/source_location.ts";
import { WaybillError } from "../../../errors.ts";
import { isSameName } from "./column_names.ts";
import type { ColumnType, SqlDatabase, SqlRow, TableColumn } from "./database.ts";
import { joined, type Piece, statement } from "./statement.ts";

/** A table, or a query beside a table, that rows are read from. */
export interface SqlTable {
  /** Which. */
  readonly choice: TableChoice;
  /** The columns of the table that is written back to. */
  readonly tableColumns: readonly TableColumn[];
  /** The columns that are read, ours included. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** The columns of the key. */
  readonly key: readonly string[];
  /** What stands behind `from`. */
  readonly from: readonly Piece[];
}

/** A row's key: one value for each of its columns, a number where the database has one. */
export type SqlKey = readonly (string | number)[];

/** Row numbers are kept in 32 bits. */
const largestRow = 2 ** 31 - 1;

/**
 * Works out what is to be read.
 *
 * @param db The database.
 * @param choice The table, the key, the query.
 * @param tableColumns The columns of the table.
 * @returns The table.
 * @throws {WaybillError} `E-1011` if it has no key, or the query leaves the key out.
 */
export async function sqlTable(
  db: SqlDatabase,
  choice: TableChoice,
  tableColumns: readonly TableColumn[],
): Promise<SqlTable> {
  const { syntax } = db;
  const named = choice.key ?? primaryKey(tableColumns);
  const unknown = named.find((name) =>
    !tableColumns.some((column) => isSameName(syntax, column.name, name))
  );
  if (named.length === 0 || unknown !== undefined) throw withoutKey(choice.table, unknown);
  const from = choice.query === undefined
    ? [{ table: choice.table }, " as source"]
    : await queryBeside(db, { ...choice, query: choice.query }, named);
  const { columns } = await db.run(
    statement(db.syntax, ["select * from ", ...from, " where 1 = 0"]),
  );
  // As the rows have them.
  const key = named.map((name) =>
    columns.find((column) => isSameName(syntax, column.name, name))?.name ?? name
  );
  for (const { name, type } of columns) {
    if (key.includes(name)) refuseKeyOf(type, name, choice);
  }
  return { choice, tableColumns, columns, key, from };
}

/**
 * Whether the key's numbers are the rows' numbers: of an integer key they are. Then row 1001 is order
 * 1001, on every machine and at every time.
 *
 * @param db The database.
 * @param table The table.
 * @returns Whether they are; if not, numbers must be given out.
 */
export async function isKeyTheNumber(db: SqlDatabase, table: SqlTable): Promise<boolean> {
  const [name, ...others] = table.key;
  if (name === undefined || others.length > 0) return false;
  if (table.columns.find((column) => column.name === name)?.type !== "integer") return false;
  const { rows: [row] } = await db.run(statement(db.syntax, [
    "select min(",
    { name },
    ") as low, max(",
    { name },
    ") as high from ",
    ...table.from,
  ]));
  const isRow = (value: SqlRow[string] | undefined) =>
    value === null || value === undefined ||
    (typeof value === "number" && value >= 1 && value <= largestRow);
  return isRow(row?.["low"]) && isRow(row?.["high"]);
}

/**
 * The key of a row. To a database 5 and '5' may be two keys, so a number stays one.
 *
 * @param table The table.
 * @param row The row.
 * @returns One value for each column of the key.
 * @throws {WaybillError} `E-1011` if one is null.
 */
export function keyOf(table: Pick<SqlTable, "key" | "choice">, row: SqlRow): SqlKey {
  return table.key.map((name) => {
    const value = row[name];
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (value !== null && value !== undefined) return String(value);
    throw new WaybillError(
      "E-1011",
      `Cannot use the table "${table.choice.table}": its key "${name}" is null in a row`,
      { remedy: "Name columns that every row has a value in: &key=…" },
    );
  });
}

/**
 * The condition that a row has a key.
 *
 * @param table The table.
 * @param key The key.
 * @returns The pieces.
 */
export function hasKey(table: Pick<SqlTable, "key">, key: SqlKey): Piece[] {
  return joined(
    table.key.map((name, at): Piece[] => [{ name }, " = ", { value: key[at] ?? null }]),
    " and ",
  );
}

function primaryKey(columns: readonly TableColumn[]): string[] {
  return columns.filter(({ keyPlace }) => keyPlace !== undefined)
    .toSorted((a, b) => (a.keyPlace ?? 0) - (b.keyPlace ?? 0)).map(({ name }) => name);
}

function refuseKeyOf(type: ColumnType, name: string, { table }: TableChoice): void {
  // Sorted by their place in the list of allowed values, and compared by their text.
  const why = { binary: "is binary", enum: "is an ENUM or SET, which have two orders" };
  if (type !== "binary" && type !== "enum") return;
  throw new WaybillError(
    "E-1011",
    `Cannot use the table "${table}": its key "${name}" ${why[type]}`,
    { remedy: "Name other columns that tell every row from the others: &key=…" },
  );
}

/** The query's rows with the columns of ours that it leaves out: without them nobody sees what is shipped. */
async function queryBeside(
  db: SqlDatabase,
  { query, table }: TableChoice & { query: string },
  key: readonly string[],
): Promise<Piece[]> {
  // On lines of their own: the query may end with a comment.
  const asked: Piece[] = ["(\n", { query: query.trim().replace(/;+$/, "") }, "\n) as asked"];
  const { columns } = await db.run(
    statement(db.syntax, ["select * from ", ...asked, " where 1 = 0"]),
  );
  const has = (name: string) => columns.some((column) => isSameName(db.syntax, column.name, name));
  const left = key.find((name) => !has(name));
  if (left !== undefined) {
    throw new WaybillError(
      "E-1011",
      `Cannot use the query: it gives no column "${left}", which is the key of "${table}"`,
      { remedy: `Select "${left}" as well` },
    );
  }
  const known = await db.columnsOf(table);
  const added = Object.values(ownColumns)
    .filter((name) => !has(name) && known.some((column) => column.name === name));
  const same = key.map((name): Piece[] => ["asked.", { name }, " = target.", { name }]);
  const ours = added.flatMap((name): Piece[] => [", target.", { name }]);
  return [
    "(select asked.*",
    ...ours,
    " from ",
    ...asked,
    " join ",
    { table },
    " as target on ",
    ...joined(same, " and "),
    ") as source",
  ];
}

function withoutKey(table: string, unknown: string | undefined): WaybillError {
  const why = unknown === undefined
    ? "it has no primary key, and none is named"
    : `it has no column "${unknown}", which is named as its key`;
  return new WaybillError("E-1011", `Cannot use the table "${table}": ${why}`, {
    remedy: "Name the columns that tell each row from every other: &key=id",
  });
}
