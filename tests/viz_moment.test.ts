/**
 * The visualiser's page at a moment of the past: a row as it was, what the machines knew, and the child that
 * was last heard of. Where there is no browser these tests are not tried, and say so.
 */
import { describe, expect, it } from "vitest";
import type { Kysely } from "kysely";
import type { Page } from "playwright-core";
import type { Database } from "../src/db/schema.ts";
import { claimRow, markShipped, markWrittenBack } from "../src/db/rows.ts";
import { Store } from "../src/viz/page/store.js";
import { activeStates, shows, textOf, violationsOf } from "./helpers/viz_browser.ts";
import { describeInBrowser } from "./helpers/viz_stage.ts";
import { begin, enter, importPlainJob, importVizJob, moved } from "./helpers/viz_jobs.ts";

/** An attempt as the database has it in the end. */
async function insertAttempt(
  db: Kysely<Database>,
  generation: 1 | 2,
  about: { outcome: "bought" | "uncertain"; resolution: "absent" | null; look_ups: string | null },
) {
  const at = new Date().toISOString();
  await db.insertInto("attempts").values({
    ...{ job_id: "lost", row_number: 1, generation, key: `LOST${generation}` },
    ...{ account: null, payload_sha256: "f".repeat(64), sent_at: at, answered_at: at },
    ...{ answer: JSON.stringify({ said: `answer ${generation}` }), resolved_at: at },
    ...about,
  }).execute();
}

/** Row 1: an answer is lost (9), the attempt is absent (10), and the next one buys (11 to 13). */
async function importLostJob(db: Kysely<Database>): Promise<void> {
  await importVizJob(db, "lost", 2);
  await begin(db, "lost");
  const lost = { code: "E-3010", message: "No answer", key: "LOST1" };
  await enter(db, "lost", [moved(1, "pending", "in_flight", { key: "LOST1", generation: 1 })]);
  await enter(db, "lost", [{ type: "attempt_uncertain", rowNumber: 1, details: lost }]);
  const said = { key: "LOST1", generation: 1, look_ups: ["not found", "not found"] };
  await enter(db, "lost", [{ type: "attempt_absent", rowNumber: 1, details: said }]);
  await enter(db, "lost", [moved(1, "in_flight", "in_flight", { key: "LOST2", generation: 2 })]);
  await enter(db, "lost", [
    moved(1, "in_flight", "shipped", {
      ...{ key: "LOST2", tracking_numbers: ["1ZA", "1ZB"], cost_minor: 999, currency_code: "USD" },
    }),
    { type: "child_exited", details: { child: "carrier", reason: "hung", code: "E-4010" } },
  ]);
  await enter(db, "lost", [moved(1, "shipped", "completed")]);
  const later = new Date(Date.now() + 60_000).toISOString();
  const lookUps = JSON.stringify([{ at: "2020-01-01T00:00:00.000Z", said: "not found (early)" }, {
    at: later,
    said: "not found (late)",
  }]);
  const absent = { outcome: "uncertain", resolution: "absent", look_ups: lookUps } as const;
  await insertAttempt(db, 1, absent);
  await insertAttempt(db, 2, { outcome: "bought", resolution: null, look_ups: null });
  await db.transaction().execute(async (trx) => {
    const now = new Date();
    await claimRow(trx, "lost", now, { rowNumber: 1, from: "pending", generation: 2 });
    await markShipped(trx, "lost", now, 1, {
      ...{ shipmentId: undefined, trackingNumbers: ["1ZA", "1ZB"], labels: "[]" },
      ...{ costMinor: 999, currencyCode: "USD" },
    });
    await markWrittenBack(trx, "lost", now, 1);
  });
}

/** What a machine is told to know, by name. */
async function factsOf(page: Page, machine: string): Promise<Record<string, string>> {
  await page.waitForSelector(`#now [data-machine="${machine}"] dl`);
  return await page.$eval(`#now [data-machine="${machine}"] dl`, (list) => {
    const words = [...list.children].map(({ textContent }) => textContent ?? "");
    return Object.fromEntries(
      words.flatMap((name, at) => at % 2 === 0 ? [[name, words[at + 1] ?? ""]] : []),
    );
  });
}

