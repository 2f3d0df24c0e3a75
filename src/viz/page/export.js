// @ts-check
/// <reference lib="dom" />
/**
 * Gives what is shown to a person as a file: the chart, or the view beside it.
 */
import { make } from "./dom.js";
import { pictureOf } from "./picture.js";

/** @import { ChartView } from "./chart.js" */

/**
 * The chart as it is seen.
 *
 * @param {ChartView} chart
 * @param {string} name The file's name.
 */
export async function exportChart(chart, name) {
  const sheets = await Promise.all(
    ["page/chart.css", "page/chart_lit.css"].map(async (path) => await (await fetch(path)).text()),
  );
  save(chart.standalone(sheets.join("\n")), name);
}

/**
 * A view.
 *
 * @param {HTMLElement} panel
 * @param {string} title
 * @param {string} name The file's name.
 */
export function exportView(panel, title, name) {
  save(pictureOf(panel, title), name);
}

/**
 * @param {string} text
 * @param {string} name
 */
function save(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  make("a", { href: address, download: `${name}.svg` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
