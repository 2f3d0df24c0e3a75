/**
 * What a program and everything it starts ask of the kernel, as `strace` writes it down.
 *
 * @module
 */
import { readText } from "./folders.ts";

/** A system call, where it took effect. */
export interface SystemCall {
  readonly name: string;
  /** The arguments as strace prints them, descriptors with their paths. */
  readonly args: string;
}

/** The calls that move data or make it durable. */
const traced = [
  ...["fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat"],
  ...["write", "writev", "pwrite64", "sendto", "sendmsg"],
];

/** Those that are done when they return; others may be seen by somebody as soon as they begin. */
const doneAtTheEnd: ReadonlySet<string> = new Set(["fsync", "fdatasync"]);

/** Whether programs can be traced here: strace may be missing, or ptrace be refused. */
export function canTrace(): boolean {
  try {
    const args = ["-f", "-o", "/dev/null", "true"];
    return new Deno.Command("strace", { args, stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

/** The command line that traces another one into a file. */
export function traceArguments(path: string, command: readonly string[]): string[] {
  return ["-f", "-y", "-s", "256", "-e", `trace=${traced.join(",")}`, "-o", path, ...command];
}

/** The calls of a trace, in order. */
export function readTrace(path: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, SystemCall>();
  for (const line of readText(path).split("\n")) {
    const [, thread = "", text = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>.*= (-?\d+)/.exec(text);
    if (resumed) {
      const call = open.get(thread);
      if (call && doneAtTheEnd.has(call.name) && resumed[2] === "0") calls.push(call);
      open.delete(thread);
      continue;
    }
    const [, name = "", rest = ""] = /^(\w+)\((.*)$/.exec(text) ?? [];
    if (name === "") continue;
    const isUnfinished = rest.endsWith("<unfinished ...>");
    if (isUnfinished) open.set(thread, { name, args: rest });
    if (doneAtTheEnd.has(name) ? rest.endsWith(" = 0") : isUnfinished || !/ = -1 /.test(rest)) {
      calls.push({ name, args: rest });
    }
  }
  return calls;
}
