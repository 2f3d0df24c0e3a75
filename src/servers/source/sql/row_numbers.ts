/**
 * The numbers of rows whose key is no number: given out at an import, in the order of the keys, and
 * kept. A key keeps its number for ever, and no number is given twice.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { WaybillError } from "../../../errors.ts";
import type { SqlKey } from "./sql_table.ts";

/** A row's number and its key. */
export interface NumberedKey {
  /** The number, from 1. */
  readonly rowNumber: number;
  /** The key. */
  readonly key: SqlKey;
}

/** The numbers of one source's rows. */
export interface RowNumbers extends Disposable {
  /** How many have been given out. */
  readonly count: number;
  /** Gives numbers to those of these keys that have none. */
  add(keys: Iterable<SqlKey>): void;
  /** The numbers after one, in order. */
  after(rowNumber: number, limit: number): NumberedKey[];
  /** The key of a row; `undefined` if the number was never given out. */
  keyOf(rowNumber: number): SqlKey | undefined;
}

/** How long another server of the same folder is waited for, in milliseconds. */
const busyMs = 10_000;

/**
 * Opens the numbers of a source.
 *
 * @param folder Where they are kept; nowhere if left out, and then they end with this server.
 * @param source The source, as a job keeps it.
 * @returns The numbers.
 */
export function openRowNumbers(folder: string | undefined, source: string): RowNumbers {
  if (folder !== undefined) Deno.mkdirSync(folder, { recursive: true });
  const path = folder === undefined ? ":memory:" : `${folder}/row-numbers.db`;
  const file = new DatabaseSync(path, { timeout: busyMs });
  // Keys may be order numbers or mail addresses: nobody else's to read.
  if (folder !== undefined && Deno.build.os !== "windows") Deno.chmodSync(path, 0o600);
  file.exec(
    `pragma journal_mode = wal; pragma synchronous = full;
     create table if not exists row_numbers (
       source text not null, row_number integer not null, key text not null,
       primary key (source, row_number), unique (source, key)) strict, without rowid`,
  );
  const prepare = (sql: string) => file.prepare(sql);
  const counted = prepare("select count(*) as n from row_numbers where source = ?");
  const found = prepare("select key from row_numbers where source = ? and row_number = ?");
  const page = prepare(
    `select row_number, key from row_numbers where source = ? and row_number > ?
     order by row_number limit ?`,
  );
  const add = prepare(
    `insert into row_numbers select ?1, coalesce(max(row_number), 0) + 1, ?2
     from row_numbers where source = ?1 on conflict (source, key) do nothing`,
  );
  return {
    get count() {
      return Number(counted.get(source)?.["n"]);
    },
    add(keys) {
      file.exec("begin immediate");
      try {
        for (const key of keys) add.run(source, JSON.stringify(key));
        file.exec("commit");
      } catch (error) {
        file.exec("rollback");
        throw error;
      }
    },
    after: (rowNumber, limit) =>
      page.all(source, rowNumber, limit).map((row) => ({
        rowNumber: Number(row["row_number"]),
        key: keyFrom(row["key"]),
      })),
    keyOf(rowNumber) {
      const row = found.get(source, rowNumber);
      return row && keyFrom(row["key"]);
    },
    [Symbol.dispose]: () => file.close(),
  };
}

function keyFrom(text: unknown): SqlKey {
  const key: unknown = JSON.parse(String(text));
  if (Array.isArray(key)) {
    return key.map((value) => typeof value === "number" ? value : String(value));
  }
  throw new WaybillError("E-9001", "Cannot read the numbers of the source's rows");
}
