/**
 * The CSV data-source server: `deno run … src/servers/source/main.ts orders.csv` speaks MCP over
 * stdio. It reads the file, and writes only beside and into it.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ensureError, UsageError, WaybillError } from "../../errors.ts";
import { log, serveTools } from "../serve.ts";
import { openCsvSource } from "./csv/csv_table.ts";
import type { Source } from "./source.ts";
import { sourceTools } from "./source_tools.ts";

const name = "waybill-source";

const usage = `Usage: deno task source-server <file.csv> [--for-shipping]

Serves a CSV file to an MCP client over stdin and stdout, until stdin ends.
--for-shipping: the rows are going to be shipped, so no other process may do so meanwhile.
`;

function main(args: readonly string[]): void {
  const { values, positionals: [path, ...others] } = readArgs(args);
  if (values.help) {
    Deno.stdout.writeSync(new TextEncoder().encode(usage));
    return;
  }
  if (path === undefined || others.length > 0) {
    throw new UsageError("Cannot start: this server takes the path of one CSV file");
  }
  const isForShipping = values["for-shipping"];
  let source: Source | undefined;
  const open = () =>
    source ??= openCsvSource(path, { isForShipping }, { log: (message) => log(name, message) });
  serveTools(name, sourceTools(open), () => source?.[Symbol.asyncDispose]());
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h", default: false },
        "for-shipping": { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`Cannot start: ${ensureError(error).message}`);
  }
}

if (import.meta.main) {
  try {
    main(Deno.args);
  } catch (error) {
    const code = error instanceof WaybillError ? `${error.code} ` : "";
    log(name, `${code}${ensureError(error).message}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
