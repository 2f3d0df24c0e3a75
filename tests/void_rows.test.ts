/**
 * Voids on both databases: the whole engine with a carrier and a source in this process, which can be
 * told to refuse, to say nothing that can be understood, and to be away.
 */
import type { Kysely } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchExecutor } from "../src/actors/batch_executor.ts";
import { resolveRow } from "../src/actors/decisions.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { hasLooseEnds } from "../src/actors/loose_ends.ts";
import { planVoid } from "../src/actors/plan_void.ts";
import { EventBus } from "../src/actors/event_bus.ts";
import { startRunner } from "../src/actors/runner.ts";
import { listControls, requestControl } from "../src/db/controls.ts";
import { retryRows } from "../src/actors/retry_rows.ts";
import { createSourceClient } from "../src/actors/source_client.ts";
import { type ToolCaller, ToolError } from "../src/actors/tool_caller.ts";
import { voidJob } from "../src/actors/void_job.ts";
import { findControl, listAttempts, listSuperseded } from "../src/db/attempts.ts";
import { getJob } from "../src/db/jobs.ts";
import { acquireLease, releaseLease } from "../src/db/leases.ts";
import { countUnknownCosts, listRows, sumCosts } from "../src/db/row_queries.ts";
import type { Database } from "../src/db/schema.ts";
import { findOpenVoids, sumVoidedCosts } from "../src/db/voids.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { policy as strict } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import {
  memoryCarrier,
  type MemorySource,
  memorySource,
  serversOf,
  shipper,
  template,
} from "./helpers/tools.ts";

const person = { by: "me", reason: "wrong box" };

/** Says that voided rows are to be shipped again. */
async function reopen(
  { db, jobId, source }: { db: Kysely<Database>; jobId: string; source: MemorySource },
  ...rows: number[]
) {
  const ranges = rows.map((row) => ({ first: row, last: row }));
  return await retryRows(db, jobId, createSourceClient(source.call), { by: "me", rows: ranges });
}

