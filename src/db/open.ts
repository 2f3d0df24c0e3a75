/**
 * Opens the database that `DATABASE_URL` names: migrated, or only to be read.
 *
 * @module
 */
import { dirname } from "node:path";
import { mkdir } from "node:fs/promises";
import { type Dialect, Kysely } from "kysely";
import { coded, UsageError, WaybillError } from "../errors.ts";
import { checkSchema, migrate } from "./migrate.ts";
import { createReadOnlySqliteDialect } from "./read_only_file.ts";
import type { Database } from "./schema.ts";
import { createSqliteDialect } from "./sqlite.ts";

/** How a database is opened. */
export interface OpenOptions {
  /** How long a SQLite commit waits for another process's, in milliseconds; 10000 if left out. */
  readonly busyTimeoutMs?: number | undefined;
  /** Whether it is only read: then nothing is made, migrated or locked, and nothing can be changed. */
  readonly readOnly?: boolean | undefined;
}

/**
 * Opens a database and brings its schema up to date, unless it is only read.
 *
 * @param url `sqlite:<path>` or `postgres://…`.
 * @param options How it is opened.
 * @returns The database; the caller destroys it.
 * @throws {UsageError} If the URL is of neither kind.
 * @throws {WaybillError} `E-4001` if it cannot be opened, `E-4008` if it is newer than the program; one that
 * is only read: `E-4026` if it is missing, empty or older, `E-4027` if its `-wal` cannot be read.
 *
 * @internal
 */
export async function openDatabase(
  url: string,
  options: OpenOptions = {},
): Promise<Kysely<Database>> {
  const dialect = await dialectOf(url, options);
  return await openDialect(dialect, options);
}

/**
 * Opens whatever a dialect reaches: the door for tests that bring their own PostgreSQL.
 *
 * @param dialect A SQLite or PostgreSQL dialect.
 * @param options Whether it is only read; else it is migrated.
 * @returns The database.
 *
 * @internal
 */
export async function openDialect(
  dialect: Dialect,
  { readOnly }: Pick<OpenOptions, "readOnly"> = {},
): Promise<Kysely<Database>> {
  const db = new Kysely<Database>({ dialect });
  try {
    await (readOnly ? checkSchema(db) : migrate(db));
    return db;
  } catch (error) {
    await db.destroy();
    throw error instanceof WaybillError ? error : new WaybillError(
      "E-4001",
      "Cannot open the database: " + (error instanceof Error ? error.message : String(error)),
      { cause: error, remedy: "Check DATABASE_URL and that the database can be reached" },
    );
  }
}

async function dialectOf(url: string, options: OpenOptions): Promise<Dialect> {
  if (url.startsWith("sqlite:")) return await sqliteDialect(url.slice("sqlite:".length), options);
  if (/^postgres(ql)?:\/\//.test(url)) {
    // Loaded only when asked for: the embedded default starts faster without it.
    const { createPostgresDialect } = await import("./postgres.ts");
    return createPostgresDialect(url, { readOnly: options.readOnly });
  }
  throw new UsageError(
    "Cannot open the database: DATABASE_URL is neither sqlite:<path> nor postgres://…",
    "Set DATABASE_URL to one of them, or unset it to use the data folder",
  );
}

async function sqliteDialect(
  path: string,
  { busyTimeoutMs, readOnly }: OpenOptions,
): Promise<Dialect> {
  try {
    if (readOnly) return createReadOnlySqliteDialect(path, busyTimeoutMs);
    if (path !== ":memory:") await mkdir(dirname(path), { recursive: true });
    return createSqliteDialect(path, busyTimeoutMs);
  } catch (error) {
    throw coded(error, "E-4001", `Cannot open the database ${path}`);
  }
}
