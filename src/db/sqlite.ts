/**
 * The embedded store: a Kysely dialect over `node:sqlite`, durable at every commit.
 *
 * @module
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";

/**
 * Opens a SQLite file for Kysely.
 *
 * @param path The file, or `:memory:`.
 * @param busyTimeoutMs How long a commit waits for another process's, in milliseconds.
 * @returns A dialect that closes the file when it is destroyed.
 *
 * @internal
 */
export function createSqliteDialect(path: string, busyTimeoutMs = 10_000): SqliteDialect {
  const file = new DatabaseSync(path, { timeout: busyTimeoutMs });
  // FULL: a commit in WAL mode is on the disk when it returns, not at the next checkpoint.
  file.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on");
  return new SqliteDialect({ database: new WrittenFile(file) });
}

/**
 * Prepares each statement once: the engine sends the same few for every row.
 *
 * @internal
 */
export class StatementCache implements SqliteDatabase {
  readonly #file: DatabaseSync;
  readonly #statements = new Map<string, SqliteStatement>();

  /**
   * Has prepared nothing yet.
   *
   * @param file The open file; it is closed with this.
   */
  constructor(file: DatabaseSync) {
    this.#file = file;
  }

  /**
   * A statement, prepared now or before.
   *
   * @param text The SQL.
   * @returns The statement.
   */
  prepare(text: string): SqliteStatement {
    const known = this.#statements.get(text);
    if (known) return known;
    // A transaction that reads first and then finds another writer fails at once in SQLite,
    // whatever the time-out; one that asks for the lock first waits for it.
    const prepared = toKysely(this.#file.prepare(text === "begin" ? "begin immediate" : text));
    const statement = text === "rollback" ? leniently(prepared) : prepared;
    // Chunked inserts have many shapes; what is worth keeping is little.
    if (this.#statements.size < 200) this.#statements.set(text, statement);
    return statement;
  }

  /** Closes the file. */
  close(): void {
    this.#statements.clear();
    this.#file.close();
  }
}

/** Who only reads keeps a file open past its last writer: it must be whole without its `-wal` all the same. */
class WrittenFile extends StatementCache {
  readonly #file: DatabaseSync;

  constructor(file: DatabaseSync) {
    super(file);
    this.#file = file;
  }

  override close(): void {
    try {
      // Waits for nobody; what it cannot move now stays in the `-wal`, as ever.
      this.#file.exec("pragma wal_checkpoint(passive)");
    } catch {
      // As SQLite itself does when it closes the last connection.
    }
    super.close();
  }
}

function toKysely(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toSqlite)),
    iterate: (parameters) => statement.iterate(...parameters.map(toSqlite)),
    run: (parameters) => {
      const { changes, lastInsertRowid } = statement.run(...parameters.map(toSqlite));
      return { changes, lastInsertRowid };
    },
  };
}

/**
 * A full disk ends a transaction by itself; that there is none to roll back would hide why
 * (sqlite.org/lang_transaction.html).
 */
function leniently(rollback: SqliteStatement): SqliteStatement {
  return {
    ...rollback,
    run(parameters) {
      try {
        return rollback.run(parameters);
      } catch (error) {
        const isOver = error instanceof Error && /no transaction is active/.test(error.message);
        if (!isOver) throw error;
        return { changes: 0, lastInsertRowid: 0 };
      }
    },
  };
}

/** Our tables hold text, integers and null, and nothing else is bound. */
function toSqlite(value: unknown): SQLInputValue {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  throw new TypeError(`Cannot bind a ${typeof value} to a SQLite statement`);
}
