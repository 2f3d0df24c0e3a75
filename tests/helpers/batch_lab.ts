/**
 * A batch in a folder of its own with a third party's servers, which do as the environment of a
 * command tells them (`fixtures/faulty_servers.ts`), and commands in processes of their own.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { openDatabase } from "../../src/db/open.ts";
import { listRows } from "../../src/db/row_queries.ts";
import type { JobRowTable } from "../../src/db/schema.ts";
import {
  type Ended,
  projectFolder,
  runCommand,
  type Running,
  startCommand,
  startGroup,
} from "./cli.ts";
import { readText, temporaryFolder, writeText } from "./folders.ts";
import { shipper, template } from "./tools.ts";

/** The conditions of the safe policy, in milliseconds instead of minutes. */
const shortWaits = {
  WAYBILL_QUIET_MS: "800",
  WAYBILL_APART_MS: "100",
  WAYBILL_LOOKUP_RETRY_MS: "50",
};

/** What the servers can be told, by the environment of the command that starts them. */
type Told = Partial<
  Record<"HANG_AT" | "HOLD_AT" | "KILL_AT" | "FIND" | "REFUSE" | "WAYBILL_QUIET_MS", string>
>;

/** A batch, and what its servers did. */
export interface BatchLab extends Disposable {
  /** The folder of everything. */
  readonly path: string;
  /** The job's id. */
  readonly job: string;
  /** The database. */
  readonly url: string;
  /** Runs a command to its end. */
  command(args: readonly string[], told?: Told): Promise<Ended>;
  /** Starts a command. */
  start(args: readonly string[], told?: Told): Running;
  /** Starts a command as the first of a process group. */
  group(args: readonly string[], told?: Told): ReturnType<typeof startGroup>;
  /** The lines that the servers noted in a file. */
  lines(file: string): Record<string, string | number>[];
  /** The rows as the database has them. */
  rows(): Promise<JobRowTable[]>;
}

/** Makes a folder with a job of so many rows, imported. */
export async function openBatchLab(rows: number): Promise<BatchLab> {
  const folder = temporaryFolder();
  const { path } = folder;
  const job = "job";
  const url = `sqlite:${path}/waybill.db`;
  writeText(`${path}/mcp.json`, JSON.stringify({ mcpServers: serversIn(path, rows) }));
  writeText(`${path}/template.njk`, template);
  writeText(`${path}/shipper.json`, JSON.stringify(shipper));
  const envOf = (told: Told = {}) => ({ DATABASE_URL: url, ...shortWaits, ...told });
  const lab: BatchLab = {
    path,
    job,
    url,
    command: (args, told) => runCommand(path, args, envOf(told)),
    start: (args, told) => startCommand(path, args, envOf(told)),
    group: (args, told) => startGroup(path, args, envOf(told)),
    lines(file) {
      try {
        return readText(`${path}/${file}`).trim().split("\n").map((line) => JSON.parse(line));
      } catch {
        return [];
      }
    },
    async rows() {
      const db = await openDatabase(url);
      try {
        return await listRows(db, job);
      } finally {
        await db.destroy();
      }
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  const files = ["--template", "template.njk", "--shipper", "shipper.json", "--mcp", "mcp.json"];
  const { code, stderr } = await lab.command(["import", ...files, "--job", job]);
  if (code !== 0) throw new Error(`Cannot import the batch: ${stderr}`);
  return lab;
}

function serversIn(path: string, rows: number) {
  const told = ["HANG_AT", "HOLD_AT", "KILL_AT", "FIND", "REFUSE"];
  const server = (which: string) => ({
    command: Deno.execPath(),
    args: [
      ...["run", "-A", `--config=${projectFolder}deno.json`],
      ...[`${projectFolder}tests/fixtures/faulty_servers.ts`, which, path],
    ],
    env: {
      ROWS: String(rows),
      ...Object.fromEntries(told.map((name) => [name, `\${${name}:-}`])),
    },
  });
  return { source: server("source"), carrier: server("carrier") };
}

/** What is left of a run: the processes of its group, and those that name its folder. */
export async function processesOf(group: number, folder: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pgid=,stat=,args="]);
  return stdout.split("\n").map((line) => line.trim())
    .filter((line) => line.startsWith(`${group} `) || line.includes(folder))
    .filter((line) => !/^\d+ Z/.test(line));
}

/** Waits for something that a process does, and fails instead of waiting for ever. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!await isTrue()) {
    if (Date.now() > end) throw new Error("it did not happen within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
