/**
 * Tables of orders on every database that answers: SQLite in a file, and the PostgreSQL and MariaDB of
 * this machine where there are some.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import process from "node:process";
import {
  parseSource,
  type SourceLocation,
  type TableChoice,
} from "../../src/contracts/source_location.ts";
import type { SqlDatabase } from "../../src/servers/source/sql/database.ts";
import { openMysql } from "../../src/servers/source/sql/mysql.ts";
import { openPostgres } from "../../src/servers/source/sql/postgres.ts";
import { openSqlite } from "../../src/servers/source/sql/sqlite.ts";
import { openSqlSource, type SqlSourceOptions } from "../../src/servers/source/sql/sql_source.ts";
import type { Source } from "../../src/servers/source/source.ts";
import { temporaryFolder } from "./folders.ts";

/** A table that is there for one test. */
export interface TestTable extends AsyncDisposable {
  /** Its address, as a person would name it. */
  readonly address: string;
  /** Where it is. */
  readonly location: Extract<SourceLocation, { table: string }>;
  /** Another connection to the database. */
  open(log?: (message: string) => void): SqlDatabase;
  /** Runs a statement as somebody else would. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
}

/** The databases to test on. */
export const databases: readonly ("sqlite" | "postgres" | "mysql")[] = [
  "sqlite",
  ...process.env["WAYBILL_TEST_POSTGRES"] ? ["postgres" as const] : [],
  ...process.env["WAYBILL_TEST_MYSQL"] ? ["mysql" as const] : [],
];

/** Those that no variable names a server of. */
export const untried = ["WAYBILL_TEST_POSTGRES", "WAYBILL_TEST_MYSQL"]
  .filter((name) => !process.env[name]);

/** The kinds of databases. */
export type DatabaseKind = (typeof databases)[number];

/** How each names its types. */
export const typeNames = {
  sqlite: { id: "integer primary key", money: "numeric", time: "text", uuid: "text primary key" },
  postgres: {
    id: "bigint primary key",
    money: "numeric(9,2)",
    time: "timestamptz",
    uuid: "uuid primary key",
  },
  mysql: {
    id: "bigint primary key",
    money: "decimal(9,2)",
    time: "datetime",
    uuid: "char(36) primary key",
  },
} as const;

const columns = (kind: DatabaseKind) =>
  `id ${typeNames[kind].id}, name varchar(80),
  weight ${typeNames[kind].money}, ordered date, tracking_number varchar(40),
  shipped_at ${typeNames[kind].time}, voided_at ${typeNames[kind].time}`;

/**
 * Makes a table `orders`.
 *
 * @param kind The database.
 * @param definition Its columns.
 */
export async function testTable(
  kind: DatabaseKind,
  definition: string = columns(kind),
): Promise<TestTable> {
  const name = `orders_${crypto.randomUUID().slice(0, 8)}`;
  const folder = temporaryFolder();
  const base = {
    sqlite: `sqlite:${folder.path}/shop.db`,
    postgres: process.env["WAYBILL_TEST_POSTGRES"] ?? "",
    mysql: process.env["WAYBILL_TEST_MYSQL"] ?? "",
  }[kind];
  if (kind === "sqlite") new DatabaseSync(`${folder.path}/shop.db`).close();
  const address = `${base}?table=${name}`;
  const location = parseSource(address, "/");
  if (!("table" in location)) throw new TypeError(`${address} is no table`);
  const open = (log?: (message: string) => void) =>
    location.kind === "sqlite"
      ? openSqlite(location.path, log)
      : location.kind === "mysql"
      ? openMysql(location, location.password, log)
      : openPostgres(location, location.password, log);
  const others = open();
  const sql = async (text: string) =>
    (await others.run({ sql: text.replaceAll("ORDERS", name), values: [] })).rows;
  await sql(`create table ORDERS (${definition})`);
  return {
    address,
    location,
    open,
    sql,
    async [Symbol.asyncDispose]() {
      await sql("drop table ORDERS");
      await others[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** The table's name as a job keeps it. */
export function settledName({ location: { kind, table } }: TestTable): string {
  return kind === "postgres" ? `public.${table}` : table;
}

/** The table as a source. */
export function sourceOf(
  { open, location }: TestTable,
  options: SqlSourceOptions & Partial<TableChoice> = {},
): Source {
  return openSqlSource(open(), { ...location, ...options }, options);
}
