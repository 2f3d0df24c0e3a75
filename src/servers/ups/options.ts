/**
 * What the UPS server is told on its command line, and whether it may start: what buys for real wants
 * to be told so.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ensureError, UsageError } from "../../errors.ts";
import { httpPort } from "../serve_http.ts";
import type { Settings } from "./settings.ts";

/** How the server is started and what it may do. */
export interface Options {
  /** Whether only the usage is wanted. */
  readonly help: boolean;
  /** Whether somebody agreed to buy for real. */
  readonly yes: boolean;
  /** Whether nothing may be bought. */
  readonly noPurchases: boolean;
  /** The port of HTTP; stdio if there is none. */
  readonly httpPort: number | undefined;
}

/** Beside the sandbox's. */
const defaultPort = 8731;

/** How the server is started, for people. */
export const usage = `Usage: deno task ups-server [--yes | --no-purchases] [--http [port]]

Serves UPS to an MCP client over stdin and stdout, until stdin ends.

--http [port]    over streamable HTTP instead, at http://127.0.0.1:${defaultPort}/mcp; its clients need
                 the token in WAYBILL_SERVER_TOKEN (one is made up and shown if there is none)
--no-purchases   buys nothing; everything else works
--yes            buys for real, where UPS_ENV=production

UPS_ENV is sandbox, cie or production; see src/servers/ups/settings.ts.
`;

/**
 * Reads the command line.
 *
 * @param args The arguments.
 * @returns The options.
 * @throws {UsageError} If they cannot be understood.
 */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals: [port, ...others] } = parse(args);
  if (others.length > 0 || (port !== undefined && !values.http)) {
    throw new UsageError("Cannot start: only --http takes an argument, its port");
  }
  if (values.yes && values["no-purchases"]) {
    throw new UsageError("Cannot start: --yes and --no-purchases contradict each other");
  }
  return {
    help: values.help,
    yes: values.yes,
    noPurchases: values["no-purchases"],
    httpPort: values.http ? httpPort(port, defaultPort) : undefined,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h", default: false },
        yes: { type: "boolean", default: false },
        "no-purchases": { type: "boolean", default: false },
        http: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`Cannot start: ${ensureError(error).message}`);
  }
}

/**
 * What the server says before it starts where it buys for real.
 *
 * @param settings What it works with.
 * @param options How it was started.
 * @returns What to tell people, if there is something to tell.
 * @throws {UsageError} If it would buy for real, and nobody agreed to that.
 */
export function consentTo(
  { environment, account, url }: Settings,
  { yes, noPurchases }: Options,
): string | undefined {
  if (environment !== "production") return undefined;
  const who = `account ${account}, at ${url}`;
  if (noPurchases) return `buys nothing (--no-purchases): ${who}`;
  if (yes) return `BUYS FOR REAL: every label is billed to ${who}`;
  throw new UsageError(
    `Cannot start with UPS_ENV=production: it would buy for real, on ${who}`,
    "Add --yes to agree, or --no-purchases to do everything else",
  );
}
