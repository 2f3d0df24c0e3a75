/**
 * What is kept and sent of a row that is at fault itself names its column and quotes no cell: not in the
 * row, the job, the audit trail, the events or the notice. On both databases.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventBus, type ProgressEvent } from "../src/actors/event_bus.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { startRunner } from "../src/actors/runner.ts";
import { noticeOf } from "../src/cli/notice.ts";
import { endOf } from "../src/cli/run_end.ts";
import { getJob } from "../src/db/jobs.ts";
import { listRows } from "../src/db/row_queries.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import { memoryCarrier, memorySource, serversOf, shipper, template } from "./helpers/tools.ts";

const cell = "Zoltan Quux";
const strict = template.replace("row.zip", "row.zip | format_us_zip");
const broken = template.replace("{{ row.weight }}", '"{{ row.name }}" 1');

describe.each(storeKinds)("what is kept of a fault on %s", (kind) => {
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

  it.each([
    ["a filter's", "zip", strict, "E-2002", 'format_us_zip refuses column "zip"'],
    ["the contract's", "weight", strict, "E-2001", "packages[0].weight is a text"],
    ["the template's", "name", broken, "E-4003", "does not make JSON: line 7"],
  ])("is %s words without the cell's", async (_, column, text, code, words) => {
    const { db, store } = opened;
    const jobId = `kept-${column}`;
    const [source, carrier] = [memorySource(1), memoryCarrier()];
    source.rows[0] = { ...source.rows[0], [column]: cell };
    await store.importJob({ id: jobId, source: source.call });
    const before = await getJob(db, jobId);
    const bus = new EventBus();
    const events: ProgressEvent[] = [];
    bus.subscribe((event) => void events.push(event));
    const { outcomes } = await startRunner({
      ...{ db, jobIds: [jobId], templates, bus, skipPreflight: true },
      open: serversOf(source.call, carrier.call),
      inputs: inputsOf({ name: "t", text }, shipper),
    }).done;
    await bus.drain(1_000);
    const [row] = await listRows(db, jobId);
    const job = await getJob(db, jobId);
    const message = expect.stringContaining(words);
    expect(row).toMatchObject({ status: "failed", error_code: code, error_message: message });
    expect(job).toMatchObject({ error_code: code, error_message: message });
    const notice = noticeOf(before, endOf(outcomes[jobId]), undefined);
    expect(notice).toMatchObject({ type: "job_failed", code, message });
    const trail = await new AuditLog(store).list(jobId);
    expect(trail.filter(({ details }) => details.includes(code)).length).toBeGreaterThan(1);
    expect(events.some((event) => "code" in event && event.code === code)).toBe(true);
    expect(JSON.stringify([row, job, notice, trail, events])).not.toMatch(/zoltan|quux/i);
    expect(carrier.calls).toEqual([]);
  });
});
