/**
 * Runs tests in a copy of the project, and says whether one of them failed.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import type { TestChoice } from "./mutation.ts";
import type { WorkingCopy } from "./working_copy.ts";

/** How a test file ended. */
export type TestRun =
  | { readonly type: "passed"; readonly count: number }
  /** At least one test said that something is wrong. */
  | { readonly type: "failed"; readonly test: string }
  /** It was ended from outside. */
  | { readonly type: "hung" }
  /** The file did not run, or none of its tests are meant: nothing is shown. */
  | { readonly type: "broken"; readonly output: string };

/** How long a test file may take, in milliseconds. */
const limitMs = 120_000;

/**
 * Runs tests up to the first that fails; on a real server, all of them.
 *
 * @param copy The copy.
 * @param choice Which tests.
 * @param usesPostgres Whether they may use the real PostgreSQL.
 * @returns How they ended.
 */
export async function runTests(
  copy: WorkingCopy,
  { file, filter }: TestChoice,
  usesPostgres = false,
): Promise<TestRun> {
  const report = `${copy.temporary}/junit.xml`;
  const only = filter === undefined ? [] : [`--filter=${filter}`];
  const child = spawn(Deno.execPath(), [
    ...["test", "--quiet", "--no-prompt", "--no-check", "-P=test"],
    // What is cut off leaves its database on the server.
    ...usesPostgres ? [] : ["--fail-fast"],
    ...[`--junit-path=${report}`, ...only, file],
  ], {
    cwd: copy.path,
    env: { ...environment(usesPostgres), TMPDIR: copy.temporary, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that what it has started ends with it.
    detached: true,
  });
  let output = "";
  child.stdout.on("data", (chunk: unknown) => output += String(chunk));
  child.stderr.on("data", (chunk: unknown) => output += String(chunk));
  let isHung = false;
  const timer = setTimeout(() => {
    isHung = true;
    endGroup(child.pid);
  }, limitMs);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  clearTimeout(timer);
  endGroup(child.pid);
  if (isHung) return { type: "hung" };
  const results = await readReport(report);
  const failed = results.find(({ isFailure }) => isFailure);
  if (failed) return { type: "failed", test: `${stemOf(file)} "${failed.name}"` };
  if (code === 0 && results.length > 0) return { type: "passed", count: results.length };
  if (code === 0) return { type: "broken", output: `${file} has no such test` };
  // A machine's whole graph is walked before its tests are told of it: what it cannot walk it throws.
  const thrown = /\(uncaught error\)\s*error: (?:\(in promise\) )?(.*)/.exec(output)?.[1];
  const isShown = thrown !== undefined && !/SyntaxError|could not be parsed/.test(output);
  return isShown
    ? { type: "failed", test: `${stemOf(file)} throws "${thrown.slice(0, 100)}"` }
    : { type: "broken", output };
}

/** Without real servers, the databases in the process are as good, and leave nothing behind. */
function environment(usesPostgres: boolean): Record<string, string> {
  const { WAYBILL_TEST_POSTGRES: server, WAYBILL_TEST_MYSQL: _, ...rest } = Deno.env.toObject();
  return usesPostgres && server !== undefined ? { ...rest, WAYBILL_TEST_POSTGRES: server } : rest;
}

interface TestResult {
  readonly name: string;
  readonly isFailure: boolean;
}

/** A test that was not run, as one before it failed, has no result. */
async function readReport(path: string): Promise<TestResult[]> {
  const xml = await Deno.readTextFile(path).catch(() => "");
  await Deno.remove(path).catch(() => {});
  return [...xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*(<failure|<error|<skipped)?/g)]
    .filter(([, , mark]) => mark !== "<skipped")
    .map(([, name = "", mark]) => ({ name: unescaped(name), isFailure: mark !== undefined }));
}

function unescaped(text: string): string {
  const signs: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name) => signs[name] ?? whole);
}

function stemOf(file: string): string {
  return file.replace(/^tests\//, "").replace(/\.test\.ts$/, "");
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}
