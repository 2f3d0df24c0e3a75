/**
 * A lab for crashes: a folder with a job, and everything that ships it as processes of its own, the
 * sandbox included, each with {@link ../fixtures/crash_points.ts} loaded before it. What is killed is
 * started again: servers by the runner, the sandbox by the lab, the runner by `runUntilDone`.
 *
 * @module
 */
import process from "node:process";
import { importJob } from "../../src/actors/import_job.ts";
import { openDatabase } from "../../src/db/open.ts";
import { openCsvSource } from "../../src/servers/source/csv/csv_table.ts";
import { projectFolder } from "./cli.ts";
import { readText, writeText } from "./folders.ts";
import {
  doneKills,
  type Kill,
  kill,
  livingOf,
  makeCrashFolder,
  planKills,
  type Role,
  tell,
} from "./kill_plan.ts";

/** What a lab is made with. */
export interface LabOptions {
  /** Rows of the batch, at the most those of `examples/orders.csv`. */
  readonly rows: number;
  /** Where the job is kept; a SQLite file in the lab if it is left out. */
  readonly databaseUrl?: string | undefined;
  /** Variables for the runner, besides the short waits. */
  readonly env?: Readonly<Record<string, string>>;
  /** The plan of faults of the sandbox. */
  readonly faults?: unknown;
}

/** How a run of the program ended. */
export interface RunEnd {
  readonly code: number;
  readonly signal: string | null;
  readonly stderr: string;
  /** How many kills there were meanwhile. */
  readonly kills: number;
}

/** What is done around the runs of a job. */
export interface RunHooks {
  /** Called when a run starts; what it returns is called when the run has ended. */
  readonly onRun?: () => () => void;
  /** Called when a run ended with 4: a person is asked. Without it that is an error. */
  readonly onAsked?: () => Promise<void>;
}

/** A lab. */
export interface Lab extends AsyncDisposable {
  readonly path: string;
  readonly job: string;
  readonly databaseUrl: string;
  /** The user's file. */
  readonly csv: string;
  /** The sandbox's folder. */
  readonly sandbox: string;
  readonly rows: number;
  /** Plans kills, from now on. */
  plan(kills: readonly Kill[]): void;
  /** Runs the job once, with some variables more. */
  run(env?: Readonly<Record<string, string>>): Promise<RunEnd>;
  /** Says another command about the job, once. */
  say(command: string, ...args: string[]): Promise<RunEnd>;
  /** Runs the job until it ends with 0; a run in which nobody was killed must. */
  runUntilDone(mostRuns: number, hooks?: RunHooks): Promise<RunEnd[]>;
  /** Kills processes now. */
  kill(victims: readonly Role[]): void;
  /** Waits until the servers of dead runners are done. */
  untilServersEnd(): Promise<void>;
  /** Waits until no server of a dead runner is left, and stops the sandbox: nothing changes any more. */
  settle(): Promise<void>;
  /** What happened, for whoever wants to know why. */
  story(): string;
  /** Leaves the folder where it is. */
  keep(): void;
}

/** Short waits; each in its order: the request, the quiet period, two look-ups. */
const shortWaits = {
  WAYBILL_QUIET_MS: "700",
  WAYBILL_APART_MS: "50",
  WAYBILL_LOOKUP_RETRY_MS: "50",
  WAYBILL_LOOKUP_FAILURES: "20",
  WAYBILL_TRUST_NOT_FOUND: "1",
  WAYBILL_RETRY_MS: "50",
  WAYBILL_MAX_ATTEMPTS: "8",
};

/** Below the quiet period. */
const upsTimeoutMs = "500";

/** A run that takes longer than this is stuck. */
const runLimitMs = 45_000;

const points = `${projectFolder}tests/fixtures/crash_points.ts`;
const server = (name: string) => `${projectFolder}src/servers/${name}/main.ts`;

