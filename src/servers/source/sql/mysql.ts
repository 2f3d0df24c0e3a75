/**
 * A table of a MySQL or MariaDB server.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Connection, createConnection, type FieldPacket } from "mysql2/promise";
import type { ServerLocation } from "../../../contracts/source_location.ts";
import {
  type ColumnType,
  reservedByOthers,
  type SqlDatabase,
  type SqlRow,
  type SqlSyntax,
  type TableColumn,
} from "./database.ts";
import { told } from "./mysql_errors.ts";
import { isNetworkError, reconnecting } from "./reconnecting.ts";

const syntax: SqlSyntax = {
  name: (name) => `\`${name.replaceAll("`", "``")}\``,
  areNamesExact: false,
  exactly: (column) => `convert(${column} using utf8mb4) collate utf8mb4_bin`,
  placeholder: () => "?",
  // Its times have no zone, and no sign for one: ours are UTC.
  time: (iso, type) => type === "string" ? iso : iso.replace("T", " ").replace(/(\.\d+)?Z$/, ""),
  added: { text: "varchar(64)", time: "datetime" },
};

const connectMs = 10_000;

/** By the numbers of the protocol (`MYSQL_TYPE_…`). */
const types: ReadonlyMap<number, ColumnType> = new Map<number, ColumnType>([
  ...[1, 2, 3, 8, 9, 13].map((code) => [code, "integer"] as const),
  ...[0, 4, 5, 246].map((code) => [code, "decimal"] as const),
  [10, "date"],
  ...[7, 12].map((code) => [code, "datetime"] as const),
  [16, "binary"],
]);

/** `ENUM_FLAG` and `SET_FLAG` of the protocol: the column's type is that of texts. */
const enumFlags = 256 | 2048;

/** The character set that says "no text". */
const binaryCharset = 63;

/**
 * Prepares a connection; it is made when something is first asked.
 *
 * @param location Where the server is.
 * @param password The password, if one is needed.
 * @param log Is told the server's own words, where they may hold values.
 * @returns The database.
 */
