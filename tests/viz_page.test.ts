/**
 * The visualiser's page in a real browser. Where there is none these tests are not tried, and say so.
 */
import { expect, it } from "vitest";
import type { Page } from "playwright-core";
import { openDatabase } from "../src/db/open.ts";
import type { RowStatus } from "../src/db/schema.ts";
import { pageFiles } from "../src/viz/assets.ts";
import { readText, temporaryFolder } from "./helpers/folders.ts";
import {
  activeStates,
  openPage,
  serveViz,
  shows,
  textOf,
  violationsOf,
} from "./helpers/viz_browser.ts";
import { describeInBrowser } from "./helpers/viz_stage.ts";
import {
  begin,
  enter,
  hostile,
  importLargeJob,
  importPlainJob,
  importVizJob,
  moved,
} from "./helpers/viz_jobs.ts";

describeInBrowser("the visualiser's page", { prepare: importPlainJob }, (stage) => {
  it("draws a chart, asks nobody else for anything, and weighs little", async () => {
    const { page, faults, strangers } = await stage().open("job=plain");
    await shows(page, 14);
    expect(faults).toEqual([]);
    expect(strangers).toEqual([]);
    const bytes = await Promise.all(
      [...pageFiles.map((file) => `page/${file}`), "page/chart.css", "charts/row.svg"]
        .map(async (path) =>
          (await (await fetch(`${stage().server.url}${path}`)).arrayBuffer()).byteLength
        ),
    );
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(1_500_000);
    await page.close();
  });

  it("travels through time, with keys alone", async () => {
    const { page, faults } = await stage().open("job=plain");
    await shows(page, 14);
    expect(await activeStates(page)).toEqual(["failed"]);
    await page.keyboard.press("Home");
    await shows(page, 1);
    expect(await activeStates(page)).toEqual([]);
    for (let step = 0; step < 8; step++) await page.keyboard.press("ArrowRight");
    await shows(page, 9);
    expect(await activeStates(page)).toEqual(["buying"]);
    expect(await textOf(page, "#now")).toContain("in flight 1");
    await page.keyboard.press("ArrowRight");
    await shows(page, 10);
    expect(await activeStates(page)).toEqual(["writing_back"]);
    expect(await textOf(page, "#now")).toContain("12.34 USD");
    expect(await page.$$eval("#view .transition.last", (all) => all.length)).toBe(1);
    await page.keyboard.press("2");
    await page.waitForSelector('html[data-chart="job"]');
    await page.waitForSelector('[data-state="running.working"].active');
    // The row's failure, the job's, and from the last one on the first again.
    for (const error of [13, 14, 13]) {
      await page.keyboard.press("e");
      await shows(page, error);
    }
    expect(await page.getAttribute("#slider", "aria-valuetext")).toContain("failed (row 2)");
    // A link with the moment in it shows the same.
    const link = page.url();
    await page.close();
    const again = await openPage(stage().browser, link);
    await shows(again.page, 13);
    await again.page.keyboard.press("l");
    await shows(again.page, 14);
    expect([...faults, ...again.faults]).toEqual([]);
    await again.page.close();
  });

  it("shows a row: its path, what is wrong as text, and the command", async () => {
    const { page, faults } = await stage().open("job=plain&tab=rows");
    await shows(page, 14);
    await page.selectOption("#row-status", "failed");
    expect(await page.$$eval("#rows .lines .line", (all) => all.length)).toBe(1);
    await page.focus("#rows .scroller");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#row .problem");
    const text = await textOf(page, "#row");
    expect(text).toContain(hostile);
    expect(text).toContain("deno task retry plain");
    expect(await textOf(page, "#row code")).toBe("deno task retry plain");
    expect(await page.$$eval("img", (all) => all.length)).toBe(0);
    expect(await page.title()).toContain("Waybill");
    await page.waitForSelector('[data-state="claiming"].passed');
    await page.waitForSelector('[data-state="failed"].active');
    await page.selectOption("#job", "plain");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("has nothing that axe-core finds wrong, light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await stage().open("job=plain&row=2", { colorScheme });
      await shows(page, 14);
      for (const key of ["m", "v", "r", "d", "?"]) {
        await page.keyboard.press(key);
        await page.waitForTimeout(150);
        const found = await violationsOf(page);
        expect([colorScheme, key, ...found]).toEqual([colorScheme, key]);
      }
      const paper = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      expect(paper).toBe(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(20, 25, 31)");
      await page.close();
    }
  }, 60_000);

  it("exports what it shows as a document of its own", async () => {
    const { page } = await stage().open("job=plain&at=10");
    await shows(page, 10);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#export")]);
    const svg = readText(await download.path());
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).toContain("--lit:");
    expect(svg).toMatch(/class="state atomic [^"]*active[^"]*" data-state="writing_back"/);
    await page.close();
  });

  it("follows a row to its last event, and leaves alone what was asked for meanwhile", async () => {
    const { db } = stage().store;
    await importVizJob(db, "quick", 2);
    await begin(db, "quick");
    const { page, faults } = await stage().open("job=quick&row=1&tab=row");
    const change = async (row: number, from: string, to: RowStatus, sequence: number) => {
      await db.updateTable("job_rows").set({ status: to })
        .where("job_id", "=", "quick").where("row_number", "=", row).execute();
      await enter(db, "quick", [moved(row, from, to, { key: "Q1" })]);
      await shows(page, sequence);
    };
    const stands = (words: string) =>
      page.locator("#row dd").first().filter({ hasText: words }).waitFor();
    await stands("pending");
    // One right after the other.
    await change(1, "pending", "in_flight", 9);
    await change(1, "in_flight", "failed", 10);
    await stands("failed");
    await page.getByRole("button", { name: "Show the request" }).click();
    const asked = page.locator("#row .request").filter({ hasText: "There is no source" });
    await asked.waitFor();
    // Another row's news is none of this one's.
    const read = page.waitForResponse("**/jobs/quick/rows/1");
    await change(2, "pending", "skipped", 11);
    await (await read).finished();
    // It has been drawn, if there was something to draw.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))");
    expect(await asked.count()).toBe(1);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("tells of a runner that died in a purchase", async () => {
    await importVizJob(stage().store.db, "crashed", 2);
    await begin(stage().store.db, "crashed");
    await enter(stage().store.db, "crashed", [moved(1, "pending", "in_flight", { key: "C1" })]);
    await stage().store.db.updateTable("jobs").set({ status: "running" }).where(
      "id",
      "=",
      "crashed",
    )
      .execute();
    await stage().store.db.updateTable("job_leases").set({
      ...{ runner_id: "r", host: "elsewhere", pid: 7, pid_started_at: "x" },
      expires_at: new Date(Date.now() - 60_000).toISOString(),
    }).where("job_id", "=", "crashed").execute();
    const { page, faults } = await stage().open("job=crashed");
    await shows(page, 9);
    expect(await activeStates(page)).toEqual(["buying"]);
    await page.waitForSelector("#now .problem");
    expect(await textOf(page, "#now .problem")).toContain("Its runner is gone");
    expect(await textOf(page, "#now .problem code")).toBe("deno task run crashed");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("shows a job whose every word is hostile as text", async () => {
    await importVizJob(stage().store.db, hostile, 1);
    await enter(stage().store.db, hostile, [{
      type: hostile,
      rowNumber: 1,
      to: hostile,
      details: { [hostile]: hostile },
    }]);
    const { page, faults } = await stage().open(`job=${encodeURIComponent(hostile)}`);
    await shows(page, 2);
    for (const key of ["v", "r", "d", "m"]) {
      await page.keyboard.press(key);
      await page.waitForTimeout(100);
    }
    expect(await textOf(page, "#now")).toContain(hostile);
    expect(await page.$$eval("img", (all) => all.length)).toBe(0);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("decides only where it may, and only after a confirmation", async () => {
    const readOnly = await stage().open("job=plain&row=2&tab=row");
    await readOnly.page.waitForSelector("#row .problem");
    expect(await textOf(readOnly.page, "#controls")).toBe("");
    expect(await readOnly.page.$$eval("#row .actions", (all) => all.length)).toBe(0);
    await readOnly.page.close();

    const decided: unknown[] = [];
    const allowed = await serveViz(stage().store.db, (jobId, control) => {
      decided.push([jobId, control]);
      return Promise.resolve({ isDone: true, said: `done ${hostile}` });
    });
    // The row is known before the page has been told that it may decide, and nothing new happens.
    const before = async (page: Page) => {
      const row = page.waitForResponse("**/jobs/plain/rows/2");
      await page.route("**/jobs/plain", async (route) => {
        await row;
        await route.continue();
      });
    };
    const link = `${allowed.url}#job=plain&row=2&tab=row&at=14`;
    const { page, faults } = await openPage(stage().browser, link, { before });
    await page.click("#row .actions button", { timeout: 5_000 });
    await page.fill("#field-reason", "spoilt");
    expect(decided).toEqual([]);
    await page.click("#dialog .danger");
    await page.locator("#dialog").filter({ hasText: "done <img" }).waitFor();
    const skip = { type: "resolve", row: 2, decision: "skip", reason: "spoilt" };
    expect(decided).toEqual([["plain", { ...skip, trackingNumber: undefined }]]);
    await page.keyboard.press("Escape");
    expect(await violationsOf(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
    await allowed.end();
  });

  it(
    "shows a row's request when it is asked for, and its people when that is asked too",
    async () => {
      const request = { service_code: "03", ship_to: { name: hostile, country_code: "US" } };
      const asking = await serveViz(
        stage().store.db,
        undefined,
        () => Promise.resolve({ type: "read", request, isAsSent: true, isAsImported: false }),
      );
      const { page, faults } = await openPage(
        stage().browser,
        `${asking.url}#job=plain&row=2&tab=row`,
      );
      const [show, people, hide] = [
        "Show the request",
        "Show the personal data",
        "Hide the personal",
      ]
        .map((name) => page.getByRole("button", { name }));
      await page.waitForSelector("#row .request");
      expect(await textOf(page, "#row .request")).not.toContain("service_code");
      await show?.click();
      await page.waitForSelector("#row .request pre");
      const veiled = await textOf(page, "#row .request");
      expect(veiled).toContain('"country_code": "US"');
      expect(veiled).toContain("Just this was sent");
      expect(veiled).toContain("changed in the source");
      expect(veiled).not.toContain("onerror");
      await people?.click();
      await page.locator("#row .request pre").filter({ hasText: "onerror" }).waitFor();
      expect(await page.$$eval("img", (all) => all.length)).toBe(0);
      expect(await violationsOf(page)).toEqual([]);
      await hide?.click();
      await page.locator("#row .request pre").filter({ hasText: "(hidden)" }).waitFor();
      expect(faults).toEqual([]);
      await page.close();
      await asking.end();
    },
  );

  it("scrolls through a hundred thousand rows", async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/waybill.db`;
    const db = await openDatabase(`sqlite:${path}`);
    await importLargeJob(db, path, "large", 100_000);
    const large = await serveViz(db);
    const { page, faults } = await openPage(stage().browser, `${large.url}#job=large&tab=rows`);
    await page.waitForSelector('html[data-sequence="300001"]', { timeout: 30_000 });
    await page.waitForSelector("#rows .lines .line");
    await page.evaluate(`{
      const scroller = document.querySelector("#rows .scroller");
      scroller.scrollTop = scroller.scrollHeight / 2;
    }`);
    await page.locator("#rows .lines").filter({ hasText: "1Z50000" }).waitFor();
    // However many rows there are, those that are seen are all that the browser has to draw.
    expect(await page.$$eval("#rows .lines .line", (all) => all.length)).toBeLessThan(60);
    expect(await page.getAttribute("#rows .scroller", "aria-rowcount")).toBe("100001");
    await page.keyboard.press("/");
    await page.keyboard.type("1Z99999");
    await page.waitForSelector("#rows .lines .line:only-child");
    expect(await textOf(page, "#rows .lines .line")).toContain("99999");
    expect(faults).toEqual([]);
    await page.close();
    await large.end();
    await db.destroy();
  }, 90_000);
});
