/** A person's limit to what is spent, as the job machine weighs it before each row. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import { EventBus } from "../src/actors/event_bus.ts";
import { payloadHash } from "../src/actors/payload_hash.ts";
import { createPrepareRows } from "../src/actors/prepare_rows.ts";
import { startRunner } from "../src/actors/runner.ts";
import { createSourceClient } from "../src/actors/source_client.ts";
import { saveEstimates } from "../src/db/estimates.ts";
import { findJob } from "../src/db/jobs.ts";
import { listRows } from "../src/db/row_queries.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { overBudget, unpricedAfter } from "../src/machines/budget.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { policy } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import {
  memoryCarrier,
  type MemorySource,
  memorySource,
  serversOf,
  shipper,
  template,
} from "./helpers/tools.ts";

const usd = (minor: number) => ({ minor, currencyCode: "USD" });
const nothing = { costs: {}, unpriced: {}, untold: 0 };

describe("overBudget()", () => {
  it("lets a row be bought exactly while the sum stays within the limit", () => {
    const amount = fc.integer({ min: 0, max: 100_000 });
    fc.assert(fc.property(amount, amount, amount, amount, (spent, unpriced, next, limit) => {
      const before = { costs: { USD: spent, EUR: 0 }, unpriced: { USD: unpriced }, untold: 0 };
      const problem = overBudget({ currencyCode: "USD", jobMinor: limit }, before, usd(next));
      expect(problem === undefined).toBe(spent + unpriced + next <= limit);
    }));
    // Chance seldom meets the edge.
    const before = { costs: { USD: 300 }, unpriced: { USD: 20 }, untold: 0 };
    const isBought = (jobMinor: number) =>
      overBudget({ currencyCode: "USD", jobMinor }, before, usd(4)) === undefined;
    expect([323, 324, 325].map(isBought)).toEqual([false, true, true]);
  });

  it("knows a limit for one row, and says both amounts", () => {
    const budget = { currencyCode: "USD", rowMinor: 1_500 };
    expect(overBudget(budget, nothing, usd(1_500))).toBe(undefined);
    expect(overBudget(budget, nothing, usd(1_501))).toMatchObject({
      code: "E-2005",
      message: "The row would cost 15.01 USD, and --max-cost-per-row is 15.00 USD",
    });
  });

  it("does not guess without a rate, or with one in another currency", () => {
    for (const estimate of [undefined, { minor: 1, currencyCode: "CAD" }]) {
      const problem = overBudget({ currencyCode: "USD", jobMinor: 1_000 }, nothing, estimate);
      expect(problem?.code).toBe("E-2006");
    }
  });

  it("does not take for nothing what was billed in another currency, or at a price nobody told", () => {
    for (const before of [{ costs: { CAD: 1 } }, { unpriced: { CAD: 1 } }, { untold: 1 }]) {
      const spent = { ...nothing, ...before };
      expect(overBudget({ currencyCode: "USD", jobMinor: 1_000 }, spent, usd(1))?.code)
        .toBe("E-2006");
      // What a row may cost has nothing to do with it.
      expect(overBudget({ currencyCode: "USD", rowMinor: 1_000 }, spent, usd(1))).toBe(undefined);
    }
  });

  it("counts a bought row without a price by its estimate", () => {
    expect(unpricedAfter({}, undefined, usd(700))).toEqual({ USD: 700 });
    expect(unpricedAfter({ USD: 1 }, 650, usd(700))).toEqual({ USD: 1 });
  });
});

describe.each(storeKinds)("a run with a limit on %s", (kind) => {
  let opened: TestStore;
  let templates: TemplateEnvironment;
  beforeAll(async () => {
    opened = await openTestStore(kind);
    templates = openTemplateEnvironment();
  });
  afterAll(async () => {
    await templates[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  });

  it("stops before the row that it does not reach for, when more is billed than was said", async () => {
    const { store, db } = opened;
    const source = memorySource(4);
    // Each was to cost 10.00, and 14.00 is billed.
    const bill = { currency_code: "USD", monetary_value: "14.00" };
    const carrier = memoryCarrier((order) => ({
      outcome: "bought",
      tracking_numbers: [`1Z-${order}`],
      total_charges: bill,
    }));
    await store.importJob({ id: "dear", source: source.call });
    const rate = async (hashes: string[]) => {
      const estimates = hashes.map((payloadSha256, at) => ({
        rowNumber: at + 1,
        ...usd(1_000),
        payloadSha256,
      }));
      await db.transaction().execute((trx) => saveEstimates(trx, "dear", new Date(), estimates));
    };
    const run = async (jobMinor: number) => {
      const { done } = startRunner({
        db,
        jobIds: ["dear"],
        open: serversOf(source.call, carrier.call, policy),
        templates,
        bus: new EventBus(),
        inputs: inputsOf({ name: "t", text: template }, shipper),
        budget: { currencyCode: "USD", jobMinor },
      });
      return (await done).outcomes["dear"];
    };
    const statuses = async () => (await listRows(db, "dear")).map(({ status }) => status);
    // Rates of other requests: of another template, or of rows that were mended since.
    await rate(["other", "other", "other", "other"]);
    expect(await run(4_100)).toMatchObject({
      type: "paused",
      halt: { reason: "max_cost", rowNumber: 1, problem: { code: "E-2006" } },
    });
    expect(await statuses()).toEqual(["pending", "pending", "pending", "pending"]);
    await rate(await requestHashes(templates, source));
    expect(await run(4_100)).toMatchObject({
      type: "paused",
      halt: { reason: "max_cost", rowNumber: 4, problem: { code: "E-2005" } },
    });
    // 3 x 14.00 are spent; the next 10.00 would be beyond. Nothing of row 4 is claimed.
    expect(await statuses()).toEqual(["completed", "completed", "completed", "pending"]);
    expect(await findJob(db, "dear")).toMatchObject({
      status: "paused",
      status_reason: "max_cost",
    });
    // A limit is of one run.
    expect(await run(5_200)).toMatchObject({ type: "completed" });
  });

  it("counts a row by what it was rated at, where nobody tells what it was billed", async () => {
    const { store, db } = opened;
    const source = memorySource(4);
    const silent = memoryCarrier((order) => ({
      outcome: "bought",
      tracking_numbers: [`1Z-${kind}-${order}`],
    }));
    await store.importJob({ id: "untold", source: source.call });
    const hashes = await requestHashes(templates, source);
    const estimates = hashes.map((payloadSha256, at) => ({
      rowNumber: at + 1,
      ...usd(1_000),
      payloadSha256,
    }));
    await db.transaction().execute((trx) => saveEstimates(trx, "untold", new Date(), estimates));
    const { outcomes } = await startRunner({
      ...{ db, jobIds: ["untold"], templates, bus: new EventBus() },
      open: serversOf(source.call, silent.call, policy),
      inputs: inputsOf({ name: "t", text: template }, shipper),
      budget: { currencyCode: "USD", jobMinor: 2_500 },
    }).done;
    expect(outcomes["untold"]).toMatchObject({
      type: "paused",
      halt: { reason: "max_cost", rowNumber: 3, problem: { code: "E-2005" } },
    });
    expect(silent.calls).toHaveLength(2);
  });
});

/** What would be sent for each row of a source, as a preview rates it. */
async function requestHashes(
  templates: TemplateEnvironment,
  source: MemorySource,
): Promise<string[]> {
  const compiled = await templates.compile({ name: "t", text: template });
  const job = { id: "dear", name: "dear" };
  const prepare = createPrepareRows(() => Promise.resolve(compiled), () => shipper, job);
  const { rows } = await createSourceClient(source.call).getRows(0, source.rows.length);
  return (await prepare(rows)).map((rendered) =>
    rendered.type === "rendered" ? payloadHash(rendered.request) : ""
  );
}
