/** What an import leaves out, and what `retry` may take up: nobody's order is shipped twice or forgotten. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchExecutor } from "../src/actors/batch_executor.ts";
import { importJob, type JobPlan } from "../src/actors/import_job.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { retryRows } from "../src/actors/retry_rows.ts";
import { createSourceClient } from "../src/actors/source_client.ts";
import { getJob } from "../src/db/jobs.ts";
import type { WaybillError } from "../src/errors.ts";
import { openTestStore, type TestStore } from "./helpers/stores.ts";
import {
  memoryCarrier,
  type MemorySource,
  memorySource,
  shipper,
  template,
} from "./helpers/tools.ts";

describe("rows that are taken up", () => {
  let store: TestStore;
  let jobs = 0;
  beforeAll(async () => void (store = await openTestStore("sqlite")));
  afterAll(async () => await store[Symbol.asyncDispose]());

  const db = () => store.store.db;

  async function imported(source: MemorySource, plan: Partial<JobPlan> = {}) {
    const id = `job-${++jobs}`;
    const whole = {
      ...{ id, name: id, sourceServer: "library", shipper: {} },
      ...{ template: { name: "t", text: "{}" }, ...plan },
    };
    return { id, ...await importJob(db(), createSourceClient(source.call), whole) };
  }

  async function retry(id: string, source: MemorySource): Promise<number | WaybillError> {
    const decided = retryRows(db(), id, createSourceClient(source.call), { by: "me" });
    return await decided.then(({ takenUp }) => takenUp, (error: WaybillError) => error);
  }

  const order = (name: string, more = {}) => ({
    order_id: name,
    name,
    zip: "1",
    weight: "1",
    ...more,
  });

  it("are mended rows, where they were", async () => {
    const source = memorySource(3);
    const { id } = await imported(source);
    source.rows[1] = { ...source.rows[1], zip: "30006" };
    expect(await retry(id, source)).toBe(1);
  });

  it("are not other orders that came where they were", async () => {
    const source = memorySource(0);
    source.rows.push(order("A"), order("B"), order("C"));
    const { id } = await imported(source);
    // A line was put in, and B was mended.
    source.rows.splice(1, 2, order("X"), order("B", { zip: "2" }), order("C"));
    expect(await retry(id, source)).toMatchObject({
      code: "E-1004",
      message: "Cannot take up row 3: what it held at the import stands in row 4 now",
    });
  });

  it("may be alike: each is where it was", async () => {
    const source = memorySource(0);
    source.rows.push(order("A"), order("A"), order("C"));
    const { id } = await imported(source);
    source.rows[0] = order("A", { zip: "2" });
    expect(await retry(id, source)).toBe(1);
  });

  it("are still what the job was imported for", async () => {
    const source = memorySource(4);
    source.rows.forEach((row, at) => row["name"] = at % 2 === 0 ? "paid" : "cancelled");
    const choice = { where: "name = 'paid'" };
    const { id, rows } = await imported(source, { choice });
    expect(rows).toBe(2);
    expect((await getJob(db(), id)).source_where).toBe(choice.where);
    source.rows[0] = { ...source.rows[0], zip: "30006" };
    expect(await retry(id, source)).toBe(1);
    for (const name of ["cancelled", ""]) {
      source.rows[2] = { ...source.rows[2], name };
      expect(await retry(id, source)).toMatchObject({
        code: "E-1004",
        message: expect.stringContaining(
          "does not fit what the job was imported for: name = 'paid'",
        ),
      });
    }
  });

  it("were not bought by another job of the source that still owes it the numbers", async () => {
    const source = memorySource(2);
    const { id } = await imported(source);
    source.isWriteBackBroken = true;
    const audit = new AuditLog(store.store);
    const carrier = memoryCarrier().call;
    const executor = new BatchExecutor({ store: store.store, audit, source: source.call, carrier });
    await executor.execute(id, template, shipper);
    expect((await store.store.listRows(id)).map(({ status }) => status))
      .toEqual(["shipped", "shipped"]);
    await expect(imported(source)).rejects.toMatchObject({
      code: "E-1015",
      message: expect.stringContaining("for 2 of these orders (its rows 1, 2)"),
    });
  });

  it("were not bought by another job of the source, unless a person says so", async () => {
    const source = memorySource(3);
    const { id } = await imported(source);
    const audit = new AuditLog(store.store);
    const carrier = memoryCarrier().call;
    const executor = new BatchExecutor({ store: store.store, audit, source: source.call, carrier });
    await executor.execute(id, template, shipper);
    // A state of the file without the numbers, and one order is new.
    source.rows.splice(1, 1, { ...source.rows[1], zip: "30006" });
    await expect(imported(source)).rejects.toMatchObject({
      code: "E-1015",
      message: expect.stringContaining(
        `job "${id}" has bought labels for 2 of these orders (its rows 1, 3)`,
      ),
    });
    expect(await imported(source, { choice: { rows: [{ first: 2, last: 2 }] } }))
      .toMatchObject({ rows: 1 });
    expect(await imported(source, { mayRepeat: true })).toMatchObject({ rows: 3 });
    // Numbers that are in the file speak for themselves.
    for (const at of [0, 2]) Object.assign(source.rows[at] ?? {}, { tracking_number: "1Z" });
    expect(await imported(source)).toMatchObject({ rows: 1, shipped: 2 });
  });
});
