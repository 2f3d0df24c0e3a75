/**
 * What the visualiser's page exports: each view as an SVG that stands alone. Where there is no browser
 * these tests are not tried, and say so.
 */
import { expect, it } from "vitest";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { temporaryFolder } from "./helpers/folders.ts";
import { type ExportedSvg, exportOf, shows } from "./helpers/viz_browser.ts";
import { describeInBrowser } from "./helpers/viz_stage.ts";
import { enter, hostile, importPlainJob, importVizJob } from "./helpers/viz_jobs.ts";

/** All that a picture is made of: nothing that runs, and nothing of another document. */
const shapes = ["svg", "rect", "text", "line", "circle", "path", "clipPath", "image"];

const byKey = (page: Page) => exportOf(page, () => page.keyboard.press("x"));

/** Nothing in it runs, and it refers to nothing but itself. */
function refersToItself({ elements, attributes, text }: ExportedSvg): void {
  expect(elements.filter((name) => !shapes.includes(name))).toEqual([]);
  const isForeign = ([name, value]: [string, string]) =>
    /^on|^style$/.test(name) ||
    (/href|src$/.test(name) && !value.startsWith("data:image/png;base64,")) ||
    (/url\(/.test(value) && !/^url\(#cut-\d+\)$/.test(value));
  expect(attributes.filter(isForeign)).toEqual([]);
  expect(text).not.toMatch(/<!|<\?xml-stylesheet|javascript:/);
}

/** The words that a view shows, line by line. */
async function shownWords(page: Page, view: string): Promise<string[]> {
  const text = await page.innerText(`#${view}`);
  return text.split(/\s+/).filter((word) => word !== "");
}

describeInBrowser("an exported view", {
  prepare: async (db) => {
    await importPlainJob(db);
    await importVizJob(db, "many", 3_000);
  },
}, (stage) => {
  it("has the words that the view shows, and stands alone", async () => {
    const { page } = await stage().open("job=plain&row=2");
    await shows(page, 14);
    for (const [key, view] of [["m", "now"], ["v", "events"], ["d", "row"]] as const) {
      await page.keyboard.press(key);
      // What the server is asked for has come.
      if (view === "now") await page.waitForSelector("#now [data-machine='job'] dl");
      if (view === "row") await page.waitForSelector("#row .problem");
      const svg = await byKey(page);
      refersToItself(svg);
      const drawn = svg.words.join(" ").split(/\s+/);
      const shown = await shownWords(page, view);
      expect(shown.length).toBeGreaterThan(30);
      expect([view, shown.filter((word) => !drawn.includes(word))]).toEqual([view, []]);
      const { width, height } = await page.$eval(`#${view}`, (panel) => ({
        width: panel.scrollWidth,
        height: panel.scrollHeight,
      }));
      expect(svg.size).toEqual([width + 24, height + 56]);
      expect(svg.words[0]).toMatch(/^plain · event 14 of 14 · (?:moment|events 1–14 of 14|row 2)$/);
    }
    await page.close();
  });

  it("has each word at its place, wherever the view is scrolled to", async () => {
    const { page } = await stage().open("job=plain");
    await shows(page, 14);
    await page.waitForSelector("#now [data-machine='job'] dl");
    const { text } = await byKey(page);
    const place = await page.$$eval("#now h2", (all) => {
      const head = all.find(({ textContent }) => textContent === "Machines");
      const { left, top, bottom } = head?.getBoundingClientRect() ?? { left: 0, top: 0, bottom: 0 };
      const panel = head?.parentElement?.getBoundingClientRect() ?? { left: 0, top: 0 };
      return { x: left - panel.left, top: top - panel.top, bottom: bottom - panel.top };
    });
    const [, x, y] = /<text x="([\d.]+)" y="([\d.]+)"[^>]*>Machines</.exec(text) ?? [];
    expect(Number(x)).toBeCloseTo(place.x + 12, 0);
    // Its letters stand on a line within the heading.
    expect(Number(y)).toBeGreaterThan(place.top + 44 + (place.bottom - place.top) / 2);
    expect(Number(y)).toBeLessThan(place.bottom + 44);
    await page.keyboard.press("?");
    expect(await page.textContent("#dialog")).toContain("xexport the view on the right as SVG");
    await page.keyboard.press("Escape");
    await page.$eval("#now", (panel) => panel.scrollTop = 100);
    expect((await byKey(page)).text).toBe(text);
    await page.close();
  });

  it("has the rows that are seen, under their head, and says which", async () => {
    const { page } = await stage().open("job=many&tab=rows");
    await shows(page, 1);
    await page.$eval("#rows .scroller", (scroller) => scroller.scrollTop = 26 * 1_233);
    await page.waitForSelector('#rows .line[aria-rowindex="1235"]');
    const svg = await exportOf(page, () => page.click("#export-view"));
    refersToItself(svg);
    const [, first, last] = /rows ([\d,]+)–([\d,]+) of 3,000$/.exec(svg.words[0] ?? "") ?? [];
    expect(first).toBe("1,234");
    for (const word of ["Row", "Tracking number", "1234", last?.replace(",", "")]) {
      expect(svg.words).toContain(word);
    }
    // What lies under the head or below the view is not in it.
    expect(svg.words).not.toContain("1233");
    expect(svg.words).not.toContain("1270");
    await page.fill("#row-search", "77");
    await page.waitForSelector("#rows .lines .line:only-child");
    // A field is typed into: there the key is a letter.
    const found = await exportOf(page, () => page.click("#export-view"));
    expect(found.words[0]).toContain("rows 1–1 of 1 that fit");
    expect(found.words).toContain("77");
    await page.close();
  });

  it("keeps the theme that is shown", async () => {
    const { page } = await stage().open("job=plain&at=10");
    await shows(page, 10);
    const paperOf = ({ attributes }: ExportedSvg) => attributes.find(([name]) => name === "fill");
    expect(paperOf(await byKey(page))).toEqual(["fill", "rgb(255, 255, 255)"]);
    // System, light, dark.
    await page.click("#theme");
    await page.click("#theme");
    expect(paperOf(await byKey(page))).toEqual(["fill", "rgb(20, 25, 31)"]);
    const chart = await exportOf(page, () => page.click("#export"));
    // Whatever its viewer prefers, as the last word.
    expect(chart.text).toMatch(/\.chart\{--ink:#e4e7eb;[^}]*--paper:#14191f;[^}]*\}<\/style>/);
    await page.close();
  });

  it("shows hostile words as text", async () => {
    await importVizJob(stage().store.db, hostile, 1);
    await enter(stage().store.db, hostile, [
      { type: hostile, rowNumber: 1, to: hostile, details: { [hostile]: hostile } },
    ]);
    const { page } = await stage().open(`job=${encodeURIComponent(hostile)}&row=1`);
    await shows(page, 2);
    for (const key of ["m", "v", "r", "d"]) {
      await page.keyboard.press(key);
      if (key === "d") await page.waitForSelector("#row .timeline li");
      const svg = await byKey(page);
      refersToItself(svg);
      expect(svg.elements).not.toContain("img");
      expect(svg.words.join(" ")).toContain("<img src=x onerror=");
    }
    await page.close();
  });

  it("has a label's picture inside, once it was asked for", async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/label.gif`;
    const gif = Buffer.from("R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==", "base64");
    writeFileSync(path, gif);
    const sha256 = createHash("sha256").update(gif).digest("hex");
    const label = { path, format: "GIF", tracking_number: "1Z999", sha256 };
    await stage().store.db.updateTable("job_rows").set({ labels: JSON.stringify([label]) })
      .where("job_id", "=", "plain").where("row_number", "=", 1).execute();
    const { page } = await stage().open("job=plain&row=1&tab=row");
    const show = page.locator("#row button", { hasText: "Show Label 1Z999" });
    await show.waitFor();
    // It holds personal data: nothing of it is in a picture before that.
    expect((await byKey(page)).elements).not.toContain("image");
    await show.click();
    await page.waitForSelector("#row img");
    await page.evaluate('document.querySelector("#row img").decode()');
    const svg = await byKey(page);
    refersToItself(svg);
    expect(svg.elements).toContain("image");
    expect(svg.text).toContain('href="data:image/png;base64,');
    await page.close();
  });
});