describe.each(storeKinds)("voids on %s", (kind) => {
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

  /** A job whose rows are all bought, unless the carrier or the source misbehaves. */
  async function shipped(
    rows: number,
    misbehave: Parameters<typeof memoryCarrier>[0] = () => undefined,
    isWriteBackBroken = false,
  ) {
    const jobId = `void-${kind}-${++jobs}`;
    const { db, store } = opened;
    const source = memorySource(rows);
    source.isWriteBackBroken = isWriteBackBroken;
    const carrier = memoryCarrier(misbehave, `1Z${jobId.toUpperCase().replaceAll("-", "")}X`);
    carrier.find = () => undefined;
    carrier.void = () => undefined;
    await store.importJob({ id: jobId, source: source.call });
    const run = () =>
      new BatchExecutor({
        ...{ store, audit: new AuditLog(store), templates, policy: strict },
        source: source.call,
        carrier: carrier.call,
      }).execute(jobId, template, shipper);
    await run();
    const statuses = async () => (await listRows(db, jobId)).map(({ status }) => status);
    const voidRowsOf = async (
      chosen: readonly number[] | undefined,
      openSource: () => Promise<ToolCaller> = () => Promise.resolve(source.call),
      name = "library",
    ) => {
      const job = await getJob(db, jobId);
      const { tasks } = await planVoid(db, job, chosen && ((row) => chosen.includes(row)));
      return await voidJob(db, job, {
        ...{ tasks, decision: person, openSource },
        openCarrier: () => Promise.resolve({ call: carrier.call, name }),
      });
    };
    const events = async () => await new AuditLog(store).list(jobId, { limit: 1_000 });
    const voidsAsked = () => carrier.calls.filter(({ tool }) => tool === "shipping_void");
    const metas: unknown[] = [];
    const call: ToolCaller = (tool, args, meta) => {
      metas.push(meta);
      return carrier.call(tool, args, meta);
    };
    const resolve = (row: number, number: string) =>
      resolveRow(db, jobId, row, { voided: number }, person, { call, name: "library" });
    return {
      jobId,
      db,
      source,
      carrier,
      run,
      statuses,
      voidRowsOf,
      events,
      voidsAsked,
      resolve,
      metas,
    };
  }

  it("voids the chosen labels and takes their numbers out of the source", async () => {
    const job = await shipped(3);
    const { voided, source } = await job.voidRowsOf([1, 3]);
    expect(voided.map(({ rowNumber }) => rowNumber)).toEqual([1, 3]);
    expect(source).toMatchObject({ written: 2, owed: 0 });
    expect(await job.statuses()).toEqual(["voided", "completed", "voided"]);
    expect([...job.source.written.keys()]).toEqual([2]);
    expect(job.carrier.voided.size).toBe(2);
    // The job is as complete as it was; what was voided is in no sum of what was bought.
    expect((await getJob(job.db, job.jobId)).status).toBe("completed");
    expect(await sumCosts(job.db, job.jobId)).toEqual({ USD: 1236 });
    expect(await sumVoidedCosts(job.db, job.jobId)).toEqual({ USD: 2472 });
    expect(await countUnknownCosts(job.db, job.jobId)).toBe(0);
    expect(await findOpenVoids(job.db, job.jobId)).toEqual({ owed: 0, unanswered: [] });
    expect(await new AuditLog(opened.store).verify(job.jobId)).toBe(undefined);
  });

  it("commits who wants it and why before the carrier is asked", async () => {
    const job = await shipped(1);
    const before = (await job.events()).length;
    const seen: unknown[] = [];
    job.carrier.void = (shipmentId) => {
      seen.push(shipmentId);
      return undefined;
    };
    const carrierCall = job.carrier.call;
    let decided: unknown;
    const { db, jobId } = job;
    const row = await getJob(db, jobId);
    const { tasks } = await planVoid(db, row, undefined);
    await voidJob(db, row, {
      ...{ tasks, decision: person },
      openSource: () => Promise.resolve(job.source.call),
      openCarrier: () =>
        Promise.resolve({
          name: "library",
          async call(tool, args) {
            const [stored] = await listRows(db, jobId);
            decided = JSON.parse(stored?.void_decision ?? "null");
            return await carrierCall(tool, args);
          },
        }),
    });
    expect(decided).toMatchObject({ ...person, at: expect.any(String) });
    const types = (await job.events()).slice(before).map(({ type, to_status }) =>
      to_status ? `${type} ${to_status}` : type
    );
    expect(types).toEqual([
      "lease_acquired",
      "void_decided",
      "row_transition voided",
      "void_written",
    ]);
  });

  it("finishes what was cut off between the carrier's void and its commit", async () => {
    const job = await shipped(2);
    // The carrier voids; its answer is lost.
    job.carrier.void = (id) => {
      job.carrier.voided.add(id);
      throw new Error("connection closed");
    };
    const cut = await job.voidRowsOf(undefined);
    expect(cut.unknown).toMatchObject({ rowNumber: 1, problem: { code: "E-3016" } });
    expect(cut.unknown?.problem.remedy).toContain(`deno task void ${job.jobId} --rows 1`);
    // Nobody else is asked about, and the row is as it was; what is open is told.
    expect(job.voidsAsked().length).toBe(1);
    expect(await job.statuses()).toEqual(["completed", "completed"]);
    expect((await findOpenVoids(job.db, job.jobId)).unanswered).toEqual([1]);
    job.carrier.void = () => undefined;
    const { voided } = await job.voidRowsOf([1]);
    expect(voided.length).toBe(1);
    expect(await job.statuses()).toEqual(["voided", "completed"]);
    expect((await findOpenVoids(job.db, job.jobId)).unanswered).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ["no answer", () => null],
    ["an answer of another form", () => ({ success: true })],
    ["a word for a verdict", () => ({ voided: "yes" })],
    ["an error of the tool", () => {
      throw new ToolError("shipping_void", '{"code":"E-3001","message":"away"}');
    }],
  ])("leaves the row as it was after %s", async (_, answer) => {
    const job = await shipped(1);
    job.carrier.void = answer;
    expect((await job.voidRowsOf(undefined)).unknown).toMatchObject({ rowNumber: 1 });
    expect(await job.statuses()).toEqual(["completed"]);
    expect(job.source.written.size).toBe(1);
  });

  it("goes on past a refusal, and keeps nothing open of it", async () => {
    const job = await shipped(3);
    const status = { code: "190101", description: "expired" };
    job.carrier.void = (id) => id.endsWith("2") ? { voided: false, status } : undefined;
    const { voided, refused } = await job.voidRowsOf(undefined);
    expect(voided.map(({ rowNumber }) => rowNumber)).toEqual([1, 3]);
    expect(refused).toMatchObject([{ rowNumber: 2, problem: { code: "190101" } }]);
    expect(await job.statuses()).toEqual(["voided", "completed", "voided"]);
    expect((await findOpenVoids(job.db, job.jobId)).unanswered).toEqual([]);
    expect((await job.events()).map(({ type }) => type)).toContain("void_refused");
  });

  it("believes a carrier that refuses what it has voided already, once it says so", async () => {
    const job = await shipped(2);
    const [first] = await listRows(job.db, job.jobId);
    // By hand, or by a void whose answer was lost.
    job.carrier.voided.add(first?.shipment_id ?? "");
    job.carrier.void = () => ({ voided: false, status: { code: "190102" } });
    const { voided, refused } = await job.voidRowsOf(undefined);
    expect(voided.map(({ rowNumber }) => rowNumber)).toEqual([1]);
    expect(refused.map(({ rowNumber }) => rowNumber)).toEqual([2]);
    expect(await job.statuses()).toEqual(["voided", "completed"]);
  });

  it("says what to do where the carrier has no such tool, and changes nothing", async () => {
    const job = await shipped(1);
    job.carrier.void = undefined;
    const error = await job.voidRowsOf(undefined).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "E-3014", rowNumber: 1 });
    expect(error.remedy).toContain(`deno task resolve ${job.jobId} 1 --voided`);
    expect(await job.statuses()).toEqual(["completed"]);
    expect((await findOpenVoids(job.db, job.jobId)).unanswered).toEqual([]);
  });

  it("asks no other carrier than the one that sold the label", async () => {
    const job = await shipped(1);
    await expect(job.voidRowsOf(undefined, undefined, "/other.json"))
      .rejects.toMatchObject({ code: "E-4017" });
    expect(job.voidsAsked()).toEqual([]);
    expect(await job.statuses()).toEqual(["completed"]);
  });

  it("keeps asking about a void whose answer was lost, whatever the carrier refuses since", async () => {
    const job = await shipped(1);
    job.carrier.void = (id) => {
      job.carrier.voided.add(id);
      throw new Error("socket hang up");
    };
    expect((await job.voidRowsOf([1])).unknown).toMatchObject({ rowNumber: 1 });
    // It was voided then. The carrier refuses now, and cannot say why.
    job.carrier.void = () => ({ voided: false, status: { code: "190102" } });
    job.carrier.find = () => ({ found: "unknown" });
    const { refused, unknown } = await job.voidRowsOf([1]);
    expect([refused, unknown]).toMatchObject([[], { rowNumber: 1, problem: { code: "E-3016" } }]);
    const [row] = await listRows(job.db, job.jobId);
    expect(row?.void_decision).not.toBeNull();
    job.carrier.find = () => undefined;
    expect((await job.voidRowsOf([1])).voided).toMatchObject([{ rowNumber: 1 }]);
    expect(await job.statuses()).toEqual(["voided"]);
  });

  it("believes a refusal of what was asked before, where the carrier still has the label", async () => {
    const job = await shipped(1);
    job.carrier.void = () => {
      throw new Error("socket hang up");
    };
    expect((await job.voidRowsOf([1])).unknown).toMatchObject({ rowNumber: 1 });
    job.carrier.void = () => ({ voided: false, status: { code: "190102" } });
    const { refused, unknown } = await job.voidRowsOf([1]);
    expect([refused.length, unknown]).toEqual([1, undefined]);
    expect(await job.statuses()).toEqual(["completed"]);
  });

  it("refuses while a runner has the job, and rows that have no label", async () => {
    const job = await shipped(
      2,
      (order) => order === "ORDER-2" ? { outcome: "rejected", errors: [] } : undefined,
    );
    const runner = { id: "r", host: "elsewhere", pid: 1, pidStartedAt: "t" };
    const lease = await job.db.transaction().execute((trx) =>
      acquireLease(trx, job.jobId, runner, new Date(), () => Promise.resolve("gone"))
    );
    await expect(job.voidRowsOf([1])).rejects.toMatchObject({ code: "E-4004" });
    expect(job.voidsAsked()).toEqual([]);
    await job.db.transaction().execute((trx) => releaseLease(trx, lease.lease));
    await expect(job.voidRowsOf([1, 2])).rejects.toMatchObject({ code: "E-4009", rowNumber: 2 });
    expect(job.voidsAsked()).toEqual([]);
  });

  it("voids no other label than the one that was confirmed", async () => {
    const job = await shipped(1);
    const row = await getJob(job.db, job.jobId);
    const { tasks } = await planVoid(job.db, row, undefined);
    const others = tasks.map((task) => ({ ...task, trackingNumber: "1ZOTHER" }));
    const options = {
      ...{ tasks: others, decision: person },
      openSource: () => Promise.resolve(job.source.call),
      openCarrier: () => Promise.resolve({ call: job.carrier.call, name: "library" }),
    };
    await expect(voidJob(job.db, row, options)).rejects.toMatchObject({ code: "E-4009" });
    expect(job.voidsAsked()).toEqual([]);
  });

  it("takes back a number that the source was owed, acknowledged or not", async () => {
    const job = await shipped(2, undefined, true);
    expect(await job.statuses()).toEqual(["shipped", "shipped"]);
    // Row 1's number has reached the source, and only the commit is missing.
    const [first] = await listRows(job.db, job.jobId);
    job.source.written.set(1, first?.tracking_number ?? "");
    job.source.isWriteBackBroken = false;
    expect((await job.voidRowsOf(undefined)).source).toMatchObject({ written: 2, owed: 0 });
    expect(await job.statuses()).toEqual(["voided", "voided"]);
    expect(job.source.written.size).toBe(0);
    expect((await job.run()).success).toBe(true);
    expect(job.source.written.size).toBe(0);
    expect((await getJob(job.db, job.jobId)).status).toBe("completed");
  });

  it("keeps a void that the source cannot take, until a run or another void brings it", async () => {
    for (const how of ["run", "void"]) {
      const job = await shipped(2);
      job.source.isWriteBackBroken = true;
      const { voided, source } = await job.voidRowsOf([1]);
      expect([voided.length, source.owed]).toEqual([1, 1]);
      expect(source.problem?.message).toContain("read-only");
      expect(await hasLooseEnds(job.db, job.jobId)).toBe(true);
      // While it is owed, a complete job does not stay complete when it is run.
      expect((await job.run()).success).toBe(false);
      const { status, status_reason } = await getJob(job.db, job.jobId);
      expect([status, status_reason]).toEqual(["paused", "write_backs_owed"]);
      expect(job.source.written.size).toBe(2);
      job.source.isWriteBackBroken = false;
      if (how === "run") expect((await job.run()).success).toBe(true);
      else expect((await job.voidRowsOf([])).source.written).toBe(1);
      expect([...job.source.written.keys()]).toEqual([2]);
      expect(await hasLooseEnds(job.db, job.jobId)).toBe(false);
      expect((await job.run()).success).toBe(true);
      expect((await getJob(job.db, job.jobId)).status).toBe("completed");
      expect(job.carrier.calls.filter(({ tool }) => tool === "shipping_create").length).toBe(2);
    }
  });

  it.each([false, true])(
    "is not cancelled while a complete job is looked after",
    async (isAway) => {
      const job = await shipped(2);
      job.source.isWriteBackBroken = true;
      await job.voidRowsOf([1]);
      job.source.isWriteBackBroken = isAway;
      // The request is heard while the source is told of the void.
      const bus = new EventBus();
      const heard = Promise.withResolvers<void>();
      bus.subscribe(({ type }) => void (type === "stop_requested" && heard.resolve()));
      const call: ToolCaller = async (tool, args) => {
        if (tool === "write_back") {
          const asked = { request: "cancel", by: "jo", reason: "late" } as const;
          await requestControl(job.db, job.jobId, new Date(), asked);
          await heard.promise;
        }
        return await job.source.call(tool, args);
      };
      const { outcomes } = await startRunner({
        ...{ db: job.db, jobIds: [job.jobId], templates, bus },
        open: serversOf(call, job.carrier.call),
      }).done;
      // A void that cannot be brought pauses it, as ever.
      const type = isAway ? "paused" : "completed";
      expect(outcomes[job.jobId]).toMatchObject({ type });
      expect((await getJob(job.db, job.jobId)).status).toBe(type);
      const dropped = (await job.events()).filter((event) => event.type === "control_dropped");
      expect(dropped.map(({ details }) => JSON.parse(details))).toMatchObject([
        { request: "cancel", by: "jo", because: "the job was complete" },
      ]);
      expect(await listControls(job.db, job.jobId)).toEqual([]);
    },
  );

  it("counts a void as brought only once the source has put it where its user sees it", async () => {
    const job = await shipped(1);
    let isFlushBroken = true;
    const call: ToolCaller = (tool, args) => {
      if (tool === "flush" && isFlushBroken) return Promise.reject(new Error("it is open"));
      return job.source.call(tool, args);
    };
    const first = await job.voidRowsOf([1], () => Promise.resolve(call));
    expect(first.source).toMatchObject({ written: 0, owed: 1 });
    await expect(reopen(job, 1)).rejects.toMatchObject({
      code: "E-4020",
    });
    isFlushBroken = false;
    const second = await job.voidRowsOf([], () => Promise.resolve(call));
    expect(second.source).toMatchObject({ written: 1, owed: 0 });
  });

  it("does not need the source to void: a source that is away is owed it", async () => {
    const job = await shipped(1);
    const { voided, source } = await job.voidRowsOf([1], () => Promise.reject(new Error("gone")));
    expect([voided.length, source.owed]).toEqual([1, 1]);
    expect(await job.statuses()).toEqual(["voided"]);
  });

  it("ships a voided row again when a person says so, under a new key", async () => {
    const job = await shipped(2);
    await job.voidRowsOf([1]);
    const old = (await listRows(job.db, job.jobId))[0]?.tracking_number ?? "";
    expect((await reopen(job, 1)).retried).toMatchObject([{
      rowNumber: 1,
      was: `voided, ${old}`,
    }]);
    const [row] = await listRows(job.db, job.jobId);
    expect(row).toMatchObject({
      status: "pending",
      generation: 1,
      ...{ tracking_number: null, shipment_id: null, cost_minor: null, voided_at: null },
      voided_numbers: JSON.stringify([old]),
    });
    expect((await getJob(job.db, job.jobId)).status).toBe("paused");
    expect((await job.run()).success).toBe(true);
    const [again] = await listRows(job.db, job.jobId);
    expect(again).toMatchObject({ status: "completed", generation: 2 });
    expect(again?.tracking_number).not.toBe(old);
    expect(job.source.written.get(1)).toBe(again?.tracking_number);
    const keys = job.carrier.calls.filter(({ tool }) => tool === "shipping_create")
      .map(({ args }) => args["idempotency_key"]);
    expect(new Set(keys).size).toBe(3);
    // And once more: a row may be voided as often as it is bought.
    expect((await job.voidRowsOf([1])).voided.length).toBe(1);
    expect(JSON.parse((await listRows(job.db, job.jobId))[0]?.voided_numbers ?? "[]").length)
      .toBe(2);
  });

  it("reopens all of the rows or none, and only what is voided", async () => {
    const job = await shipped(2);
    await job.voidRowsOf([1]);
    await expect(reopen(job, 1, 2)).rejects.toMatchObject({ code: "E-4009", rowNumber: 2 });
    await expect(reopen(job, 9)).rejects.toMatchObject({ code: "E-1006" });
    // Nobody retries a voided row by the way.
    const { db, jobId } = job;
    const source = createSourceClient(job.source.call);
    expect((await retryRows(db, jobId, source, { by: "me" })).retried).toEqual([]);
    expect(await job.statuses()).toEqual(["voided", "completed"]);
    // Nor can anything else: the database itself refuses it.
    const jump = job.db.updateTable("job_rows").set({ status: "pending" })
      .where("job_id", "=", job.jobId).where("row_number", "=", 1).execute();
    await expect(jump).rejects.toThrow("a void is owed");
    const bare = job.db.updateTable("job_rows").set({ status: "voided" })
      .where("job_id", "=", job.jobId).where("row_number", "=", 2).execute();
    await expect(bare).rejects.toThrow("a void without a decision");
  });

  it("takes no voided purchase for a control, and no voided label for a second one", async () => {
    // Row 1's first answer is lost, and the carrier knows of nothing: it is bought again, later.
    let time = 0;
    const job = await shipped(2, (order) => {
      if (order !== "ORDER-2" || time++ > 0) return undefined;
      throw new Error("connection reset");
    });
    expect(await job.statuses()).toEqual(["completed", "completed"]);
    const [one] = await listAttempts(job.db, job.jobId, 1);
    const like = { key: "NOBODY", account: undefined, lane: one?.lane ?? "", carrier: "library" };
    const before = await findControl(job.db, like);
    expect(before).not.toBe(undefined);
    await job.voidRowsOf(undefined);
    const after = await findControl(job.db, like);
    const ours = (await listAttempts(job.db, job.jobId)).map(({ key }) => key);
    expect(ours).toContain(before);
    expect(ours).not.toContain(after);
    // A late label of a key that was given up on is still looked for; that of the voided one is not it.
    const superseded = await listSuperseded(job.db, job.jobId, { since: "", limit: 9 });
    expect(superseded.map(({ row_number }) => row_number)).toEqual([2]);
    const second = (await listRows(job.db, job.jobId))[1]?.tracking_number ?? "";
    await reopen(job, 2);
    job.carrier.find = (key) =>
      key === superseded[0]?.key ? { found: "one", tracking_numbers: [second] } : undefined;
    expect((await job.run()).success).toBe(true);
    expect((await job.events()).map(({ type }) => type)).not.toContain("duplicate_found");
    job.carrier.find = (key) =>
      key === superseded[0]?.key ? { found: "one", tracking_numbers: ["1ZLATE"] } : undefined;
    expect((await job.run()).success).toBe(false);
    expect((await job.events()).map(({ type }) => type)).toContain("duplicate_found");
  });

  it("believes a person who voided a label by hand, if the carrier does not say otherwise", async () => {
    const job = await shipped(2);
    const numbers = (await listRows(job.db, job.jobId)).map((row) => row.tracking_number ?? "");
    const [first = "", second = ""] = numbers;
    await expect(job.resolve(1, first)).rejects.toMatchObject({ code: "E-3012" });
    await expect(job.resolve(1, second)).rejects.toMatchObject({ code: "E-4009" });
    expect(await job.statuses()).toEqual(["completed", "completed"]);
    job.carrier.voided.add(first);
    expect(await job.resolve(1, first.toLowerCase())).toEqual({ isChecked: true });
    // A server's own books know nothing of a void by hand: the carrier itself is asked.
    expect(job.metas.at(-1)).toEqual({ "waybill/fresh": true });
    job.carrier.find = undefined;
    expect(await job.resolve(2, second)).toEqual({ isChecked: false });
    expect(await job.statuses()).toEqual(["voided", "voided"]);
    const told = (await job.events()).filter(({ to_status }) => to_status === "voided");
    expect(told.map(({ details }) => JSON.parse(details))).toMatchObject([
      { ...person, by_hand: true, is_checked: true },
      { ...person, by_hand: true, is_checked: false },
    ]);
    job.carrier.find = () => undefined;
    expect((await job.run()).success).toBe(true);
    expect(job.source.written.size).toBe(0);
  });
});
