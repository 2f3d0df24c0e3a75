/**
 * Prints the data folder for `deno task ups-server`, in which it makes the folders that the server may
 * use: permissions that deno.json names cannot follow `WAYBILL_DATA`.
 *
 * @module
 */
import { print } from "./output.ts";
import { dataFolder, readSettings } from "./settings.ts";

if (import.meta.main) {
  const settings = readSettings();
  for (const name of ["labels", "ups"]) await dataFolder(settings, name);
  print(settings.dataFolder);
}
