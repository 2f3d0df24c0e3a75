/**
 * Answers that are lost, late, or not meant for the row: the whole engine on both databases, with a
 * carrier in this process that sells, forgets to say so, and can be asked.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchExecutor, type BatchResult } from "../src/actors/batch_executor.ts";
import { type Decision, resolveRow } from "../src/actors/decisions.ts";
import type { ProgressEvent } from "../src/actors/event_bus.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { startRunner } from "../src/actors/runner.ts";
import { EventBus } from "../src/actors/event_bus.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { NotSentError, ToolError, UnknownToolError } from "../src/actors/tool_caller.ts";
import { systemClock } from "../src/actors/world.ts";
import { insertAttempt, listAttempts } from "../src/db/attempts.ts";
import { findJob } from "../src/db/jobs.ts";
import { listRows } from "../src/db/row_queries.ts";
import { claimRow } from "../src/db/rows.ts";
import type { PurchasePolicy } from "../src/machines/purchase.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { policy as strict } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import {
  type MemoryCarrier,
  memoryCarrier,
  type MemorySource,
  memorySource,
  refusal,
  serversOf,
  shipper,
  template,
} from "./helpers/tools.ts";

const person = { by: "me", reason: "looked it up" };

describe.each(storeKinds)("a lost answer on %s", (kind) => {
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

  interface Batch {
    readonly jobId: string;
    readonly source: MemorySource;
    readonly carrier: MemoryCarrier;
    run(policy?: PurchasePolicy): Promise<BatchResult & { events: ProgressEvent[] }>;
    statuses(): Promise<string[]>;
    attempts(row: number): Promise<[number, string | null, string | null][]>;
    numbers(): Promise<(string | null)[]>;
    resolve(row: number, decision: Decision): Promise<{ isChecked: boolean | undefined }>;
    auditTypes(): Promise<string[]>;
  }

  /** A job of its own for each test. `misbehave` is told the order and how often it was asked for. */
  async function batch(
    rows: number,
    misbehave: (order: string, time: number, key: string) => unknown,
  ): Promise<Batch> {
    const jobId = `job-${++jobs}`;
    const source = memorySource(rows);
    const times = new Map<string, number>();
    const carrier = memoryCarrier((order, args) => {
      const time = (times.get(order) ?? 0) + 1;
      times.set(order, time);
      return misbehave(order, time, String(args["idempotency_key"]));
    }, `1Z${jobId.toUpperCase().replace("-", "")}${kind === "sqlite" ? "S" : "P"}`);
    carrier.find = () => undefined;
    await opened.store.importJob({ id: jobId, source: source.call });
    const { store } = opened;
    return {
      jobId,
      source,
      carrier,
      async run(policy = strict) {
        const executor = new BatchExecutor({
          store,
          audit: new AuditLog(store),
          source: source.call,
          carrier: carrier.call,
          templates,
          policy,
        });
        const events: ProgressEvent[] = [];
        executor.events.subscribe((event) => void events.push(event));
        return { ...await executor.execute(jobId, template, shipper), events };
      },
      statuses: async () => (await store.listRows(jobId)).map(({ status }) => status),
      async attempts(row) {
        const found = await listAttempts(opened.db, jobId, row);
        return found.map(({ generation, outcome, resolution }) => [
          generation,
          outcome,
          resolution,
        ]);
      },
      numbers: async () =>
        (await store.listRows(jobId)).map(({ trackingNumber }) => trackingNumber ?? null),
      resolve: (row, decision) =>
        resolveRow(opened.db, jobId, row, decision, person, {
          call: carrier.call,
          name: "library",
        }),
      auditTypes: async () => (await new AuditLog(store).list(jobId)).map(({ type }) => type),
    };
  }

  /** The engine below the library: it can be asked to pause. */
  function runnerOf(job: Batch, policy: PurchasePolicy) {
    const bus = new EventBus();
    const runner = startRunner({
      db: opened.db,
      jobIds: [job.jobId],
      open: serversOf(job.source.call, job.carrier.call, policy),
      templates,
      bus,
      inputs: inputsOf({ name: "template", text: template }, shipper),
      clock: systemClock,
    });
    return { runner, bus };
  }

  /** Each key was sent once, and no order was sold twice. */
  function expectOnce({ carrier }: Batch): void {
    const keys = carrier.calls.map(({ args }) => args["idempotency_key"]);
    expect(new Set(keys).size).toBe(keys.length);
    const sold = carrier.calls.filter(({ args }) =>
      carrier.sold.has(String(args["idempotency_key"]))
    ).map(({ args }) => args["order_reference"]);
    expect(new Set(sold).size).toBe(sold.length);
  }

  /** Sells, and lets nobody know. */
  function soldInSilence(job: () => Batch, key: string): never {
    const { carrier, jobId } = job();
    carrier.sold.set(key, `1Z${jobId.toUpperCase().replace("-", "")}${kind}LOST`.toUpperCase());
    throw new Error("connection reset");
  }

  it("is found at the carrier and adopted: nothing is bought again", async () => {
    const job: Batch = await batch(
      3,
      (order, _, key) => order === "ORDER-2" ? soldInSilence(() => job, key) : undefined,
    );
    const result = await job.run();
    expect(result).toMatchObject({ success: true, successfulRows: 3 });
    expect(await job.statuses()).toEqual(["completed", "completed", "completed"]);
    expect(job.carrier.calls.length).toBe(3);
    expect(await job.attempts(2)).toEqual([[1, "uncertain", "adopted"]]);
    const numbers = await job.numbers();
    expect(new Set(numbers)).toEqual(new Set(job.carrier.sold.values()));
    expect([...job.source.written.values()]).toEqual(numbers);
    expect(result.events.map(({ type }) => type)).toContain("row_reconciling");
    expect(result.events.filter(({ type }) => type === "row_completed").length).toBe(3);
    expectOnce(job);
  });

  it("is bought again, under a new key, once the carrier has proven not to have it", async () => {
    const job: Batch = await batch(3, (order, time) => {
      if (order === "ORDER-2" && time === 1) throw new Error("connection reset");
      return undefined;
    });
    expect(await job.run()).toMatchObject({ success: true, successfulRows: 3 });
    expect(await job.attempts(2)).toEqual([[1, "uncertain", "absent"], [2, "bought", null]]);
    const [first] = await listAttempts(opened.db, job.jobId, 2);
    const sentAt = Date.parse(first?.sent_at ?? "");
    const said: { at: string; said: string }[] = JSON.parse(first?.look_ups ?? "[]");
    const late = said.filter(({ at }) => Date.parse(at) >= sentAt + strict.reconcile.quietMs);
    expect(late.length).toBeGreaterThanOrEqual(2);
    expect(Date.parse(late.at(-1)?.at ?? "") - Date.parse(late[0]?.at ?? ""))
      .toBeGreaterThanOrEqual(strict.reconcile.apartMs);
    // The control read asked for the key of row 1.
    const [control] = await listAttempts(opened.db, job.jobId, 1);
    expect(job.carrier.lookUps).toContain(control?.key);
    expect(await job.auditTypes()).toContain("attempt_absent");
    expectOnce(job);
  });

  it("goes to a person where nothing proves that the look-up works", async () => {
    const job: Batch = await batch(2, (order) => {
      if (order === "ORDER-1") throw new Error("connection reset");
      return undefined;
    });
    // In a database of its own nothing of this account and lane is bought yet: here others are.
    job.carrier.find = () => ({ found: "none" });
    expect(await job.run()).toMatchObject({ success: false, errorCode: "E-3010" });
    expect(await job.statuses()).toEqual(["needs_review", "pending"]);
    expect(job.carrier.calls.length).toBe(1);
  });

  const lookUps: readonly [string, () => unknown][] = [
    ["fails", () => {
      throw new Error("no route to host");
    }],
    ["cannot tell", () => ({ found: "unknown", errors: [{ code: "9800000", message: "?" }] })],
    ["makes no sense", () => ({ shipment: 7 })],
    ["is of a test environment", () => ({ found: "none", environment: "test" })],
    ["is not there", () => {
      throw new UnknownToolError("shipping_find_by_reference");
    }],
    ["finds several", () => ({ found: "many", tracking_numbers: ["1Z1", "1Z2"] })],
    ["finds more than was sent", () => ({ found: "one", tracking_numbers: ["1ZA", "1ZB"] })],
    ["finds one that is voided", () => ({ found: "voided" })],
    ["finds one without its label", () => ({ found: "exists_no_label" })],
    ["contradicts itself", () => ({ found: "none", tracking_numbers: ["1Z1"] })],
  ];

  it.each(lookUps)(
    "goes to a person, and is never bought again, when the look-up %s",
    async (_, find) => {
      const job: Batch = await batch(2, (order) => {
        if (order === "ORDER-1") throw new Error("connection reset");
        return undefined;
      });
      job.carrier.find = find;
      for (let times = 0; times < 2; times++) {
        expect(await job.run()).toMatchObject({ success: false, errorCode: "E-3010" });
      }
      expect(await job.statuses()).toEqual(["needs_review", "pending"]);
      expect(job.carrier.calls.length).toBe(1);
      expect((await findJob(opened.db, job.jobId))?.status_reason).toBe("needs_review");
    },
  );

  it("is found though the carrier's index lags behind", async () => {
    let asked = 0;
    const job: Batch = await batch(
      2,
      (order, _, key) => order === "ORDER-2" ? soldInSilence(() => job, key) : undefined,
    );
    job.carrier.find = () => ++asked < 3 ? { found: "none" } : undefined;
    // Asked within the quiet period, at its end, and once more.
    const slow = { ...strict, reconcile: { ...strict.reconcile, quietMs: 1_000 } };
    expect(await job.run(slow)).toMatchObject({ success: true });
    expect(await job.attempts(2)).toEqual([[1, "uncertain", "adopted"]]);
    expectOnce(job);
  });

  it("tells of a label that comes later than anybody waited, and goes on when it is voided", async () => {
    let isLate = false;
    let late = "";
    const job: Batch = await batch(2, (order, time, key) => {
      if (order !== "ORDER-2" || time > 1) return undefined;
      late = key;
      throw new Error("connection reset");
    });
    const second = `1ZLATE${kind}${job.jobId}`.replaceAll("-", "").toUpperCase();
    let isVoided = false;
    job.carrier.find = (key) =>
      key !== late || !isLate
        ? undefined
        : isVoided
        ? { found: "voided" }
        : { found: "one", tracking_numbers: [second] };
    expect(await job.run()).toMatchObject({ success: true });
    // Once more in vain: what was asked at the end of a run is asked at every start.
    expect(await job.run()).toMatchObject({ success: true });
    isLate = true;
    const again = await job.run();
    expect(again).toMatchObject({ success: false, errorCode: "E-3011" });
    expect(again.errorMessage).toContain(second);
    expect(again.events.map(({ type }) => type)).toContain("duplicate_found");
    expect((await findJob(opened.db, job.jobId))?.status).toBe("paused");
    expect(await job.auditTypes()).toContain("duplicate_found");
    expect(await job.run()).toMatchObject({ success: false, errorCode: "E-3011" });
    await expect(job.resolve(2, { voided: second })).rejects.toThrow("the carrier still has it");
    isVoided = true;
    expect(await job.resolve(2, { voided: second })).toEqual({ isChecked: true });
    expect(await job.run()).toMatchObject({ success: true });
    expect(await job.auditTypes()).toContain("duplicate_settled");
  });

  it("tells of it at the end of the same run, if it came by then", async () => {
    let late = "";
    const job: Batch = await batch(3, (order, time, key) => {
      if (order !== "ORDER-2" || time > 1) return undefined;
      late = key;
      throw new Error("connection reset");
    });
    job.carrier.find = (key) =>
      key === late && job.carrier.sold.size === 3
        ? { found: "one", tracking_numbers: [`1ZEND${job.jobId}`] }
        : undefined;
    expect(await job.run()).toMatchObject({ success: false, errorCode: "E-3011" });
    expect(await job.statuses()).toEqual(["completed", "completed", "completed"]);
    expect((await findJob(opened.db, job.jobId))?.status).toBe("paused");
  });

  const named: readonly [string, Record<string, unknown>][] = [
    ["bought, and a number is missing", {
      outcome: "bought",
      tracking_numbers: ["1ZSEEN01", null],
    }],
    ["nobody knows, with a number", { outcome: "uncertain", tracking_numbers: ["1ZSEEN02"] }],
    ["refused, with a shipment", { outcome: "rejected", shipment_id: "1ZSEEN03" }],
  ];

  it.each(named)("that named a shipment is never called absent: %s", async (_, answer) => {
    const job: Batch = await batch(3, (order) => order === "ORDER-2" ? answer : undefined);
    expect(await job.run()).toMatchObject({ success: false, errorCode: "E-3010" });
    expect(await job.statuses()).toEqual(["completed", "needs_review", "pending"]);
    expect(job.carrier.calls.length).toBe(2);
    await expect(job.resolve(2, "reship")).rejects.toMatchObject({ code: "E-3013" });
  });

  it("whose shipment the carrier once had is never called absent, though nobody waited then", async () => {
    const job: Batch = await batch(3, (order) => {
      if (order === "ORDER-2") throw new Error("connection reset");
      return undefined;
    });
    const heard = Promise.withResolvers<void>();
    job.carrier.find = () => {
      heard.resolve();
      return { found: "exists_no_label" };
    };
    const slow = { ...strict, reconcile: { ...strict.reconcile, quietMs: 3_600_000 } };
    const { runner } = runnerOf(job, slow);
    await heard.promise;
    runner.stop();
    await runner.done;
    expect(await job.statuses()).toEqual(["completed", "in_flight", "pending"]);
    job.carrier.find = (key) => job.carrier.sold.has(key) ? undefined : { found: "none" };
    expect(await job.run()).toMatchObject({ success: false, errorCode: "E-3010" });
    expect(job.carrier.calls.length).toBe(2);
    expect(await job.auditTypes()).toContain("attempt_exists");
  });

  it.each<[unknown[]]>([[[null]], [[{ number: "1Z1" }]], [["1Z1", null]]])(
    "is not adopted with a number that is none: %j",
    async (numbers) => {
      const job: Batch = await batch(1, () => {
        throw new Error("connection reset");
      });
      job.carrier.find = () => ({ found: "one", tracking_numbers: numbers });
      expect(await job.run()).toMatchObject({ success: false, errorCode: "E-3010" });
      expect(await job.numbers()).toEqual([null]);
    },
  );

  it("keeps no word of the recipient, whoever says it", async () => {
    const words = "No Recipient 1 at 1 Main St";
    const job: Batch = await batch(1, () => {
      throw new ToolError("shipping_create", JSON.stringify({ code: "X", message: words }));
    });
    job.carrier.find = () => {
      throw new ToolError("shipping_find_by_reference", words);
    };
    expect((await job.run()).errorMessage).not.toContain("Recipient 1");
    const attempts = await listAttempts(opened.db, job.jobId);
    const trail = await new AuditLog(opened.store).list(job.jobId);
    const rows = await listRows(opened.db, job.jobId);
    const kept = JSON.stringify([attempts, trail, rows, await findJob(opened.db, job.jobId)]);
    expect(kept).not.toContain("Recipient 1");
    expect(kept).not.toContain('1 Main St"');
  });

  it("does not fail a row for the carrier's rate limit, an expired token, or a request that never left", async () => {
    const job: Batch = await batch(3, (order, time) => {
      if (order === "ORDER-1" && time < 3) {
        return {
          outcome: "rejected",
          errors: [{ code: "10429", message: "Too Many Requests" }],
          retry_after_ms: 1,
        };
      }
      if (order === "ORDER-2" && time === 1) throw new NotSentError("the server is not connected");
      if (order === "ORDER-3" && time === 1) {
        return { outcome: "not_sent", errors: [{ code: "E-3001", message: "refused" }] };
      }
      return undefined;
    });
    expect(await job.run()).toMatchObject({ success: true, failedRows: 0, successfulRows: 3 });
    expect(await job.attempts(1)).toEqual([
      [1, "rejected", null],
      [2, "rejected", null],
      [3, "bought", null],
    ]);
    expect(await job.attempts(2)).toEqual([[1, "not_sent", null], [2, "bought", null]]);
    expect(await job.attempts(3)).toEqual([[1, "not_sent", null], [2, "bought", null]]);
    expectOnce(job);
  });

  it("halts when the budget is spent, fails no row, and goes on at the next run", async () => {
    let isDown = true;
    const job: Batch = await batch(2, (order) => {
      if (!isDown || order !== "ORDER-2") return undefined;
      throw new NotSentError("the server is not connected");
    });
    expect(await job.run()).toMatchObject({ success: false, errorCode: "E-3001", failedRows: 0 });
    expect(await job.statuses()).toEqual(["completed", "in_flight"]);
    expect((await job.attempts(2)).length).toBe(strict.maxAttempts);
    isDown = false;
    await expect(job.resolve(2, { adopt: "1ZNOTHING" })).rejects.toThrow("it is in_flight");
    expect(await job.run()).toMatchObject({ success: true, successfulRows: 2 });
    const attempts = await job.attempts(2);
    expect(attempts.at(-1)).toEqual([strict.maxAttempts + 1, "bought", null]);
    expectOnce(job);
  });

  it("leaves out a row that no request has reached the carrier for, if a person says so", async () => {
    const job: Batch = await batch(2, (order) => {
      if (order === "ORDER-1") throw new NotSentError("the server is not connected");
      return undefined;
    });
    await job.run();
    expect(await job.statuses()).toEqual(["in_flight", "pending"]);
    await job.resolve(1, "skip");
    expect(await job.run()).toMatchObject({ success: true, successfulRows: 1 });
    expect(await job.statuses()).toEqual(["skipped", "completed"]);
  });

  it("asks about every superseded key, though some never get an answer", async () => {
    const lost = new Set<string>();
    const job: Batch = await batch(5, (_, time, key) => {
      if (time > 1) return undefined;
      lost.add(key);
      throw new NotSentError("the server is not connected");
    });
    job.carrier.find = (key) => {
      if (!lost.has(key)) return undefined;
      const isLast = [...lost].at(-1) === key;
      return isLast ? { found: "one", tracking_numbers: ["1ZFIFTH0"] } : { found: "unknown" };
    };
    expect(await job.run()).toMatchObject({ success: false, errorCode: "E-3011" });
    expect(new Set(job.carrier.lookUps)).toEqual(lost);
  });

  it("fails a row for a refusal that can be read, at once", async () => {
    const job = await batch(2, () => refusal);
    expect(await job.run()).toMatchObject({ success: false, errorCode: "120802" });
    expect(await job.statuses()).toEqual(["failed", "pending"]);
    expect(job.carrier.calls.length).toBe(1);
    expect(job.carrier.lookUps).toEqual([]);
  });

  it("is cleared up before preflight at the next start, and written back", async () => {
    const job: Batch = await batch(2, () => undefined);
    const key = `LOST${job.jobId}${kind}`.replaceAll("-", "").toUpperCase();
    // A runner that died between its claim and the answer leaves this behind.
    await opened.db.transaction().execute(async (trx) => {
      const now = new Date();
      await claimRow(trx, job.jobId, now, { rowNumber: 1, from: "pending", generation: 1 });
      await insertAttempt(trx, job.jobId, now, {
        key,
        rowNumber: 1,
        generation: 1,
        account: undefined,
        payloadSha256: "p",
        carrier: "library",
        lane: "US>US",
        packages: 1,
      });
    });
    const tracking = `1ZDEAD${job.jobId}${kind}`.replaceAll("-", "").toUpperCase();
    job.carrier.sold.set(key, tracking);
    // Preflight would stop the job: the row is cleared up all the same.
    const second = job.source.rows[1];
    if (second) second["zip"] = "99999";
    const refused = await job.run();
    expect(refused).toMatchObject({ success: false, errorCode: "E-1004" });
    expect(refused.events.map(({ type }) => type).filter((type) => type !== "child_started"))
      .toEqual(["row_reconciling", "row_reconciled"]);
    expect(await job.numbers()).toEqual([tracking, null]);
    expect(job.source.written.get(1)).toBe(tracking);
    expect(job.carrier.calls.length).toBe(0);
    if (second) second["zip"] = "30005";
    expect(await job.run()).toMatchObject({ success: true });
    expect(job.carrier.calls.length).toBe(1);
  });

  it("waits no longer when somebody asks for a pause, and is asked about at the next run", async () => {
    const job: Batch = await batch(2, (order) => {
      if (order === "ORDER-1") throw new Error("connection reset");
      return undefined;
    });
    const slow = { ...strict, reconcile: { ...strict.reconcile, quietMs: 3_600_000 } };
    const waiting = Promise.withResolvers<void>();
    const { runner, bus } = runnerOf(job, slow);
    bus.subscribe(({ type }) => {
      if (type === "row_reconciling") waiting.resolve();
    });
    await waiting.promise;
    runner.stop();
    const { outcomes } = await runner.done;
    expect(outcomes[job.jobId]).toMatchObject({ type: "paused", halt: { reason: "signal" } });
    expect(await job.statuses()).toEqual(["in_flight", "pending"]);
    const { key = "" } = (await listAttempts(opened.db, job.jobId, 1))[0] ?? {};
    job.carrier.sold.set(key, `1ZPAUSED${job.jobId}${kind}`.toUpperCase());
    expect(await job.run()).toMatchObject({ success: true });
    expect(job.carrier.calls.length).toBe(2);
  });

  describe("a person's decision", () => {
    async function inReview(): Promise<{ job: Batch; key: string }> {
      const job: Batch = await batch(2, (order, time) => {
        if (order === "ORDER-1" && time === 1) throw new Error("connection reset");
        return undefined;
      });
      job.carrier.find = () => ({ found: "unknown" });
      await job.run();
      expect(await job.statuses()).toEqual(["needs_review", "pending"]);
      const [attempt] = await listAttempts(opened.db, job.jobId, 1);
      return { job, key: attempt?.key ?? "" };
    }

    it("to adopt is checked: the carrier's number, and no other", async () => {
      const { job, key } = await inReview();
      const right = `1ZRIGHT${job.jobId}${kind}`.replaceAll("-", "").toUpperCase();
      await expect(job.resolve(1, { adopt: right })).rejects.toMatchObject({ code: "E-3001" });
      job.carrier.find = () => undefined;
      job.carrier.sold.set(key, right);
      await expect(job.resolve(1, { adopt: "1ZWRONG00" })).rejects.toMatchObject({
        code: "E-3012",
      });
      expect(await job.statuses()).toEqual(["needs_review", "pending"]);
      expect(await job.resolve(1, { adopt: right })).toEqual({ isChecked: true });
      expect(await job.attempts(1)).toEqual([[1, "uncertain", "adopted"]]);
      expect(await job.run()).toMatchObject({ success: true });
      expect(job.source.written.get(1)).toBe(right);
      expectOnce(job);
    });

    it("to buy again is refused once the carrier said that the shipment exists, for good", async () => {
      const { job, key } = await inReview();
      job.carrier.find = () => ({ found: "exists_no_label" });
      await expect(job.resolve(1, "reship")).rejects.toMatchObject({ code: "E-3013" });
      job.carrier.find = () => ({ found: "none" });
      await expect(job.resolve(1, "reship")).rejects.toMatchObject({ code: "E-3013" });
      expect(await job.auditTypes()).toContain("attempt_exists");
      expect(await job.statuses()).toEqual(["needs_review", "pending"]);
      expect(key).not.toBe("");
    });

    it("to buy again buys under a new key, and the old one is swept", async () => {
      const { job, key } = await inReview();
      job.carrier.find = () => undefined;
      await job.resolve(1, "reship");
      expect(await job.run()).toMatchObject({ success: true });
      expect(await job.attempts(1)).toEqual([[1, "uncertain", "no_label"], [2, "bought", null]]);
      expect(job.carrier.lookUps).toContain(key);
      const [old] = await listAttempts(opened.db, job.jobId, 1);
      expect(old?.swept_at).not.toBe(null);
      expectOnce(job);
    });

    it("to buy again waits for a purchase under way, and is taken as it is while nobody answers", async () => {
      const { job } = await inReview();
      job.carrier.find = () => ({ found: "unknown", retry_after_ms: 1_000 });
      await expect(job.resolve(1, "reship")).rejects.toMatchObject({ code: "E-3001" });
      job.carrier.find = () => ({ found: "unknown" });
      expect(await job.resolve(1, "reship")).toEqual({ isChecked: false });
      const trail = await new AuditLog(opened.store).list(job.jobId);
      const entry = trail.find(({ from_status }) => from_status === "needs_review");
      expect(JSON.parse(entry?.details ?? "{}")).toMatchObject({ is_checked: false });
    });

    it("does not adopt what is voided, and may buy again once the carrier says that it is", async () => {
      const { job } = await inReview();
      job.carrier.find = () => ({ found: "exists_no_label", tracking_numbers: ["1ZVOIDED"] });
      await expect(job.resolve(1, "reship")).rejects.toMatchObject({ code: "E-3013" });
      job.carrier.find = (key) => job.carrier.sold.has(key) ? undefined : { found: "voided" };
      await expect(job.resolve(1, { adopt: "1ZVOIDED" })).rejects.toMatchObject({ code: "E-3012" });
      await job.resolve(1, "reship");
      expect(await job.run()).toMatchObject({ success: true });
    });

    it("is taken as it is where the carrier cannot be asked, and that is kept", async () => {
      const { job } = await inReview();
      job.carrier.find = undefined;
      const number = `1ZTOLD${job.jobId}${kind}`.replaceAll("-", "").toUpperCase();
      expect(await job.resolve(1, { adopt: number })).toEqual({ isChecked: false });
      const trail = await new AuditLog(opened.store).list(job.jobId);
      const entry = trail.find(({ to_status }) => to_status === "shipped");
      expect(JSON.parse(entry?.details ?? "{}")).toMatchObject({ is_checked: false, ...person });
    });
  });
});
