/**
 * `deno task bench viz`, the page's part: how soon a person sees something, in a real browser.
 *
 * @module
 */
import type { Browser, Page } from "playwright-core";
import { print } from "../src/cli/output.ts";
import { openDatabase } from "../src/db/open.ts";
import { JobHistory } from "../src/viz/history.ts";
import { startCommand } from "../tests/helpers/cli.ts";
import { temporaryFolder } from "../tests/helpers/folders.ts";
import { chromiumPath, openBrowser, openPage, serveViz } from "../tests/helpers/viz_browser.ts";
import { importLargeJob } from "../tests/helpers/viz_jobs.ts";
import { openViz } from "../tests/helpers/viz_process.ts";

const rounds = 5;
const rows = 100_000;

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Measures and prints what it found; nothing where there is no browser. */
export async function benchPage(): Promise<void> {
  if (chromiumPath === undefined) return print("the page: not measured, there is no Chromium");
  const browser = await openBrowser();
  await measureLive(browser);
  await measureLarge(browser);
  await browser.close();
}

/** How long after its commit each new event is on the page, and the chart of the job afterwards. */
async function measureLive(browser: Browser): Promise<void> {
  using folder = temporaryFolder();
  await using viz = await openViz(folder.path, `sqlite:${folder.path}/waybill.db`);
  const { ended } = startCommand(folder.path, ["run", "demo", "--yes"]);
  const { page } = await openPage(browser, viz.url);
  await page.waitForSelector("#job option", { state: "attached" });
  await page.evaluate(`
    globalThis.lags = [];
    new MutationObserver(() => {
      const [, at] = /(\\d\\d\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:[\\d.]+Z)/
        .exec(document.querySelector("#now").textContent) ?? [];
      if (at) globalThis.lags.push(Date.now() - Date.parse(at.replace(" ", "T")));
    }).observe(document.documentElement, { attributeFilter: ["data-sequence"] });
  `);
  await ended;
  await page.locator("#status").filter({ hasText: "completed" }).waitFor();
  const lags: number[] = await page.evaluate("globalThis.lags");
  await page.close();
  const charts: number[] = [];
  for (let round = 0; round < rounds; round++) charts.push(await firstChart(browser, viz.url));
  print(
    `live: ${median(lags).toFixed(0)} ms from commit to page (median of ${lags.length} moments, ` +
      `worst ${Math.max(...lags).toFixed(0)}); first chart after ${told(charts)}`,
  );
}

/** A job of 100,000 rows and 300,001 entries. */
async function measureLarge(browser: Browser): Promise<void> {
  using folder = temporaryFolder();
  const path = `${folder.path}/waybill.db`;
  const db = await openDatabase(`sqlite:${path}`);
  await importLargeJob(db, path, "large", rows);
  const history = new JobHistory(db, "large");
  await history.catchUp();
  const moments: number[] = [];
  for (let at = 1; at < history.last; at += 7_777) {
    const begun = performance.now();
    await history.contextsAt(at);
    moments.push(performance.now() - begun);
  }
  const server = await serveViz(db);
  const charts: number[] = [];
  for (let round = 0; round < rounds; round++) charts.push(await firstChart(browser, server.url));
  const begun = performance.now();
  const { page } = await openPage(browser, `${server.url}#job=large&tab=rows`);
  await page.waitForSelector(`html[data-sequence="${3 * rows + 1}"]`, { timeout: 60_000 });
  const all = performance.now() - begun;
  const frames = await scroll(page);
  print(
    `${rows} rows, ${3 * rows + 1} events: first chart after ${told(charts)}, all of it after ` +
      `${all.toFixed(0)} ms; scrolling, a frame takes ${median(frames).toFixed(0)} ms (worst ` +
      `${Math.max(...frames).toFixed(0)}); a moment's contexts ${median(moments).toFixed(1)} ms`,
  );
  await page.close();
  await server.end();
  await db.destroy();
}

/** From the link to a chart that is drawn. */
async function firstChart(browser: Browser, url: string): Promise<number> {
  const { page } = await openPage(browser, url);
  // Since the browser was told to go there.
  const took: number = await page.evaluate("performance.now()");
  await page.close();
  return took;
}

/** Scrolls through all rows within sixty frames. */
async function scroll(page: Page): Promise<number[]> {
  await page.waitForSelector("#rows .lines .line");
  return await page.evaluate(`new Promise((resolve) => {
    const scroller = document.querySelector("#rows .scroller");
    const frames = [];
    let last = performance.now();
    const step = () => {
      const now = performance.now();
      frames.push(now - last);
      last = now;
      scroller.scrollTop = scroller.scrollHeight / 60 * frames.length;
      if (frames.length < 60) requestAnimationFrame(step); else resolve(frames.slice(3));
    };
    requestAnimationFrame(step);
  })`);
}

function told(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((ms) => ms.toFixed(0));
  return `${median(values).toFixed(0)} ms (${least} to ${most})`;
}
