/**
 * Decisions about a row that becomes another one while the carrier is asked: what a person says of one
 * label or attempt is never taken for the next one's. On both databases.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchExecutor } from "../src/actors/batch_executor.ts";
import { type Decision, resolveRow } from "../src/actors/decisions.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { planVoid } from "../src/actors/plan_void.ts";
import { retryRows } from "../src/actors/retry_rows.ts";
import { createSourceClient } from "../src/actors/source_client.ts";
import type { ToolCaller } from "../src/actors/tool_caller.ts";
import { voidJob } from "../src/actors/void_job.ts";
import { listAttempts } from "../src/db/attempts.ts";
import { getJob } from "../src/db/jobs.ts";
import { listRows } from "../src/db/row_queries.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { policy } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import { memoryCarrier, memorySource, shipper, template } from "./helpers/tools.ts";

const person = { by: "me", reason: "looked it up" };
const changed = { code: "E-4009", rowNumber: 1, message: expect.stringContaining("has changed") };

describe.each(storeKinds)("a stale decision on %s", (kind) => {
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

  /** A job of one row, shipped by a carrier that may lose the answers to its purchases. */
  async function shipped(isLost: boolean, isWriteBackBroken = false) {
    const { db, store } = opened;
    const jobId = `stale-${kind}-${++jobs}`;
    const source = memorySource(1);
    source.isWriteBackBroken = isWriteBackBroken;
    const carrier = memoryCarrier(
      () => undefined,
      `1Z${jobId.toUpperCase().replaceAll("-", "")}X`,
    );
    carrier.void = () => undefined;
    carrier.find = isLost ? () => ({ found: "unknown" }) : () => undefined;
    const call: ToolCaller = async (tool, args, meta) => {
      const answer = await carrier.call(tool, args, meta);
      if (isLost && tool === "shipping_create") throw new Error("connection reset");
      return answer;
    };
    await store.importJob({ id: jobId, source: source.call });
    const run = () =>
      new BatchExecutor({
        ...{ store, audit: new AuditLog(store), templates, policy },
        source: source.call,
        carrier: call,
      }).execute(jobId, template, shipper);
    await run();
    const rowOf = async () => (await listRows(db, jobId))[0];
    const resolve = (decision: Decision, asked: ToolCaller = carrier.call) =>
      resolveRow(db, jobId, 1, decision, person, { call: asked, name: "library" });
    /** What another terminal does while the first answer of the carrier is on its way. */
    const meanwhile = (work: () => Promise<unknown>): ToolCaller => {
      let isOnce = true;
      return async (tool, args, meta) => {
        const answer = await carrier.call(tool, args, meta);
        if (isOnce) {
          isOnce = false;
          await work();
        }
        return answer;
      };
    };
    const voidAndShipAgain = async () => {
      const job = await getJob(db, jobId);
      const { tasks } = await planVoid(db, job, undefined);
      await voidJob(db, job, {
        ...{ tasks, decision: person },
        openSource: () => Promise.resolve(source.call),
        openCarrier: () => Promise.resolve({ call: carrier.call, name: "library" }),
      });
      const rows = [{ first: 1, last: 1 }];
      await retryRows(db, jobId, createSourceClient(source.call), { by: "me", rows });
      await run();
    };
    const live = () => [...carrier.sold.values()].filter((each) => !carrier.voided.has(each));
    return { jobId, db, source, carrier, run, rowOf, resolve, meanwhile, voidAndShipAgain, live };
  }

  it("does not take a new label for the one that was voided by hand", async () => {
    const job = await shipped(false);
    const old = (await job.rowOf())?.tracking_number ?? "";
    job.carrier.voided.add(old);
    const stale = job.resolve({ voided: old }, job.meanwhile(job.voidAndShipAgain));
    await expect(stale).rejects.toMatchObject(changed);
    const row = await job.rowOf();
    expect(row?.status).toBe("completed");
    expect(job.live()).toEqual([row?.tracking_number]);
    expect(JSON.parse(row?.voided_numbers ?? "[]")).toEqual([old]);
    // Said of the label that it has now, it is asked about again.
    await expect(job.resolve({ voided: row?.tracking_number ?? "" }))
      .rejects.toMatchObject({ code: "E-3012" });
  });

  it("takes a label as voided that was only written back meanwhile", async () => {
    const job = await shipped(false, true);
    const { status, tracking_number } = await job.rowOf() ?? {};
    expect(status).toBe("shipped");
    const voided = tracking_number ?? "";
    job.carrier.voided.add(voided);
    job.source.isWriteBackBroken = false;
    const writtenBack = job.meanwhile(async () => {
      await job.run();
      expect((await job.rowOf())?.status).toBe("completed");
    });
    expect(await job.resolve({ voided }, writtenBack)).toEqual({ isChecked: true });
    expect((await job.rowOf())?.status).toBe("voided");
  });

  it("closes no attempt that nobody asked about, and adopts no number for it", async () => {
    for (const decide of [() => "reship" as const, (old: string) => ({ adopt: old })]) {
      const job = await shipped(true);
      expect((await job.rowOf())?.status).toBe("needs_review");
      const [old = ""] = job.carrier.sold.values();
      const decision = decide(old);
      // The first purchase was none; the second one is bought, and its answer is lost again.
      const none = () => ({ found: "none" });
      const unknown = () => ({ found: "unknown" });
      const one = () => ({ found: "one", shipment_id: old, tracking_numbers: [old] });
      job.carrier.find = decision === "reship" ? none : one;
      const asked = job.meanwhile(async () => {
        job.carrier.find = none;
        await job.resolve("reship");
        job.carrier.find = unknown;
        await job.run();
      });
      await expect(job.resolve(decision, asked)).rejects.toMatchObject(changed);
      expect((await job.rowOf())?.status).toBe("needs_review");
      const attempts = await listAttempts(job.db, job.jobId, 1);
      expect(attempts.map(({ resolution }) => resolution)).toEqual(["no_label", null]);
      await job.run();
      expect(job.carrier.sold.size).toBe(2);
    }
  });
});
