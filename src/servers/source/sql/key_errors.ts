/**
 * The errors of keys that do not do what a key must.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import type { SqlTable } from "./sql_table.ts";

/** What of a table its errors name. */
export type KeyedTable = Pick<SqlTable, "key" | "choice">;

/**
 * The error of a key that cannot be used.
 *
 * @param table The table.
 * @param why What is wrong with the key; it follows the key's name.
 * @param remedy What to do.
 * @returns The error, `E-1011`.
 */
export function unusableKey(
  { choice, key }: KeyedTable,
  why: string,
  remedy = "Name columns that hold integers or texts: &key=…",
): WaybillError {
  return new WaybillError(
    "E-1011",
    `Cannot use the table "${choice.table}": its key "${key.join(", ")}" ${why}`,
    { remedy },
  );
}

/**
 * The error of a key that two rows have.
 *
 * @param table The table.
 * @returns The error, `E-1011`.
 */
export function notUnique(table: KeyedTable): WaybillError {
  const remedy = "Name columns that no two rows share the values of: &key=…";
  return unusableKey(table, "does not tell its rows apart", remedy);
}

/**
 * The error of a key that the database sorts otherwise than it compares it.
 *
 * @param table The table.
 * @returns The error, `E-1011`.
 */
export function disordered(table: KeyedTable): WaybillError {
  return unusableKey(table, "does not put its rows into one order");
}
