/**
 * Whether a key does what it must: tell each row from every other, find its row again, and put all rows
 * into one order. The database itself is asked, since only it knows what it takes for equal.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import type { SqlDatabase } from "./database.ts";
import { disordered, notUnique, unusableKey } from "./key_errors.ts";
import { pageSize } from "./page_size.ts";
import { findByKeys, type SqlReader } from "./sql_rows.ts";
import type { SqlKey, SqlTable } from "./sql_table.ts";
import { joined, type Piece, statement } from "./statement.ts";

/**
 * Makes sure that no two rows share a key, in the sense of the column: `abc` and `ABC` may be the same.
 *
 * @param db The database.
 * @param table The table.
 * @throws {WaybillError} `E-1011` if two rows do.
 */
export async function refuseTwins(db: SqlDatabase, table: SqlTable): Promise<void> {
  const names = joined(table.key.map((name): Piece[] => [{ name }]), ", ");
  const { rows } = await db.run(statement(db.syntax, [
    "select count(*) as twins from ",
    ...table.from,
    " group by ",
    ...names,
    " having count(*) > 1 limit 1",
  ]));
  if (rows.length > 0) throw notUnique(table);
}

/**
 * Makes sure that rows are found again by the keys that were read of them: binary fractions, for one,
 * are not.
 *
 * @param reader What they were read from.
 * @param keys The keys.
 * @throws {WaybillError} `E-1011` if one finds no row.
 */
export async function refuseUnfound(reader: SqlReader, keys: readonly SqlKey[]): Promise<void> {
  const found = await findByKeys(reader, keys, "keys");
  if (keys.every((key) => found.has(JSON.stringify(key)))) return;
  throw unusableKey(reader.table, "finds no row for a value that was just read from one");
}

/**
 * Reads all rows, and makes sure that they were all.
 *
 * @param reader What is read from.
 * @param scan Reads all rows; it is called twice if other rows came and went meanwhile.
 * @returns What `scan` returned.
 * @throws {WaybillError} `E-1011` if rows are left out or come twice.
 */
export async function completeScan<Scanned extends { readonly rowCount: number }>(
  reader: SqlReader,
  scan: (reader: SqlReader) => Promise<Scanned>,
): Promise<Scanned> {
  for (let isSecond = false;; isSecond = true) {
    const before = await countRows(reader);
    // Pages of the same sizes again: with larger ones, what is left out might not be.
    const scanned = await scan({ ...reader, pages: pageSize() });
    if (scanned.rowCount === before) return scanned;
    const after = await countRows(reader);
    const isBetween = scanned.rowCount >= Math.min(before, after) &&
      scanned.rowCount <= Math.max(before, after);
    if (isBetween) return scanned;
    if (!isSecond) continue;
    if (before === after) throw disordered(reader.table);
    throw new WaybillError(
      "E-1011",
      `Cannot use the table "${reader.table.choice.table}": its rows change while they are read`,
      { remedy: "Import when nothing else deletes rows from it, or changes their key" },
    );
  }
}

async function countRows({ db, table }: SqlReader): Promise<number> {
  const { rows: [row] } = await db.run(
    statement(db.syntax, ["select count(*) as n from ", ...table.from]),
  );
  return Number(row?.["n"]);
}
