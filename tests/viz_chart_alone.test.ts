/**
 * The chart in a page that is not ours: `chart.js`, its style sheets and a machine's SVG, as somebody would
 * serve them from a folder. Where there is no browser this is not tried, and says so.
 */
import { describe, expect, it } from "vitest";
import { copyFileSync, readFileSync } from "node:fs";
import { chartStyleSheet } from "../src/viz/assets.ts";
import { runCommand } from "./helpers/cli.ts";
import { temporaryFolder, writeText } from "./helpers/folders.ts";
import { activeStates, chromiumPath, exportedSvg, openBrowser } from "./helpers/viz_browser.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
};

/** All that somebody has to write. */
const page = `<!doctype html>
<html lang="en">
  <head>
    <title>A chart</title>
    <link rel="stylesheet" href="chart.css">
    <link rel="stylesheet" href="chart_lit.css">
    <style>#chart { height: 600px } #chart svg { width: 100%; height: 100% }</style>
  </head>
  <body>
    <div id="chart" tabindex="0"></div>
    <script type="module">
      import { ChartView } from "./chart.js";
      const chart = new ChartView(document.getElementById("chart"));
      chart.load(await (await fetch("row.svg")).text());
      const step = (state) => ({ machine: "row", state, via: [], isInferred: false, isBeginning: false });
      chart.light({
        machine: { state: "buying", isInferred: false, sinceMs: 0, path: ["claiming", "buying"].map(step) },
        visits: new Map([["buying", { count: 3, ms: 0 }]]),
        isPathShown: true,
        words: ({ count }) => "times " + count,
      });
      globalThis.chart = chart;
      document.body.dataset.ready = "";
    </script>
  </body>
</html>
`;

/** Serves the files of a folder, and notes down which. */
function serveFolder(path: string) {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const name = new URL(request.url).pathname.slice(1);
    asked.push(name);
    const type = types[name.split(".").at(-1) ?? ""];
    if (type === undefined) return new Response(null, { status: 204 });
    return new Response(readFileSync(`${path}/${name}`), { headers: { "content-type": type } });
  });
  return {
    asked,
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const tried = chromiumPath === undefined ? it.skip : it;

describe("the chart alone, in a browser (not tried where there is no Chromium)", () => {
  tried("is lit, zoomed by keys and exported", async () => {
    using folder = temporaryFolder();
    const { code, stdout } = await runCommand(folder.path, ["chart", "row", "--format", "svg"]);
    expect(code).toBe(0);
    writeText(`${folder.path}/row.svg`, stdout);
    writeText(`${folder.path}/index.html`, page);
    writeText(`${folder.path}/chart.css`, chartStyleSheet.body);
    for (const file of ["chart.js", "chart_lit.css"]) {
      copyFileSync(new URL(`../src/viz/page/${file}`, import.meta.url), `${folder.path}/${file}`);
    }
    await using server = serveFolder(folder.path);
    await using browser = await openBrowser();
    const shown = await browser.newPage({ viewport: { width: 900, height: 700 } });
    const faults: string[] = [];
    shown.on("pageerror", (error) => faults.push(error.message));
    await shown.goto(`${server.url}/index.html`);
    await shown.waitForSelector("body[data-ready]");

    expect(await activeStates(shown, "#chart")).toEqual(["buying"]);
    const marks = await shown.$$eval("#chart .added", (all) => all.map((one) => one.textContent));
    expect(marks).toContain("▸");
    expect(marks).toContain("times 3");
    const traced = '.transition.last[data-source="claiming"][data-target="buying"]';
    expect(await shown.$$eval(traced, (all) => all.length)).toBe(1);

    const widthOf = async () =>
      Number((await shown.getAttribute("#chart svg", "viewBox"))?.split(" ")[2]);
    await shown.focus("#chart");
    await shown.keyboard.press("0");
    const whole = await widthOf();
    await shown.keyboard.press("+");
    expect(await widthOf()).toBeCloseTo(whole / 1.25, 3);
    await shown.keyboard.press("-");
    expect(await widthOf()).toBeCloseTo(whole, 3);

    const text: string = await shown.evaluate('chart.standalone("")');
    const { words, size, elements } = await exportedSvg(shown, text);
    expect(words).toContain("buying");
    expect(words).toContain("times 3");
    expect(elements).toContain("style");
    expect(size[0]).toBe(Math.round(whole));

    const files = ["chart.css", "chart.js", "chart_lit.css", "index.html", "row.svg"];
    expect(new Set(server.asked.filter((name) => name !== "favicon.ico"))).toEqual(new Set(files));
    expect(faults).toEqual([]);
  }, 60_000);
});
