/**
 * Runs the program as a person does: a process of its own, with the permissions of the tasks.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";
import config from "../../deno.json" with { type: "json" };

/** The project's folder. */
export const projectFolder = fileURLToPath(new URL("../../", import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command at work. */
export interface Running {
  readonly child: Deno.ChildProcess;
  readonly ended: Promise<Ended>;
}

/** The permissions of a command's own task in deno.json. */
function permissionsOf([command = ""]: readonly string[]): string {
  const tasks: Record<string, string> = config.tasks;
  return /-P=\w+/.exec(tasks[command] ?? "")?.[0] ?? "-P=work";
}

/** Starts a command in a data folder of its own, and calls `onLine` with each line of its stdout. */
export function startCommand(
  dataFolder: string,
  args: readonly string[],
  env: Record<string, string> = {},
  onLine: (line: string, child: Deno.ChildProcess) => void = () => {},
): Running {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      permissionsOf(args),
      `${projectFolder}main.ts`,
      ...args,
    ],
    cwd: projectFolder,
    clearEnv: true,
    env: {
      ...inherited(),
      ...coverageOf(args, env),
      ...{ WAYBILL_DATA: dataFolder, INIT_CWD: dataFolder },
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return { child, ended: outputOf(child, onLine) };
}

/** Starts a command as the first of a process group of its own: signals can be sent to all of it. */
export function startGroup(
  dataFolder: string,
  args: readonly string[],
  env: Record<string, string> = {},
): {
  pid: number;
  ended: Promise<{ code: number | null; stderr: string }>;
  /** What it has said until now. */
  stderr: () => string;
} & Disposable {
  const child = spawn(Deno.execPath(), [
    ...["run", "--quiet", "--no-prompt", permissionsOf(args), `${projectFolder}main.ts`, ...args],
  ], {
    cwd: projectFolder,
    env: { ...inherited(), WAYBILL_DATA: dataFolder, INIT_CWD: dataFolder, ...env },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let stderr = "";
  child.stderr.on("data", (chunk: unknown) => stderr += String(chunk));
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, stderr }))
  );
  const { pid } = child;
  if (pid === undefined) throw new Error("Cannot start a command: it has no process");
  return { pid, ended, stderr: () => stderr, [Symbol.dispose]: () => killGroup(pid) };
}

/** Leaves nothing of a group behind, not even what a failed test has suspended. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** Runs a command to its end. */
export function runCommand(
  dataFolder: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  return startCommand(dataFolder, args, env).ended;
}

async function outputOf(
  child: Deno.ChildProcess,
  onLine: (line: string, child: Deno.ChildProcess) => void,
): Promise<Ended> {
  const read = async () => {
    let stdout = "";
    let seen = 0;
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      stdout += text;
      for (let end = stdout.indexOf("\n", seen); end >= 0; end = stdout.indexOf("\n", seen)) {
        onLine(stdout.slice(seen, end), child);
        seen = end + 1;
      }
    }
    return stdout;
  };
  const [{ code, signal }, stdout, stderr] = await Promise.all([
    child.status,
    read(),
    new Response(child.stderr).text(),
  ]);
  return { code, signal, stdout, stderr };
}

/** What only programs do that are started by hand; the rest is measured where it is called. */
const measured = ["import", "labels", "preview", "status"];
const seen = new Set<string>();

/** Under `deno task test:coverage` one program of each kind tells what it has reached: it costs time. */
function coverageOf(args: readonly string[], env: Record<string, string>): Record<string, string> {
  const folder = process.env["DENO_COVERAGE_DIR"];
  const [command = "", ...rest] = args;
  const kind = [command, ...rest.filter((each) => each.startsWith("--"))].join(" ");
  const isMeasured = measured.includes(command) || "OTEL_DENO" in env;
  if (folder === undefined || !isMeasured || seen.has(kind)) return {};
  seen.add(kind);
  return { DENO_COVERAGE_DIR: folder };
}

/** What Deno needs to start at all. */
function inherited(): Record<string, string> {
  return Object.fromEntries(["HOME", "PATH", "DENO_DIR"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }));
}
