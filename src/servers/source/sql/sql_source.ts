/**
 * A table of a database as a source: rows by their key, and tracking numbers straight into it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { SourceRow, VoidBack, WriteBack } from "../../../contracts/source.ts";
import { sourceUri } from "../../../contracts/source_location.ts";
import { WaybillError } from "../../../errors.ts";
import { fingerprintOf, rowChecksum } from "../row_checksum.ts";
import type { Source, SourceOptions } from "../source.ts";
import { withOwnNames } from "./column_names.ts";
import { reservedByOthers, type SqlDatabase, type SqlRow, type TableLocation } from "./database.ts";
import { completeScan, refuseTwins, refuseUnfound } from "./key_checks.ts";
import { checkOwnColumns } from "./own_columns.ts";
import { pageSize } from "./page_size.ts";
import { DatabaseRefusal } from "./refusal.ts";
import { openRowNumbers, type RowNumbers } from "./row_numbers.ts";
import { readPage, sendable } from "./sql_page.ts";
import { allRows, readAfter, readNumbered, readRow, type SqlReader } from "./sql_rows.ts";
import { isKeyTheNumber, keyOf, type SqlKey, type SqlTable, sqlTable } from "./sql_table.ts";
import { putNumber, takeNumber } from "./sql_write_back.ts";

/** What a table is opened for. */
export interface SqlSourceOptions extends SourceOptions {
  /** Where numbers of rows are kept whose key is none. */
  readonly stateFolder?: string | undefined;
  /** Whether a person has said that missing columns may be added. */
  readonly mayAddColumns?: boolean | undefined;
  /** How long another program that ships from the table is waited for, in milliseconds. */
  readonly reserveWaitMs?: number | undefined;
}

/** How long the server of a runner that was killed may take to let go of the table. */
const defaultWaitMs = 5_000;

const pollMs = 50;

interface Ready {
  /** Where the table is, settled. */
  place: TableLocation;
  table: SqlTable;
  reader: SqlReader;
  /** The numbers that were given out; none where the key is the number. */
  numbers: RowNumbers | undefined;
  checksum: (row: SqlRow) => string;
}

/**
 * Opens a table; it is looked at when something is first asked of it.
 *
 * @param database The database; closed with the source.
 * @param location Where it is, and which table.
 * @param options What it is opened for.
 * @returns The source. Its methods reject with `E-1010`, `E-1011` or `E-1014` if the table is no source.
 */
