/**
 * The data-source server: serves a file or a table to an MCP client, over stdio or HTTP. Of a file it
 * reads and writes only the file and what is beside it.
 *
 * @module
 */
import { parseSource, type SourceLocation } from "../../contracts/source_location.ts";
import { ensureError, UsageError, WaybillError } from "../../errors.ts";
import { log, serveTools } from "../serve.ts";
import { serveUntilTold } from "../serve_http.ts";
import { openForReading, realPathOf } from "./files/open_file.ts";
import { openSource } from "./open_source.ts";
import { type Options, readOptions, usage } from "./options.ts";
import type { Source } from "./source.ts";
import { sourceTools } from "./source_tools.ts";

const name = "waybill-source";

function main(args: readonly string[]): void {
  const options = readOptions(args);
  if (options.help) {
    Deno.stdout.writeSync(new TextEncoder().encode(usage));
    return;
  }
  const location = locationOf(options);
  let opened: Promise<Source> | undefined;
  const open = async () => {
    opened ??= openSource(location, {
      ...options,
      password: variable("WAYBILL_SOURCE_PASSWORD"),
      log: (message) => log(name, message),
    });
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
  let isAsked = false;
  const tools = sourceTools(() => {
    isAsked = true;
    return open();
  });
  // A client is told when it asks; whoever tries this by hand, or asks nothing, is told here.
  const tell = () => tellOfFile(location);
  if (options.httpPort !== undefined || Deno.stdin.isTerminal()) tell();
  const letGo = async () => {
    if (!isAsked && options.httpPort === undefined && !Deno.stdin.isTerminal()) tell();
    const source = await opened?.catch(() => undefined);
    await source?.[Symbol.asyncDispose]();
  };
  if (options.httpPort === undefined) serveTools(name, tools, letGo);
  else serveUntilTold(name, tools, options.httpPort, variable("WAYBILL_SERVER_TOKEN"), letGo);
}

/** Says what anybody can see of a file without reading it. */
function tellOfFile(location: SourceLocation): void {
  if (!("path" in location)) return;
  try {
    using file = openForReading(realPathOf(location.path), "a file with orders");
    if (file.statSync().size > 0) return;
    log(name, `E-1002 Cannot use ${location.path} as a source: it is empty`);
  } catch (error) {
    log(name, told(error));
  }
}

function told(error: unknown): string {
  const code = error instanceof WaybillError ? `${error.code} ` : "";
  const remedy = error instanceof WaybillError && error.remedy ? `. ${error.remedy}` : "";
  return `${code}${ensureError(error).message}${remedy}`;
}

function locationOf({ source, encoding }: Options): SourceLocation {
  const location = parseSource(source, variable("INIT_CWD") ?? "");
  if (encoding === undefined) return location;
  if (location.kind === "csv") return { ...location, encoding };
  throw new UsageError("Cannot start: --encoding is for CSV files", "Leave it out");
}

/** A server that needs no secret is given no permission to look for one. */
function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

if (import.meta.main) {
  try {
    main(Deno.args);
  } catch (error) {
    log(name, told(error));
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
