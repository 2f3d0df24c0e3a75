/**
 * The database as a part of a runner: what is asked of it while it is away waits until it is back.
 *
 * @module
 */
import { type Kysely, sql, SqliteAdapter } from "kysely";
import { isOutage, outageError } from "../db/outage.ts";
import type { Database } from "../db/schema.ts";
import { DatabaseGoneError } from "../errors.ts";
import { problemOf } from "../machines/port.ts";
import { type OpenPart, Part } from "./part.ts";

/**
 * A database that is reached; another one each time that it is reached again.
 *
 * @internal
 */
export interface ReachedDatabase {
  /** The database. */
  readonly db: Kysely<Database>;
}

/** The database of a runner. */
export type DatabasePart = Part<ReachedDatabase>;

/**
 * A database that is not reached yet.
 *
 * @returns The part.
 *
 * @internal
 */
export function databasePart(): DatabasePart {
  return new Part<ReachedDatabase>(({ message }) => new DatabaseGoneError(message));
}

/**
 * How it is opened: whoever starts a runner has opened it already, and it is reached again when it
 * answers.
 *
 * @param db The database; the caller closes it.
 * @returns Opens the part.
 *
 * @internal
 */
export function openDatabasePart(db: Kysely<Database>): OpenPart<ReachedDatabase> {
  return async () => {
    try {
      await ask(db);
    } catch (error) {
      throw outageError(error) ?? error;
    }
    return { instance: { db }, close: () => Promise.resolve() };
  };
}

/** A SQLite file that somebody has locked can be read all the same: it is asked for its lock. */
async function ask(db: Kysely<Database>): Promise<void> {
  if (db.getExecutor().adapter instanceof SqliteAdapter) {
    await db.transaction().execute((trx) => sql`select 1`.execute(trx));
  } else await sql`select 1`.execute(db);
}

/**
 * Does what can be done again from its beginning, and waits while the database is away.
 *
 * @param world The runner's database; without one nobody waits.
 * @param work What to do.
 * @returns What it came to.
 * @throws {DatabaseGoneError} Once the database is given up.
 *
 * @internal
 */
export async function patiently<Result>(
  { database }: { readonly database?: DatabasePart | undefined },
  work: () => Promise<Result>,
): Promise<Result> {
  if (!database) return await work();
  for (;;) {
    const used = database.current ?? await database.ready();
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error)) throw error;
      database.report(used, { reason: "unreachable", problem: problemOf(error) });
    }
  }
}
