/**
 * Draws the charts that the documents show, from the machines: `docs/charts/<machine>.svg`. With
 * `--check` it only says which are stale, and ends with 1 if one is.
 *
 * @module
 */
import { chartText } from "../src/charts/formats.ts";
import { machineNames } from "../src/charts/names.ts";
import { print, say } from "./command_line.ts";

const folder = new URL("../docs/charts/", import.meta.url);

/** The charts that differ from what is in the folder. */
async function staleCharts(): Promise<ReadonlyMap<URL, string>> {
  const stale = new Map<URL, string>();
  for (const name of machineNames) {
    const file = new URL(`${name}.svg`, folder);
    const text = await chartText(name, "svg");
    const present = await Deno.readTextFile(file).catch(() => "");
    if (present !== text) stale.set(file, text);
  }
  return stale;
}

const stale = await staleCharts();
if (Deno.args.includes("--check")) {
  for (const { pathname } of stale.keys()) {
    say(`${pathname.split("/").at(-1)} is stale: draw it again with deno task charts`);
  }
  Deno.exit(stale.size === 0 ? 0 : 1);
}
await Deno.mkdir(folder, { recursive: true });
for (const [file, text] of stale) await Deno.writeTextFile(file, text);
print(`${stale.size} of ${machineNames.length} charts drawn`);