export function openMysql(
  location: ServerLocation,
  password: string | undefined,
  log: (message: string) => void = () => {},
): SqlDatabase {
  let reserved: string | undefined;
  const connection = reconnecting({
    where: `the database ${location.database} on ${location.host}:${location.port}`,
    async open() {
      const client = await connect(location, password);
      // Whoever lost its connection has lost its lock.
      if (reserved !== undefined && !await lock(client, location, reserved)) {
        client.destroy();
        throw reservedByOthers(reserved);
      }
      return client;
    },
    release: (client) =>
      reserved === undefined ? Promise.resolve() : client.query("do release_all_locks()"),
    close: (client) => Promise.resolve(client.destroy()),
    isLost: (error) => isNetworkError(error) || isServerGone(error),
    told,
    log,
  });
  return {
    kind: "mysql",
    syntax,
    run: ({ sql, values }) =>
      connection.use(async (client) => {
        const [result, fields] = await client.execute(sql, [...values]);
        if (!Array.isArray(result)) return { rows: [], columns: [], changed: result.affectedRows };
        const columns = fields.map((field) => ({ name: field.name, type: typeOf(field) }));
        const rows = result.flatMap((row) => isRecord(row) ? [row] : []).map((row): SqlRow =>
          Object.fromEntries(columns.map(({ name, type }) => [name, plain(row[name], type)]))
        );
        return { rows, columns, changed: 0 };
      }),
    settled: (given) =>
      connection.use(async (client) => {
        const table = await settledTable(client, given.table);
        return table === undefined ? given : { ...given, table };
      }),
    columnsOf: (table) => connection.use((client) => columnsOf(client, table)),
    async reserve(table) {
      const isOurs = await connection.use((client) => lock(client, location, table));
      if (isOurs) reserved = table;
      return isOurs;
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function connect(
  { host, port, database, user, tls }: ServerLocation,
  password: string | undefined,
): Promise<Connection> {
  const client = await createConnection({
    host,
    port,
    database,
    user,
    ...(password === undefined ? {} : { password }),
    ...(tls ? { ssl: { rejectUnauthorized: true } } : {}),
    connectTimeout: connectMs,
    enableKeepAlive: true,
    charset: "utf8mb4",
    dateStrings: true,
    jsonStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    // Of an UPDATE we ask how many rows it found, not how many it made different.
    flags: ["FOUND_ROWS"],
  });
  client.on("error", () => {});
  // A value that does not fit is an error, never cut; "" and "ab " are compared as they are.
  await client.query(
    "set time_zone = '+00:00', sql_mode = concat(@@sql_mode, ',STRICT_ALL_TABLES')",
  );
  return client;
}

async function columnsOf(client: Connection, table: string): Promise<TableColumn[]> {
  const [name = "", schema] = table.split(".").reverse();
  const [rows] = await client.execute(
    `select c.column_name as name, c.data_type as type, c.is_nullable as nullable,
       c.character_maximum_length as length, k.ordinal_position as key_place
     from information_schema.columns c
     left join information_schema.key_column_usage k on k.constraint_name = 'PRIMARY'
       and k.table_schema = c.table_schema and k.table_name = c.table_name
       and k.column_name = c.column_name
     where c.table_schema = coalesce(?, database()) and c.table_name = ?
     order by c.ordinal_position`,
    [schema ?? null, name],
  );
  return (Array.isArray(rows) ? rows : []).flatMap((row) => isRecord(row) ? [row] : [])
    .map((row): TableColumn => ({
      name: String(row["name"]),
      type: typeNamed(String(row["type"])),
      isNullable: row["nullable"] === "YES",
      ...(row["length"] === null ? {} : { maxLength: Number(row["length"]) }),
      ...(row["key_place"] === null ? {} : { keyPlace: Number(row["key_place"]) }),
    }));
}

/** Whether case matters in names is for the server to say; the catalogue has them as they are. */
async function settledTable(client: Connection, table: string): Promise<string | undefined> {
  const [name = "", schema] = table.split(".").reverse();
  const [rows] = await client.execute(
    `select table_schema as \`schema\`, table_name as name, table_schema = database() as is_own
     from information_schema.tables where table_schema = coalesce(?, database()) and table_name = ?
     order by table_name = binary ? desc limit 1`,
    [schema ?? null, name, name],
  );
  const [row] = Array.isArray(rows) ? rows : [];
  if (!isRecord(row)) return undefined;
  return Number(row["is_own"]) === 1 ? String(row["name"]) : `${row["schema"]}.${row["name"]}`;
}

async function lock(client: Connection, { database }: ServerLocation, table: string) {
  // The names of its locks are shared by the whole server, and short.
  const whole = table.includes(".") ? table : `${database}.${table}`;
  const bytes = new TextEncoder().encode(whole.toLowerCase());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const [rows] = await client.execute("select get_lock(?, 0) as locked", [
    `waybill ${digest.slice(0, 40)}`,
  ]);
  const [row] = Array.isArray(rows) ? rows : [];
  return isRecord(row) && Number(row["locked"]) === 1;
}

function isServerGone(error: Error): boolean {
  return "code" in error &&
    ["PROTOCOL_CONNECTION_LOST", "ER_SERVER_SHUTDOWN", "ER_CON_COUNT_ERROR"].includes(
      String(error.code),
    );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typeOf({ columnType: code = -1, characterSet, flags }: FieldPacket): ColumnType {
  const type = types.get(code);
  if (type !== undefined) return type;
  if ((Number(flags) & enumFlags) !== 0) return "enum";
  return characterSet === binaryCharset && code >= 249 ? "binary" : "string";
}

function typeNamed(name: string): ColumnType {
  if (/int|year/.test(name)) return "integer";
  if (/decimal|float|double/.test(name)) return "decimal";
  if (/datetime|timestamp/.test(name)) return "datetime";
  if (name === "date") return "date";
  if (name === "enum" || name === "set") return "enum";
  return /binary|blob|bit/.test(name) ? "binary" : "string";
}

function plain(value: unknown, type: ColumnType): string | number | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "number") return value;
  const text = String(value);
  if (type === "datetime") return text.replace(" ", "T");
  if (type !== "integer") return text;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}
