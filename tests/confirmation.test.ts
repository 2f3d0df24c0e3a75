/** A yes is bound to what it was said to: the runner looks again under its lease. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Approval, confirmationHash, recordYes } from "../src/actors/confirmation.ts";
import { EventBus } from "../src/actors/event_bus.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { startRunner } from "../src/actors/runner.ts";
import { systemClock } from "../src/actors/world.ts";
import { findJob } from "../src/db/jobs.ts";
import { listRows } from "../src/db/row_queries.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { policy } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import {
  memoryCarrier,
  memorySource,
  refusal,
  serversOf,
  shipper,
  template,
} from "./helpers/tools.ts";

const inputs = inputsOf({ name: "t", text: template }, shipper);
const carrier = "library";

describe.each(storeKinds)("a confirmation on %s", (kind) => {
  let opened: TestStore;
  let templates: TemplateEnvironment;
  let jobs = 0;
  beforeAll(async () => {
    opened = await openTestStore(kind);
    templates = openTemplateEnvironment();
  });
  afterAll(async () => {
    await templates[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  });

  async function batch() {
    const { store, db } = opened;
    const jobId = `job-${++jobs}`;
    const source = memorySource(3);

    const seller = memoryCarrier((order) => order === "ORDER-2" ? refusal : undefined);
    await store.importJob({ id: jobId, source: source.call });
    const hashNow = (now = inputs) =>
      confirmationHash(db, jobId, { inputs: now, carrier, payer: "A1B2C3" });
    return {
      jobId,
      hashNow,
      statuses: async () => (await listRows(db, jobId)).map(({ status }) => status),
      async run(approval: Approval) {
        const { done } = startRunner({
          db,
          jobIds: [jobId],
          open: serversOf(source.call, seller.call, policy),
          templates,
          bus: new EventBus(),
          inputs,
          approval,
        });
        return (await done).outcomes[jobId];
      },
    };
  }

  it("buys nothing when what is to be bought is something else", async () => {
    const { run, hashNow, statuses } = await batch();
    const hash = await hashNow();
    const others = [
      { hash: await hashNow({ ...inputs, shipper: "{}" }), payer: "A1B2C3" },
      { hash: await hashNow({ ...inputs, templateSha256: "0" }), payer: "A1B2C3" },
      { hash, payer: "Z9Y8X7" },
    ];
    for (const approval of others) {
      expect(await run(approval)).toMatchObject({ type: "crashed", problem: { code: "E-2004" } });
    }
    expect(await statuses()).toEqual(["pending", "pending", "pending"]);
  });

  it("holds while rows are bought, and for whoever carries on", async () => {
    const { run, hashNow, statuses, jobId } = await batch();
    const approval = { hash: await hashNow(), payer: "A1B2C3" };
    const yes = { hash: approval.hash, by: "ann", how: "asked" as const, costs: { USD: 1 } };
    await recordYes(opened.db, jobId, systemClock, yes);
    expect(await findJob(opened.db, jobId)).toMatchObject({
      confirmed_hash: approval.hash,
      confirmed_by: "ann",
    });
    expect(await run(approval)).toMatchObject({ type: "failed" });
    expect(await statuses()).toEqual(["completed", "failed", "pending"]);
    expect(await hashNow()).toBe(approval.hash);
  });

  it("changes with every row", async () => {
    const { db } = opened;
    const { jobId, hashNow } = await batch();
    const before = await hashNow();
    await db.updateTable("job_rows").set({ checksum: "mended" })
      .where("job_id", "=", jobId).where("row_number", "=", 3).execute();
    expect(await hashNow()).not.toBe(before);
  });

  it("changes with template, shipper, carrier and payer, each by itself", async () => {
    const { jobId } = await batch();
    const bound = {
      inputs: { templateSha256: "a".repeat(64), shipper: "{}" },
      carrier: "bundled",
      payer: "A1B2C3",
    };
    const others = [
      bound,
      { ...bound, inputs: { ...bound.inputs, templateSha256: "b".repeat(64) } },
      { ...bound, inputs: { ...bound.inputs, shipper: `{"name":"x"}` } },
      { ...bound, carrier: "ups-production" },
      { ...bound, payer: "Z9Y8X7" },
      { ...bound, payer: undefined },
    ];
    const hashes = await Promise.all(
      others.map((each) => confirmationHash(opened.db, jobId, each)),
    );
    expect(new Set(hashes).size).toBe(others.length);
  });

  it("changes when a row is taken up again whose label was voided, and not by the void", async () => {
    const { db } = opened;
    const { jobId, hashNow } = await batch();
    const before = await hashNow();
    const set = (values: { voided_numbers: string; voided_at: string | null }) =>
      db.updateTable("job_rows").set(values)
        .where("job_id", "=", jobId).where("row_number", "=", 1).execute();
    await set({ voided_numbers: '["1Z1"]', voided_at: "2026-11-26T00:00:00.000Z" });
    expect(await hashNow()).toBe(before);
    await set({ voided_numbers: '["1Z1"]', voided_at: null });
    expect(await hashNow()).not.toBe(before);
  });
});
