/**
 * A pause by signal, on both databases: the row under way is finished, nothing new is started, and
 * the same command carries on where it stopped.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventBus } from "../src/actors/event_bus.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { type RunningRunner, startRunner } from "../src/actors/runner.ts";
import { findJob, setJobInputs } from "../src/db/jobs.ts";
import { findLease } from "../src/db/leases.ts";
import type { RunnerOutcome } from "../src/machines/supervisor.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import { memoryCarrier, memorySource, serversOf, shipper, template } from "./helpers/tools.ts";

describe.each(storeKinds)("a pause on %s", (kind) => {
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

  it("finishes the row under way, starts no other, and is carried on from by the next run", async () => {
    const { db, store } = opened;
    const jobId = "paused";
    const source = memorySource(4);
    await store.importJob({ id: jobId, source: source.call });
    await db.transaction().execute((trx) =>
      setJobInputs(trx, jobId, inputsOf({ name: "t", text: template }, shipper))
    );
    let runner: RunningRunner | undefined;
    // The signal comes while the carrier is at work on the second row.
    const carrier = memoryCarrier((order) => {
      if (order === "ORDER-2") runner?.stop();
      return undefined;
    });
    const run = async (): Promise<RunnerOutcome> => {
      runner = startRunner({
        db,
        jobIds: [jobId],
        open: serversOf(source.call, carrier.call),
        templates,
        bus: new EventBus(),
      });
      return await runner.done;
    };
    const statuses = async () => (await store.listRows(jobId)).map(({ status }) => status);

    expect((await run()).outcomes[jobId])
      .toEqual({ type: "paused", halt: { status: "paused", reason: "signal" } });
    expect(await statuses()).toEqual(["completed", "completed", "pending", "pending"]);
    expect([...source.written.keys()]).toEqual([1, 2]);
    expect(await findJob(db, jobId)).toMatchObject({ status: "paused", status_reason: "signal" });
    expect((await findLease(db, jobId))?.holder).toBe(undefined);

    expect((await run()).outcomes[jobId]).toEqual({ type: "completed" });
    expect(await statuses()).toEqual(["completed", "completed", "completed", "completed"]);
    expect(carrier.calls.map(({ args }) => args["order_reference"]))
      .toEqual(["ORDER-1", "ORDER-2", "ORDER-3", "ORDER-4"]);
  });

  it("hears of a signal that comes before the job has begun", async () => {
    const { db, store } = opened;
    const jobId = "early";
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    await store.importJob({ id: jobId, source: source.call });
    const servers = serversOf(source.call, carrier.call);
    let isOpen = false;
    // The first question after the servers are there is how the job stands: its machine comes later.
    const stopping = db.withPlugin({
      transformQuery({ node }) {
        if (isOpen) runner.stop();
        isOpen = false;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    const runner = startRunner({
      db: stopping,
      jobIds: [jobId],
      open: {
        ...servers,
        carrier(job, signal) {
          isOpen = true;
          return servers.carrier(job, signal);
        },
      },
      templates,
      inputs: inputsOf({ name: "t", text: template }, shipper),
      bus: new EventBus(),
    });
    expect((await runner.done).outcomes[jobId])
      .toEqual({ type: "paused", halt: { status: "paused", reason: "signal" } });
    expect(carrier.calls).toEqual([]);
    expect((await findJob(db, jobId))?.status).toBe("paused");
  });
});
