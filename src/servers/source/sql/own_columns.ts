/**
 * The columns of a table that belong to us: whether they are there and can be written to. That is
 * asked before anything is bought, since a number that fits nowhere is found out too late.
 *
 * @module
 */
import { ownColumns } from "../../../contracts/source.ts";
import { WaybillError } from "../../../errors.ts";
import type { SqlDatabase, SqlSyntax, TableColumn } from "./database.ts";
import { DatabaseRefusal } from "./refusal.ts";
import { type Piece, statement } from "./statement.ts";

/** UPS's have 18 characters, other carriers' up to 35. */
const shortestNumber = 18;

/** Of a time as text: `2026-11-26T10:00:00.000Z`. */
const shortestTime = 24;

const needed = [ownColumns.trackingNumber, ownColumns.shippedAt];

/**
 * Checks that our columns are there and can be written to, and adds those that are missing if that is
 * wanted.
 *
 * @param db The database.
 * @param table The table.
 * @param mayAdd Whether a person has said that they may be added.
 * @returns The table's columns, as they are then.
 * @throws {WaybillError} `E-1010` if a number could not be written; `E-1014` if there is no such table.
 */
export async function checkOwnColumns(
  db: SqlDatabase,
  table: string,
  mayAdd: boolean,
): Promise<readonly TableColumn[]> {
  let columns = await db.columnsOf(table);
  if (columns.length === 0) {
    throw new WaybillError(
      "E-1014",
      `Cannot use the table "${table}": there is none of that name`,
      {
        remedy: "Check its name; outside of the default schema, name that too: table=sales.orders",
      },
    );
  }
  const has = (name: string) => columns.some((column) => column.name === name);
  const missing = needed.filter((name) => !has(name));
  if (missing.length > 0) {
    const added = Object.values(ownColumns).filter((name) => !has(name));
    const statements = added.map((name) => addition(db.syntax, table, name));
    if (!mayAdd) throw missingColumns(table, missing, statements);
    for (const sql of statements) await altered(db, table, sql);
    columns = await db.columnsOf(table);
  }
  checkRoom(table, columns);
  await checkPermission(db, table);
  return columns;
}

function addition(syntax: SqlSyntax, table: string, name: string): string {
  const type = name === ownColumns.trackingNumber ? syntax.added.text : syntax.added.time;
  return statement(syntax, ["alter table ", { table }, " add column ", { name }, ` ${type}`])
    .sql;
}

async function altered(db: SqlDatabase, table: string, sql: string): Promise<void> {
  try {
    await db.run({ sql, values: [] });
  } catch (cause) {
    if (!(cause instanceof DatabaseRefusal)) throw cause;
    throw unusable(
      table,
      `a column cannot be added: ${cause.reason}`,
      `Have it run: ${sql}`,
      cause,
    );
  }
}

function missingColumns(table: string, missing: readonly string[], statements: readonly string[]) {
  const names = missing.map((name) => `"${name}"`).join(" and ");
  return unusable(
    table,
    `it has no ${missing.length === 1 ? "column" : "columns"} ${names}`,
    `Run ${statements.join("; ")}; or say --add-columns, which does that`,
  );
}

function checkRoom(table: string, columns: readonly TableColumn[]): void {
  for (const { name, type, maxLength = Infinity } of columns) {
    if (name === ownColumns.trackingNumber) {
      if (type !== "string") {
        throw unusable(table, `its column "${name}" holds no text`, retype(name));
      }
      if (maxLength < shortestNumber) throw tooShort(table, name, maxLength, shortestNumber);
    } else if (name === ownColumns.shippedAt || name === ownColumns.voidedAt) {
      const isTime = ["string", "datetime", "date"].includes(type);
      if (!isTime) throw unusable(table, `its column "${name}" holds no time`, retype(name));
      if (maxLength < shortestTime) throw tooShort(table, name, maxLength, shortestTime);
    }
  }
}

function tooShort(table: string, name: string, length: number, wanted: number): WaybillError {
  const why = `its column "${name}" takes ${length} characters, and needs ${wanted}`;
  return unusable(table, why, retype(name));
}

function retype(name: string): string {
  return name === ownColumns.trackingNumber
    ? "Make it a text of 35 characters or more"
    : "Make it a time in UTC, or a text of 24 characters or more";
}

/** The database checks who may do what before it looks for rows: this changes none. */
async function checkPermission(db: SqlDatabase, table: string): Promise<void> {
  const sets = needed.map((name): Piece[] => [{ name }, " = ", { name }]);
  const [first = [], second = []] = sets;
  const pieces = ["update ", { table }, " set ", ...first, ", ", ...second, " where 1 = 0"];
  try {
    await db.run(statement(db.syntax, pieces));
  } catch (cause) {
    if (!(cause instanceof DatabaseRefusal)) throw cause;
    throw unusable(
      table,
      `its rows may not be changed: ${cause.reason}`,
      "Allow this user to update these columns, or let another one log in",
      cause,
    );
  }
}

function unusable(table: string, why: string, remedy: string, cause?: unknown): WaybillError {
  return new WaybillError("E-1010", `Cannot write back to the table "${table}": ${why}`, {
    remedy,
    cause,
  });
}