/** Makes a lab; the job is imported, and nobody is killed yet. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const { rows } = options;
  const folder = labFolder(options);
  const { path, csv, sandbox } = folder;
  const { databaseUrl = `sqlite:${path}/waybill.db` } = options;
  const job = "j";
  const keeper = await keepSandbox(path, sandbox);
  const servers = { source: sourceConfig(path), carrier: carrierConfig(path, keeper.url) };
  writeText(`${path}/mcp.json`, JSON.stringify({ mcpServers: servers }));
  const env = { DATABASE_URL: databaseUrl, ...shortWaits, ...options.env };
  await importBatch(path, { csv, job, databaseUrl });
  let killsAtOnce = 0;
  const say = async (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const before = doneKills(path).length + killsAtOnce;
    const end = await sayOnce(path, args, { ...env, ...more });
    return { ...end, kills: doneKills(path).length + killsAtOnce - before };
  };
  const run: Lab["run"] = (more) => say(["run", job], more);
  return {
    ...{ path, job, databaseUrl, csv, sandbox, rows, run },
    say: (command, ...args) => say([command, job, ...args]),
    plan: (kills) => planKills(path, kills),
    async runUntilDone(mostRuns, { onRun = () => () => {}, onAsked } = {}) {
      const ends: RunEnd[] = [];
      for (;;) {
        const onEnd = onRun();
        const end = await run();
        onEnd();
        ends.push(end);
        if (end.code === 0) return ends;
        if (end.code === 4 && onAsked) {
          await onAsked();
          continue;
        }
        const why = whyNotAgain(end, mostRuns - ends.length);
        const { code, signal, stderr } = end;
        if (why) throw new Error(`A run ended with ${signal ?? code}, and ${why}: ${stderr}`);
      }
    },
    kill(victims) {
      if (victims.every((role) => livingOf(path, role).length === 0)) return;
      killsAtOnce++;
      tell(path, `KILL at once: ${victims.join(", ")}`);
      kill(path, victims);
    },
    untilServersEnd: () => untilGone(path, ["ups", "source"]),
    async settle() {
      await untilGone(path, ["runner", "ups", "source"]);
      await keeper.stop();
    },
    story: () => readText(`${path}/crash/story.log`),
    keep: folder.keep,
    async [Symbol.asyncDispose]() {
      kill(path, ["runner", "ups", "source"]);
      await keeper.stop();
      folder[Symbol.dispose]();
    },
  };
}

function labFolder({ rows, faults }: LabOptions) {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "waybill-lab-" }));
  const [csv, sandbox] = [`${path}/orders.csv`, `${path}/sandbox`];
  for (const folder of [sandbox, `${path}/labels`, `${path}/ups`]) Deno.mkdirSync(folder);
  makeCrashFolder(path);
  const orders = example("orders.csv").split("\n");
  writeText(csv, `${orders.slice(0, rows + 1).join("\n")}\n`);
  if (faults !== undefined) writeText(`${sandbox}/faults.json`, JSON.stringify(faults));
  let isKept = false;
  return {
    ...{ path, csv, sandbox },
    keep: () => void (isKept = true),
    [Symbol.dispose]() {
      if (!isKept) Deno.removeSync(path, { recursive: true });
    },
  };
}

function whyNotAgain({ code, signal, kills }: RunEnd, runsLeft: number): string | undefined {
  if (code === 4) return "a person is asked";
  if (signal === null && kills === 0) return "nobody was killed in it";
  return runsLeft <= 0 ? "it was the last one" : undefined;
}

async function untilGone(lab: string, gone: readonly Role[]): Promise<void> {
  const end = Date.now() + 10_000;
  while (gone.some((role) => livingOf(lab, role).length > 0)) {
    if (Date.now() > end) throw new Error("A server does not end");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** In this process: an import costs as much as all the rest of a small batch, and nobody kills it. */
async function importBatch(
  lab: string,
  { csv, job, databaseUrl }: Pick<Lab, "csv" | "job" | "databaseUrl">,
): Promise<void> {
  const db = await openDatabase(databaseUrl);
  await using source = openCsvSource(csv);
  const unasked = () => Promise.reject(new Error("An import does not ask for this"));
  try {
    await importJob(db, {
      describe: () => Promise.resolve(source.describe()),
      getRows: (afterRow, limit) => Promise.resolve(source.getRows(afterRow, limit)),
      ...{ getRow: unasked, writeBack: unasked, flush: unasked },
    }, {
      ...{ id: job, name: "orders.csv", sourceServer: `${lab}/mcp.json` },
      template: { name: "ups-ground.json.njk", text: example("ups-ground.json.njk") },
      shipper: JSON.parse(example("shipper.json")),
    });
  } finally {
    await db.destroy();
  }
}

function example(name: string): string {
  return readText(`${projectFolder}examples/${name}`);
}

