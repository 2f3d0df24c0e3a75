/**
 * The databases that storage tests run on: SQLite in a temporary file, and PostgreSQL. With
 * `WAYBILL_TEST_POSTGRES` (CI sets it) that is a real server, else PGlite in this process.
 *
 * @module
 */
import process from "node:process";
import { type Kysely, PGliteDialect } from "kysely";
import { JobStore } from "../../src/actors/job_store.ts";
import { openDatabase, openDialect } from "../../src/db/open.ts";
import type { Database } from "../../src/db/schema.ts";
import { temporaryFolder } from "./folders.ts";

/** The kinds of store, as `describe.each` names them. */
export const storeKinds = ["sqlite", "postgres"] as const;

/** A kind of store. */
export type StoreKind = (typeof storeKinds)[number];

/** A database for one test file; dispose of it in `afterAll`. */
export interface TestStore extends AsyncDisposable {
  /** The store. */
  readonly store: JobStore;
  /** Its database. */
  readonly db: Kysely<Database>;
  /** Where another process finds it; `undefined` for PGlite, which nobody else can reach. */
  readonly url: string | undefined;
}

/** The real PostgreSQL to test on, if there is one. */
export const postgresUrl = process.env["WAYBILL_TEST_POSTGRES"];

/** Opens an empty, migrated database of a kind. */
export async function openTestStore(kind: StoreKind): Promise<TestStore> {
  if (kind === "sqlite") return await openSqlite();
  return postgresUrl ? await openRealPostgres(postgresUrl) : await openPGlite();
}

async function openSqlite(): Promise<TestStore> {
  const folder = temporaryFolder();
  const url = `sqlite:${folder.path}/waybill.db`;
  return wrap(await openDatabase(url), url, () => folder[Symbol.dispose]());
}

async function openPGlite(): Promise<TestStore> {
  const { PGlite } = await import("@electric-sql/pglite");
  const db = await openDialect(new PGliteDialect({ pglite: new PGlite() }));
  return wrap(db, undefined, () => {});
}

async function openRealPostgres(server: string): Promise<TestStore> {
  const { url, drop } = await createPostgresDatabase(server);
  return wrap(await openDatabase(url), url, drop);
}

/** Makes an empty database on a real server. */
export async function createPostgresDatabase(
  server: string,
): Promise<{ url: string; drop: () => Promise<void> }> {
  const { Client } = (await import("pg")).default;
  const name = `waybill_test_${crypto.randomUUID().slice(0, 8)}`;
  const query = async (text: string) => {
    const client = new Client({ connectionString: server });
    await client.connect();
    await client.query(text);
    await client.end();
  };
  await query(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => query(`drop database ${name} with (force)`) };
}

function wrap(
  db: Kysely<Database>,
  url: string | undefined,
  remove: () => void | Promise<void>,
): TestStore {
  return {
    store: new JobStore(db),
    db,
    url,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await remove();
    },
  };
}

/** Tables and columns, those that may be null marked. */
export async function describeSchema(
  db: Kysely<Database>,
): Promise<{ name: string; columns: string[] }[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  return tables.map(({ name, columns }) => ({
    name,
    columns: columns.map((column) => column.name + (column.isNullable ? "?" : "")).sort(),
  })).sort((one, two) => one.name.localeCompare(two.name));
}
