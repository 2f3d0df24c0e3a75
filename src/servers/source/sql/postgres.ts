/**
 * A table of a PostgreSQL server.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
// @ts-types="@types/pg"
import pg from "pg";
import type { ServerLocation } from "../../../contracts/source_location.ts";
import {
  type ColumnType,
  reservedByOthers,
  type SqlDatabase,
  type SqlRow,
  type SqlSyntax,
  type TableColumn,
} from "./database.ts";
import { isNetworkError, reconnecting } from "./reconnecting.ts";
import type { Told } from "./refusal.ts";
import { quotedTable } from "./statement.ts";

const syntax: SqlSyntax = {
  name: (name) => `"${name.replaceAll('"', '""')}"`,
  areNamesExact: true,
  exactly: (column) => `${column}::text collate "C"`,
  placeholder: (place) => `$${place}`,
  time: (iso) => iso,
  added: { text: "text", time: "timestamptz" },
};

/** Longer than a statement of ours takes on a table of millions of rows, in milliseconds. */
const statementMs = 120_000;

const connectMs = 10_000;

/** The classes of SQLSTATE (PostgreSQL, appendix A) whose messages hold names, and no values. */
const namesOnly = /^(08|0A|25|28|3D|40|42|53|55|57|58|XX)/;

/** A lock, a deadlock, too many connections, a full disk, a statement that took too long. */
const passing = /^(08|40|53|55P03|57|58)/;

/** By the types' own numbers, as in the catalogue `pg_type`. */
const types: ReadonlyMap<number, ColumnType> = new Map<number, ColumnType>([
  ...[20, 21, 23].map((oid) => [oid, "integer"] as const),
  ...[700, 701, 1700].map((oid) => [oid, "decimal"] as const),
  [16, "boolean"],
  [17, "binary"],
  [1082, "date"],
  ...[1114, 1184].map((oid) => [oid, "datetime"] as const),
]);

const tableQuery = `
  select n.nspname as schema, c.relname as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.oid = to_regclass($1)`;

const columnsQuery = `
  select a.attname as name, a.atttypid::int as type, not a.attnotnull as nullable,
    case when a.atttypid in (1042, 1043) and a.atttypmod > 4 then a.atttypmod - 4 end as length,
    array_position(i.indkey::int2[], a.attnum) + 1 - array_lower(i.indkey::int2[], 1) as key_place
  from pg_attribute a
  left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
  where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
  order by a.attnum`;

/**
 * Prepares a connection; it is made when something is first asked.
 *
 * @param location Where the server is.
 * @param password The password, if one is needed.
 * @param log Is told the server's own words, where they may hold values.
 * @returns The database.
 */
export function openPostgres(
  location: ServerLocation,
  password: string | undefined,
  log: (message: string) => void = () => {},
): SqlDatabase {
  let reserved: { readonly table: string } | undefined;
  const connection = reconnecting({
    where: `the database ${location.database} on ${location.host}:${location.port}`,
    async open() {
      const client = await connect(location, password);
      // Whoever lost its connection has lost its lock.
      if (reserved && !await lock(client, reserved.table)) {
        await client.end();
        throw reservedByOthers(reserved.table);
      }
      return client;
    },
    release: (client) =>
      reserved ? client.query("select pg_advisory_unlock_all()") : Promise.resolve(),
    close: (client) => client.end(),
    // 57P0x: the server is shutting down, or starting.
    isLost: (error) => isNetworkError(error) || /^(57P0|08)/.test(codeOf(error)),
    told,
    log,
  });
  return {
    kind: "postgres",
    syntax,
    run: ({ sql, values }) =>
      connection.use(async (client) => {
        const result = await client.query<Record<string, unknown>>(sql, [...values]);
        const columns = result.fields.map(({ name, dataTypeID }) => ({
          name,
          type: types.get(dataTypeID) ?? "string",
        }));
        const rows = result.rows.map((row): SqlRow =>
          Object.fromEntries(
            columns.map(({ name, type }) => [name, plain(row[name], type)]),
          )
        );
        return { rows, columns, changed: result.rowCount ?? 0 };
      }),
    settled: (location) =>
      connection.use(async (client) => {
        const quoted = quotedTable(syntax, location.table);
        const { rows: [row] } = await client.query<Record<string, unknown>>(tableQuery, [quoted]);
        return row ? { ...location, table: `${row["schema"]}.${row["name"]}` } : location;
      }),
    columnsOf: (table) =>
      connection.use(async (client) => {
        const quoted = quotedTable(syntax, table);
        const { rows } = await client.query<Record<string, unknown>>(columnsQuery, [quoted]);
        return rows.map((row): TableColumn => ({
          name: String(row["name"]),
          type: types.get(Number(row["type"])) ?? "string",
          isNullable: row["nullable"] === "t",
          ...(row["length"] === null ? {} : { maxLength: Number(row["length"]) }),
          ...(row["key_place"] === null ? {} : { keyPlace: Number(row["key_place"]) }),
        }));
      }),
    async reserve(table) {
      const isOurs = await connection.use((client) => lock(client, table));
      if (isOurs) reserved = { table };
      return isOurs;
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function connect(
  { host, port, database, user, tls }: ServerLocation,
  password: string | undefined,
): Promise<pg.Client> {
  const client = new pg.Client({
    host,
    port,
    database,
    user,
    ...(password === undefined ? {} : { password }),
    ssl: tls ? { rejectUnauthorized: true } : false,
    connectionTimeoutMillis: connectMs,
    query_timeout: statementMs,
    statement_timeout: statementMs,
    keepAlive: true,
    application_name: "waybill",
    types: { getTypeParser: () => (text: string | Buffer) => text },
  });
  // Without a listener a connection that breaks would end the process; the next statement tells it.
  client.on("error", () => {});
  await client.connect();
  // Times are read and written in UTC, and what is committed is on the disk. Not by `options`, which
  // poolers do not take.
  await client.query(
    "set timezone = 'UTC'; set datestyle = ISO; set bytea_output = hex; set synchronous_commit = on",
  );
  return client;
}

async function lock(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<Record<string, unknown>>(
    "select pg_try_advisory_lock(hashtextextended('waybill ' || to_regclass($1)::oid, 0)) as locked",
    [quotedTable(syntax, table)],
  );
  return rows[0]?.["locked"] === "t";
}

function told(error: Error): Told {
  // The driver's own, or the system's: a server that does not answer in time.
  if (!(error instanceof pg.DatabaseError)) return { reason: error.message, mayPass: true };
  const { code = "", constraint, table, column } = error;
  const mayPass = passing.test(code);
  if (namesOnly.test(code)) return { reason: error.message, mayPass };
  const names = Object.entries({ constraint, table, column })
    .flatMap(([what, name]) => name === undefined ? [] : [`, ${what} "${name}"`]);
  return { reason: `SQLSTATE ${code}${names.join("")}`, mayPass };
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}

function plain(value: unknown, type: ColumnType): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  const text = String(value);
  switch (type) {
    case "integer": {
      const number = Number(text);
      return Number.isSafeInteger(number) ? number : text;
    }
    case "boolean":
      return text === "t";
    case "datetime":
      return text.replace(" ", "T").replace(/\+00$/, "Z");
    case "binary":
      return text.replace(/^\\x/, "");
    case "decimal":
    case "date":
    case "string":
    case "enum":
      return text;
    default:
      return type satisfies never;
  }
}
