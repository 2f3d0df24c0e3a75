/**
 * What was told is on the disk: a power cut at any moment takes nothing back. `strace` shows what the
 * runner and its servers ask of the kernel for one row, and in what order: a commit that is not synced
 * before the next step leaves is a promise that only the page cache keeps.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { projectFolder, runCommand } from "./helpers/cli.ts";
import { readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { canTrace, readTrace, type SystemCall, traceArguments } from "./helpers/strace.ts";

/** Files whose content is promised to somebody, by how their paths end. */
const promised: readonly [RegExp, string][] = [
  [/\/waybill\.db-wal$/, "the database"],
  [/\/ups\/journal\.db-wal$/, "the journal"],
  [/\/labels\/[^/]+\.tmp$/, "the label"],
  [/\/orders\.csv\.waybill-journal$/, "the write-back"],
  [/\/orders\.csv\.waybill-tmp$/, "the file"],
];

/** Folders in which a name is promised. */
const folders: readonly [RegExp, string][] = [
  [/\/labels$/, "the labels' folder"],
  [/\/data$/, "the file's folder"],
];

/** What leaves a process, by what it says. */
const told: readonly [RegExp, string][] = [
  [/"tools\/call\\",\\"params\\":\{\\"name\\":\\"shipping_create/, "asks for a purchase"],
  [/^\d+<socket:.*"POST \/api\/shipments\/v2409\/ship /, "sends it to UPS"],
  [/\\"structuredContent\\":|\\\\\\"outcome\\\\\\":/, "answers"],
  [/"tools\/call\\",\\"params\\":\{\\"name\\":\\"write_back/, "gives the number back"],
  [/"tools\/call\\",\\"params\\":\{\\"name\\":\\"flush/, "has the file written"],
];

/** The way of one row: nothing may come earlier than here, nothing may be missing. */
const wayOfARow = [
  "sync the database",
  "asks for a purchase",
  "sync the journal",
  "sends it to UPS",
  "sync the label",
  "rename the label",
  "sync the labels' folder",
  "sync the journal",
  "answers",
  "sync the database",
  "gives the number back",
  "sync the write-back",
  "answers",
  "sync the database",
  "has the file written",
  "sync the file",
  "rename the file",
  "sync the file's folder",
  "remove the write-back",
  "sync the file's folder",
  "answers",
  "sync the database",
];

describe("a row's way to the disk", () => {
  if (!canTrace()) {
    it("is not tried: strace is missing here, or may not trace", () => {});
    return;
  }

  let calls: readonly SystemCall[] = [];

  beforeAll(async () => {
    using folder = temporaryFolder();
    calls = await traceOneRow(`${folder.path}/data`);
  });

  it("syncs each step before the next one is told of it", () => {
    const steps = stepsOf(calls);
    const from = steps.indexOf("asks for a purchase") - 1;
    // What follows is only tidied up.
    expect(steps.slice(from, from + wayOfARow.length)).toEqual(wayOfARow);
  });

  it("tells nobody anything while something promised is not synced", () => {
    const dirty = new Set<string>();
    for (const { name, args } of calls) {
      const file = nameOf(promised, pathIn(args));
      if (file === undefined) {
        const said = nameOf(told, args);
        if (said) expect({ said, unsynced: [...dirty] }).toEqual({ said, unsynced: [] });
      } else if (isSync(name)) dirty.delete(file);
      else if (isWrite(name)) dirty.add(file);
    }
    expect([...dirty]).toEqual([]);
  });
});

async function traceOneRow(data: string): Promise<SystemCall[]> {
  makeFolder(data);
  const orders = readText(`${projectFolder}examples/orders.csv`).split("\n");
  writeText(`${data}/orders.csv`, `${orders.slice(0, 2).join("\n")}\n`);
  const imported = await runCommand(data, [
    ...["import", "orders.csv", "--job", "j"],
    ...["--template", `${projectFolder}examples/ups-ground.json.njk`],
    ...["--shipper", `${projectFolder}examples/shipper.json`],
  ]);
  expect(imported).toMatchObject({ code: 0 });
  const { code, stderr } = await new Deno.Command("strace", {
    args: traceArguments(`${data}/trace`, [
      ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "-P=work"],
      ...[`${projectFolder}main.ts`, "run", "j"],
    ]),
    cwd: projectFolder,
    env: { WAYBILL_DATA: data, INIT_CWD: data, DATABASE_URL: "" },
    stdin: "null",
    stdout: "null",
  }).output();
  expect({ code, stderr: new TextDecoder().decode(stderr) }).toMatchObject({ code: 0 });
  return readTrace(`${data}/trace`);
}

function makeFolder(path: string): void {
  Deno.mkdirSync(path);
}

/** What was told and what was made durable, in order; a sync of what is durable already is no step. */
function stepsOf(calls: readonly SystemCall[]): string[] {
  const dirty = new Set<string>();
  const steps: string[] = [];
  for (const { name, args } of calls) {
    const path = pathIn(args);
    const file = nameOf(promised, path);
    const folder = nameOf(folders, path);
    if (isSync(name)) {
      const what = file ?? folder;
      if (what !== undefined && dirty.delete(what)) steps.push(`sync ${what}`);
    } else if (name.startsWith("rename") || name.startsWith("unlink")) {
      if (file === undefined) continue;
      const does = name.startsWith("rename") ? "rename" : "remove";
      steps.push(`${does} ${file}`);
      dirty.add(nameOf(folders, path.slice(0, path.lastIndexOf("/"))) ?? "");
    } else if (file !== undefined) dirty.add(file);
    else {
      const said = nameOf(told, args);
      if (said !== undefined) steps.push(said);
    }
  }
  return steps;
}

function isSync(name: string): boolean {
  return name === "fsync" || name === "fdatasync";
}

function isWrite(name: string): boolean {
  return name === "write" || name === "writev" || name === "pwrite64";
}

/** The path of the descriptor, or the first one of a call that takes paths. */
function pathIn(args: string): string {
  const [, descriptor, path] = /^\d+<([^>]*)>|^(?:AT_FDCWD<[^>]*>, )?"([^"]*)"/.exec(args) ?? [];
  return descriptor ?? path ?? "";
}

function nameOf(names: readonly [RegExp, string][], text: string): string | undefined {
  return names.find(([pattern]) => pattern.test(text))?.[1];
}
