/**
 * A real browser for the visualiser's page: Debian's Chromium, driven by playwright-core.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Kysely } from "kysely";
import process from "node:process";
import type { Browser, Page } from "playwright-core";
import { recordedFiles } from "../../src/actors/label_files.ts";
import { remedyOf } from "../../src/actors/remedies.ts";
import { getInstallationId } from "../../src/db/jobs.ts";
import type { Database } from "../../src/db/schema.ts";
import { drawCharts } from "../../src/viz/assets.ts";
import type { ControlJob } from "../../src/viz/control.ts";
import type { FindRequest } from "../../src/viz/request.ts";
import { startViz, type VizServer } from "../../src/viz/server.ts";

/** Where the browser is; `undefined` where there is none. */
export const chromiumPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
  .find((path) => existsSync(path));

/** Starts the browser. */
export async function openBrowser(): Promise<Browser> {
  // It reads /proc as it is loaded, to find out whether this is Windows, and would need all permissions.
  process.env["__IS_WSL_TEST__"] = "1";
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });
}

/** Serves the page of a database as `deno task viz` does. */
export async function serveViz(
  db: Kysely<Database>,
  control?: ControlJob,
  findRequest: FindRequest = () => Promise.resolve({ type: "unread", said: "There is no source" }),
): Promise<VizServer> {
  const installationId = await getInstallationId(db);
  await drawCharts();
  return startViz({
    db,
    port: 0,
    words: {
      remedyOf: (id, row, doesExist) =>
        Promise.resolve(remedyOf({ job: { id, name: id }, installationId }, row, doesExist)),
      filesOf: recordedFiles,
    },
    findRequest,
    control,
    onError: (error) => {
      throw error;
    },
  });
}

/** A page, and what went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors, and what the content security policy refused. */
  readonly faults: string[];
  /** What it asked anybody else than its own server. */
  readonly strangers: string[];
}

/** How a page is looked at. */
export interface PageOptions {
  readonly colorScheme?: "light" | "dark";
  readonly reducedMotion?: "reduce";
  /** Done with the page before it goes anywhere. */
  readonly before?: (page: Page) => Promise<void>;
}

/** Opens a page at 1280x800 and waits for its chart. */
export async function openPage(
  browser: Browser,
  url: string,
  { before, ...options }: PageOptions = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  await before?.(page);
  const faults: string[] = [];
  const strangers: string[] = [];
  const { origin } = new URL(url);
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  page.on("request", (request) => {
    const asked = request.url();
    const isOwn = asked.startsWith(`${origin}/`) || /^(?:data|blob):/.test(asked);
    if (!isOwn) strangers.push(asked);
  });
  await page.goto(url);
  await page.waitForSelector("#view svg .state");
  return { page, faults, strangers };
}

/** Waits until the page shows a moment. */
export async function shows(page: Page, sequence: number): Promise<void> {
  await page.waitForSelector(`html[data-sequence="${sequence}"]`, { timeout: 10_000 });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong. It is put in past the policy of the page, which refuses it. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found: { id: string; nodes: { html: string }[] }[] = await page.evaluate(
    "axe.run().then(({ violations }) => violations)",
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** The states that are lit. */
export async function activeStates(page: Page, holder = "#view"): Promise<string[]> {
  return await page.$$eval(
    `${holder} .state.active`,
    (all) => all.map((one) => one.getAttribute("data-state") ?? ""),
  );
}

/** What an element of the page says. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return await page.textContent(selector) ?? "";
}

/** An exported file, and what a browser reads in it. */
export interface ExportedSvg {
  /** The file. */
  readonly text: string;
  /** Its texts, in their order. */
  readonly words: string[];
  /** The names of its elements. */
  readonly elements: string[];
  /** Its attributes, but for where things stand. */
  readonly attributes: [name: string, value: string][];
  /** Its size in pixels, as the browser draws it. */
  readonly size: [width: number, height: number];
}

/** Has the page export something, and reads it. */
export async function exportOf(page: Page, act: () => Promise<void>): Promise<ExportedSvg> {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  return await exportedSvg(page, readFileSync(await download.path(), "utf8"));
}

/** Reads an exported file in a browser. */
export async function exportedSvg(page: Page, text: string): Promise<ExportedSvg> {
  return await page.evaluate(`(async () => {
    const text = ${JSON.stringify(text)};
    const read = new DOMParser().parseFromString(text, "image/svg+xml");
    const all = [...read.querySelectorAll("*")];
    const image = new Image();
    image.src = "data:image/svg+xml," + encodeURIComponent(text);
    await image.decode();
    return {
      text,
      words: all.filter(({ localName }) => localName === "text").map((each) => each.textContent),
      elements: [...new Set(all.map(({ localName }) => localName))],
      attributes: all.flatMap((each) => [...each.attributes].map(({ name, value }) => [name, value])),
      size: [image.naturalWidth, image.naturalHeight],
    };
  })()`);
}
