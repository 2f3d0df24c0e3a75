/**
 * Programs that are started here, each as the first of a process group of its own: what it starts itself
 * (behind `npx` or a shell, say) is ended with it, and a Ctrl-C at the terminal is not meant for it.
 *
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import process from "node:process";

/** What to start. */
export interface Program {
  /** The program. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Its environment, all of it. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder it works in; this one's if it is left out. */
  readonly cwd?: string | undefined;
}

/** How long a program has to end by itself, and again after it was asked, in milliseconds. */
const graceMs = 2_000;

/** Windows has no such groups. */
const hasGroups = process.platform !== "win32";

/**
 * Starts a program. Its standard streams are pipes.
 *
 * @param program What to start.
 * @returns It.
 */
export function spawnGroup(
  { command, args, env, cwd }: Program,
): ChildProcessWithoutNullStreams {
  return spawn(command, [...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...env },
    detached: hasGroups,
    windowsHide: true,
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/**
 * Ends a program: its standard input first, which is how servers are told; then SIGTERM, then SIGKILL, to
 * its whole group. (`ChildProcess.kill` sends one signal and no second one, seen on Deno 2.9.6.)
 *
 * @param child The program.
 * @returns Resolves when it has ended, whatever it does.
 */
export async function endGroup(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.pid === undefined) return;
  const ended = child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.stdin.end();
  if (!await within(graceMs, ended)) {
    signalGroup(child.pid, "SIGTERM");
    await within(graceMs, ended);
  }
  // Whoever is left of the group, though its first process has ended.
  signalGroup(child.pid, "SIGKILL");
  await within(graceMs, ended);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
}

function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(hasGroups ? -pid : pid, signal);
  } catch {
    // Nobody is left.
  }
}

async function within(ms: number, ended: Promise<void>): Promise<boolean> {
  const { promise: limit, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  const isOver = await Promise.race([ended.then(() => true), limit]);
  clearTimeout(timer);
  return isOver;
}
