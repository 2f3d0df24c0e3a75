/**
 * The UPS server: speaks MCP on one side, over stdio or HTTP, and UPS's REST API on the other. Its
 * settings come from the environment, see {@link ./settings.ts}.
 *
 * @module
 */
import { ensureError, UsageError, WaybillError } from "../../errors.ts";
import { folderOf } from "../durable_file.ts";
import { log, serveTools } from "../serve.ts";
import { serveUntilTold } from "../serve_http.ts";
import { openJournal } from "./journal.ts";
import { tokenSource } from "./oauth.ts";
import { consentTo, readOptions, usage } from "./options.ts";
import { readSettings } from "./settings.ts";
import { upsTools } from "./ups_tools.ts";

const name = "waybill-ups";

function main(args: readonly string[]): void {
  const options = readOptions(args);
  if (options.help) {
    Deno.stdout.writeSync(new TextEncoder().encode(usage));
    return;
  }
  const read = readSettings((variable) => Deno.env.get(variable), options.noPurchases);
  const notice = consentTo(read, options);
  if (notice) log(name, notice);
  for (const folder of [read.labelsFolder, folderOf(read.journalPath)]) {
    Deno.mkdirSync(folder, { recursive: true });
  }
  const settings = { ...read, labelsFolder: Deno.realPathSync(read.labelsFolder) };
  const journal = openJournal(settings.journalPath);
  const ups = { settings, tokens: tokenSource(settings), journal };
  const letGo = () => journal[Symbol.dispose]();
  if (options.httpPort === undefined) serveTools(name, upsTools(ups), letGo);
  else {
    const token = Deno.env.get("WAYBILL_SERVER_TOKEN");
    serveUntilTold(name, upsTools(ups), options.httpPort, token, letGo);
  }
}

if (import.meta.main) {
  try {
    main(Deno.args);
  } catch (error) {
    const { message } = ensureError(error);
    const remedy = error instanceof WaybillError && error.remedy ? `. ${error.remedy}` : "";
    log(name, `${message}${remedy}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
