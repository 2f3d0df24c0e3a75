/**
 * Prints where the sandbox keeps its ledger, for `deno task sandbox`: permissions that deno.json names
 * cannot follow `WAYBILL_DATA`.
 *
 * @module
 */
import { print } from "./output.ts";
import { dataFolder, readSettings } from "./settings.ts";

if (import.meta.main) print(await dataFolder(readSettings(), "sandbox"));
