/**
 * Breaks a copy of the program in every way that `mutations/` lists, one at a time, and shows that a test
 * catches each.
 *
 * `deno task test:mutation [--only <name>] [--json]`. It ends with 1 if one survives that should not, or
 * the list no longer fits the code.
 *
 * @module
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { ensureError } from "../src/errors.ts";
import { print, say } from "./command_line.ts";
import { mutations } from "./mutations/list.ts";
import { type Mutation, type TestChoice, testsNamed } from "./mutations/mutation.ts";
import { runTests } from "./mutations/run_tests.ts";
import { copyProject, StaleError, type WorkingCopy } from "./mutations/working_copy.ts";

/** For logs, too. */
const plain = { head: [], border: [], compact: true };

/** What is as it should be, or cannot be told here. */
const good: readonly Fate["type"][] = ["killed", "survived as told", "not tried"];

/** What became of a mutation. */
interface Fate {
  readonly mutation: Mutation;
  /** `broken`: it ended badly and no test says why, so nothing is shown. */
  readonly type:
    | "killed"
    | "survived"
    | "survived as told"
    | "killed against all odds"
    | "not tried"
    | "stale"
    | "broken";
  /** The test that caught it, or what is wrong. */
  readonly by: string;
  readonly seconds: number;
}

const usage =
  `Usage: deno task test:mutation [--only <part of a name>] [--lanes <number>] [--json] [--list]

Breaks a copy of the program in every way that tools/mutations lists, and runs the tests that should
catch it: two ways at a time, if nothing else is said. The tests that survive unbroken are run first.
`;

function readOptions() {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      only: { type: "string", multiple: true, default: [] },
      lanes: { type: "string", default: "2" },
      json: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { only, json, list, help } = values;
  const chosen = mutations.filter(({ name }) =>
    only.length === 0 || only.some((part) => name.includes(part))
  );
  const lanes = Number(values.lanes);
  if (!Number.isInteger(lanes) || lanes < 1) {
    throw new RangeError(`Cannot use --lanes ${values.lanes}`);
  }
  if (chosen.length === 0) throw new RangeError(`Cannot find a mutation named ${only.join(", ")}`);
  return { chosen, lanes, json, list, help };
}

async function main(): Promise<boolean> {
  const { chosen, lanes, json, list, help } = readOptions();
  if (help || list) {
    print(help ? usage : listTable(chosen));
    return true;
  }
  const folder = await Deno.makeTempDir({ prefix: "waybill-mutation-" });
  try {
    const copies: WorkingCopy[] = [];
    for (let lane = 1; lane <= lanes; lane++) {
      copies.push(await copyProject(projectFolder, `${folder}/${lane}`));
    }
    await proveWhole(copies, chosen);
    const fates = await share(copies, chosen, tryMutation);
    const isGood = fates.every(({ type }) => good.includes(type));
    print(json ? `${JSON.stringify(fates.map(toJson), undefined, 2)}\n` : fateTable(fates));
    return isGood;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const projectFolder = new URL("..", import.meta.url).pathname;

/** Gives each copy the next task that nobody has, and keeps the order of the results. */
async function share<Task, Result>(
  copies: readonly WorkingCopy[],
  tasks: readonly Task[],
  work: (copy: WorkingCopy, task: Task) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const open = tasks.entries();
  await Promise.all(copies.map(async (copy) => {
    for (const [at, task] of open) results[at] = await work(copy, task);
  }));
  return results;
}

/** A test that fails anyway catches nothing. */
async function proveWhole(
  copies: readonly WorkingCopy[],
  chosen: readonly Mutation[],
): Promise<void> {
  const names = [...new Set(chosen.flatMap(({ tests }) => tests))].sort();
  const whole = names.filter((name) => !names.some((other) => name.startsWith(`${other} > `)));
  await share(copies, whole.map(testsNamed), async (copy, choice) => {
    const run = await runTests(copy, choice);
    if (run.type === "passed") {
      return say(`unbroken: ${run.count} tests of ${wordsOf(choice)} pass`);
    }
    const why = run.type === "failed" ? run.test : run.type === "broken" ? run.output : "it hangs";
    throw new Error(`Cannot prove anything: unbroken, ${wordsOf(choice)} fails: ${why}`);
  });
}

async function tryMutation(copy: WorkingCopy, mutation: Mutation): Promise<Fate> {
  const started = performance.now();
  const found = await fateOf(copy, mutation);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const fate = { mutation, ...found, seconds };
  say(`${fate.type}: ${mutation.name} (${fate.by}) ${seconds} s`);
  return fate;
}

async function fateOf(
  copy: WorkingCopy,
  mutation: Mutation,
): Promise<Pick<Fate, "type" | "by">> {
  const { survives, needsPostgres = false } = mutation;
  if (needsPostgres && Deno.env.get("WAYBILL_TEST_POSTGRES") === undefined) {
    return { type: "not tried", by: "no WAYBILL_TEST_POSTGRES" };
  }
  try {
    using _broken = copy.breakBy(mutation);
    for (const name of mutation.tests) {
      const run = await runTests(copy, testsNamed(name), needsPostgres);
      if (run.type === "passed") continue;
      if (run.type === "broken") return { type: "broken", by: run.output };
      if (run.type === "hung" && !mutation.mayHang) return { type: "broken", by: `${name} hangs` };
      const by = run.type === "hung" ? `${name} hangs` : run.test;
      return { type: survives === undefined ? "killed" : "killed against all odds", by };
    }
    return survives === undefined
      ? { type: "survived", by: mutation.breaks }
      : { type: "survived as told", by: survives };
  } catch (error) {
    if (error instanceof StaleError) return { type: "stale", by: error.message };
    throw error;
  }
}

function wordsOf({ file, filter }: TestChoice): string {
  return filter === undefined ? file : `${file}, "${filter}"`;
}

function fateTable(fates: readonly Fate[]): string {
  const table = new Table({
    head: ["mutation", "what is broken", "fate", "by", "s"],
    style: plain,
  });
  for (const { mutation: { name, breaks }, type, by, seconds } of fates) {
    table.push([name, breaks, type, by, seconds]);
  }
  const count = (type: Fate["type"]) => fates.filter((fate) => fate.type === type).length;
  const types = [...new Set(fates.map(({ type }) => type))];
  const sums = types.map((type) => `${count(type)} ${type}`).join(", ");
  return `${table.toString()}\n${fates.length} mutations: ${sums}\n`;
}

function listTable(chosen: readonly Mutation[]): string {
  const table = new Table({ head: ["mutation", "file", "what is broken", "tests"], style: plain });
  for (const { name, file, breaks, tests } of chosen) {
    table.push([name, file, breaks, tests.join(", ")]);
  }
  return `${table.toString()}\n`;
}

function toJson({ mutation: { name, file, breaks }, type, by, seconds }: Fate) {
  return { name, file, breaks, fate: type, by, seconds };
}

if (import.meta.main) {
  try {
    if (!await main()) Deno.exitCode = 1;
  } catch (error) {
    say(ensureError(error).message);
    Deno.exitCode = 1;
  }
}
