/**
 * Brings the database to this program's schema, under a lock, and refuses one that is newer.
 *
 * @module
 */
import { type Kysely, PostgresAdapter, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { coded, WaybillError } from "../errors.ts";
import * as jobs from "./migrations/0001_jobs.ts";
import * as reconcile from "./migrations/0002_reconcile.ts";
import * as controls from "./migrations/0003_controls.ts";
import * as voids from "./migrations/0004_void.ts";
import * as estimates from "./migrations/0005_estimates.ts";
import * as sourceWhere from "./migrations/0006_source_where.ts";
import type { Database } from "./schema.ts";

/** Every migration in order. A static list: it needs no file permission and works compiled. */
const migrations: Record<string, Migration> = {
  "0001_jobs": jobs,
  "0002_reconcile": reconcile,
  "0003_controls": controls,
  "0004_void": voids,
  "0005_estimates": estimates,
  "0006_source_where": sourceWhere,
};

/** The last migration that this process has begun. */
let last: Promise<void> = Promise.resolve();

/**
 * Migrates to the latest schema and makes sure that the installation has its id.
 *
 * @param db The database.
 * @throws {WaybillError} `E-4008` if a newer program has been here, `E-4001` if it fails.
 *
 * @internal
 */
export async function migrate(db: Kysely<Database>): Promise<void> {
  // SQLite waits for a lock with its thread: the one that has it here would never give it back.
  const { promise: done, resolve: end } = Promise.withResolvers<void>();
  const before = last;
  last = done;
  await before;
  try {
    await migrateAlone(db);
  } finally {
    end();
  }
}

/**
 * Makes sure that a database that is only read has this program's schema. Takes no lock, changes nothing.
 *
 * @param db The database.
 * @throws {WaybillError} `E-4008` if a newer program has been here, `E-4026` if an older one or none has.
 *
 * @internal
 */
export async function checkSchema(db: Kysely<Database>): Promise<void> {
  const standing = await db.connection().execute(standingOf);
  if (standing === "up_to_date") return;
  if (standing === "empty") {
    throw new WaybillError(
      "E-4026",
      "Cannot read this database: there is nothing of Waybill in it",
      {
        remedy: "Check DATABASE_URL. The first deno task import fills one",
      },
    );
  }
  throw new WaybillError(
    "E-4026",
    "Cannot read this database as it is: an older Waybill has made it, and to bring it up to date is " +
      "to write to it",
    {
      remedy:
        "Open it once with a command that may write to it, such as deno task status; if nothing " +
        "may, do that to a copy",
    },
  );
}

async function migrateAlone(db: Kysely<Database>): Promise<void> {
  // One connection, so that SQLite's lock and the migrations are in the same hands.
  await db.connection().execute(async (connection) => {
    // Nearly always so, and then no lock is needed that a long import may hold.
    if (await standingOf(connection) === "up_to_date") return;
    if (connection.getExecutor().adapter instanceof PostgresAdapter) {
      return await bringUp(connection);
    }
    await sql`begin exclusive`.execute(connection);
    try {
      await bringUp(connection);
      await sql`commit`.execute(connection);
    } catch (error) {
      await sql`rollback`.execute(connection);
      throw error;
    }
  });
}

async function bringUp(db: Kysely<Database>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw coded(error, "E-4001", "Cannot bring the database up to date");
  const found = await db.selectFrom("installation").select("id").executeTakeFirst();
  if (found) return;
  await db.insertInto("installation").values({ id: crypto.randomUUID() }).execute();
}

/** Where a database stands, as seen by this program. */
type Standing = "empty" | "older" | "up_to_date";

/** Looks before the migrator does: its own complaint would not tell a person what to do. */
async function standingOf(db: Kysely<Database>): Promise<Standing> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration")) return "empty";
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const unknown = rows.map(({ name }) => name).filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new WaybillError(
      "E-4008",
      `Cannot use this database: a newer Waybill has changed it (${unknown.join(", ")})`,
      { remedy: "Update Waybill, or name another database in DATABASE_URL" },
    );
  }
  if (rows.length === 0) return "empty";
  if (rows.length < Object.keys(migrations).length) return "older";
  const installation = await db.selectFrom("installation").select("id").executeTakeFirst();
  return installation ? "up_to_date" : "older";
}
