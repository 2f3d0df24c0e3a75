/**
 * What a run meets when it takes a job: another runner, a checkpoint that cannot be read, requests that
 * came too late, another carrier than the one that was bought from. On both databases.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventBus } from "../src/actors/event_bus.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { startRunner } from "../src/actors/runner.ts";
import { listControls, requestControl } from "../src/db/controls.ts";
import { getJob, saveSnapshot } from "../src/db/jobs.ts";
import { acquireLease } from "../src/db/leases.ts";
import { jobMachineVersion } from "../src/machines/job.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { policy } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import {
  type MemoryCarrier,
  memoryCarrier,
  type MemorySource,
  memorySource,
  refusal,
  shipper,
  template,
} from "./helpers/tools.ts";

const staying = { [Symbol.asyncDispose]: () => Promise.resolve() };

describe.each(storeKinds)("taking a job on %s", (kind) => {
  let opened: TestStore;
  let templates: TemplateEnvironment;
  let jobs = 0;

  beforeAll(async () => {
    opened = await openTestStore(kind);
    templates = openTemplateEnvironment();
    const compiled = await templates.compile({ name: "t", text: template });
    templates = { ...templates, compile: () => Promise.resolve(compiled) };
  });
  afterAll(async () => {
    await templates[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  });

  interface Job {
    readonly id: string;
    readonly source: MemorySource;
    readonly carrier: MemoryCarrier;
  }

  async function newJob(misbehave?: (order: string) => unknown): Promise<Job> {
    const id = `job-${++jobs}`;
    const job = {
      id,
      source: memorySource(3),
      carrier: memoryCarrier(misbehave, `1Z${kind}${id}`),
    };
    await opened.store.importJob({ id, source: job.source.call });
    return job;
  }

  /** Runs it with a carrier of a name. */
  async function run({ id, source, carrier }: Job, name?: string) {
    const { outcomes } = await startRunner({
      db: opened.db,
      jobIds: [id],
      open: {
        source: () => Promise.resolve({ call: source.call, ...staying }),
        carrier: () => Promise.resolve({ call: carrier.call, name, policy, ...staying }),
      },
      templates,
      inputs: inputsOf({ name: "t", text: template }, shipper),
      bus: new EventBus(),
    }).done;
    return outcomes[id];
  }

  const statuses = async ({ id }: Job) =>
    (await opened.store.listRows(id)).map(({ status }) => status);

  const entriesOf = async ({ id }: Job, type: string) =>
    (await new AuditLog(opened.store).list(id)).filter((each) => each.type === type)
      .map(({ details }): unknown => JSON.parse(details));

  const ask = ({ id }: Job, request: "pause" | "cancel") =>
    requestControl(opened.db, id, new Date(), { request, by: "tester", reason: "so" });

  it("leaves it to the runner that has it: nothing is bought, and who has it is said", async () => {
    const job = await newJob();
    const runner = { id: "other", host: "depot-1", pid: 4711, pidStartedAt: "t" };
    await opened.db.transaction().execute((trx) =>
      acquireLease(trx, job.id, runner, new Date(), () => Promise.resolve("unknown"))
    );
    const outcome = await run(job);
    expect(outcome).toMatchObject({ type: "held" });
    expect(JSON.stringify(outcome)).toContain("process 4711 on depot-1");
    expect(job.carrier.calls).toEqual([]);
  });

  it.each(["{", `{"status":"active","value":{"running":"working"}}`])(
    "sets a checkpoint aside that it cannot use, and goes by the rows: %s",
    async (json) => {
      let isMended = false;
      const job = await newJob((order) => order === "ORDER-3" && !isMended ? refusal : undefined);
      await run(job);
      await opened.db.transaction().execute((trx) =>
        saveSnapshot(trx, job.id, jobMachineVersion, json)
      );
      isMended = true;
      // It stays halted at the row that failed, as the rows say.
      expect(await run(job)).toMatchObject({ type: "failed", halt: { rowNumber: 3 } });
      expect(await entriesOf(job, "snapshot_set_aside")).toHaveLength(1);
      expect(job.carrier.calls).toHaveLength(3);
    },
  );

  it("drops a pause that nobody was there to hear", async () => {
    const job = await newJob();
    await ask(job, "pause");
    expect(await run(job)).toEqual({ type: "completed" });
    expect(await entriesOf(job, "control_dropped")).toMatchObject([
      { request: "pause", by: "tester", because: "the job was run after it" },
    ]);
    expect(await listControls(opened.db, job.id)).toEqual([]);
  });

  it("obeys a cancel that nobody was there to hear: nothing is bought", async () => {
    const job = await newJob();
    await ask(job, "pause");
    await ask(job, "cancel");
    expect(await run(job)).toMatchObject({ type: "cancelled" });
    expect(job.carrier.calls).toEqual([]);
    expect(await statuses(job)).toEqual(["pending", "pending", "pending"]);
    expect((await getJob(opened.db, job.id)).status).toBe("cancelled");
    expect(await listControls(opened.db, job.id)).toEqual([]);
    expect(await entriesOf(job, "job_transition")).toMatchObject([{ by: "tester", why: "so" }]);
  });

  it("closes the row for which nothing was sent, where the job is to be cancelled", async () => {
    const away = { code: "250002", message: "Invalid credentials", scope: "job" };
    const job = await newJob(() => ({ outcome: "not_sent", errors: [away] }));
    await run(job);
    expect(await statuses(job)).toEqual(["in_flight", "pending", "pending"]);
    await ask(job, "cancel");
    expect(await run(job)).toMatchObject({ type: "cancelled" });
    expect(await statuses(job)).toEqual(["failed", "pending", "pending"]);
    expect(job.carrier.calls).toHaveLength(1);
  });

  it("keeps a cancel that the run before was faster than, and obeys it", async () => {
    const job: Job = await newJob(async () => {
      await ask(job, "cancel");
      return refusal;
    });
    expect(await run(job)).toMatchObject({ type: "failed" });
    expect(await listControls(opened.db, job.id)).toMatchObject([{ request: "cancel" }]);
    expect(await run(job)).toMatchObject({ type: "cancelled" });
    expect(await listControls(opened.db, job.id)).toEqual([]);
    expect(job.carrier.calls).toHaveLength(1);
  });

  it("drops a cancel of a job that is complete: there is nothing left of it to cancel", async () => {
    const job = await newJob();
    await run(job);
    await ask(job, "cancel");
    expect(await run(job)).toEqual({ type: "completed" });
    expect(await entriesOf(job, "control_dropped")).toMatchObject([
      { request: "cancel", because: "the job is completed" },
    ]);
  });

  it("asks no other carrier about a purchase that is open, and buys nothing there", async () => {
    const reached = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<never>();
    const job = await newJob((order) => {
      if (order !== "ORDER-2") return undefined;
      reached.resolve();
      return answer.promise;
    });
    const first = run(job, "first.json");
    await reached.promise;
    // In the middle of its second purchase it is taken for dead.
    await opened.db.updateTable("job_leases").set({ runner_id: null, expires_at: null })
      .where("job_id", "=", job.id).execute();
    const other = { ...job, carrier: memoryCarrier(undefined, "1ZOTHER") };
    expect(await run(other, "other.json")).toMatchObject({
      type: "crashed",
      problem: { code: "E-4017", remedy: "Name that one: --mcp first.json" },
    });
    expect([other.carrier.calls, other.carrier.lookUps]).toEqual([[], []]);
    expect((await getJob(opened.db, job.id)).carrier_server).toBe("first.json");
    answer.reject(new Error("connection lost"));
    await first;
  });

  it("finds the machine's last rest beside each claim", async () => {
    const rests: unknown[] = [];
    const job: Job = await newJob(async () => {
      const { snapshot } = await getJob(opened.db, job.id);
      const { value, context } = JSON.parse(snapshot ?? "{}");
      rests.push([value, context.cursor]);
    });
    await run(job);
    // The row before is the last that the machine knows of.
    expect(rests).toEqual([0, 1, 2].map((cursor) => [{ running: "between_rows" }, cursor]));
  });

  it("clears up a purchase that bought nothing, and buys nothing while a row is not ready", async () => {
    const reached = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<never>();
    let isFirst = true;
    const job = await newJob((order) => {
      if (order !== "ORDER-2" || !isFirst) return undefined;
      isFirst = false;
      reached.resolve();
      return answer.promise;
    });
    job.carrier.find = () => undefined;
    const first = run(job);
    await reached.promise;
    await opened.db.updateTable("job_leases").set({ runner_id: null, expires_at: null })
      .where("job_id", "=", job.id).execute();
    // Row 3 is not what was imported any more.
    Object.assign(job.source.rows[2] ?? {}, { name: "Somebody Else" });
    expect(await run(job)).toMatchObject({ type: "not_ready" });
    expect(job.carrier.calls).toHaveLength(2);
    expect(await statuses(job)).toEqual(["completed", "in_flight", "pending"]);
    expect(await entriesOf(job, "attempt_absent")).toHaveLength(1);
    answer.reject(new Error("connection lost"));
    await first;
  });

  it("takes another carrier where nothing is open, and remembers it", async () => {
    let isMended = false;
    const job = await newJob((order) => order === "ORDER-2" && !isMended ? refusal : undefined);
    await run(job, "first.json");
    isMended = true;
    await run(job, "second.json");
    expect(await entriesOf(job, "carrier_taken")).toEqual([
      { carrier: "first.json", before: "library" },
      { carrier: "second.json", before: "first.json" },
    ]);
  });

  it("buys no batch half for real and half for trying out", async () => {
    const job = await newJob((order) => order === "ORDER-2" ? refusal : undefined);
    await run(job, "bundled");
    expect(await run(job, "ups-production")).toMatchObject({
      type: "crashed",
      problem: { code: "E-4017", remedy: expect.stringContaining("Set UPS_ENV=sandbox") },
    });
    expect(job.carrier.calls).toHaveLength(2);
  });
});
