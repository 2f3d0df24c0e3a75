/**
 * A year of faulty shipping: worlds by a seed, each with the whole runner in it, until so many orders
 * are shipped. Every promise is checked at every sale and after every process; a failure is minimised
 * and told in such a way that it can be replayed.
 *
 * `deno task simulate --seed 1 --rows 100000`, `deno task simulate --replay <file>`
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { minimise, scheduleText } from "../tests/simulation/minimise.ts";
import {
  drawWorld,
  drawWorlds,
  simulate,
  type WorldResult,
  type WorldSpec,
} from "../tests/simulation/simulate.ts";
import { print, say, wholeOf } from "./command_line.ts";

const usage = `Usage: deno task simulate [--seed <number>] [--rows <number>] [--world <seed>]
       deno task simulate --replay <file>

Lets simulated worlds go by until 100000 orders are shipped, or as many as --rows says: the real
runner with killed and suspended processes, a database that goes away, a carrier that refuses, loses
answers and sells late. The same seed gives the same faults. --world lets one world of a failure's
seed go by; --replay one of a minimised schedule.
`;

const dayMs = 24 * 3_600_000;

interface Totals {
  worlds: number;
  rows: number;
  labels: number;
  runs: number;
  kills: number;
  commands: number;
  simulatedMs: number;
  readonly faults: Map<string, number>;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      rows: { type: "string", default: "100000" },
      world: { type: "string" },
      replay: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    print(usage);
    return 0;
  }
  if (values.replay !== undefined) return await replay(values.replay);
  if (values.world !== undefined) {
    const spec = drawWorld(wholeOf("--world", values.world));
    return await tellOne(spec, await simulate(spec));
  }
  return await many(wholeOf("--seed", values.seed), wholeOf("--rows", values.rows));
}

async function many(seed: number, rows: number): Promise<number> {
  const worlds = drawWorlds(seed, rows);
  const totals: Totals = {
    ...{ worlds: 0, rows: 0, labels: 0, runs: 0, kills: 0, commands: 0, simulatedMs: 0 },
    faults: new Map(),
  };
  const begin = performance.now();
  const failed = await inWorkers(worlds, (result) => {
    add(totals, result);
    if (totals.worlds % 50 === 0) {
      say(`${totals.rows} orders, ${totals.kills} processes killed`);
    }
  });
  tell(seed, totals, performance.now() - begin);
  if (!failed) return 0;
  return await tellOne(failed.spec, failed.result);
}

/** One after the other in each of a few workers; the first failure ends it. */
async function inWorkers(
  worlds: readonly WorldSpec[],
  onResult: (result: WorldResult) => void,
): Promise<{ spec: WorldSpec; result: WorldResult } | undefined> {
  const waiting = [...worlds];
  let failed: { spec: WorldSpec; result: WorldResult } | undefined;
  await Promise.all(Array.from({ length: availableParallelism() }, async () => {
    const worker = new Worker(new URL("../tests/simulation/worker.ts", import.meta.url), {
      type: "module",
    });
    try {
      for (let spec = waiting.shift(); spec && !failed; spec = waiting.shift()) {
        const result = await resultOf(worker, spec);
        onResult(result);
        if (result.failure !== undefined) failed ??= { spec, result };
      }
    } finally {
      worker.terminate();
    }
  }));
  return failed;
}

function resultOf(worker: Worker, spec: WorldSpec): Promise<WorldResult> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<WorldResult>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`world ${spec.seed}: ${message}`));
    worker.postMessage(spec);
  });
}

function add(totals: Totals, { faults, ...result }: WorldResult): void {
  totals.worlds++;
  totals.rows += result.rows;
  totals.labels += result.labels;
  totals.runs += result.runs;
  totals.kills += result.kills;
  totals.commands += result.commands;
  totals.simulatedMs += result.simulatedMs;
  for (const { at, what } of faults) {
    const kind = `${at.split(" ")[0]}: ${what}`;
    totals.faults.set(kind, (totals.faults.get(kind) ?? 0) + 1);
  }
}

function tell(seed: number, totals: Totals, ms: number): void {
  const { worlds, rows, labels, runs, kills, commands, simulatedMs, faults } = totals;
  const count = [...faults.values()].reduce((sum, each) => sum + each, 0);
  print(
    `seed ${seed}: ${worlds} worlds, ${rows} orders, ${labels} labels, ${runs} runs, ` +
      `${kills} of them killed, ${commands} commands, ${count} faults of ${faults.size} kinds; ` +
      `${(simulatedMs / dayMs).toFixed(0)} simulated days in ${(ms / 1_000).toFixed(0)} s`,
  );
  for (const [kind, times] of [...faults].toSorted(([one], [two]) => one < two ? -1 : 1)) {
    print(`  ${String(times).padStart(7)}  ${kind}`);
  }
}

async function tellOne(spec: WorldSpec, result: WorldResult): Promise<number> {
  const { rows, labels, runs, kills, faults, failure } = result;
  print(
    `world ${spec.seed}: ${rows} orders, ${labels} labels, ${runs} runs, ${kills} of them killed, ` +
      `${faults.length} faults`,
  );
  if (failure === undefined) return 0;
  print(`\nBroken: ${failure}\n\nMinimising …`);
  const small = await minimise(spec, result);
  const { faults: left = [], jobs } = small.spec;
  const file = await Deno.makeTempFile({ prefix: "waybill-schedule-", suffix: ".json" });
  await Deno.writeTextFile(file, scheduleText(small.spec));
  print(
    `${faults.length} faults are ${left.length} after ${small.tries} tries, jobs of ${
      jobs.join(", ")
    } orders:\n\n${scheduleText(small.spec)}\nBroken: ${small.failure}\n\n` +
      `Replay it:     deno task simulate --replay ${file}\n` +
      `or the whole:  deno task simulate --world ${spec.seed}`,
  );
  return 1;
}

async function replay(file: string): Promise<number> {
  const spec: WorldSpec = JSON.parse(await Deno.readTextFile(file));
  const { failure } = await simulate(spec);
  print(failure === undefined ? "Every promise was kept" : `Broken: ${failure}`);
  return failure === undefined ? 0 : 1;
}

Deno.exit(await main());
