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
import type { LeaseHolder, Runner } from "../db/leases.ts";

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
    pidStartedAt: await startOf(process.pid) ?? "",
  };
}

/**
 * Whether a lease's holder is known to be dead.
 *
 * @param holder Who holds the lease.
 * @returns `true` only for a process of this host that has ended; of another host nothing is known.
 */
export async function isGone(holder: LeaseHolder): Promise<boolean> {
  if (holder.host !== hostname()) return false;
  if (!isAlive(holder.pid)) return true;
  const start = await startOf(holder.pid);
  // Without start times a pid that lives is taken for the holder's: the lease then has to expire.
  return start !== undefined && holder.pidStartedAt !== "" && start !== holder.pidStartedAt;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal is alive all the same.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
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
