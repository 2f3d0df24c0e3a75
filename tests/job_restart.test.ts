/**
 * A job whose own actor breaks is started again by the supervisor: it goes on at its first open row, and
 * buys nothing twice; one that breaks again and again is given up. On both databases.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventBus, type ProgressEvent } from "../src/actors/event_bus.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { startRunner } from "../src/actors/runner.ts";
import { childSpecs } from "../src/machines/child_specs.ts";
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

/** The strategy, with waits that nobody notices. */
const specs = { ...childSpecs, job: { ...childSpecs.job, backoffMs: 1, maxBackoffMs: 1 } };

describe.each(storeKinds)("a job that breaks on %s", (kind) => {
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

  /** Ships three rows; the template environment breaks so many times. */
  async function ship(jobId: string, breaks: number) {
    const { db, store } = opened;
    const [source, carrier] = [memorySource(3), memoryCarrier()];
    await store.importJob({ id: jobId, source: source.call });
    let broken = 0;
    const bus = new EventBus();
    const events: ProgressEvent[] = [];
    bus.subscribe((event) => void events.push(event));
    const runner = startRunner({
      db,
      jobIds: [jobId],
      open: serversOf(source.call, carrier.call, policy),
      templates: {
        ...templates,
        compile: (text) =>
          broken++ < breaks ? Promise.reject(new Error("a bug")) : templates.compile(text),
      },
      inputs: inputsOf({ name: "t", text: template }, shipper),
      bus,
      specs,
    });
    const { outcomes } = await runner.done;
    await bus.drain(1_000);
    const audit = await new AuditLog(store).list(jobId);
    expect(await new AuditLog(store).verify(jobId)).toBe(undefined);
    return {
      outcome: outcomes[jobId],
      sold: carrier.calls.length,
      news: events.flatMap((event) => "child" in event && event.kind === "job" ? [event.type] : []),
      audit: audit.filter(({ details }) => details.includes(`"job.${jobId}"`))
        .map(({ type }) => type),
    };
  }

  it("is started again and goes on", async () => {
    const { outcome, sold, news, audit } = await ship("once", 1);
    expect(outcome).toEqual({ type: "completed" });
    expect(sold).toBe(3);
    expect(news).toEqual(["child_started", "child_exited", "child_restarted"]);
    expect(audit).toEqual(news);
  });

  it("has its failures counted over all of its starts", async () => {
    const { db, store } = opened;
    const jobId = "failures";
    const refused = new Set(["ORDER-1", "ORDER-101", "ORDER-102"]);
    // More rows than are looked up at once: the look-up after row 100 breaks the job.
    const [source, carrier] = [
      memorySource(103),
      memoryCarrier((order) => refused.has(order) ? refusal : undefined),
    ];
    await store.importJob({ id: jobId, source: source.call });
    let breaks = 0;
    const { outcomes } = await startRunner({
      db: db.withPlugin({
        transformQuery({ node }) {
          const isNext = source.written.has(100) && node.kind === "SelectQueryNode";
          if (!isNext || breaks > 0) return node;
          breaks++;
          throw new Error("a bug");
        },
        transformResult: ({ result }) => Promise.resolve(result),
      }),
      ...{ jobIds: [jobId], templates, bus: new EventBus(), specs },
      open: serversOf(source.call, carrier.call, policy),
      inputs: inputsOf({ name: "t", text: template }, shipper),
      keepGoing: { maxFailures: 2 },
    }).done;
    expect(outcomes[jobId]).toMatchObject({ type: "failed", halt: { rowNumber: 101 } });
    expect([breaks, carrier.calls.length]).toEqual([1, 101]);
  });

  it("is given up when it breaks again and again, and says why", async () => {
    const { outcome, sold, news } = await ship("always", 99);
    expect(outcome).toMatchObject({ type: "crashed", problem: { message: "a bug" } });
    expect(sold).toBe(0);
    expect(news.at(-1)).toBe("escalated");
    expect(news.filter((type) => type === "child_restarted").length).toBe(2);
  });
});
