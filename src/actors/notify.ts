/**
 * Calls a person: a command of theirs is run with what happened as one JSON document on its standard
 * input. It is an observer: whatever it does, nothing of the job depends on it.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { ensureError } from "../errors.ts";

/** What a person is told. It holds no data of recipients. */
export interface Notice {
  /** What happened. */
  readonly type:
    | "job_completed"
    | "job_failed"
    | "job_paused"
    | "job_needs_decision"
    | "job_not_ready"
    | "job_crashed";
  /** The job. */
  readonly job_id: string;
  /** Its name. */
  readonly name: string;
  /** Where it stands; null if the database cannot be asked. */
  readonly status: string | null;
  /** Why it is paused, if it is. */
  readonly reason: string | null;
  /** What is wrong: our code or the carrier's. */
  readonly code: string | null;
  /** The same in words. */
  readonly message: string | null;
  /** What to do next. */
  readonly remedy: string | null;
  /** The row it is about. */
  readonly row: number | null;
  /** The job's rows by status. */
  readonly rows: Readonly<Record<string, number>> | null;
  /** What its labels cost: minor units by currency. */
  readonly costs: Readonly<Record<string, number>> | null;
  /** What the run's process ends with. */
  readonly exit_code: number;
  /** When, UTC. */
  readonly at: string;
}

/** How long a notifier may take, in milliseconds. */
export const notifierLimitMs = 10_000;

/** What a program of somebody else's has no need to know. */
const secrets: ReadonlySet<string> = new Set(["UPS_CLIENT_SECRET", "DATABASE_URL"]);

/**
 * Runs the command, through the shell, and waits for its end: for so long and no longer.
 *
 * @param command The command.
 * @param notice What it is given.
 * @param limitMs How long it may take; then it is killed, and what it has started.
 * @returns What went wrong, in words; `undefined` if it did its work. It does not reject.
 */
export async function notify(
  command: string,
  notice: Notice,
  limitMs: number = notifierLimitMs,
): Promise<string | undefined> {
  try {
    return await run(command, `${JSON.stringify(notice)}\n`, limitMs);
  } catch (error) {
    return ensureError(error).message;
  }
}

function run(command: string, input: string, limitMs: number): Promise<string | undefined> {
  const child = spawn(command, {
    shell: true,
    // What is printed here is the job's, not the notifier's.
    stdio: ["pipe", "ignore", "ignore"],
    env: withoutSecrets(process.env),
    // A group of its own: a Ctrl-C is not meant for it, and at the limit all of it is ended.
    detached: true,
  });
  return new Promise((resolve) => {
    const limit = setTimeout(() => {
      killGroup(child.pid);
      resolve(`it did not end within ${limitMs / 1_000} s and was killed`);
    }, limitMs);
    const end = (problem: string | undefined) => {
      clearTimeout(limit);
      resolve(problem);
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => {
      if (code === 0) end(undefined);
      else end(code === null ? `it was ended by ${signal}` : `it ended with ${code}`);
    });
    // It need not read what it is told.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

function withoutSecrets(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || secrets.has(name) ? [] : [[name, value]]
    ),
  );
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
