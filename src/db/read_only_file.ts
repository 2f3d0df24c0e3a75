/**
 * A SQLite file that is opened to read it: nothing here can change it. A runner that writes to it
 * meanwhile is followed.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import { ensureError, WaybillError } from "../errors.ts";
import { mayNotWrite } from "./may_not_write.ts";
import { StatementCache } from "./sqlite.ts";

/**
 * Opens a SQLite file for Kysely, to read it.
 *
 * @param path The file.
 * @param busyTimeoutMs How long a query waits for another process's lock, in milliseconds.
 * @returns A dialect that closes the file when it is destroyed.
 * @throws {WaybillError} `E-4026` if there is no such file, `E-4027` if a `-wal` file belongs to it that
 * cannot be read here.
 *
 * @internal
 */
export function createReadOnlySqliteDialect(path: string, busyTimeoutMs = 10_000): SqliteDialect {
  if (!stampOf(path)) {
    throw new WaybillError("E-4026", `Cannot read the database ${path}: there is none`, {
      remedy: "Check DATABASE_URL. The first deno task import makes one",
    });
  }
  return new SqliteDialect({ database: new ReadOnlyFile(path, busyTimeoutMs) });
}

/** An open file; with what it was like when it was read, if it was read as a whole. */
interface Opened {
  readonly statements: StatementCache;
  readonly stamp?: string | undefined;
}

class ReadOnlyFile implements SqliteDatabase {
  readonly #path: string;
  readonly #busyTimeoutMs: number;
  #opened: Opened | undefined;

  constructor(path: string, busyTimeoutMs: number) {
    this.#path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#opened = this.#open();
  }

  prepare(text: string): SqliteStatement {
    // We may not write there, but somebody else may have.
    const before = this.#opened?.stamp;
    if (before !== undefined && before !== stampOf(this.#path)) this.close();
    this.#opened ??= this.#open();
    return this.#opened.statements.prepare(text);
  }

  close(): void {
    this.#opened?.statements.close();
    this.#opened = undefined;
  }

  #open(): Opened {
    try {
      return { statements: new StatementCache(this.#connect()) };
    } catch (error) {
      if (!mayNotWrite(error)) throw error;
      return this.#readWhole(ensureError(error));
    }
  }

  #connect(): DatabaseSync {
    const file = new DatabaseSync(this.#path, { readOnly: true });
    try {
      // Deno 2.9.6 leaves the option of that name out for a file that is only read.
      file.exec(`pragma busy_timeout = ${this.#busyTimeoutMs}`);
      // Only a first look at its pages shows whether they can be had.
      file.prepare("pragma schema_version").get();
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * SQLite shares a file with writers by a `-shm` beside it (sqlite.org/wal.html, "Read-Only Databases").
   * Where there is none and none can be made, nobody writes, and the file alone is read into memory. Not
   * by `immutable=1`: Deno takes a URI for a file's name, unless it permits everything (seen on 2.9.6).
   */
  #readWhole(cause: Error): Opened {
    const stamp = stampOf(this.#path);
    const other = ["-wal", "-journal"].map((end) => this.#path + end).find(isFilled);
    if (other !== undefined) {
      throw new WaybillError(
        "E-4027",
        `Cannot read the database ${this.#path} where it is: its last changes are in ${other}, and ` +
          "nothing may be written beside it",
        { remedy: "Copy both files to a folder that you may write to, and name that copy", cause },
      );
    }
    const bytes = readFileSync(this.#path);
    if (stampOf(this.#path) !== stamp) return this.#open();
    // What is in memory has no WAL: the header is not to say so (sqlite.org/c3ref/deserialize.html).
    bytes.fill(1, 18, 20);
    const file = new DatabaseSync(":memory:");
    file.deserialize(bytes);
    file.exec("pragma query_only = on");
    return { statements: new StatementCache(file), stamp };
  }
}

function isFilled(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Another one when the file, or what lies in its `-wal`, has changed; `undefined` if there is no file. */
function stampOf(path: string): string | undefined {
  const [file, wal] = [path, `${path}-wal`].map((each) =>
    statSync(each, { throwIfNoEntry: false, bigint: true })
  );
  return file && `${file.ino} ${file.size} ${file.mtimeNs} ${wal?.size ?? 0n}`;
}
