/**
 * Where a source is: what a person types (`orders.csv`, `orders.xlsx#Sheet2`,
 * `postgres://shop@db/shop?table=orders`), and the same as a job keeps it, without any secret.
 *
 * @module
 */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "../errors.ts";

/** A source that the bundled server can serve. */
export type SourceLocation = CsvLocation | XlsxLocation | SqliteLocation | ServerLocation;

/** A file of separated values. */
export interface CsvLocation {
  /** What it is. */
  readonly kind: "csv";
  /** Its absolute path. */
  readonly path: string;
  /** Its text encoding; UTF-8 if left out. */
  readonly encoding?: string | undefined;
}

/** One sheet of a workbook. */
export interface XlsxLocation {
  /** What it is. */
  readonly kind: "xlsx";
  /** Its absolute path. */
  readonly path: string;
  /** The sheet; the first visible one if left out. */
  readonly sheet?: string | undefined;
}

/** A table of a database in a file. */
export interface SqliteLocation extends TableChoice {
  /** What it is. */
  readonly kind: "sqlite";
  /** Its absolute path. */
  readonly path: string;
}

/** A table of a database server. */
export interface ServerLocation extends TableChoice {
  /** What it is. */
  readonly kind: "postgres" | "mysql";
  /** The host's name or address. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The database. */
  readonly database: string;
  /** Who logs in. */
  readonly user: string;
  /** The password, if the address has one: it is never kept. */
  readonly password?: string | undefined;
  /** Whether the connection must be encrypted, and the server's certificate valid. */
  readonly tls: boolean;
}

/** Which rows of a database, and how they are known. */
export interface TableChoice {
  /** The table that is written back to, perhaps with its schema. */
  readonly table: string;
  /** The columns that make its key; its primary key if left out. */
  readonly key?: readonly string[] | undefined;
  /** What is read instead of the whole table: a query that gives the key's columns too. */
  readonly query?: string | undefined;
  /** Whether a row's number is its key, or was given out at an import; left out before that. */
  readonly rows?: "key" | "numbered" | undefined;
}

/** What may stand behind the `?` of a database's address. */
const tableParameters = ["table", "key", "query", "rows"];

const servers = {
  "postgres:": { kind: "postgres", port: 5432 },
  "postgresql:": { kind: "postgres", port: 5432 },
  "mysql:": { kind: "mysql", port: 3306 },
  "mariadb:": { kind: "mysql", port: 3306 },
} as const;

/**
 * Reads what a person names as a source, or what a job has kept.
 *
 * @param text A path, or the address of a database.
 * @param folder What a relative path is relative to.
 * @returns Where the source is.
 * @throws {UsageError} If it is no source that the bundled server knows; it quotes no secret.
 */
export function parseSource(text: string, folder: string): SourceLocation {
  try {
    return parsed(text, folder);
  } catch (error) {
    // Signs such as a lone % make no address; the text itself is not quoted, as it may hold a password.
    if (error instanceof UsageError) throw error;
    throw unreadable(
      "the source's address: in it, % is written %25, # is %23, ? is %3F and @ is %40",
    );
  }
}

function parsed(text: string, folder: string): SourceLocation {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return fileLocation(text, folder);
    case "file":
      return fileUrlLocation(text);
    case "sqlite":
      return sqliteLocation(text, folder);
    case "postgres":
    case "postgresql":
    case "mysql":
    case "mariadb":
      return serverLocation(text);
    default:
      throw new UsageError(
        `Cannot use a source of the kind "${scheme}:"`,
        "Name a .csv, .tsv or .xlsx file, or sqlite:, postgres://, mysql:// or mariadb://",
      );
  }
}

/**
 * Where a source is, as a job keeps it: nothing in it is secret.
 *
 * @param location The source.
 * @returns A URI that {@link parseSource} reads.
 */
