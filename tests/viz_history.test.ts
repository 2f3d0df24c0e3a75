/**
 * What the visualiser's server keeps of a long trail: any moment of it is told at once, and as it would be
 * by reading from the beginning.
 */
import { describe, expect, it } from "vitest";
import { listHistory } from "../src/db/audit.ts";
import { type Contexts, nothingTold, toldAfter } from "../src/viz/contexts.ts";
import { JobHistory } from "../src/viz/history.ts";
import { StepReader } from "../src/viz/steps.ts";
import { openTestStore } from "./helpers/stores.ts";
import { begin, enter, importVizJob, moved } from "./helpers/viz_jobs.ts";
import { trailOf } from "./helpers/viz_told.ts";

describe("the history of a job", () => {
  it("tells each moment as it is told from the beginning", async () => {
    await using store = await openTestStore("sqlite");
    const { db } = store;
    const rows = 400;
    await importVizJob(db, "plain", rows);
    await begin(db, "plain");
    for (let row = 1; row <= rows; row++) {
      const key = `K${row}`;
      const bought = { key, tracking_numbers: [`1Z${row}`], cost_minor: 100, currency_code: "USD" };
      await enter(db, "plain", [
        ...row > 1 ? [moved(row - 1, "shipped", "completed")] : [],
        moved(row, "pending", "in_flight", { key, generation: 1 }),
      ]);
      await enter(db, "plain", [moved(row, "in_flight", "shipped", bought)]);
    }
    const all = trailOf(await listHistory(db, "plain", { afterSequence: 0, limit: 10_000 }));
    const reader = new StepReader();
    let told = nothingTold;
    const expected: Contexts[] = all.map((entry, at) => {
      told = toldAfter(told, entry, reader.read(entry, all[at + 1]));
      return told.contexts;
    });
    const history = new JobHistory(db, "plain");
    await history.catchUp();
    expect(history.last).toBeGreaterThan(1_100);
    for (const at of [1, 8, 9, 499, 500, 501, 999, 1_000, 1_001, history.last - 1, history.last]) {
      expect([at, await history.contextsAt(at)]).toEqual([at, expected[at - 1]]);
    }
    expect(expected.at(-1)?.job).toMatchObject({
      cursor: rows,
      figures: { done: rows - 1, failed: 0, costs: { USD: (rows - 1) * 100 } },
    });
  });

  it("knows the number of a label that a person adopted", async () => {
    await using store = await openTestStore("sqlite");
    const { db } = store;
    await importVizJob(db, "adopted", 1);
    const decision = { decision: "adopt", adopt: "1ZADOPTED", is_checked: false, by: "me" };
    await enter(db, "adopted", [moved(1, "needs_review", "shipped", decision)]);
    const history = new JobHistory(db, "adopted");
    await history.catchUp();
    expect(history.changes(0, 10).bought).toEqual([[1, "1ZADOPTED", null, ""]]);
  });
});
