/**
 * The visualiser beside a run: page, server and runner are processes of their own. Where there is no
 * browser, or no PostgreSQL that processes can share, it is not tried, and says so.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { openDatabase } from "../src/db/open.ts";
import { startCommand } from "./helpers/cli.ts";
import { cutConnections } from "./helpers/cut_connections.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { createPostgresDatabase, postgresUrl } from "./helpers/stores.ts";
import { chromiumPath, openBrowser, openPage, shows } from "./helpers/viz_browser.ts";
import { openViz } from "./helpers/viz_process.ts";

/** An empty database that processes share. */
async function emptyDatabase(kind: string, folder: string) {
  if (kind === "postgres" && postgresUrl) return await createPostgresDatabase(postgresUrl);
  return { url: `sqlite:${folder}/waybill.db`, drop: () => Promise.resolve() };
}

const kinds = ["sqlite", ...postgresUrl ? ["postgres"] : []];

describe("the page beside a run (not tried where there is no Chromium)", () => {
  if (chromiumPath === undefined) {
    it.skip("is not tried: install Chromium at /usr/bin/chromium", () => {});
    return;
  }
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
  });

  it.each(kinds)("follows it on %s, and comes back when it was cut off", async (kind) => {
    using folder = temporaryFolder();
    const { url, drop } = await emptyDatabase(kind, folder.path);
    {
      await using viz = await openViz(folder.path, url);
      await using way = await cutConnections(viz.url);
      const { page, faults } = await openPage(browser, way.url);
      await page.locator("#status").filter({ hasText: "no jobs yet" }).waitFor();
      // Slow enough that the page is there before the end.
      const slow = ["run", "demo", "--yes", "--rate", "5"];
      const { ended } = startCommand(folder.path, slow, { DATABASE_URL: url });
      // The first job is shown by itself.
      await page.waitForSelector("#job option", { state: "attached" });
      await page.waitForSelector('#now [data-status="completed"]');
      expect(faults).toEqual([]);
      way.cut();
      await page.locator("#live").filter({ hasText: "cut off" }).waitFor();
      const cutAt = await page.getAttribute("html", "data-sequence");
      way.mend();
      expect((await ended).code).toBe(0);
      const db = await openDatabase(url);
      const { last } = await db.selectFrom("audit_events")
        .select(({ fn }) => fn.max("sequence").as("last")).executeTakeFirstOrThrow();
      await db.destroy();
      await shows(page, Number(last));
      await page.locator("#status").filter({ hasText: "completed" }).waitFor();
      // Nothing is read twice: the browser says itself where to go on.
      expect(way.asked()).toMatch(new RegExp(`Last-Event-ID: ${cutAt}\r`, "i"));
      await page.close();
    }
    await drop();
  }, 120_000);
});
