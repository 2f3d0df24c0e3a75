/**
 * The CSV data-source server: `deno run … src/servers/source/main.ts orders.csv` speaks MCP over
 * stdio. It reads the file, and writes only beside and into it.
 *
 * @module
 */
import { ensureError, UsageError, WaybillError } from "../../errors.ts";
import { log, serveTools } from "../serve.ts";
import { type CsvSource, openCsvSource } from "./csv_source.ts";
import { sourceTools } from "./source_tools.ts";

const name = "waybill-source";

function main(args: readonly string[]): void {
  const [path, ...others] = args;
  if (path === undefined || others.length > 0) {
    throw new UsageError("Cannot start: this server takes the path of one CSV file");
  }
  let source: CsvSource | undefined;
  const open = () => source ??= openCsvSource(path);
  serveTools(name, sourceTools(open), () => source?.[Symbol.dispose]());
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
