/**
 * `deno task bench`: rows per second of the engine, beside a bare loop that does the same durable
 * commits on a file in the same folder, in one run. Machines are noisy: the ratio is what counts.
 *
 * @module
 */
import { BatchExecutor } from "../src/actors/batch_executor.ts";
import { AuditLog, JobStore } from "../src/actors/job_store.ts";
import { openTemplateEnvironment } from "../src/templates/environment.ts";
import { shipper, template } from "../tests/helpers/tools.ts";
import { print } from "../src/cli/output.ts";
import { temporaryFolder } from "../tests/helpers/folders.ts";
import { replay, type RowCommits, rowsOf } from "./bare_loop.ts";
import { commitAgain } from "./storage_loop.ts";
import { zeroLatencyCarrier, zeroLatencySource } from "./zero_latency.ts";

const jobId = "bench";

/**
 * Ships a job with zero-latency servers in this process.
 *
 * @param rows How many rows.
 * @returns Rows per second of the whole `execute`, preflight included, and while shipping, by the audit
 * trail; and what it committed.
 */
async function measureEngine(
  rows: number,
): Promise<{ rate: number; shipping: number; commits: RowCommits[] }> {
  using folder = temporaryFolder();
  await using store = await JobStore.open(`sqlite:${folder.path}/waybill.db`);
  await using templates = openTemplateEnvironment();
  const source = zeroLatencySource(rows);
  const audit = new AuditLog(store);
  const executor = new BatchExecutor({
    store,
    audit,
    source,
    carrier: zeroLatencyCarrier,
    templates,
  });
  await store.importJob({ id: jobId, source });
  const start = performance.now();
  const { success } = await executor.execute(jobId, template, shipper);
  const rate = rows / (performance.now() - start) * 1_000;
  if (!success) throw new Error("the batch did not complete");
  const trail = await audit.list(jobId, { limit: 4 * rows + 100 });
  const at = (status: string) =>
    Date.parse(trail.find((e) => e.row_number === null && e.to_status === status)?.at ?? "");
  const shipping = rows / (at("completed") - at("running")) * 1_000;
  return { rate, shipping, commits: await rowsOf(store.db, jobId) };
}

/** The same commits by hand, on a fresh file of the same schema with the same job in it. */
async function measureBareLoop(commits: readonly RowCommits[]): Promise<number> {
  using folder = temporaryFolder();
  const path = `${folder.path}/waybill.db`;
  {
    await using store = await JobStore.open(`sqlite:${path}`);
    await store.importJob({ id: jobId, source: zeroLatencySource(commits.length) });
  }
  const start = performance.now();
  replay(path, jobId, commits);
  return commits.length / (performance.now() - start) * 1_000;
}

/** The same commits by our storage functions, with nothing around them. */
async function measureStorageLoop(commits: readonly RowCommits[]): Promise<number> {
  using folder = temporaryFolder();
  await using store = await JobStore.open(`sqlite:${folder.path}/waybill.db`);
  await store.importJob({ id: jobId, source: zeroLatencySource(commits.length) });
  const start = performance.now();
  await commitAgain(store.db, jobId, commits);
  return commits.length / (performance.now() - start) * 1_000;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const round = (values: number[]) => median(values).toFixed(0);

/** What one size came to: rates in rows per second, and the ratios of each round. */
interface Figures {
  engine: number[];
  bare: number[];
  storage: number[];
  ratios: number[];
  shippingRatios: number[];
}

/** Engine and loops follow each other in every round, so that a slow minute slows all of them. */
async function measure(rows: number, rounds: number): Promise<Figures> {
  const figures: Figures = { engine: [], bare: [], storage: [], ratios: [], shippingRatios: [] };
  for (let count = 0; count < rounds; count++) {
    const before = figures.bare.at(-1);
    const { rate, shipping, commits } = await measureEngine(rows);
    const bare = await measureBareLoop(commits);
    figures.engine.push(rate);
    figures.bare.push(bare);
    figures.storage.push(await measureStorageLoop(commits));
    // Against the loop before it and the one after it: the machine's speed drifts.
    const around = (bare + (before ?? bare)) / 2;
    figures.ratios.push(rate / around);
    figures.shippingRatios.push(shipping / around);
  }
  return figures;
}

/** Measures the engine and prints what it found. */
export async function benchEngine(): Promise<void> {
  // The first round pays for compiling and is not counted.
  await measureBareLoop((await measureEngine(500)).commits);
  const sizes = [[1_000, 9], [10_000, 5]] as const;
  const engines: number[] = [];
  for (const [rows, rounds] of sizes) {
    const { engine, bare, storage, ratios, shippingRatios } = await measure(rows, rounds);
    engines.push(median(engine));
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    print(
      `${rows} rows: engine ${round(engine)} rows/s, bare loop ${round(bare)} rows/s, ` +
        `storage functions alone ${round(storage)} rows/s; engine / bare loop ` +
        `${median(ratios).toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)}), ` +
        `while shipping ${median(shippingRatios).toFixed(2)}; ` +
        `medians of ${rounds} rounds`,
    );
  }
  const [small = 1, large = 0] = engines;
  print(`engine at 10,000 rows against 1,000: ${(large / small).toFixed(2)}`);
}
