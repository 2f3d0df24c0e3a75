/**
 * The UPS server: speaks MCP over stdio, and UPS's REST API on the other side. Its settings come
 * from the environment, see {@link ./settings.ts}.
 *
 * @module
 */
import { ensureError } from "../../errors.ts";
import { folderOf } from "../durable_file.ts";
import { log, serveTools } from "../serve.ts";
import { openJournal } from "./journal.ts";
import { tokenSource } from "./oauth.ts";
import { readSettings } from "./settings.ts";
import { upsTools } from "./ups_tools.ts";

const name = "waybill-ups";

function main(): void {
  const read = readSettings((variable) => Deno.env.get(variable));
  for (const folder of [read.labelsFolder, folderOf(read.journalPath)]) {
    Deno.mkdirSync(folder, { recursive: true });
  }
  const settings = { ...read, labelsFolder: Deno.realPathSync(read.labelsFolder) };
  const journal = openJournal(settings.journalPath);
  const ups = { settings, tokens: tokenSource(settings), journal };
  serveTools(name, upsTools(ups), () => journal[Symbol.dispose]());
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    log(name, ensureError(error).message);
    Deno.exit(2);
  }
}
