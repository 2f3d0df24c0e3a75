/**
 * Refusals that are not about a row: credentials, the account, or every row alike. They stop the job,
 * and fail no row that is not at fault; on both databases.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchExecutor } from "../src/actors/batch_executor.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { readAnswer } from "../src/actors/read_answer.ts";
import { findJob } from "../src/db/jobs.ts";
import { listRows } from "../src/db/row_queries.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { policy } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import { memoryCarrier, memorySource, shipper, template } from "./helpers/tools.ts";

const badClient = {
  outcome: "rejected",
  errors: [
    { code: "120500", message: "Invalid service", scope: "row" },
    { code: "250002", message: "Invalid client", scope: "job", remedy: "Check UPS_CLIENT_ID" },
  ],
};
const refused = (code: string) => ({ outcome: "rejected", errors: [{ code, message: "No" }] });

describe.each(storeKinds)("job-wide refusals on %s", (kind) => {
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

  /** A job of five orders; `answerTo` says what the carrier makes of a row. */
  async function batch(answerTo: (row: number) => unknown) {
    const { store, db } = opened;
    const jobId = `job-${++jobs}`;
    const source = memorySource(5);
    const carrier = memoryCarrier((order) => answerTo(Number(order.split("-")[1])));
    await store.importJob({ id: jobId, source: source.call });
    const tools = { source: source.call, carrier: carrier.call };
    const audit = new AuditLog(store);
    const executor = new BatchExecutor({ store, audit, ...tools, templates, policy });
    return {
      run: (options?: Parameters<BatchExecutor["execute"]>[3]) =>
        executor.execute(jobId, template, shipper, options),
      statuses: async () => (await listRows(db, jobId)).map(({ status }) => status),
      job: () => findJob(db, jobId),
      sends: () => carrier.calls.filter(({ tool }) => tool === "shipping_create"),
    };
  }

  it("stops the job for credentials, fails no row, and carries on once they are mended", async () => {
    let isMended = false;
    const { run, statuses, job, sends } = await batch((row) =>
      row === 2 && !isMended ? badClient : undefined
    );
    // Not even somebody who passes failed rows wants every row refused.
    const result = await run({ keepGoing: true });
    expect(result.success).toBe(false);
    expect(await statuses()).toEqual(["completed", "in_flight", "pending", "pending", "pending"]);
    expect(await job()).toMatchObject({
      status: "failed",
      error_code: "250002",
      error_remedy: expect.stringMatching(/^Check UPS_CLIENT_ID, then: deno task run job-\d+$/),
    });
    // Once: another attempt would meet the same.
    expect(sends().length).toBe(2);
    isMended = true;
    expect((await run()).success).toBe(true);
    expect(await statuses()).toEqual(Array(5).fill("completed"));
    const keys = sends().map(({ args }) => args["idempotency_key"]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("takes the same code on the first three rows for the job's fault", async () => {
    const { run, statuses, job } = await batch(() => refused("120124"));
    await run({ keepGoing: true });
    expect(await statuses()).toEqual(["failed", "failed", "failed", "pending", "pending"]);
    expect(await job()).toMatchObject({ status: "failed", error_code: "E-3006", error_row: 3 });
    expect((await job())?.error_message).toContain("120124");
  });

  it("does not with another code, or a label bought, among them", async () => {
    for (
      const answerTo of [
        (row: number) => refused(row === 2 ? "120802" : "120124"),
        (row: number) => row === 1 ? undefined : refused("120124"),
      ]
    ) {
      const { run, statuses } = await batch(answerTo);
      await run({ keepGoing: true });
      expect((await statuses()).filter((status) => status === "pending")).toEqual([]);
    }
  });
});

describe("readAnswer()", () => {
  it.each(["rejected", "not_sent"])("reads whose fault a %s answer is", (outcome) => {
    const errors = [{ code: "250002", message: "m", scope: "job" }];
    expect(readAnswer({ outcome, errors })).toMatchObject({ isForJob: true });
    const own = [{ code: "120500", message: "m" }];
    expect(readAnswer({ outcome, errors: own })).toMatchObject({ isForJob: false });
    // Whoever says how long to wait says that it passes.
    expect(readAnswer({ outcome, errors, retry_after_ms: 5 })).toMatchObject({ isForJob: false });
  });
});
