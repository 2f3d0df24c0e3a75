/**
 * The engine's promises, on both databases: the real machines, actors, tables and template worker,
 * with a source and a carrier in this process.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchExecutor, type BatchResult } from "../src/actors/batch_executor.ts";
import type { ProgressEvent } from "../src/actors/event_bus.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { resolveRow } from "../src/actors/decisions.ts";
import { retryRows } from "../src/actors/retry_rows.ts";
import { createSourceClient } from "../src/actors/source_client.ts";
import type { ToolCaller } from "../src/actors/tool_caller.ts";
import { listAttempts } from "../src/db/attempts.ts";
import { findJob } from "../src/db/jobs.ts";
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

describe.each(storeKinds)("BatchExecutor on %s", (kind) => {
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

  /** A job of its own for each test, so that they share the database as jobs do. */
  async function makeJob(source: MemorySource): Promise<string> {
    const id = `job-${++jobs}`;
    await opened.store.importJob({ id, source: source.call });
    return id;
  }

  function executorOf(source: MemorySource, carrier: MemoryCarrier): BatchExecutor {
    const { store } = opened;
    const audit = new AuditLog(store);
    return new BatchExecutor({
      store,
      audit,
      source: source.call,
      carrier: carrier.call,
      templates,
      policy,
    });
  }

  async function run(
    jobId: string,
    source: MemorySource,
    carrier: MemoryCarrier,
  ): Promise<BatchResult & { events: ProgressEvent[] }> {
    const executor = executorOf(source, carrier);
    const events: ProgressEvent[] = [];
    executor.events.subscribe((event) => void events.push(event));
    return { ...await executor.execute(jobId, template, shipper), events };
  }

  async function statuses(jobId: string): Promise<string[]> {
    return (await opened.store.listRows(jobId)).map(({ status }) => status);
  }

  it("ships every row and counts what it cost", async () => {
    const [source, carrier] = [memorySource(3), memoryCarrier()];
    const jobId = await makeJob(source);
    const { events: _, ...result } = await run(jobId, source, carrier);
    expect(result).toEqual({
      success: true,
      jobId,
      totalRows: 3,
      processedRows: 3,
      successfulRows: 3,
      failedRows: 0,
      totalCostMinor: 3708,
      currency: "USD",
      costs: { USD: 3708 },
    });
    expect(await statuses(jobId)).toEqual(["completed", "completed", "completed"]);
    expect((await findJob(opened.db, jobId))?.status).toBe("completed");
  });

  it("halts at the first refusal: the row before it is done, the row after it is untouched", async () => {
    const source = memorySource(3);
    const carrier = memoryCarrier((order) => order === "ORDER-2" ? refusal : undefined);
    const jobId = await makeJob(source);
    const result = await run(jobId, source, carrier);
    expect(result).toMatchObject({
      success: false,
      successfulRows: 1,
      failedRows: 1,
      errorCode: "120802",
      errorMessage: "Address Validation Error on ShipTo address",
    });
    expect(await statuses(jobId)).toEqual(["completed", "failed", "pending"]);
    expect(carrier.calls.length).toBe(2);
    expect([...source.written.keys()]).toEqual([1]);
    expect((await findJob(opened.db, jobId))?.status).toBe("failed");
  });

  it("stays halted when it is run again without a retry", async () => {
    const source = memorySource(3);
    const carrier = memoryCarrier((order) => order === "ORDER-2" ? refusal : undefined);
    const jobId = await makeJob(source);
    await run(jobId, source, carrier);
    const again = await run(jobId, source, carrier);
    expect(again).toMatchObject({ success: false, errorCode: "120802" });
    expect(carrier.calls.length).toBe(2);
  });

  it("carries on after a retry, with a new key for the row that failed", async () => {
    const source = memorySource(3);
    let isBad = true;
    const carrier = memoryCarrier((order) => isBad && order === "ORDER-2" ? refusal : undefined);
    const jobId = await makeJob(source);
    await run(jobId, source, carrier);
    isBad = false;
    // Mended in the source, so that its checksum is another one.
    source.rows[1] = { ...source.rows[1], name: "Somebody else" };
    const retried = await retryRows(opened.db, jobId, createSourceClient(source.call), {
      by: "tester",
    });
    expect(retried.retried.map(({ rowNumber }) => rowNumber)).toEqual([2]);
    const result = await run(jobId, source, carrier);
    expect(result).toMatchObject({ success: true, successfulRows: 3, failedRows: 0 });
    const keys = carrier.calls.map(({ args }) => args["idempotency_key"]);
    expect(new Set(keys).size).toBe(4);
    expect((await listAttempts(opened.db, jobId, 2)).map(({ generation, outcome }) => [
      generation,
      outcome,
    ])).toEqual([[1, "rejected"], [2, "bought"]]);
  });

  it("refuses to take up rows that have moved: to go on would ship some orders twice", async () => {
    const source = memorySource(4);
    const carrier = memoryCarrier((order) => order === "ORDER-2" ? refusal : undefined);
    const jobId = await makeJob(source);
    await run(jobId, source, carrier);
    source.rows.reverse();
    const retry = retryRows(opened.db, jobId, createSourceClient(source.call), { by: "tester" });
    await expect(retry).rejects.toMatchObject({ code: "E-1004", rowNumber: 2 });
    expect(await statuses(jobId)).toEqual(["completed", "failed", "pending", "pending"]);
  });

  it("refuses to take up a row that was mended while another was put in before it", async () => {
    const source = memorySource(4);
    const carrier = memoryCarrier((order) => order === "ORDER-2" ? refusal : undefined);
    const jobId = await makeJob(source);
    await run(jobId, source, carrier);
    const mended = { ...source.rows[1], name: "Mended" };
    source.rows.splice(1, 1, { ...mended, order_id: "ORDER-NEW" }, mended);
    const retry = retryRows(opened.db, jobId, createSourceClient(source.call), { by: "tester" });
    await expect(retry).rejects.toMatchObject({ code: "E-1004" });
    expect(await statuses(jobId)).toEqual(["completed", "failed", "pending", "pending"]);
  });

  it("keeps no transaction open while a source takes its time", async () => {
    const source = memorySource(2);
    const jobId = await makeJob(source);
    const other = await makeJob(memorySource(1));
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const slow: ToolCaller = async (tool, args) => {
      asked.resolve();
      await answer.promise;
      return await source.call(tool, args);
    };
    const retry = retryRows(opened.db, jobId, createSourceClient(slow), { by: "tester" });
    await asked.promise;
    // Another job is worked on meanwhile.
    await resolveRow(opened.db, other, 1, "skip", { by: "me", reason: "cancelled" });
    answer.resolve();
    expect(await retry).toEqual({ retried: [], takenUp: 0, isTakenUpAgain: false });
  });

  it("tells the source which row was bought, by its checksum", async () => {
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    const jobId = await makeJob(source);
    await run(jobId, source, carrier);
    const rows = await opened.store.db.selectFrom("job_rows").select("checksum")
      .where("job_id", "=", jobId).orderBy("row_number").execute();
    const sent = source.calls.filter(({ tool }) => tool === "write_back");
    expect(sent.map(({ args }) => args["checksum"])).toEqual(rows.map(({ checksum }) => checksum));
  });

  it("touches only what is not finished: two of five rows are complete, three are bought", async () => {
    const source = memorySource(5);
    const first = memoryCarrier((order) => order === "ORDER-3" ? refusal : undefined);
    const jobId = await makeJob(source);
    await run(jobId, source, first);
    await retryRows(opened.db, jobId, createSourceClient(source.call), { by: "tester" });
    const second = memoryCarrier();
    const result = await run(jobId, source, second);
    expect(result).toMatchObject({ success: true, successfulRows: 5, processedRows: 5 });
    expect(second.calls.map(({ args }) => args["order_reference"]))
      .toEqual(["ORDER-3", "ORDER-4", "ORDER-5"]);
  });

  it("commits the claim before the carrier is called and the result right after", async () => {
    const source = memorySource(2);
    const seen: unknown[] = [];
    const jobId = await makeJob(source);
    const carrier = memoryCarrier(async (_, args) => {
      const rows = await opened.store.listRows(jobId);
      const [attempt] = (await listAttempts(opened.db, jobId)).toReversed();
      const key = args["idempotency_key"];
      seen.push([rows.map(({ status }) => status), attempt?.key === key, attempt?.outcome]);
    });
    const writeBack = source.call;
    const atWriteBack: unknown[] = [];
    const watching: MemorySource = {
      ...source,
      async call(tool, args) {
        if (tool === "write_back") {
          const row = (await opened.store.listRows(jobId))[Number(args["row_number"]) - 1];
          atWriteBack.push([row?.status, row?.trackingNumber === args["tracking_number"]]);
        }
        return await writeBack(tool, args);
      },
    };
    await run(jobId, watching, carrier);
    expect(seen).toEqual([
      [["in_flight", "pending"], true, null],
      // Row 1's write-back is committed together with row 2's claim.
      [["completed", "in_flight"], true, null],
    ]);
    expect(atWriteBack).toEqual([["shipped", true], ["shipped", true]]);
  });

  it("writes every row back once, with its own number, and then flushes", async () => {
    const [source, carrier] = [memorySource(3), memoryCarrier()];
    const jobId = await makeJob(source);
    await run(jobId, source, carrier);
    const sold = [...carrier.sold.values()];
    expect([...source.written]).toEqual(sold.map((tracking, index) => [index + 1, tracking]));
    const written = source.calls.filter(({ tool }) => tool === "write_back");
    expect(written.length).toBe(3);
    expect(source.calls.at(-1)?.tool).toBe("flush");
  });

  it("tells what happens in order, with its figures", async () => {
    const source = memorySource(3);
    const carrier = memoryCarrier((order) => order === "ORDER-3" ? refusal : undefined);
    const jobId = await makeJob(source);
    const { events } = await run(jobId, source, carrier);
    expect(events.map(({ type, sequence }) => `${sequence} ${type}`)).toEqual([
      // The database, the template worker, both servers, the job.
      ...[1, 2, 3, 4, 5].map((sequence) => `${sequence} child_started`),
      "6 batch_started",
      "7 row_started",
      "8 row_completed",
      "9 row_started",
      "10 row_completed",
      "11 row_started",
      "12 row_failed",
      "13 batch_failed",
    ]);
    expect(events.every((event) => event.jobId === jobId && !Number.isNaN(Date.parse(event.at))))
      .toBe(true);
    expect(events[9]).toMatchObject({
      rowNumber: 2,
      costMinor: 1236,
      currencyCode: "USD",
      figures: { total: 3, done: 2, failed: 0, costs: { USD: 2472 } },
    });
  });

  it("audits every change of every row and of the job, in an unbroken chain", async () => {
    const source = memorySource(2);
    const carrier = memoryCarrier((order) => order === "ORDER-2" ? refusal : undefined);
    const jobId = await makeJob(source);
    await run(jobId, source, carrier);
    const audit = new AuditLog(opened.store);
    const events = await audit.list(jobId);
    const changes = events.filter(({ to_status }) => to_status !== null);
    expect(changes.map(({ row_number, from_status, to_status }) => [
      row_number,
      from_status,
      to_status,
    ])).toEqual([
      [null, null, "pending"],
      [null, "pending", "running"],
      [1, "pending", "in_flight"],
      [1, "in_flight", "shipped"],
      [1, "shipped", "completed"],
      [2, "pending", "in_flight"],
      [2, "in_flight", "failed"],
      [null, "running", "failed"],
    ]);
    expect(await audit.verify(jobId)).toBeUndefined();
  });

  it("completes an empty batch and calls nothing", async () => {
    const [source, carrier] = [memorySource(0), memoryCarrier()];
    const jobId = await makeJob(source);
    source.calls.length = 0;
    const result = await run(jobId, source, carrier);
    expect(result).toMatchObject({ success: true, totalRows: 0, processedRows: 0 });
    expect([...source.calls, ...carrier.calls]).toEqual([]);
  });

  it("rejects for a job that is not there, and calls nothing", async () => {
    const [source, carrier] = [memorySource(1), memoryCarrier()];
    await expect(run("nobody", source, carrier)).rejects.toMatchObject({ code: "E-4011" });
    expect([...source.calls, ...carrier.calls]).toEqual([]);
  });

  it("does nothing for a job that is complete", async () => {
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    const jobId = await makeJob(source);
    await run(jobId, source, carrier);
    source.calls.length = 0;
    const again = await run(jobId, source, carrier);
    expect(again).toMatchObject({ success: true, successfulRows: 2, totalCostMinor: 2472 });
    expect(source.calls).toEqual([]);
    expect(carrier.calls.length).toBe(2);
  });

  it("runs one job after another in one database, each with its own rows", async () => {
    const [one, two] = [memorySource(2), memorySource(3)];
    const [first, second] = [await makeJob(one), await makeJob(two)];
    const carrier = memoryCarrier();
    expect(await run(first, one, carrier)).toMatchObject({ success: true, totalRows: 2 });
    expect(await run(second, two, carrier)).toMatchObject({ success: true, totalRows: 3 });
    expect(carrier.sold.size).toBe(5);
    expect([one.written.size, two.written.size]).toEqual([2, 3]);
  });

  it("never fails a bought row for its write-back: it is owed, and brought by the next run", async () => {
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    source.isWriteBackBroken = true;
    const jobId = await makeJob(source);
    const owed = await run(jobId, source, carrier);
    expect(owed).toMatchObject({ success: false, successfulRows: 2, failedRows: 0 });
    expect(await statuses(jobId)).toEqual(["shipped", "shipped"]);
    expect(await findJob(opened.db, jobId))
      .toMatchObject({ status: "paused", status_reason: "write_backs_owed" });

    source.isWriteBackBroken = false;
    const result = await run(jobId, source, carrier);
    expect(result.success).toBe(true);
    expect(carrier.calls.length).toBe(2);
    expect([...source.written.values()]).toEqual([...carrier.sold.values()]);
    expect(await statuses(jobId)).toEqual(["completed", "completed"]);
  });

  it("brings all that is owed, though it is more than is read at once", async () => {
    // More than two pages: a run drains at its beginning and at its end.
    const [source, carrier] = [memorySource(203), memoryCarrier()];
    source.isWriteBackBroken = true;
    const jobId = await makeJob(source);
    expect(await run(jobId, source, carrier)).toMatchObject({ successfulRows: 203 });
    source.isWriteBackBroken = false;
    expect(await run(jobId, source, carrier)).toMatchObject({ success: true });
    expect(source.written.size).toBe(203);
    expect(new Set(await statuses(jobId))).toEqual(new Set(["completed"]));
  });

  it("goes on past a row that the source does not take: those around it are written", async () => {
    const [source, carrier] = [memorySource(4), memoryCarrier()];
    let isFull = true;
    const taking: MemorySource = {
      ...source,
      call: async (tool, args) => {
        const isRefused = tool === "write_back" && args["row_number"] === 2 && isFull;
        if (isRefused) throw new Error("no room in this cell");
        return await source.call(tool, args);
      },
    };
    const jobId = await makeJob(source);
    expect(await run(jobId, taking, carrier)).toMatchObject({ success: false, successfulRows: 4 });
    expect(await statuses(jobId)).toEqual(["completed", "shipped", "completed", "completed"]);
    isFull = false;
    expect(await run(jobId, taking, carrier)).toMatchObject({ success: true });
    expect([...source.written.keys()].sort()).toEqual([1, 2, 3, 4]);
    expect(carrier.calls).toHaveLength(4);
  });

  it.each<[string, unknown]>([
    ["throws after the tool ran", new Error("connection lost")],
    ["answers with nonsense", { status: "fine" }],
    ["says bought and names no tracking number", { outcome: "bought" }],
    ["says that it does not know", { outcome: "uncertain" }],
    ["refuses and names a number", { outcome: "rejected", tracking_numbers: ["1ZX0000001"] }],
  ])("asks a person, and buys nothing more, when the carrier %s", async (_, answer) => {
    const source = memorySource(3);
    const carrier = memoryCarrier((order) => {
      if (order !== "ORDER-2") return undefined;
      if (answer instanceof Error) throw answer;
      return answer;
    });
    const jobId = await makeJob(source);
    const result = await run(jobId, source, carrier);
    expect(result).toMatchObject({ success: false, errorCode: "E-3010", successfulRows: 1 });
    expect(await statuses(jobId)).toEqual(["completed", "needs_review", "pending"]);
    await run(jobId, source, carrier);
    expect(carrier.calls.length).toBe(2);
    expect(await findJob(opened.db, jobId))
      .toMatchObject({ status: "paused", status_reason: "needs_review" });
  });

  it("is not moved by observers that throw or never return", async () => {
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    const jobId = await makeJob(source);
    const executor = executorOf(source, carrier);
    const seen: string[] = [];
    executor.events.subscribe(() => {
      throw new Error("broken");
    });
    executor.events.subscribe(() => new Promise(() => {}));
    executor.events.subscribe(({ type }) => void seen.push(type));
    const result = await executor.execute(jobId, template, shipper);
    expect(result.success).toBe(true);
    expect(seen.at(-1)).toBe("batch_completed");
  });

  it("buys nothing while one row is not ready, and says which", async () => {
    const [source, carrier] = [memorySource(3), memoryCarrier()];
    source.rows[1] = { ...source.rows[1], weight: "heavy" };
    const jobId = await makeJob(source);
    const result = await run(jobId, source, carrier);
    expect(result).toMatchObject({ success: false, errorCode: "E-2001" });
    expect(result.errorMessage).toContain("packages[0].weight is a text");
    expect(carrier.calls).toEqual([]);
    expect(await statuses(jobId)).toEqual(["pending", "pending", "pending"]);
    expect((await findJob(opened.db, jobId))?.status).toBe("pending");
  });

  it("buys nothing for a row that has a tracking number already", async () => {
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    const jobId = await makeJob(source);
    source.rows[1] = { ...source.rows[1], tracking_number: "1ZBEFORE" };
    const result = await run(jobId, source, carrier);
    expect(result).toMatchObject({ success: false, errorCode: "E-1007" });
    expect(result.errorMessage).toContain("row 2: it has the tracking number 1ZBEFORE");
    expect(carrier.calls).toEqual([]);
    expect(await statuses(jobId)).toEqual(["pending", "pending"]);
  });

  it("ships nothing that another job of the source may have bought, until that is settled", async () => {
    const lost = memoryCarrier((order) =>
      order === "ORDER-1" ? { outcome: "uncertain" } : undefined
    );
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    const [first, second] = [await makeJob(source), await makeJob(source)];
    await run(first, source, lost);
    const refused = await run(second, source, carrier);
    expect(refused).toMatchObject({ success: false, errorCode: "E-4016" });
    expect(refused.errorMessage).toContain(`job "${first}"`);
    expect(carrier.calls).toEqual([]);
    const person = { by: "me", reason: "there is none" };
    await resolveRow(opened.db, first, 1, "skip", person);
    expect(await run(second, source, carrier)).toMatchObject({ success: true, successfulRows: 2 });
  });

  it("asks about a lost answer before it complains of rows behind it", async () => {
    const lost = memoryCarrier((order) =>
      order === "ORDER-1" ? { outcome: "uncertain" } : undefined
    );
    const source = memorySource(2);
    const jobId = await makeJob(source);
    await run(jobId, source, lost);
    source.rows[1] = { ...source.rows[1], name: "Somebody else" };
    const again = await run(jobId, source, lost);
    expect(again.errorCode).toBe("E-3010");
    const job = await findJob(opened.db, jobId);
    expect(job).toMatchObject({ status: "paused", status_reason: "needs_review", error_row: 1 });
    const [attempt] = await listAttempts(opened.db, jobId, 1);
    expect(job?.error_remedy).toContain(`reference ${attempt?.key}`);
  });

  it("leaves out a failed or a pending row when a person says so, and forgets its fault", async () => {
    const source = memorySource(4);
    const carrier = memoryCarrier((order) => order === "ORDER-2" ? refusal : undefined);
    const jobId = await makeJob(source);
    await run(jobId, source, carrier);
    expect((await findJob(opened.db, jobId))?.error_remedy).toContain(`task retry ${jobId}`);
    const skip = (row: number) =>
      resolveRow(opened.db, jobId, row, "skip", { by: "me", reason: "cancelled" });
    await skip(4);
    // The job still stands where it failed.
    expect(await findJob(opened.db, jobId)).toMatchObject({ error_row: 2 });
    await skip(2);
    expect(await findJob(opened.db, jobId)).toMatchObject({ error_row: null, error_code: null });
    await expect(skip(1)).rejects.toMatchObject({ code: "E-4009" });
    const result = await run(jobId, source, carrier);
    expect(result).toMatchObject({ success: true, successfulRows: 2 });
    expect(await statuses(jobId)).toEqual(["completed", "skipped", "completed", "skipped"]);
    expect(await new AuditLog(opened.store).verify(jobId)).toBeUndefined();
  });

  it("uses its own caller's template, though another caller runs the same job at once", async () => {
    const [source, carrier] = [memorySource(6), memoryCarrier()];
    const jobId = await makeJob(source);
    const results = await Promise.all(["03", "01"].map(async (service) => {
      const text = template.replace('"service_code": "03"', `"service_code": "${service}"`);
      const result = await executorOf(source, carrier).execute(jobId, text, shipper);
      return { service, result };
    }));
    const winners = results.filter(({ result }) => result.success && !result.errorCode);
    const services = new Set(carrier.calls.map(({ args }) => args["service_code"]));
    // The loser is told that the job is held; or it came when all was done, and had nothing to do.
    expect(winners.length).toBeGreaterThan(0);
    expect(services.size).toBe(1);
    expect(winners.map(({ service }) => service)).toContain([...services][0]);
    expect(carrier.calls.length).toBe(6);
  });

  it("stamps every event of a run with that run", async () => {
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    const { events: all } = await run(await makeJob(source), source, carrier);
    // What a run needs is started before it has its number.
    const events = all.filter(({ type }) => type !== "child_started");
    const [first, ...others] = new Set(events.map((event) => event.run));
    expect(others).toEqual([]);
    expect(first).toBeGreaterThan(0);
  });

  it("lets nobody adopt another row's label", async () => {
    const lost = memoryCarrier((order) =>
      order === "ORDER-2" ? { outcome: "uncertain" } : undefined
    );
    const source = memorySource(3);
    const jobId = await makeJob(source);
    await run(jobId, source, lost);
    expect(await statuses(jobId)).toEqual(["completed", "needs_review", "pending"]);
    const [first] = await opened.store.listRows(jobId);
    const person = { by: "me", reason: "found it" };
    const adopt = (number: string) => resolveRow(opened.db, jobId, 2, { adopt: number }, person);
    await expect(adopt(first?.trackingNumber ?? "")).rejects.toMatchObject({ code: "E-2100" });
    expect(await statuses(jobId)).toEqual(["completed", "needs_review", "pending"]);
    await adopt(`1Z${jobId.toUpperCase()}FOUND`);
    expect(await statuses(jobId)).toEqual(["completed", "shipped", "pending"]);
  });

  it("buys nothing for data that changed since the import", async () => {
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    const jobId = await makeJob(source);
    source.rows[0] = { ...source.rows[0], name: "Somebody else" };
    const result = await run(jobId, source, carrier);
    expect(result).toMatchObject({ success: false, errorCode: "E-1004" });
    expect(carrier.calls).toEqual([]);
  });

  it("keeps a snapshot whose size does not grow with the rows", async () => {
    const sizes: number[] = [];
    for (const count of [10, 60]) {
      const [source, carrier] = [memorySource(count), memoryCarrier()];
      const jobId = await makeJob(source);
      await run(jobId, source, carrier);
      sizes.push((await findJob(opened.db, jobId))?.snapshot?.length ?? 0);
    }
    const [small = 0, large = 0] = sizes;
    expect(small).toBeGreaterThan(100);
    expect(Math.abs(large - small)).toBeLessThan(20);
  });
});
