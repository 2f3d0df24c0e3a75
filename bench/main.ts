/**
 * `deno task bench`: the engine by itself, the whole program over stdio, imports, and sources.
 *
 * @module
 */
import { print } from "../src/cli/output.ts";
import { benchEngine } from "./engine.ts";
import { benchImport } from "./import.ts";
import { benchCsvSource } from "./source.ts";
import { benchStdio } from "./stdio.ts";
import { benchViz } from "./viz.ts";
import { benchPage } from "./viz_page.ts";
import { benchXlsxSource } from "./xlsx.ts";

const parts: Readonly<Record<string, () => Promise<void>>> = {
  engine: benchEngine,
  stdio: benchStdio,
  import: benchImport,
  csv: benchCsvSource,
  xlsx: benchXlsxSource,
  viz: async () => {
    await benchViz();
    await benchPage();
  },
};

const usage = `Usage: deno task bench [${Object.keys(parts).join(" | ")}] …

engine   rows per second with servers that take no time, beside a bare loop of the same commits
stdio    rows per second of deno task run with the bundled servers
import   a CSV file of a million rows: rows per second and memory
csv      the same file as a source: index, get_row, write-backs, flush, and the predecessor's way
xlsx     a workbook of 50,000 rows: the same
viz      what it costs a run that a page follows it, and how soon the page shows what

All of it takes some minutes, and leaves nothing behind.`;

if (import.meta.main) {
  const wanted = Deno.args.length > 0 ? Deno.args : Object.keys(parts);
  if (wanted.every((name) => Object.hasOwn(parts, name))) {
    for (const name of wanted) await parts[name]?.();
  } else print(usage);
}
