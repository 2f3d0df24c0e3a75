/**
 * Voids whose flush fails, with the bundled CSV server on both databases: a void counts as brought once
 * the user's file shows it, whatever became of the other rows of the flush.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchExecutor } from "../src/actors/batch_executor.ts";
import { startBundledSource } from "../src/actors/bundled_servers.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { planVoid } from "../src/actors/plan_void.ts";
import { retryRows } from "../src/actors/retry_rows.ts";
import { createSourceClient } from "../src/actors/source_client.ts";
import type { ToolCaller } from "../src/actors/tool_caller.ts";
import { voidJob } from "../src/actors/void_job.ts";
import { getJob } from "../src/db/jobs.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { policy } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import { memoryCarrier, shipper, template } from "./helpers/tools.ts";

describe.each(storeKinds)("a void whose flush fails on %s", (kind) => {
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

  it("counts for the rows that the file shows it of, and for no others", async () => {
    const { db, store } = opened;
    using folder = temporaryFolder();
    const path = `${folder.path}/orders.csv`;
    writeText(path, `order_id,name,zip,weight\n${"A,Ann,30005,1\n".repeat(3)}`);
    await using source = await startBundledSource({ kind: "csv", path }, {
      purpose: "shipping",
      dataFolder: folder.path,
    });
    const carrier = memoryCarrier(() => undefined, `1Z${kind.toUpperCase()}`);
    carrier.void = () => undefined;
    await store.importJob({ id: "j", source: source.call });
    const executor = new BatchExecutor({
      ...{ store, audit: new AuditLog(store), templates, policy },
      ...{ source: source.call, carrier: carrier.call },
    });
    expect((await executor.execute("j", template, shipper)).success).toBe(true);
    const numberIn = (row: number) => readText(path).split("\n")[row]?.split(",")[4];
    const original = numberIn(2) ?? "";

    let beforeFlush = () => {};
    const call: ToolCaller = (tool, args, meta) => {
      if (tool === "flush") beforeFlush();
      return source.call(tool, args, meta);
    };
    const voidAll = async () => {
      const job = await getJob(db, "j");
      const { tasks } = await planVoid(db, job, undefined);
      const { source: told } = await voidJob(db, job, {
        ...{ tasks, decision: { by: "me", reason: "wrong box" } },
        openSource: () => Promise.resolve(call),
        openCarrier: () => Promise.resolve({ call: carrier.call, name: "library" }),
      });
      return told;
    };
    const reopen = (row: number) => {
      const rows = [{ first: row, last: row }];
      return retryRows(db, "j", createSourceClient(source.call), { by: "me", rows });
    };

    // Nothing reaches the file: what the source has noted, and shows as the row's own, does not count.
    beforeFlush = () => Deno.chmodSync(path, 0o444);
    expect(await voidAll()).toMatchObject({ written: 0, owed: 3, problem: { code: "E-4014" } });
    await expect(reopen(1)).rejects.toMatchObject({ code: "E-4020" });
    await Deno.chmod(path, 0o644);

    // Somebody types a number into row 2, just then: ours is out of it, and theirs stays.
    beforeFlush = () => writeText(path, readText(path).replace(original, "1ZTYPED"));
    expect(await voidAll()).toEqual({ written: 3, owed: 0 });
    expect([1, 2, 3].map(numberIn)).toEqual(["", "1ZTYPED", ""]);
    for (const row of [2, 3]) {
      expect((await reopen(row)).retried.map(({ rowNumber }) => rowNumber)).toEqual([row]);
    }
    // What somebody has shipped is not shipped by us.
    expect(await executor.execute("j", template, shipper)).toMatchObject({ errorCode: "E-1007" });
    expect(await new AuditLog(store).verify("j")).toBe(undefined);
  });
});
