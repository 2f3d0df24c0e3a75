/**
 * Who this process is, and whether another one still lives: pids are used again, so a process is
 * known by its pid together with the time it started.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { hostname } from "node:os";
import process from "node:process";
import { promisify } from "node:util";
import type { LeaseHolder, Liveness, Runner } from "../db/leases.ts";

/** Which process this is, and which others live; handed in so that simulations have their own. */
export interface Processes {
  /** This process as a runner. */
  thisRunner(): Promise<Runner>;
  /** What is known of a lease's holder. */
  livenessOf(holder: LeaseHolder): Promise<Liveness>;
}

/** The processes of this machine. */
export const systemProcesses: Processes = { thisRunner, livenessOf };

/**
 * This process as a runner.
 *
 * @returns A new runner; its id is random.
 */
export async function thisRunner(): Promise<Runner> {
  return {
    id: crypto.randomUUID(),
    host: hostname(),
    pid: process.pid,
    pidStartedAt: `${
      await (ownStart ??= startOf(process.pid)) ?? ""
    }${separator}${await pidSpace()}`,
  };
}

/** Between when a process started and where its pid counts. */
const separator = "@";

/**
 * What is known of a lease's holder.
 *
 * @param holder Who holds the lease.
 * @returns `alive` and `gone` only of processes of this host whose pids mean the same here; nothing is
 * known of others, nor of this process itself: it may have failed to give its lease back.
 */
export async function livenessOf(holder: LeaseHolder): Promise<Liveness> {
  const [startedAt = "", space = ""] = holder.pidStartedAt.split(separator);
  if (holder.host !== hostname() || space !== await pidSpace()) return "unknown";
  const isThere = isPidThere(holder.pid);
  if (isThere === false) return "gone";
  const start = await startOf(holder.pid);
  if (start === undefined && isThere === undefined) {
    // The first process is always there: where it can be seen, one that cannot is gone.
    return await startOf(1) === undefined ? "unknown" : "gone";
  }
  // Without start times a pid that lives may be another's.
  if (start === undefined || startedAt === "") return "unknown";
  if (start !== startedAt) return "gone";
  return holder.pid === process.pid ? "unknown" : "alive";
}

/**
 * Whether a lease's holder is this very process.
 *
 * @param holder Who holds the lease.
 * @returns Whether it is.
 */
export async function isThisProcess(
  { host, pid, pidStartedAt }: Pick<LeaseHolder, "host" | "pid" | "pidStartedAt">,
): Promise<boolean> {
  if (pid !== process.pid) return false;
  const own = await thisRunner();
  return host === own.host && pidStartedAt === own.pidStartedAt;
}

/** What does not change while this process lives is asked once: programs are started for it. */
let ownStart: Promise<string | undefined> | undefined;
let ownSpace: Promise<string> | undefined;

function pidSpace(): Promise<string> {
  return ownSpace ??= readPidSpace();
}

/**
 * Where pids count: containers of one host name have pids of their own (namespaces(7)), and so has the
 * machine after its next start.
 */
async function readPidSpace(): Promise<string> {
  try {
    const [boot, space] = await Promise.all([
      run("cat", ["/proc/sys/kernel/random/boot_id"]),
      run("readlink", ["/proc/self/ns/pid"]),
    ]);
    return `${boot.stdout.trim()} ${space.stdout.trim()}`;
  } catch {
    return "";
  }
}

/** Whether a process has this pid; `undefined` where this process may not find out by a signal. */
function isPidThere(pid: number): boolean | undefined {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ESRCH") return false;
    // Not ours to signal is there all the same; without a code it is Deno that refused to ask.
    return code === undefined ? undefined : true;
  }
}

const run = promisify(execFile);

/**
 * When a process started, in its system's own words: by procfs (proc(5), field 22, in ticks) or by
 * `ps`. Programs read it for us, as Deno opens `/proc` only to those who may do everything.
 */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run("cat", [`/proc/${pid}/stat`]);
    // The command's name stands in parentheses and may hold anything, spaces too.
    const [state, ...fields] = stdout.slice(stdout.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? "ended" : fields[18];
  } catch {
    return await startByPs(pid);
  }
}

async function startByPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run("ps", ["-o", "lstart=", "-p", String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
