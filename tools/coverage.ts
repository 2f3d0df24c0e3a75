/**
 * Runs all tests and tells which lines of the engine they reach: machines, actors and database.
 *
 * `deno task test:coverage`. It ends with 1 if a test fails, or if fewer than 95 % of the lines of one of
 * the folders are reached. What is not reached is told, with the reason from `coverage_reasons.ts`.
 *
 * Each test file is measured in its own process, and of the programs that tests start one of each kind
 * (`tests/helpers/cli.ts`): a program that is killed tells nothing, and each writes a file for every module.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { ensureError } from "../src/errors.ts";
import { print, say } from "./command_line.ts";
import { places, rules } from "./coverage_reasons.ts";
import { coveredPercent, type FileCoverage, readLcov, type Stretch } from "./lcov.ts";

const folders = ["src/machines", "src/actors", "src/db"];

const leastPercent = 95;

/**
 * What reaches nothing of the three folders, or starts many template workers: Deno takes seconds to end
 * a worker that it measures.
 */
const unmeasured = new RegExp(
  "^(template_|paths_supervisor|ups_|sandbox|csv_|xlsx_|sql_|where|charts|viz_page|viz_moment|" +
    "viz_export|viz_chart_alone|mcp_file|source_location|source_server|merge_pace|in_turn|readme|mutations|coverage_reasons)",
);

/** For logs, too. */
const plain = { head: [], border: [], compact: true };

const projectFolder = new URL("..", import.meta.url).pathname;

const usage = `Usage: deno task test:coverage [--from <folder>]

Runs all tests, measured, and tells which lines of ${
  folders.join(", ")
} they reach. With --from it runs
none, and reads what \`deno test --coverage=<folder> --coverage-raw-data-only\` has left there.
`;

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    args: Deno.args,
    options: { from: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) {
    print(usage);
    return true;
  }
  const folder = values.from ?? await Deno.makeTempDir({ prefix: "waybill-coverage-" });
  try {
    const havePassed = values.from !== undefined || await runTests(folder);
    return await report(folder) && havePassed;
  } finally {
    if (values.from === undefined) await Deno.remove(folder, { recursive: true });
  }
}

/** Whether all have passed. */
async function runTests(folder: string): Promise<boolean> {
  const others = (await readdir(`${projectFolder}tests`))
    .filter((name) => name.endsWith(".test.ts") && unmeasured.test(name))
    .map((name) => `tests/${name}`);
  // As a user runs them, and measured; their types are what `deno task check` looks at.
  const measured = await deno([
    ...["task", "test", "--no-check", `--coverage=${folder}`, "--coverage-raw-data-only"],
    `--ignore=${others.join(",")}`,
  ]);
  const rest = await deno([
    ...["test", "--no-check", "--quiet", "--no-prompt", "-P=test", "--parallel", ...others],
  ]);
  return measured && rest;
}

/** Whether enough is reached. */
async function report(folder: string): Promise<boolean> {
  const lcov = `${folder}/lcov.info`;
  const include = `--include=/(${folders.join("|")})/`;
  const isRead = await deno(["coverage", "--quiet", "--lcov", include, `--output=${lcov}`, folder]);
  if (!isRead) throw new Error("Cannot read what was measured");
  const files = readLcov(await Deno.readTextFile(lcov), projectFolder);
  print(`\n${filesTable(files)}\n${reasonsTold(files)}\n${foldersTable(files)}\n`);
  const low = folders.filter((each) => coveredPercent(filesIn(files, each)) < leastPercent);
  if (low.length > 0) {
    say(`Fewer than ${leastPercent} % of the lines are reached: ${low.join(", ")}`);
  }
  return low.length === 0;
}

function foldersTable(files: readonly FileCoverage[]): string {
  const table = new Table({ head: ["folder", "lines", "reached", "%"], style: plain });
  for (const folder of folders) {
    const inside = filesIn(files, folder);
    const lines = sum(inside, ({ lines }) => lines);
    table.push([folder, lines, sum(inside, ({ reached }) => reached), percent(inside)]);
  }
  return table.toString();
}

function filesTable(files: readonly FileCoverage[]): string {
  const table = new Table({ head: ["file", "%", "lines that are not reached"], style: plain });
  for (const file of files.filter(({ stretches }) => stretches.length > 0)) {
    table.push([file.path, percent([file]), file.stretches.map(linesOf).join(" ")]);
  }
  return table.toString();
}

/** What has no reason, and which reasons are of lines that are reached. */
function reasonsTold(files: readonly FileCoverage[]): string {
  const used = new Set<string>();
  const untold: string[] = [];
  for (const { path, stretches } of files) {
    const codes = places.filter(({ file }) => file === path).flatMap(({ code }) => code);
    for (const stretch of stretches) {
      const found = codes.filter((code) => stretch.text.includes(code));
      for (const code of found) used.add(`${path}: ${code}`);
      if (found.length > 0 || rules.some(({ code }) => code.test(stretch.text))) continue;
      untold.push(`${path}:${linesOf(stretch)}  ${stretch.text.trim().split("\n")[0]}`);
    }
  }
  const idle = places.flatMap(({ file, code }) => code.map((each) => `${file}: ${each}`))
    .filter((each) => !used.has(each));
  return [
    ...told("Not reached, and no reason told", untold),
    ...told("Reached, and a reason told why not", idle),
  ].join("\n");
}

function told(what: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${what}:`, ...lines.map((line) => `  ${line}`), ""];
}

function filesIn(files: readonly FileCoverage[], folder: string): FileCoverage[] {
  return files.filter(({ path }) => path.startsWith(`${folder}/`));
}

function percent(files: readonly FileCoverage[]): string {
  return (Math.floor(10 * coveredPercent(files)) / 10).toFixed(1);
}

function linesOf({ first, last }: Stretch): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function sum<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((total, each) => total + of(each), 0);
}

async function deno(args: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: projectFolder,
  })
    .spawn().status;
  return success;
}

if (import.meta.main) {
  try {
    if (!await main()) Deno.exitCode = 1;
  } catch (error) {
    say(ensureError(error).message);
    Deno.exitCode = 1;
  }
}
