/**
 * `--keep-going`: a person's choice to carry on past rows that fail, for one run, on both databases.
 * Without it the first failed row stops the job, as ever.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchExecutor, type BatchResult } from "../src/actors/batch_executor.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { retryRows } from "../src/actors/retry_rows.ts";
import { createSourceClient } from "../src/actors/source_client.ts";
import { findJob } from "../src/db/jobs.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { runCommand } from "./helpers/cli.ts";
import { readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { policy } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import { memoryCarrier, memorySource, refusal, shipper, template } from "./helpers/tools.ts";

describe.each(storeKinds)("keep-going on %s", (kind) => {
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

  /** A job of which the carrier refuses some orders, and answers others so that nobody can tell. */
  async function batch(count: number, { refused = [], unclear = [] }: {
    refused?: readonly number[];
    unclear?: readonly number[];
  }) {
    const { store } = opened;
    const jobId = `job-${++jobs}`;
    const source = memorySource(count);
    const bad = new Set(refused);
    const carrier = memoryCarrier((order) => {
      const row = Number(order.split("-")[1]);
      if (unclear.includes(row)) return {};
      return bad.has(row) ? refusal : undefined;
    });
    await store.importJob({ id: jobId, source: source.call });
    const executor = new BatchExecutor({
      store,
      audit: new AuditLog(store),
      source: source.call,
      carrier: carrier.call,
      templates,
      policy,
    });
    return {
      bad,
      source,
      run: (options?: Parameters<BatchExecutor["execute"]>[3]): Promise<BatchResult> =>
        executor.execute(jobId, template, shipper, options),
      retry: () => retryRows(opened.db, jobId, createSourceClient(source.call), { by: "tester" }),
      statuses: async () =>
        (await store.listRows(jobId)).map(({ status }) => status.slice(0, 4)).join(" "),
      status: async () => (await findJob(opened.db, jobId))?.status,
      sent: () => carrier.calls.map(({ args }) => Number(String(args["order_reference"]).slice(6))),
    };
  }

  it("ships the rows after one that failed, and the job has failed all the same", async () => {
    const { run, statuses, status, sent } = await batch(4, { refused: [1, 3] });
    const result = await run({ keepGoing: true });
    expect(result).toMatchObject({
      success: false,
      successfulRows: 2,
      failedRows: 2,
      errorCode: "120802",
    });
    expect(await statuses()).toBe("fail comp fail comp");
    expect(await status()).toBe("failed");
    expect(sent()).toEqual([1, 2, 3, 4]);
  });

  it("stops after so many failures, and remembers nothing of it", async () => {
    const { run, statuses, sent } = await batch(5, { refused: [1, 2, 4] });
    await run({ maxFailures: 2 });
    expect(await statuses()).toBe("fail fail pend pend pend");
    // Without the flag it stops at the first failed row, as ever.
    await run();
    expect(sent()).toEqual([1, 2]);
    // With it, the failed ones are passed, and only those of this run are counted.
    await run({ maxFailures: 2 });
    expect(await statuses()).toBe("fail fail comp fail comp");
    expect(sent()).toEqual([1, 2, 3, 4, 5]);
  });

  it("checks every pending row first, those behind a failed one too", async () => {
    const { run, source, sent } = await batch(3, { refused: [1] });
    await run();
    const [, , third] = source.rows;
    if (third) third["zip"] = "changed since the import";
    expect(await run({ keepGoing: true })).toMatchObject({ success: false, errorCode: "E-1004" });
    expect(sent()).toEqual([1]);
  });

  it("tries a failed row again only after a retry, and is complete then", async () => {
    const { run, retry, bad, status, statuses, sent } = await batch(3, { refused: [2] });
    await run({ keepGoing: true });
    bad.clear();
    expect((await run({ keepGoing: true })).success).toBe(false);
    expect(await statuses()).toBe("comp fail comp");
    expect(sent()).toEqual([1, 2, 3]);
    await retry();
    expect((await run({ keepGoing: true })).success).toBe(true);
    expect(await status()).toBe("completed");
  });

  it("stops at a row that needs a decision", async () => {
    const { run, statuses, status } = await batch(3, { refused: [1], unclear: [2] });
    await run({ keepGoing: true });
    expect(await statuses()).toBe("fail need pend");
    expect(await status()).toBe("paused");
    // Nor is it passed by the next run.
    await run({ keepGoing: true });
    expect(await statuses()).toBe("fail need pend");
  });
});

describe("deno task run --keep-going", () => {
  it("fails single bad rows by themselves once preflight is skipped, with exit 1", async () => {
    using folder = temporaryFolder();
    const { path } = folder;
    const rows = ["A-1,Jane,30005,1", "A-2,Bob,30005,999", "A-3,Ann,30005,heavy", "A-4,Al,30005,1"];
    writeText(`${path}/orders.csv`, `${["order_id,name,zip,weight", ...rows].join("\n")}\n`);
    writeText(`${path}/template.njk`, template);
    writeText(`${path}/shipper.json`, JSON.stringify(shipper));
    const files = ["--template", "template.njk", "--shipper", "shipper.json"];
    await runCommand(path, ["import", "orders.csv", ...files, "--job", "j"]);
    const checked = await runCommand(path, ["run", "j", "--keep-going"]);
    expect(checked.code).toBe(2);
    expect(checked.stderr).toContain("Nothing was bought");
    const { code, stdout, stderr } = await runCommand(path, [
      ...["run", "j", "--keep-going", "--skip-preflight"],
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain("2 of 4 shipped, 2 failed");
    expect(stderr).toContain("row 2:");
    expect(stderr).toMatch(
      /^2 rows failed:\n {2}Row 2: E-2001 .+\n {2}Row 3: \S+ .+\nSee them with: /m,
    );
    expect(stderr).toContain("deno task rows j --status failed");
    expect(stderr).not.toContain("--max-failures");
    const orders = readText(`${path}/orders.csv`);
    writeText(`${path}/orders.csv`, orders.replace("heavy", "2"));
    const retried = await runCommand(path, ["retry", "j"]);
    expect(retried.stderr).toContain("Row 2 is pending again. It was");
    expect(retried.stderr)
      .toContain("Row 3 is pending again, with the data as it is now in the source. It was");
    const limited = await runCommand(path, ["run", "j", "--max-failures", "1", "--skip-preflight"]);
    expect(limited.code).toBe(1);
    expect(limited.stderr).toContain("Stopped: 1 row failed, as many as --max-failures allows");
    const typo = await runCommand(path, ["run", "j", "--max-failures", "none"]);
    expect([typo.code, typo.stderr.includes("E-2100")]).toEqual([2, true]);
  }, 60_000);
});