export function sourceUri(location: SourceLocation): string {
  switch (location.kind) {
    case "csv": {
      const url = pathToFileURL(location.path);
      if (location.encoding) url.searchParams.set("encoding", location.encoding);
      return url.href;
    }
    case "xlsx": {
      const url = pathToFileURL(location.path);
      if (location.sheet !== undefined) url.hash = encodeURIComponent(location.sheet);
      return url.href;
    }
    case "sqlite":
      return `sqlite:${pathToFileURL(location.path).pathname}?${tableQuery(location)}`;
    case "postgres":
    case "mysql": {
      const { kind, host, port, database, user, tls } = location;
      const parameters = tableQuery(location);
      if (tls) parameters.set("tls", "1");
      const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
      return `${kind}://${encodeURIComponent(user)}@${name}:${port}/` +
        `${encodeURIComponent(database)}?${parameters}`;
    }
    default:
      return location satisfies never;
  }
}

/**
 * A source as people know it: a path for a file.
 *
 * @param uri What a job keeps.
 * @returns As in `/home/me/orders.xlsx#Sheet2`.
 */
export function sourceName(uri: string): string {
  if (!uri.startsWith("file:")) return uri.replace(/&rows=(key|numbered)$/, "");
  const { hash, searchParams, href } = new URL(uri);
  const path = fileURLToPath(href.replace(/[?#].*$/, ""));
  const encoding = searchParams.get("encoding");
  return path + decodeURIComponent(hash) + (encoding ? ` (${encoding})` : "");
}

/**
 * What tells one source from another, however it is named: two jobs of one source would ship its orders
 * twice.
 *
 * @param uri What a job keeps.
 * @returns The file with its sheet, or the table; which of its rows are read does not count.
 */
export function sourceIdentity(uri: string): string {
  if (uri.startsWith("file:")) {
    const { hash, href } = new URL(uri);
    return href.replace(/[?#].*$/, "") + hash.toLowerCase();
  }
  const scheme = /^(sqlite|postgres|mysql):/.exec(uri)?.[1];
  if (scheme === undefined) return uri;
  const [place = "", query = ""] = splitAt(uri, "?");
  const table = new URLSearchParams(query).get("table") ?? "";
  // Who logs in, and by which of this machine's names, makes no difference.
  const where = place.replace(/\/\/[^/@]*@/, "//")
    .replace(/\/\/(localhost|127\.0\.0\.1|\[::1\])(?=[:/])/i, "//localhost");
  return `${where}?table=${scheme === "postgres" ? table : table.toLowerCase()}`;
}

/**
 * An address without what may be secret in it: a password, and parameters that are named like one.
 *
 * @param uri The address, as a server of somebody else's tells it.
 * @returns The address as it may be kept.
 */
export function withoutSecrets(uri: string): string {
  if (!URL.canParse(uri)) return uri.replace(/(\/\/[^/@:]*):[^/@]*@/, "$1@");
  const url = new URL(uri);
  const secret = /pass|pwd|secret|token|key$|auth|credential/i;
  const names = [...url.searchParams.keys()].filter((name) => name !== "key" && secret.test(name));
  if (url.password === "" && names.length === 0) return uri;
  url.password = "";
  for (const name of names) url.searchParams.delete(name);
  return url.href;
}

function fileLocation(text: string, folder: string): SourceLocation {
  const workbook = /^(.+\.xls[xm])#(.+)$/i.exec(text);
  if (workbook?.[1] !== undefined) {
    return { kind: "xlsx", path: resolve(folder, workbook[1]), sheet: workbook[2] };
  }
  const path = resolve(folder, text);
  if (/\.xls[xm]$/i.test(path)) return { kind: "xlsx", path };
  const other = /\.(xls|xlsb|ods|numbers|sqlite3?|db|pdf|zip|gz)$/i.exec(path)?.[1]?.toLowerCase();
  if (other === undefined) return { kind: "csv", path };
  throw new UsageError(
    `Cannot use ${text} as a source: .${other} files are not read`,
    /^(sqlite|db)/.test(other)
      ? `Name it with its table: sqlite:${text}?table=orders`
      : "Save it as .xlsx or as CSV UTF-8",
  );
}

function fileUrlLocation(text: string): SourceLocation {
  if (!URL.canParse(text)) throw unreadable(text.split("?")[0] ?? "file:");
  const { hash, searchParams, href } = new URL(text);
  const path = fileURLToPath(href.replace(/[?#].*$/, ""));
  if (/\.xls[xm]$/i.test(path)) {
    const sheet = decodeURIComponent(hash.slice(1));
    return { kind: "xlsx", path, ...(sheet === "" ? {} : { sheet }) };
  }
  const encoding = searchParams.get("encoding");
  return { kind: "csv", path, ...encodingOf(encoding) };
}

/** UTF-8 goes without saying: with and without its name, it is the same source. */
function encodingOf(encoding: string | null): { encoding?: string } {
  return encoding === null || /^(utf-?8)?$/i.test(encoding) ? {} : { encoding };
}

function sqliteLocation(text: string, folder: string): SqliteLocation {
  const [name = "", query = ""] = splitAt(text.slice("sqlite:".length), "?");
  const path = decodeURIComponent(name.replace(/^\/\/(?=\/)/, ""));
  if (path === "") throw unreadable("sqlite:");
  return { kind: "sqlite", path: resolve(folder, path), ...tableChoice(query) };
}

function serverLocation(text: string): ServerLocation {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const server = url && Object.entries(servers).find(([scheme]) => scheme === url.protocol)?.[1];
  // Not a word of the text itself: it may hold a password.
  if (!url || !server) throw unreadable("the database's address");
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username);
  const [what] = [["host", url.hostname], ["database", database], ["user", user]]
    .filter(([, value]) => value === "").map(([name]) => name);
  if (what !== undefined) throw unreadable(`the database's address: it names no ${what}`);
  const tls = isTls(url.searchParams);
  return {
    kind: server.kind,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? server.port : Number(url.port),
    database,
    user,
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    tls,
    ...tableChoice(url.searchParams.toString()),
  };
}

/** Every name that databases' own tools use for it; what weakens it is refused, not ignored. */
function isTls(parameters: URLSearchParams): boolean {
  const given = ["tls", "ssl", "sslmode"].flatMap((name) => {
    const value = parameters.get(name);
    parameters.delete(name);
    return value === null ? [] : [value.toLowerCase()];
  });
  const off = ["0", "false", "disable", "allow", "prefer"];
  const on = ["1", "true", "require", "verify-ca", "verify-full"];
  const odd = given.find((value) => ![...off, ...on].includes(value));
  if (odd !== undefined) throw unreadable("the database's address: tls is 1 or 0");
  return given.some((value) => on.includes(value));
}

function tableChoice(text: string): TableChoice {
  const parameters = new URLSearchParams(text);
  const unknown = [...parameters.keys()].find((name) => !tableParameters.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot use the database's address: it has a parameter that is not known, "${unknown}"`,
      `It may have ${tableParameters.slice(0, 3).join(", ")} and tls`,
    );
  }
  const table = parameters.get("table");
  if (!table) {
    throw new UsageError(
      "Cannot use the database's address: it names no table to write back to",
      "Add it, as in ?table=orders (and &key=id if it has no primary key)",
    );
  }
  const key = parameters.get("key")?.split(",").map((name) => name.trim())
    .filter((name) => name !== "");
  const query = parameters.get("query");
  const rows = parameters.get("rows");
  return {
    table,
    ...(key && key.length > 0 ? { key } : {}),
    ...(query ? { query } : {}),
    ...(rows === "key" || rows === "numbered" ? { rows } : {}),
  };
}

function tableQuery({ table, key, query, rows }: TableChoice): URLSearchParams {
  const parameters = new URLSearchParams({ table });
  if (key) parameters.set("key", key.join(","));
  if (query) parameters.set("query", query);
  if (rows) parameters.set("rows", rows);
  return parameters;
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function unreadable(what: string): UsageError {
  return new UsageError(
    `Cannot read ${what}`,
    "As in postgres://shop@db.example/shop?table=orders&key=id, or sqlite:shop.db?table=orders",
  );
}
