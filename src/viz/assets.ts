/**
 * What the page is made of: its files as they are in `page/`, and the charts, drawn from the machines.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { chartOf } from "../charts/chart.ts";
import { layOut } from "../charts/layout.ts";
import { machines } from "../charts/machines.ts";
import { type MachineName, machineNames } from "../charts/names.ts";
import { chartStyle, toSvg } from "../charts/svg.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** The page's files; nothing else in the folder is given out. */
export const pageFiles = [
  "index.html",
  "viz.css",
  "app.js",
  "chart.js",
  "chart_lit.css",
  "contexts.js",
  "dom.js",
  "events.js",
  "export.js",
  "format.js",
  "help.js",
  "link.js",
  "live.js",
  "now.js",
  "picture.js",
  "request.js",
  "row_moment.js",
  "row_page.js",
  "rows.js",
  "store.js",
  "text_lines.js",
  "theme.css",
  "theme.js",
  "control.js",
  "types.js",
  "virtual_list.js",
] as const;

/** Something to answer with. */
export interface Asset {
  /** What it is. */
  readonly type: string;
  /** The thing itself. */
  readonly body: string;
}

/**
 * A file of the page.
 *
 * @param name Its name.
 * @returns It, or `undefined` if there is none of that name.
 */
export async function pageFile(name: string): Promise<Asset | undefined> {
  const file = pageFiles.find((each) => each === name);
  if (file === undefined) return undefined;
  const body = await readFile(new URL(`page/${file}`, import.meta.url), "utf8");
  return { type: types[/[^.]+$/.exec(file)?.[0] ?? ""] ?? "text/plain", body };
}

/** How charts look; in a file of its own, since the page runs no style that stands in a document. */
export const chartStyleSheet: Asset = { type: "text/css; charset=utf-8", body: chartStyle };

const drawn = new Map<MachineName, Promise<string>>();

/**
 * A machine's chart.
 *
 * @param name What is asked for, such as `row.svg`.
 * @returns It, or `undefined` if there is no such machine.
 */
export async function chartFile(name: string): Promise<Asset | undefined> {
  const machine = machineNames.find((each) => `${each}.svg` === name);
  if (machine === undefined) return undefined;
  return { type: "image/svg+xml; charset=utf-8", body: await chartSvg(machine) };
}

/** Draws all charts before somebody asks for them: nothing else is answered while one is drawn. */
export async function drawCharts(): Promise<void> {
  for (const machine of machineNames) await chartSvg(machine);
}

/** Drawn once: the machines are the same as long as the program runs. */
function chartSvg(machine: MachineName): Promise<string> {
  const known = drawn.get(machine);
  if (known) return known;
  // Without its style, which is in a file: the page runs none that stands in a document.
  const svg = layOut(chartOf(machines[machine])).then(toSvg)
    .then((text) => text.replace(`<style>${chartStyle}</style>`, ""));
  drawn.set(machine, svg);
  return svg;
}
