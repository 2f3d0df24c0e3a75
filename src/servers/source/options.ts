/**
 * What the source server is told on its command line.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ensureError, UsageError } from "../../errors.ts";
import { httpPort } from "../serve_http.ts";

/** Which source, and how it is served. */
export interface Options {
  /** Whether only the usage is wanted. */
  readonly help: boolean;
  /** The source, as a person names it. */
  readonly source: string;
  /** Whether its rows are going to be shipped. */
  readonly isForShipping: boolean;
  /** The job that it is shipped for. */
  readonly owner: string | undefined;
  /** The encoding of a CSV file. */
  readonly encoding: string | undefined;
  /** Whether columns that a table lacks may be added. */
  readonly mayAddColumns: boolean;
  /** Where what was learned of sources is kept. */
  readonly dataFolder: string | undefined;
  /** The port of HTTP; stdio if there is none. */
  readonly httpPort: number | undefined;
}

/** Beside the UPS server's. */
const defaultPort = 8732;

/** How the server is started, for people. */
export const usage = `Usage: deno task source-server <source> [--for-shipping] [--http <port>]

Serves a source to an MCP client over stdin and stdout, until stdin ends.

<source>           orders.csv, orders.tsv, orders.xlsx, orders.xlsx#Sheet2,
                   sqlite:shop.db?table=orders, or a table of a database server:
                   postgres://user@host/database?table=orders&key=id, mysql://…, mariadb://…
                   with &query=select+… for other rows than the whole table, and &tls=1;
                   the password comes from WAYBILL_SOURCE_PASSWORD
--for-shipping     the rows are going to be shipped, so no other process may do so meanwhile
--owner <job>      notes for whom numbers were bought: those of other jobs are not its to answer for
--encoding <name>  of a CSV file that is not UTF-8, such as windows-1252 or utf-16le
--add-columns      adds the columns to the table that tracking numbers are written to
--data <folder>    keeps the index of large files, and numbers of rows without an integer key, there
--http <port>      over streamable HTTP instead, as at http://127.0.0.1:${defaultPort}/mcp; its clients
                   need the token in WAYBILL_SERVER_TOKEN (one is made up and shown if there is none)
`;

/**
 * Reads the command line.
 *
 * @param args The arguments.
 * @returns The options.
 * @throws {UsageError} If they cannot be understood.
 */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals: [source, ...others] } = parse(args);
  if (!values.help && (source === undefined || others.length > 0)) {
    throw new UsageError("Cannot start: this server takes one source", "See its --help");
  }
  return {
    help: values.help,
    source: source ?? "",
    isForShipping: values["for-shipping"],
    owner: values.owner,
    encoding: values.encoding,
    mayAddColumns: values["add-columns"],
    dataFolder: values.data,
    httpPort: values.http === undefined ? undefined : httpPort(values.http, defaultPort),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h", default: false },
        "for-shipping": { type: "boolean", default: false },
        owner: { type: "string" },
        encoding: { type: "string" },
        "add-columns": { type: "boolean", default: false },
        data: { type: "string" },
        http: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(`Cannot start: ${ensureError(error).message}`);
  }
}
