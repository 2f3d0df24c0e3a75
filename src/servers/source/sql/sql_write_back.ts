/**
 * Puts tracking numbers into a table, and takes those of voided labels out. Each is one UPDATE that
 * names the number that it replaces: another's is never overwritten, and a repeat changes nothing.
 *
 * @module
 */
import {
  ownColumns,
  trackingNumberOf,
  type VoidBack,
  type WriteBack,
} from "../../../contracts/source.ts";
import { WaybillError } from "../../../errors.ts";
import { ConflictError } from "../../tool_result.ts";
import type { SqlDatabase, SqlRow, TableColumn } from "./database.ts";
import { hasKey, type SqlKey, type SqlTable } from "./sql_table.ts";
import { joined, type Piece, statement } from "./statement.ts";

/**
 * Puts a number into its row.
 *
 * @param db The database.
 * @param table The table.
 * @param key The row's key.
 * @param change The number.
 * @returns Whether it was there already.
 * @throws {ConflictError} If the row has another number.
 * @throws {WaybillError} `E-1006` if there is no such row; `E-4007` if the table does not keep the number.
 */
export async function putNumber(
  db: SqlDatabase,
  table: SqlTable,
  key: SqlKey,
  change: WriteBack,
): Promise<"written" | "already_written"> {
  const { tracking_number: number, row_number: rowNumber } = change;
  const name = ownColumns.trackingNumber;
  const before = await shownAt(db, table, key, rowNumber);
  if (isPut(before, number)) return "already_written";
  const free: Piece[] = [
    "(",
    { name },
    " is null or ",
    { exactly: name },
    " = '' or ",
    ...holds(before, number),
    ")",
  ];
  await update(db, table, key, free, [
    [name, number],
    [ownColumns.shippedAt, change.shipped_at],
    // A row that is shipped again is voided no longer.
    [ownColumns.voidedAt, null],
  ]);
  const after = await shownAt(db, table, key, rowNumber);
  if (trackingNumberOf(after) === number) return "written";
  if (trackingNumberOf(after) === "") throw undone(table, change);
  throw conflict(after, rowNumber, `write ${number} to row ${rowNumber}`);
}

/**
 * Takes the number of a voided label out of its row.
 *
 * @param db The database.
 * @param table The table.
 * @param key The row's key.
 * @param change The void.
 * @returns Whether that was done before.
 * @throws {ConflictError} If the row has another number.
 */
export async function takeNumber(
  db: SqlDatabase,
  table: SqlTable,
  key: SqlKey,
  change: VoidBack,
): Promise<"written" | "already_written"> {
  const { replaces, row_number: rowNumber } = change;
  const before = await findShown(db, table, key, rowNumber);
  // A row that is gone shows no number.
  if (!before) return "already_written";
  const isTaken = trackingNumberOf(before) === "";
  if (isTaken && before[ownColumns.voidedAt] !== null) return "already_written";
  const name = ownColumns.trackingNumber;
  const column = table.tableColumns.find((each) => each.name === name);
  const ours: Piece[] = isTaken
    ? ["(", { name }, " is null or ", ...holds(before, ""), ")"]
    : holds(before, replaces);
  await update(db, table, key, ours, [
    [name, column?.isNullable ? null : ""],
    [ownColumns.voidedAt, change.voided_at],
  ]);
  const after = await shownAt(db, table, key, rowNumber);
  if (trackingNumberOf(after) === "") return "written";
  throw conflict(after, rowNumber, `take ${replaces} out of row ${rowNumber}`);
}

/** The condition that the cell holds a number, with the blanks around it that were seen there. */
function holds(shown: SqlRow, number: string): Piece[] {
  const name = ownColumns.trackingNumber;
  const found = trackingNumberOf(shown);
  const seen = found === "" || found === number ? String(shown[name] ?? "") : number;
  const values = [...new Set([number, seen])];
  const alternatives = values.map((value): Piece[] => [{ exactly: name }, " = ", { value }]);
  return ["(", ...joined(alternatives, " or "), ")"];
}

/** A number without its time is put once more: somebody typed it, or a trigger took the time away. */
function isPut(shown: SqlRow, number: string): boolean {
  return trackingNumberOf(shown) === number && shown[ownColumns.shippedAt] !== null;
}

async function update(
  db: SqlDatabase,
  table: SqlTable,
  key: SqlKey,
  condition: readonly Piece[],
  values: readonly (readonly [string, string | null])[],
): Promise<void> {
  const sets = values.flatMap(([name, value]): Piece[][] => {
    const column = table.tableColumns.find((each) => each.name === name);
    return column ? [[{ name }, " = ", { value: valueFor(db, column, value) }]] : [];
  });
  await db.run(statement(db.syntax, [
    "update ",
    { table: table.choice.table },
    " set ",
    ...joined(sets, ", "),
    " where ",
    ...hasKey(table, key),
    " and ",
    ...condition,
  ]));
}

function valueFor({ syntax }: SqlDatabase, column: TableColumn, value: string | null) {
  if (value === null || column.name === ownColumns.trackingNumber) return value;
  return syntax.time(value, column.type);
}

/** Our columns of a row, as the table has them. */
async function shownAt(
  db: SqlDatabase,
  table: SqlTable,
  key: SqlKey,
  rowNumber: number,
): Promise<SqlRow> {
  const row = await findShown(db, table, key, rowNumber);
  if (row) return row;
  throw new WaybillError(
    "E-1006",
    `Cannot write to row ${rowNumber}: the table "${table.choice.table}" has no such row any more`,
    {
      rowNumber,
      remedy:
        "Put the row back; the number is kept until then. If the order is gone for good, end its " +
        "job with: deno task cancel <job>",
    },
  );
}

/** The same, or `undefined` if the row is gone. */
async function findShown(
  db: SqlDatabase,
  table: SqlTable,
  key: SqlKey,
  rowNumber: number,
): Promise<SqlRow | undefined> {
  const names = Object.values(ownColumns)
    .filter((name) => table.tableColumns.some((column) => column.name === name));
  const { rows: [row, second] } = await db.run(statement(db.syntax, [
    "select ",
    ...joined(names.map((name): Piece[] => [{ name }]), ", "),
    " from ",
    { table: table.choice.table },
    " where ",
    ...hasKey(table, key),
  ]));
  if (second) {
    throw new WaybillError(
      "E-1011",
      `Cannot write to row ${rowNumber}: the key of the table "${table.choice.table}" is not unique`,
      { rowNumber, remedy: "Make the rows of that key one; the number is kept until then" },
    );
  }
  return row &&
    Object.fromEntries(Object.values(ownColumns).map((name) => [name, row[name] ?? null]));
}

/** Nobody's number stands in the way: the database took ours and does not have it. */
function undone({ choice }: SqlTable, { tracking_number, row_number }: WriteBack): WaybillError {
  return new WaybillError(
    "E-4007",
    `Cannot write ${tracking_number} to row ${row_number}: the table does not keep it`,
    {
      rowNumber: row_number,
      remedy:
        `See which trigger of the table "${choice.table}" takes it out; the number is kept until then`,
    },
  );
}

function conflict(shown: SqlRow, rowNumber: number, what: string): ConflictError {
  return new ConflictError(rowNumber, `Cannot ${what}: it holds ${trackingNumberOf(shown)}`);
}