async function sayOnce(lab: string, words: readonly string[], env: Record<string, string>) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "-P=work", `--preload=${points}`],
      ...[`${projectFolder}main.ts`, ...words, "--mcp", "mcp.json"],
    ],
    cwd: projectFolder,
    clearEnv: true,
    env: {
      ...denoEnvironment(),
      ...{ WAYBILL_DATA: lab, INIT_CWD: lab, CRASH_LAB: lab, CRASH_ROLE: "runner" },
      ...env,
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let isStuck = false;
  const limit = setTimeout(() => {
    isStuck = true;
    kill(lab, ["runner"]);
  }, runLimitMs);
  try {
    const [{ code, signal }, stderr] = await Promise.all([
      child.status,
      new Response(child.stderr).text(),
    ]);
    if (isStuck) throw new Error(`A run does not end: ${stderr}`);
    return { code, signal, stderr };
  } finally {
    clearTimeout(limit);
  }
}

/** What a server may: as in production, and the lab's control files and SIGKILL besides. */
function serverArguments(lab: string, read: string, more: readonly string[], program: string) {
  return [
    ...["run", "--quiet", "--no-prompt", "--cached-only", `--config=${projectFolder}deno.json`],
    `--preload=${points}`,
    `--allow-read=${read},${lab}/crash`,
    `--allow-write=${read},${lab}/crash`,
    "--allow-run",
    ...more,
    server(program),
  ];
}

function labEnvironment(lab: string, role: Role): Record<string, string> {
  return { ...denoEnvironment(), CRASH_LAB: lab, CRASH_ROLE: role };
}

const labVariables = "CRASH_LAB,CRASH_ROLE";

function sourceConfig(lab: string) {
  return {
    command: Deno.execPath(),
    args: [
      ...serverArguments(lab, lab, [`--allow-env=${labVariables}`], "source"),
      ...["--for-shipping", "--", `${lab}/orders.csv`],
    ],
    env: labEnvironment(lab, "source"),
  };
}

function carrierConfig(lab: string, url: string) {
  const own = {
    UPS_SANDBOX_URL: url,
    UPS_TIMEOUT_MS: upsTimeoutMs,
    WAYBILL_LABELS_DIR: `${lab}/labels`,
    WAYBILL_UPS_JOURNAL: `${lab}/ups/journal.db`,
  };
  const others = [
    "UPS_TOOL_TIMEOUT_MS",
    "UPS_ENV",
    "UPS_CLIENT_ID",
    "UPS_CLIENT_SECRET",
    "UPS_ACCOUNT_NUMBER",
  ];
  return {
    command: Deno.execPath(),
    args: serverArguments(lab, `${lab}/labels,${lab}/ups`, [
      `--allow-net=${new URL(url).host}`,
      `--allow-env=${[...Object.keys(own), ...others, labVariables].join(",")}`,
    ], "ups"),
    env: { ...labEnvironment(lab, "ups"), ...own },
  };
}

/** What Deno needs to start at all. */
function denoEnvironment(): Record<string, string> {
  return Object.fromEntries(["HOME", "PATH", "DENO_DIR"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }));
}

interface SandboxKeeper {
  readonly url: string;
  /** Lets it end in order: what it has yet to buy is bought. */
  stop(): Promise<void>;
}

/** Keeps a sandbox running: on one port, whoever kills it. */
async function keepSandbox(lab: string, folder: string): Promise<SandboxKeeper> {
  const { child: first, port } = await firstSandbox(lab, folder);
  let current = first;
  let isStopping = false;
  const keep = async () => {
    for (;;) {
      await current.status;
      if (isStopping) return;
      const next = await startSandbox(lab, folder, port);
      // The port may be taken for a moment.
      if (next) current = next;
      if (isStopping) end();
    }
  };
  const end = () => {
    try {
      current.kill("SIGTERM");
    } catch {
      // It is dead.
    }
  };
  const kept = keep();
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      isStopping = true;
      end();
      await kept;
    },
  };
}

async function firstSandbox(lab: string, folder: string) {
  for (;;) {
    // Below the range from which the system gives ports to others while it is down.
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const child = await startSandbox(lab, folder, port);
    if (child) return { child, port };
  }
}

/** A sandbox that listens; none if it ended at once. */
async function startSandbox(
  lab: string,
  folder: string,
  port: number,
): Promise<Deno.ChildProcess | undefined> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...serverArguments(lab, folder, [
        "--allow-net=127.0.0.1",
        `--allow-env=${labVariables}`,
      ], "sandbox"),
      ...["--dir", folder, "--port", String(port)],
    ],
    clearEnv: true,
    env: labEnvironment(lab, "sandbox"),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  await reader.cancel();
  if (!done) return child;
  await child.status;
  return undefined;
}
