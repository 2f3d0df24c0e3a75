/**
 * The UPS server: speaks MCP over stdio, and UPS's REST API on the other side. Its settings come
 * from the environment, see {@link ./settings.ts}.
 *
 * @module
 */
import { ensureError } from "../../errors.ts";
import { log, serveTools } from "../serve.ts";
import { readSettings } from "./settings.ts";
import { upsTools } from "./ups_tools.ts";

const name = "waybill-ups";

function main(): void {
  const settings = readSettings((variable) => Deno.env.get(variable));
  Deno.mkdirSync(settings.labelsFolder, { recursive: true });
  const labelsFolder = Deno.realPathSync(settings.labelsFolder);
  serveTools(name, upsTools({ ...settings, labelsFolder }));
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    log(name, ensureError(error).message);
    Deno.exit(2);
  }
}
