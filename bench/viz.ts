/**
 * `deno task bench viz`: what it costs a runner that somebody looks. Runs with and without a page that
 * follows them alternate, so that a slow minute slows both; server and listener are processes of their own.
 *
 * @module
 */
import { BatchExecutor } from "../src/actors/batch_executor.ts";
import { AuditLog, JobStore } from "../src/actors/job_store.ts";
import { openTemplateEnvironment } from "../src/templates/environment.ts";
import { print } from "../src/cli/output.ts";
import { startCommand } from "../tests/helpers/cli.ts";
import { temporaryFolder } from "../tests/helpers/folders.ts";
import { shipper, template } from "../tests/helpers/tools.ts";
import { zeroLatencyCarrier, zeroLatencySource } from "./zero_latency.ts";

const jobId = "bench";
const rows = 4_000;
const rounds = 7;

/** Reads a stream to its end; it is told where. */
const listener = "for await (const _ of (await fetch(Deno.args[0])).body);";

/** Rows per second of one run. */
async function measure(isWatched: boolean): Promise<number> {
  using folder = temporaryFolder();
  await using store = await JobStore.open(`sqlite:${folder.path}/waybill.db`);
  await using templates = openTemplateEnvironment();
  const source = zeroLatencySource(rows);
  const audit = new AuditLog(store);
  await store.importJob({ id: jobId, source });
  await using _watching = isWatched ? await watch(folder.path) : undefined;
  const parts = { store, audit, source, carrier: zeroLatencyCarrier, templates };
  const executor = new BatchExecutor(parts);
  const start = performance.now();
  const { success } = await executor.execute(jobId, template, shipper);
  if (!success) throw new Error("the batch did not complete");
  return rows / (performance.now() - start) * 1_000;
}

/** A page's server, and somebody who listens to it. */
async function watch(folder: string): Promise<AsyncDisposable> {
  const link = Promise.withResolvers<string>();
  const server = startCommand(
    folder,
    ["viz", jobId, "--json"],
    {},
    (line) => link.resolve(JSON.parse(line).url),
  );
  const [base = ""] = (await link.promise).split("#");
  const reader = new Deno.Command(Deno.execPath(), {
    args: ["eval", listener, `${base}jobs/${jobId}/events`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  // It is up once it has asked: a second is long for that, and the same each time.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return {
    async [Symbol.asyncDispose]() {
      reader.kill("SIGKILL");
      server.child.kill("SIGTERM");
      await Promise.all([reader.status, server.ended]);
    },
  };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Measures and prints what it found. */
export async function benchViz(): Promise<void> {
  // The first round pays for compiling and is not counted.
  await measure(false);
  const ratios: number[] = [];
  const alone: number[] = [];
  const noise: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await measure(false);
    const watched = await measure(true);
    const after = await measure(false);
    alone.push(before, after);
    noise.push(after / before);
    ratios.push(watched / ((before + after) / 2));
  }
  print(
    `${rows} rows: ${median(alone).toFixed(0)} rows/s alone; followed by a page / alone ` +
      `${told(ratios)}; two runs alone, one after the other: ${told(noise)}; medians of ` +
      `${rounds} rounds`,
  );
}

function told(ratios: readonly number[]): string {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((each) => each.toFixed(2));
  return `${median([...ratios]).toFixed(2)} (${least} to ${most})`;
}