export function openSqlSource(
  database: SqlDatabase,
  location: TableLocation,
  options: SqlSourceOptions = {},
): Source {
  const db = withOwnNames(database);
  let preparing: Promise<Ready> | undefined;
  const ready = async () => {
    preparing ??= prepare(db, location, options);
    try {
      return await preparing;
    } catch (error) {
      // What is mended meanwhile works at the next call.
      preparing = undefined;
      throw unreadable(location, error);
    }
  };
  return {
    async describe() {
      const { table, place, reader, numbers, checksum } = await ready();
      const { rowCount, fingerprint } = await completeScan(reader, async (reader) => {
        const contents = fingerprintOf(table.columns.map(({ name }) => name));
        let rowCount = 0;
        for await (const rows of allRows(reader, "rows")) {
          for (const row of rows) contents.add(checksum(row));
          rowCount += rows.length;
        }
        return { rowCount, fingerprint: contents.digest() };
      }).catch((error) => {
        throw unreadable(location, error);
      });
      return {
        kind: location.kind,
        uri: sourceUri({ ...place, rows: numbers ? "numbered" : "key" }),
        fingerprint,
        row_count: rowCount,
        columns: [...table.columns],
      };
    },
    async getRows(afterRow, limit) {
      const { reader, numbers, checksum } = await ready();
      return await readPage(
        {
          read: (after, atMost) =>
            numbers
              ? readNumbered(reader, numbers, after, atMost)
              : readAfter(reader, after, atMost),
          sourceRow: ({ rowNumber, row }) => sourceRow(rowNumber, row, checksum),
        },
        afterRow,
        limit,
      );
    },
    async getRow(rowNumber) {
      const { table, numbers, checksum } = await ready();
      const row = await readRow(db, table, keyFor(numbers, rowNumber));
      if (row) return sendable(sourceRow(rowNumber, row, checksum));
      throw gone(rowNumber, table);
    },
    async writeBack(change: WriteBack | VoidBack) {
      const { table, numbers } = await ready();
      const key = keyFor(numbers, change.row_number);
      refuseOtherKey(change, key);
      return change.tracking_number === null
        ? await takeNumber(db, table, key, change)
        : await putNumber(db, table, key, change);
    },
    // What was acknowledged was committed.
    flush() {},
    async [Symbol.asyncDispose]() {
      const opened = await preparing?.catch(() => undefined);
      opened?.numbers?.[Symbol.dispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

/** The error of what the database will not read: that is for whoever has named it to mend. */
function unreadable({ table, query }: TableLocation, error: unknown): unknown {
  if (!(error instanceof DatabaseRefusal)) return error;
  const what = query === undefined ? `table "${table}"` : `query beside the table "${table}"`;
  return new WaybillError("E-1014", `Cannot use the ${what}: ${error.reason}`, {
    remedy: "Mend it, and try it in the database's own client",
    cause: error,
  });
}

async function prepare(
  db: SqlDatabase,
  location: TableLocation,
  options: SqlSourceOptions,
): Promise<Ready> {
  const tableColumns = await checkOwnColumns(db, location.table, options.mayAddColumns ?? false);
  const table = await sqlTable(db, location, tableColumns);
  const settled = await db.settled(location);
  const place = location.key ? { ...settled, key: table.key } : settled;
  const reader = { db, table, pages: pageSize() };
  if (!options.isForShipping) await refuseTwins(db, table);
  const numbers = await numbersOf(reader, place, options);
  if (options.isForShipping && !await reserved(db, place.table, options.reserveWaitMs)) {
    numbers?.[Symbol.dispose]();
    throw reservedByOthers(location.table);
  }
  const hash = rowChecksum(table.columns.map(({ name }) => name));
  const checksum = (row: SqlRow) => {
    const cells = table.columns.map(({ name }) => row[name] ?? null);
    return `${keyHash(keyOf(table, row))}-${hash(cells)}`;
  };
  return { table, place, reader, numbers, checksum };
}

async function reserved(db: SqlDatabase, table: string, waitMs = defaultWaitMs): Promise<boolean> {
  for (let waited = 0; !await db.reserve(table); waited += pollMs) {
    if (waited >= waitMs) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return true;
}

/** An import gives numbers out where the key is none; later ones take those of the import. */
async function numbersOf(
  reader: SqlReader,
  location: TableLocation,
  { stateFolder, isForShipping }: SqlSourceOptions,
): Promise<RowNumbers | undefined> {
  const rows = location.rows ??
    (await isKeyTheNumber(reader.db, reader.table) ? "key" : "numbered");
  if (rows === "key") return undefined;
  const numbers = openRowNumbers(stateFolder, sourceUri({ ...location, rows }));
  try {
    if (!isForShipping) await giveNumbers(reader, numbers);
    if (numbers.count > 0 || !isForShipping) return numbers;
  } catch (error) {
    numbers[Symbol.dispose]();
    throw error;
  }
  numbers[Symbol.dispose]();
  throw new WaybillError(
    "E-1011",
    `Cannot ship from the table "${location.table}": the numbers of its rows were given out on ` +
      "another machine, or their file is gone",
    { remedy: "Run it where it was imported, or name an integer key: &key=id" },
  );
}

async function giveNumbers(reader: SqlReader, numbers: RowNumbers): Promise<void> {
  await completeScan(reader, async (reader) => {
    let rowCount = 0;
    for await (const rows of allRows(reader, "keys")) {
      const keys = rows.map((row) => keyOf(reader.table, row));
      await refuseUnfound(reader, keys);
      numbers.add(keys);
      rowCount += rows.length;
    }
    return { rowCount };
  });
}

function keyFor(numbers: RowNumbers | undefined, rowNumber: number): SqlKey {
  if (!numbers) return [rowNumber];
  const key = numbers.keyOf(rowNumber);
  if (key) return key;
  throw new WaybillError("E-1006", `Cannot read row ${rowNumber}: no row has had that number`, {
    rowNumber,
    remedy: "Check the number",
  });
}

function sourceRow(rowNumber: number, row: SqlRow, checksum: Ready["checksum"]): SourceRow {
  return { row_number: rowNumber, data: row, checksum: checksum(row) };
}

/** A key is who a row is: a number is never put into another's row, whatever became of the table. */
function refuseOtherKey(change: WriteBack | VoidBack, key: SqlKey): void {
  const { checksum, row_number: rowNumber } = change;
  if (checksum === undefined || checksum.startsWith(`${keyHash(key)}-`)) return;
  throw new WaybillError(
    "E-4007",
    `Cannot write to row ${rowNumber}: its key is not that of the row that was shipped`,
    { rowNumber, remedy: "Put the table's keys back as they were at the import" },
  );
}

function keyHash(key: SqlKey): string {
  return createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 16);
}

function gone(rowNumber: number, { choice }: SqlTable): WaybillError {
  return new WaybillError(
    "E-1006",
    `Cannot read row ${rowNumber}: the table "${choice.table}" has no such row any more`,
    { rowNumber, remedy: "Put the row back, or leave it out of the job" },
  );
}
