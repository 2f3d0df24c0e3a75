/**
 * `deno task viz-pictures <folder>`: ships the sample orders into a folder of its own and takes pictures of
 * the visualiser's page, light and dark, at 1280x800, and of the view on its right as it exports it: what a
 * person would look at after a change of it.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { print } from "../src/cli/output.ts";
import { openDatabase } from "../src/db/open.ts";
import { runCommand } from "../tests/helpers/cli.ts";
import { temporaryFolder } from "../tests/helpers/folders.ts";
import {
  chromiumPath,
  openBrowser,
  openPage,
  serveViz,
  shows,
} from "../tests/helpers/viz_browser.ts";

/** Each picture, and the part of the link that it is of. */
const pictures = {
  moment: "machine=row&at=40",
  job: "machine=job&at=40&tab=events",
  rows: "machine=row&tab=rows",
  row: "machine=row&row=7&tab=row",
  reconcile: "machine=reconcile",
};

/** How long the page is given to draw what it has just asked for, in milliseconds. */
const settleMs = 500;

async function takeAll(target: string): Promise<void> {
  using folder = temporaryFolder();
  await mkdir(target, { recursive: true });
  const { code, stderr } = await runCommand(folder.path, ["run", "demo", "--yes"]);
  if (code !== 0) throw new Error(`Cannot ship the sample orders: ${stderr}`);
  const db = await openDatabase(`sqlite:${folder.path}/waybill.db`);
  const server = await serveViz(db);
  const browser = await openBrowser();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [name, fragment] of Object.entries(pictures)) {
      const { page } = await openPage(browser, `${server.url}#job=demo&${fragment}`, {
        colorScheme,
      });
      const at = /at=(\d+)/.exec(fragment)?.[1];
      if (at !== undefined) await shows(page, Number(at));
      await page.waitForTimeout(settleMs);
      const path = `${target}/${name}-${colorScheme}.png`;
      await page.screenshot({ path });
      print(path);
      const exported = page.waitForEvent("download");
      await page.keyboard.press("x");
      const svg = path.replace(/png$/, "svg");
      await (await exported).saveAs(svg);
      print(svg);
      await page.close();
    }
  }
  await browser.close();
  await server.end();
  await db.destroy();
}

if (import.meta.main) {
  const [target] = Deno.args;
  if (target === undefined) print("Usage: deno task viz-pictures <folder>");
  else if (chromiumPath === undefined) print("There is no Chromium at /usr/bin/chromium");
  else await takeAll(target);
}