describe("the history in the page", () => {
  it("tells children that live side by side apart", () => {
    const step = (actor: string, state: string, isBeginning: boolean) => ({
      ...{ machine: "child", actor, state, isBeginning, via: [], isInferred: false },
    });
    const store = new Store();
    store.append({
      ...{ first: 1, at: [0, 10, 100], row: [0, 0, 0], type: [0, 0, 0], to: [0, 0, 0] },
      ...{ passage: [1, 2, 3], bought: [], errors: [] },
      tables: {
        from: [0, 0, 0],
        types: [""],
        statuses: [""],
        passages: [
          [],
          [step("source", "alive.up", true)],
          [step("carrier", "alive.up", true)],
          [step("source", "deciding", false)],
        ],
      },
    });
    const { machines, visits } = store.momentAt(3);
    expect(machines.get("child source")?.path.map(({ state }) => state))
      .toEqual(["alive.up", "deciding"]);
    expect(machines.get("child carrier")).toMatchObject({ state: "alive.up", sinceMs: 10 });
    expect(machines.get("child")?.state).toBe("deciding");
    expect(visits.get("child")?.get("alive.up")).toEqual({ count: 2, ms: 100 });
  });
});

describeInBrowser("a moment on the page", {
  prepare: async (db) => {
    await importPlainJob(db);
    await importLostJob(db);
  },
  control: () => Promise.resolve({ isDone: true, said: "done" }),
}, (stage) => {
  it("shows a row as it was, and what came later as later", async () => {
    const { page, faults } = await stage().open("job=lost&row=1&tab=row&at=9");
    await page.waitForSelector("#row .timeline");
    const rowText = () => textOf(page, "#row");
    const laterOf = () =>
      page.$$eval(
        "#row .timeline li",
        (all) => all.map((one) => (one.textContent ?? "").includes("(later)")),
      );
    expect(await rowText()).toContain("As it was at event 9 of 15");
    expect(await textOf(page, "#row dl")).toBe(
      "Status◐ in flightTrackingnoneCostnot knownAttempts1Changed" +
        (await textOf(page, "#row dd:last-child")),
    );
    expect(await laterOf()).toEqual([false, true, true, true, true, true]);
    expect(await page.$$eval("#row details", (all) => all.length)).toBe(1);
    expect(await textOf(page, "#row summary")).toBe("Attempt 1: no answer yet");
    expect(await textOf(page, "#row details")).not.toMatch(/answer 1|null|absent|late/);
    // The answer is lost; the look-ups that were made by then are told, with nothing found out yet.
    await page.keyboard.press("ArrowRight");
    await shows(page, 10);
    expect(await textOf(page, "#row summary")).toBe("Attempt 1: uncertain");
    expect(await textOf(page, "#row details")).toContain("Found outnothing");
    expect(await textOf(page, "#row details")).toContain("not found (early)");
    expect(await rowText()).not.toContain("(late)");
    await page.keyboard.press("ArrowRight");
    await shows(page, 11);
    expect(await textOf(page, "#row details")).toContain("Found outabsent");
    await page.keyboard.press("ArrowRight");
    await shows(page, 12);
    expect(await page.$$eval("#row summary", (all) => all.map((one) => one.textContent)))
      .toEqual(["Attempt 1: uncertain", "Attempt 2: no answer yet"]);
    await page.keyboard.press("ArrowRight");
    await shows(page, 13);
    expect(await textOf(page, "#row dl")).toMatch(/shippedTracking1ZA, 1ZBCost9.99 USDAttempts2/);
    await page.keyboard.press("Home");
    await shows(page, 1);
    expect(await rowText()).toContain("Nothing was sent yet");
    await page.keyboard.press("End");
    await shows(page, 15);
    expect(await rowText()).not.toContain("As it was");
    expect(await rowText()).toContain("Status now● completed");
    expect(await laterOf()).not.toContain(true);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("tells what is wrong and offers decisions only now", async () => {
    const { page } = await stage().open("job=plain&row=2&tab=row");
    await page.waitForSelector("#row .problem");
    expect(await page.$$eval("#row .actions button", (all) => all.length)).toBe(1);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await shows(page, 12);
    expect(await page.$$eval("#row .problem, #row .actions", (all) => all.length)).toBe(0);
    expect(await textOf(page, "#row dl")).toContain("in flight");
    await page.keyboard.press("l");
    await page.waitForSelector("#row .problem");
    await page.waitForSelector("#row .actions");
    await page.close();
  });

  it("keeps the keyboard where it was when it goes through time", async () => {
    const { page } = await stage().open("job=lost&row=1&tab=row&at=9");
    await page.focus("#row-event-12");
    await page.keyboard.press("Enter");
    await shows(page, 12);
    const focused = () => page.evaluate("document.activeElement.id");
    expect(await focused()).toBe("row-event-12");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("row-event-13");
    await page.close();
  });

  it("tells what the machines knew, and nothing of what came later", async () => {
    const { page, faults } = await stage().open("job=lost&at=9");
    await shows(page, 9);
    expect(await factsOf(page, "row")).toEqual({
      ...{ task: "row 1, to ship", attempts: "1 in this run", attempt: "generation 1, LOST1" },
    });
    expect(await factsOf(page, "job")).toMatchObject({
      ...{ epoch: "1", task: "row 1, to ship", figures: "0 done, 0 failed" },
    });
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector("#now [data-machine=reconcile] dl");
    expect(await factsOf(page, "reconcile")).toEqual({ attempt: "LOST1" });
    expect(await factsOf(page, "row")).toMatchObject({
      ...{ answer: "uncertain", problem: "E-3010 No answer" },
    });
    await page.keyboard.press("ArrowRight");
    await shows(page, 11);
    expect(await factsOf(page, "reconcile")).toEqual({
      ...{ attempt: "LOST1", lookUps: "not foundnot found" },
    });
    await page.keyboard.press("5");
    await page.waitForSelector('html[data-chart="child"]');
    expect(await activeStates(page)).toEqual(["alive", "alive.up"]);
    expect(await factsOf(page, "child")).toEqual({ child: "job", restarts: "0" });
    for (const _ of "123") await page.keyboard.press("ArrowRight");
    await shows(page, 14);
    await page.waitForSelector('[data-state="backing_off"].active');
    expect(await factsOf(page, "child")).toEqual({ child: "carrier", exit: "hung, E-4010" });
    const { children, restarted } = await factsOf(page, "supervisor");
    expect(children).toContain("carrier: backing_off, ended before: hung, E-4010");
    expect(children).toContain("database: alive.up");
    expect(restarted).toBe("0 times in this run");
    await page.waitForSelector('.transition[data-source="deciding"].last');
    // Until the server has answered, nothing is told of another moment.
    const answers = Promise.withResolvers<void>();
    await page.route("**/moment?at=15", async (route) => {
      await answers.promise;
      await route.continue();
    });
    await page.keyboard.press("ArrowRight");
    await shows(page, 15);
    expect(await page.$$eval("#now [data-machine] dl", (all) => all.length)).toBe(0);
    answers.resolve();
    expect(await factsOf(page, "child")).toMatchObject({ child: "carrier" });
    expect(faults).toEqual([]);
    await page.close();
  });

  it("tells why the job stopped", async () => {
    const { page } = await stage().open("job=plain&at=14");
    await shows(page, 14);
    const { halt } = await factsOf(page, "job");
    expect(halt).toBe('failed at row 2 ⚠ 120802 <img src=x onerror="document.title=1">');
    await page.close();
  });

  it("has nothing of the past that axe-core finds wrong, light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await stage().open("job=lost&row=1&at=11&machine=child", { colorScheme });
      await shows(page, 11);
      for (const [key, shown] of [["m", "[data-machine=job] dl"], ["d", "#row .past"]] as const) {
        await page.keyboard.press(key);
        await page.waitForSelector(shown);
        expect([colorScheme, key, ...await violationsOf(page)]).toEqual([colorScheme, key]);
      }
      await page.close();
    }
  }, 60_000);
});
