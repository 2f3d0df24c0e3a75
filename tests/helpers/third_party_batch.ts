/**
 * A batch that is shipped by processes: the program as a person starts it, and a source and a carrier
 * that somebody else wrote (`fixtures/faulty_servers.ts`).
 *
 * @module
 */
import { expect } from "vitest";
import type { Misdeed } from "../fixtures/misbehaviour.ts";
import { projectFolder, startCommand } from "./cli.ts";
import { readText, temporaryFolder, writeText } from "./folders.ts";
import { shipper, template } from "./tools.ts";

/** How many orders a batch has. */
export const rowCount = 8;

/** Short times in the order that they must have; the restart budgets are those of production. */
const shortTimes = {
  WAYBILL_CALL_TIMEOUT_MS: "1500",
  WAYBILL_QUIET_MS: "2000",
  WAYBILL_APART_MS: "50",
  WAYBILL_LOOKUP_RETRY_MS: "20",
  WAYBILL_RETRY_MS: "20",
  WAYBILL_TRUST_NOT_FOUND: "1",
};

/** What a run told, and what the servers were asked. */
export interface Shipped {
  readonly code: number;
  readonly stderr: string;
  readonly events: Record<string, unknown>[];
  /** What happened to children, as in `child_exited source.job ended`. */
  readonly news: string[];
  /** The types of the audit entries. */
  readonly audit: string[];
  readonly statuses: string[];
  readonly sends: Record<string, unknown>[];
  readonly sales: Record<string, unknown>[];
  readonly written: Set<unknown>;
}

/** A batch that is imported and can be run, more than once. */
export interface Batch extends Disposable {
  readonly path: string;
  /** The runner's process, once it was started. */
  readonly runner: Deno.ChildProcess | undefined;
  /** The processes of its servers that are left. */
  left(): string[];
  /** Lets the carrier give the answer that it keeps back. */
  letGo(): void;
  /** Runs it, tells of each event on the way, and of its end before anything is asked. */
  run(
    onEvent?: (event: Record<string, unknown>) => void,
    onEnd?: () => Promise<void> | undefined,
  ): Promise<Shipped>;
}

/** How a batch is set up. */
export interface BatchOptions {
  readonly misdeeds?: readonly Misdeed[];
  readonly env?: Record<string, string>;
  /** The carrier keeps its answer to this row back until `letGo`. */
  readonly holdAt?: number;
  /** Whether the servers are started by a shell that stays, as `npx` does. */
  readonly isWrapped?: boolean;
}

/** Imports a batch. */
export async function makeBatch(
  { misdeeds = [], env = {}, holdAt, isWrapped = false }: BatchOptions = {},
): Promise<Batch> {
  const folder = temporaryFolder();
  const { path } = folder;
  const server = (which: string) => {
    const args = [
      ...["run", "-A", `--config=${projectFolder}deno.json`],
      ...[`${projectFolder}tests/fixtures/faulty_servers.ts`, which, path],
    ];
    const command = Deno.execPath();
    return {
      ...(isWrapped
        ? { command: "sh", args: ["-c", `${[command, ...args].join(" ")}; true`] }
        : { command, args }),
      env: { ROWS: String(rowCount), FIND: "1", ...(holdAt ? { HOLD_AT: String(holdAt) } : {}) },
    };
  };
  const mcpServers = { source: server("source"), carrier: server("carrier") };
  writeText(`${path}/mcp.json`, JSON.stringify({ mcpServers }));
  writeText(`${path}/template.njk`, template);
  writeText(`${path}/shipper.json`, JSON.stringify(shipper));
  let runner: Deno.ChildProcess | undefined;
  const start = (args: readonly string[], onLine?: (line: string) => void) => {
    const running = startCommand(path, args, { ...shortTimes, ...env }, onLine);
    runner = running.child;
    return running.ended;
  };
  const ask = async (...args: string[]) => JSON.parse((await start([...args, "--json"])).stdout);
  const files = ["--template", "template.njk", "--shipper", "shipper.json"];
  const imported = await start(["import", ...files, "--job", "job", "--mcp", "mcp.json"]);
  expect(imported).toMatchObject({ code: 0 });
  writeText(`${path}/misdeeds.json`, JSON.stringify(misdeeds));
  const lines = (file: string): Record<string, unknown>[] => {
    try {
      return readText(`${path}/${file}`).trim().split("\n").map((line) => JSON.parse(line));
    } catch {
      return [];
    }
  };
  return {
    path,
    get runner() {
      return runner;
    },
    left: () => processesOf(path),
    letGo: () => writeText(`${path}/go`, ""),
    async run(onEvent, onEnd) {
      const events: Record<string, unknown>[] = [];
      const { code, stderr } = await start(["run", "job", "--json"], (line) => {
        const event = JSON.parse(line);
        events.push(event);
        onEvent?.(event);
      });
      await onEnd?.();
      const audit: { events: { type: string }[]; broken_at: unknown } = await ask("audit", "job");
      expect(audit.broken_at).toBe(null);
      const { rows }: { rows: { status: string }[] } = await ask("rows", "job");
      return {
        code,
        stderr,
        events,
        news: events.filter(({ type }) => /^(child_|escalated)/.test(String(type)))
          .map(({ type, child, reason }) => [type, child, reason].filter(Boolean).join(" ")),
        audit: audit.events.map(({ type }) => type),
        statuses: rows.map(({ status }) => status),
        sends: lines("sends.jsonl"),
        sales: lines("sales.jsonl"),
        written: new Set(lines("written.jsonl").map(({ row }) => row)),
      };
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** Every row has one label, each key was sent once, and the source has every number. */
export function expectShippedOnce(
  { code, stderr, sends, sales, written, statuses }: Shipped,
): void {
  // With what it said, where it ended with another code.
  expect({ code, said: code === 0 ? "" : stderr }).toEqual({ code: 0, said: "" });
  const keys = sends.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  const all = Array.from({ length: rowCount }, (_, index) => index + 1);
  expect(sales.map(({ row }) => row).toSorted()).toEqual(all);
  expect([...written].toSorted()).toEqual(all);
  expect(statuses).toEqual(all.map(() => "completed"));
}

/** The processes that name a folder. */
function processesOf(folder: string): string[] {
  const { stdout } = new Deno.Command("ps", { args: ["-eo", "pid=,stat=,args="] }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(folder));
}
