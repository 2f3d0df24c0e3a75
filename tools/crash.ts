/**
 * Kills at random, for as long as it takes: batch after batch is shipped by real processes, and a seed
 * chooses who is killed with SIGKILL, at which point or moment, and what the carrier spoils; a batch is
 * run again until it is done, and then everything must be there exactly once.
 *
 * `deno task test:crash --kills 1000 --seed 7 [--rows 20]`; with `WAYBILL_TEST_POSTGRES` every second
 * batch is kept in PostgreSQL. A breach ends it with 1: the seed, the folder and what happened are told.
 *
 * @module
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { ensureError } from "../src/errors.ts";
import { runCommand } from "../tests/helpers/cli.ts";
import { type Lab, openLab } from "../tests/helpers/crash_lab.ts";
import {
  type Counted,
  expectExactlyOnce,
  liveLabels,
  rowsOf,
} from "../tests/helpers/exactly_once.ts";
import { type KillDone, killsOf } from "../tests/helpers/kills_done.ts";
import { tell } from "../tests/helpers/kill_plan.ts";
import { orderOf } from "../tests/helpers/orders.ts";
import {
  killAtAnyMoment,
  type Random,
  randomFaults,
  randomOf,
  randomPlan,
} from "../tests/helpers/random_kills.ts";
import { createPostgresDatabase, postgresUrl } from "../tests/helpers/stores.ts";
import { print, say } from "./command_line.ts";

/** For logs, too. */
const plain = { head: [], border: [], compact: true };

/** Two batches at a time: they mostly wait. */
const lanes = 2;

interface Options {
  readonly kills: number;
  readonly seed: number;
  readonly rows: number;
}

/** What one batch came to. */
interface Batch extends Counted {
  readonly kills: readonly KillDone[];
  readonly runs: number;
  /** Why a person was asked, for each row. */
  readonly asked: readonly string[];
}

const usage = `Usage: deno task test:crash [--kills <number>] [--seed <number>] [--rows <1 to 25>]

Ships batch after batch and kills runner, servers and sandbox at random, 1000 times if nothing else is
said; then everything must be there exactly once. The same seed kills in the same places. With
WAYBILL_TEST_POSTGRES every second batch is kept in PostgreSQL.
`;

function readOptions(): Options {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      kills: { type: "string", default: "1000" },
      seed: { type: "string" },
      rows: { type: "string", default: "20" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    print(usage);
    Deno.exit(0);
  }
  const number = (name: string, text: string, most: number) => {
    const value = Number(text);
    if (Number.isInteger(value) && value > 0 && value <= most) return value;
    throw new RangeError(`Cannot use --${name} ${text}: it is no whole number from 1 to ${most}`);
  };
  return {
    kills: number("kills", values.kills, 1e6),
    seed: number("seed", values.seed ?? String(1 + Date.now() % 1e6), 2 ** 31),
    // As many as the example has.
    rows: number("rows", values.rows, 25),
  };
}

async function runBatch(seed: number, rows: number, usesPostgres: boolean): Promise<Batch> {
  const random = randomOf(seed);
  const database = usesPostgres && postgresUrl
    ? await createPostgresDatabase(postgresUrl)
    : undefined;
  try {
    await using lab = await openLab({
      rows,
      databaseUrl: database?.url,
      faults: randomFaults(random, rows, 0.2),
      // A machine that works on two batches is slow.
      env: { WAYBILL_QUIET_MS: "1500" },
    });
    try {
      return await shipKilled(lab, random);
    } catch (error) {
      lab.keep();
      const { message } = ensureError(error);
      throw new Error(`seed ${seed}, folder ${lab.path}: ${message}\n\n${lab.story()}`);
    }
  } finally {
    await database?.drop();
  }
}

