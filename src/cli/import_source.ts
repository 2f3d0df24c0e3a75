/**
 * Which source a person wants to import, and which rows of it.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { startBundledSource } from "../actors/bundled_servers.ts";
import type { RowChoice } from "../actors/chosen_rows.ts";
import { type Connection, connectServer } from "../actors/mcp_connection.ts";
import { parseSource, type SourceLocation, withoutSecrets } from "../contracts/source_location.ts";
import { UsageError } from "../errors.ts";
import { readMcpFile } from "./mcp_file.ts";
import { timeLimits } from "./open_servers.ts";
import { parseRowRanges } from "./row_ranges.ts";
import { dataFolder, type Settings } from "./settings.ts";

/** What a person says of the source. */
export interface SourceOptions {
  /** The MCP file, if it is named. */
  readonly mcp?: string | undefined;
  /** Only rows that fit this condition. */
  readonly where?: string | undefined;
  /** Only rows of these numbers, as in `5-20,31`. */
  readonly rows?: string | undefined;
  /** At most so many rows. */
  readonly limit?: string | undefined;
  /** The encoding of a CSV file. */
  readonly encoding?: string | undefined;
  /** Whether columns that a table lacks may be added. */
  readonly addColumns?: boolean | undefined;
}

/** A source that is connected. */
export interface OpenImportSource extends AsyncDisposable {
  /** The connection. */
  readonly connection: Connection;
  /** `bundled`, or the MCP file that names it. */
  readonly server: string;
  /** The MCP file that names the carrier, if one does. */
  readonly carrierServer: string | undefined;
}

/**
 * Connects the source.
 *
 * @param settings Where things are.
 * @param path The source; left out where an MCP file names one.
 * @param options What else is said of it.
 * @returns The source.
 * @throws {WaybillError} If it cannot be used.
 */
export async function openImportSource(
  settings: Settings,
  path: string | undefined,
  options: SourceOptions,
): Promise<OpenImportSource> {
  const named = await readMcpFile(settings, options.mcp);
  if (named?.source && path !== undefined) {
    throw new UsageError(
      `Cannot import ${withoutSecrets(path)}: the source is the server that ${named.path} names`,
      "Name no source, or take mcpServers.source out of that file",
    );
  }
  if (!named?.source && path === undefined) {
    throw new UsageError(
      "Cannot import: no source is named",
      "Name a file or a table, or an MCP file with mcpServers.source",
    );
  }
  const connection = named?.source
    ? await connectServer("source", named.source, timeLimits())
    : await startBundledSource(await locationOf(settings, path ?? "", options), {
      purpose: "reading",
      dataFolder: await dataFolder(settings, "sources"),
      mayAddColumns: options.addColumns,
    });
  return {
    connection,
    server: named?.source ? named.path : "bundled",
    // Who is named now is bought from later, without being named again.
    carrierServer: named?.carrier ? named.path : undefined,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function locationOf(
  settings: Settings,
  path: string,
  { encoding, addColumns }: SourceOptions,
): Promise<SourceLocation> {
  const location = parseSource(path, settings.workingFolder);
  if (encoding !== undefined && location.kind !== "csv") {
    throw new UsageError("Cannot use --encoding: only a CSV file has one", "Leave it out");
  }
  if (addColumns && !("table" in location)) {
    throw new UsageError(
      "Cannot use --add-columns: it is for tables of a database",
      "Leave it out: to a file, columns are added by themselves",
    );
  }
  if (!("path" in location)) return location;
  const found = await stat(location.path).catch(() => undefined);
  const shown = withoutSecrets(path);
  if (!found) {
    throw new UsageError(`Cannot import ${shown}: there is no such file`, "Check the path");
  }
  if (!found.isFile()) {
    const what = found.isDirectory() ? "a folder" : "not a file";
    throw new UsageError(`Cannot import ${shown}: it is ${what}`, "Name a CSV or Excel file");
  }
  // UTF-8 goes without saying: with and without its name, it is the same source.
  const isSaid = encoding !== undefined && !/^utf-?8$/i.test(encoding);
  return location.kind === "csv" && isSaid ? { ...location, encoding } : location;
}

/**
 * Which rows are wanted.
 *
 * @param options What is said.
 * @returns The choice.
 * @throws {UsageError} If it cannot be understood.
 */
export function choiceOf({ where, rows, limit }: SourceOptions): RowChoice {
  const most = limit === undefined ? undefined : Number(limit);
  if (limit !== undefined && !/^[1-9]\d{0,14}$/.test(limit)) {
    throw new UsageError(
      `Cannot use --limit: "${limit}" is no number of rows`,
      "As in: --limit 50",
    );
  }
  return {
    ...(where === undefined ? {} : { where }),
    ...(rows === undefined ? {} : { rows: parseRowRanges(rows) }),
    ...(most === undefined ? {} : { limit: most }),
  };
}

/**
 * What a source is called.
 *
 * @param path The source, if one is named.
 * @returns A table's name, or that of a file.
 */
export function nameOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const location = parseSource(path, "/");
  if ("table" in location) return location.table;
  return basename(path);
}

/**
 * Whether a password stands in a source's address.
 *
 * @param path The source, if one is named.
 * @returns Whether one does.
 */
export function hasPassword(path: string | undefined): boolean {
  if (path === undefined) return false;
  const location = parseSource(path, "/");
  return "password" in location && location.password !== undefined;
}
