/**
 * A table of a SQLite file.
 *
 * @module
 */
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { ensureError, WaybillError } from "../../../errors.ts";
import { realPathOf } from "../files/open_file.ts";
import { refusalOf, type Told } from "./refusal.ts";
import type {
  ColumnType,
  SqlDatabase,
  SqlResult,
  SqlSyntax,
  Statement,
  TableColumn,
} from "./database.ts";

/** How long another program's transaction is waited for, in milliseconds. */
const busyMs = 10_000;

/** Codes of SQLite (sqlite.org/rescode.html): a trigger speaks in words of its own. */
const codes = { triggerSaid: 1811, busy: 5, locked: 6, readWrite: 10, full: 13 } as const;

const syntax: SqlSyntax = {
  name: (name) => `"${name.replaceAll('"', '""')}"`,
  areNamesExact: false,
  exactly: (column) => `${column} collate binary`,
  placeholder: () => "?",
  time: (iso) => iso,
  added: { text: "text", time: "text" },
};

/**
 * Opens a SQLite file as it is: its journal mode and everything else of it stay.
 *
 * @param givenPath The file.
 * @param log Is told words that may hold values.
 * @returns The database.
 * @throws {WaybillError} `E-4002` if there is no such file, or it is no database.
 */
export function openSqlite(
  givenPath: string,
  log: (message: string) => void = () => {},
): SqlDatabase {
  // Through a link too, its lock and its journal are beside the file itself.
  const path = realPathOf(givenPath);
  const file = openFile(path);
  let lock: Deno.FsFile | undefined;
  return {
    kind: "sqlite",
    syntax,
    run(statement) {
      try {
        return run(file, statement);
      } catch (thrown) {
        throw refusalOf({ where: `the database ${path}`, told, log }, ensureError(thrown));
      }
    },
    settled(location) {
      const [name = "", schema = "main"] = location.table.split(".").reverse();
      const row = file.prepare(
        "select name from pragma_table_list where name = ? collate nocase and schema = ? collate nocase",
      ).get(name, schema);
      return row ? { ...location, path, table: String(row["name"]) } : location;
    },
    columnsOf(table) {
      const [name = "", schema = "main"] = table.split(".").reverse();
      const rows = file.prepare('select name, type, pk, "notnull" from pragma_table_info(?, ?)')
        .all(name, schema);
      return rows.map((row): TableColumn => ({
        name: String(row["name"]),
        type: typeOf(String(row["type"])),
        isNullable: row["notnull"] === 0,
        ...(Number(row["pk"]) > 0 ? { keyPlace: Number(row["pk"]) } : {}),
      }));
    },
    reserve() {
      lock ??= Deno.openSync(`${path}.waybill-lock`, { write: true, create: true });
      return lock.tryLockSync(true);
    },
    [Symbol.asyncDispose]() {
      file.close();
      // By name: a copy of the descriptor may live on in a program that is just being started.
      lock?.unlockSync();
      lock?.close();
      return Promise.resolve();
    },
  };
}

function run(file: DatabaseSync, { sql, values }: Statement): SqlResult {
  const prepared = file.prepare(sql);
  prepared.setReadBigInts(true);
  const columns = prepared.columns().map(({ name, type }) => ({ name, type: typeOf(type ?? "") }));
  if (columns.length === 0) {
    return { rows: [], columns, changed: Number(prepared.run(...values).changes) };
  }
  const rows = prepared.all(...values).map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]))
  );
  return { rows, columns, changed: 0 };
}

function told(error: Error): Told {
  const code = "errcode" in error ? Number(error.errcode) : 0;
  const passing: readonly number[] = [codes.busy, codes.locked, codes.readWrite, codes.full];
  const reason = code === codes.triggerSaid ? "a trigger of the table refused it" : error.message;
  // The low byte is the kind of error.
  return { reason, mayPass: passing.includes(code & 0xff) };
}

function openFile(path: string): DatabaseSync {
  try {
    // Opening would make a file that is not there.
    if (!Deno.statSync(path).isFile) throw new Error("it is not a file");
    const file = new DatabaseSync(path, { timeout: busyMs });
    file.prepare("select count(*) from sqlite_schema").get();
    // A number that is acknowledged is on the disk, whatever the file's owner is content with.
    file.exec("pragma synchronous = full");
    return file;
  } catch (cause) {
    const isMissing = cause instanceof Deno.errors.NotFound;
    const why = isMissing ? "there is no such file" : cause instanceof Error ? cause.message : "";
    throw new WaybillError("E-4002", `Cannot read ${path}: ${why}`, {
      remedy: isMissing ? "Check the path" : "Name a SQLite database that may be read",
      cause,
    });
  }
}

/** By SQLite's own rules of affinity (sqlite.org/datatype3.html), and the names of times. */
function typeOf(declared: string): ColumnType {
  const type = declared.toLowerCase();
  if (/int/.test(type)) return "integer";
  if (/char|clob|text/.test(type)) return "string";
  if (/blob/.test(type)) return "binary";
  if (/bool/.test(type)) return "boolean";
  if (/datetime|timestamp/.test(type)) return "datetime";
  if (/date/.test(type)) return "date";
  return /real|floa|doub|num|dec/.test(type) ? "decimal" : "string";
}

function plain(value: SQLOutputValue): string | number | null {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Uint8Array) return value.toHex();
  return value;
}