async function shipKilled(lab: Lab, random: Random): Promise<Batch> {
  const asked: string[] = [];
  lab.plan(randomPlan(random, lab.rows, 3 * lab.rows));
  const ends = await lab.runUntilDone(5 * lab.rows, {
    ...killAtAnyMoment(lab, random, 0.3),
    async onAsked() {
      asked.push(...await decide(lab));
    },
  });
  await lab.settle();
  const counted = await expectExactlyOnce(lab);
  return { ...counted, kills: killsOf(lab), runs: ends.length, asked };
}

/** Is the person that is asked: looks into the carrier's books, and says what stands there. */
async function decide(lab: Lab): Promise<string[]> {
  const rows = (await rowsOf(lab)).filter(({ status }) => status === "needs_review");
  for (const { row_number: row, error_code, error_message } of rows) {
    tell(lab.path, `a person is asked about row ${row}: ${error_code} ${error_message}`);
    const [label] = liveLabels(lab.sandbox).get(orderOf(row)) ?? [];
    const decision = label ? ["--adopt", label.number] : ["--reship"];
    const { code, stderr } = await runCommand(lab.path, [
      ...["resolve", lab.job, String(row), ...decision, "--reason", "looked into the books"],
      ...["--mcp", "mcp.json"],
    ], { DATABASE_URL: lab.databaseUrl });
    if (code !== 0) throw new Error(`Cannot resolve row ${row}: ${stderr}`);
  }
  return rows.map(({ row_number, error_message }) => `row ${row_number}: ${error_message}`);
}

async function main(): Promise<void> {
  const options = readOptions();
  say(`seed ${options.seed}: ${options.kills} kills over batches of ${options.rows} rows`);
  const started = Date.now();
  const batches: Batch[] = [];
  let next = 0;
  const killed = () => batches.reduce((sum, { kills }) => sum + kills.length, 0);
  const work = async () => {
    while (killed() < options.kills) {
      const at = next++;
      const batch = await runBatch(options.seed + at, options.rows, at % 2 === 1);
      batches.push(batch);
      const { kills, runs, asked } = batch;
      say(
        `batch ${at} (seed ${options.seed + at}): ${kills.length} kills, ${runs} runs` +
          asked.map((why) => `, a person was asked (${why})`).join("") +
          `; ${killed()} kills in all`,
      );
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  print(`${killTable(batches)}\n${sumTable(batches, Date.now() - started)}\n`);
}

/** Kills by point and victim. */
function killTable(batches: readonly Batch[]): string {
  const kills = batches.flatMap((batch) => batch.kills);
  const who = ["runner", "ups", "source", "sandbox", "all"];
  const table = new Table({ head: ["killed at", ...who, "sum"], style: plain });
  const count = (at: string | undefined, victims: string | undefined) =>
    kills.filter((kill) =>
      (at === undefined || kill.at === at) && (victims === undefined || kill.victims === victims)
    ).length;
  const line = (name: string, at: string | undefined) => [
    name,
    ...[...who, undefined].map((victims) => count(at, victims)),
  ];
  for (const at of [...new Set(kills.map((kill) => kill.at))].sort()) table.push(line(at, at));
  table.push(line("sum", undefined));
  return table.toString();
}

function sumTable(batches: readonly Batch[], ms: number): string {
  const sum = (of: (batch: Batch) => number) => batches.reduce((all, each) => all + of(each), 0);
  const [rows, labels] = [sum((batch) => batch.rows), sum((batch) => batch.labels)];
  const table = new Table({ style: plain });
  table.push(
    ["kills", sum(({ kills }) => kills.length)],
    ["batches", batches.length],
    ["runs of the program", sum(({ runs }) => runs)],
    ["rows", rows],
    ["live labels", labels],
    ["second labels", labels - rows],
    ["ship requests", sum(({ sends }) => sends)],
    ["most requests with one key", Math.max(...batches.map(({ mostSends }) => mostSends))],
    ["rows that needed a person", sum(({ asked }) => asked.length)],
    ["seconds", Math.round(ms / 1_000)],
  );
  return table.toString();
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    say(`Breach: ${ensureError(error).message}`);
    Deno.exit(1);
  }
}
