/**
 * Jobs of three rows in every state that a job and a row can be in, brought there by the program's own
 * ways, and the controls that a person has. Row 2 is the one that is in a row's state.
 *
 * @module
 */
import { resolveRow } from "../../src/actors/decisions.ts";
import { controlJob } from "../../src/actors/control_job.ts";
import { EventBus } from "../../src/actors/event_bus.ts";
import { inputsOf } from "../../src/actors/job_inputs.ts";
import { planVoid } from "../../src/actors/plan_void.ts";
import { retryRows } from "../../src/actors/retry_rows.ts";
import { type RunningRunner, startRunner } from "../../src/actors/runner.ts";
import { createSourceClient } from "../../src/actors/source_client.ts";
import type { ToolCaller } from "../../src/actors/tool_caller.ts";
import { voidJob } from "../../src/actors/void_job.ts";
import { type Clock, systemClock } from "../../src/actors/world.ts";
import { exitCodeOf } from "../../src/cli/exit_codes.ts";
import { endOfRun } from "../../src/cli/run_end.ts";
import { getJob, setJobInputs } from "../../src/db/jobs.ts";
import type { ControlRequest } from "../../src/db/schema.ts";
import { WaybillError } from "../../src/errors.ts";
import type { TemplateEnvironment } from "../../src/templates/environment.ts";
import { policy } from "./policies.ts";
import type { TestStore } from "./stores.ts";
import {
  type MemoryCarrier,
  memoryCarrier,
  type MemorySource,
  memorySource,
  refusal,
  serversOf,
  shipper,
  template,
} from "./tools.ts";

/** A job that controls are tried on. */
export interface TriedJob {
  readonly opened: TestStore;
  readonly templates: TemplateEnvironment;
  readonly jobId: string;
  readonly source: MemorySource;
  readonly carrier: MemoryCarrier;
  /** What the carrier does with an order now; it sells where this says nothing. */
  mood: (order: string, args: Record<string, unknown>) => unknown;
  /** A runner that works on it, and lets the row under way end. */
  live: { runner: RunningRunner; letGo: () => void } | undefined;
  /** Whether its runner hears of no request, as one that is done before it looks again. */
  isDeaf: boolean;
}

/** What a control came to. */
export interface Outcome {
  readonly exit: number;
  /** Our code, where it is refused or told. */
  readonly code: string | undefined;
  /** What to do instead. */
  readonly remedy: string | undefined;
}

/** So long a runner may take to hear of a request, in milliseconds. */
const heardMs = 1_300;

const secondOrder = "ORDER-2";

/** How a job comes into each state, by the name that the table has for it. */
export const states: Record<string, (job: TriedJob) => Promise<void>> = {
  "job pending": () => Promise.resolve(),
  "job running, runner alive": (job) => holdAt(job, secondOrder),
  "job running, runner dead": die,
  "job paused": (job) => pauseAt(job, "ORDER-1"),
  "job failed": refuse,
  "job completed": async (job) => void await run(job),
  "job cancelled": async (job) => {
    await pauseAt(job, "ORDER-1");
    await control(job, "cancel");
  },
  "row pending": (job) => pauseAt(job, "ORDER-1"),
  "row in_flight, answer lost": die,
  "row in_flight, nothing sent": async (job) => {
    const unsent = { outcome: "not_sent", errors: [{ code: "E-3001", message: "no route" }] };
    await runAs(job, (order) => order === secondOrder ? unsent : undefined);
  },
  "row shipped": async (job) => {
    job.source.isWriteBackBroken = true;
    await run(job);
    job.source.isWriteBackBroken = false;
  },
  "row completed": (job) => pauseAt(job, secondOrder),
  "row failed": refuse,
  "row needs_review": async (job) => {
    // An answer that nobody can read, of a carrier that cannot be asked.
    job.carrier.find = undefined;
    await runAs(job, (order) => order === secondOrder ? {} : undefined);
    job.carrier.find = () => undefined;
  },
  "row skipped": async (job) => {
    await pauseAt(job, "ORDER-1");
    await resolve(job, "skip");
  },
  "row voided, the source is owed it": async (job) => {
    await run(job);
    await voidAt(job, 2, () => Promise.reject(new Error("the source is away")));
  },
  "row voided": async (job) => {
    await run(job);
    await voidAt(job, 2, () => Promise.resolve(job.source.call));
  },
};

/** The controls, by the heads of the table's columns. */
export const controls: Record<string, (job: TriedJob, isRow: boolean) => Promise<Outcome>> = {
  "run": run,
  "pause": (job) => control(job, "pause"),
  "cancel": (job) => control(job, "cancel"),
  "retry": (job, isRow) => retry(job, isRow ? [{ first: 2, last: 2 }] : undefined),
  "resolve --adopt": (job) => resolve(job, { adopt: `1ZADOPTED${job.jobId}` }),
  "resolve --reship": (job) => resolve(job, "reship"),
  "resolve --skip": (job) => resolve(job, "skip"),
  "void": (job, isRow) => voidLabels(job, isRow ? [2] : undefined),
};

let jobs = 0;

/** A job that nobody has run. */
export async function openTriedJob(
  opened: TestStore,
  templates: TemplateEnvironment,
): Promise<TriedJob> {
  const jobId = `tried-${++jobs}`;
  const source = memorySource(3);
  const job: TriedJob = {
    opened,
    templates,
    jobId,
    source,
    carrier: memoryCarrier((order, args) => job.mood(order, args), `1Z${jobs}A`),
    mood: () => undefined,
    live: undefined,
    isDeaf: false,
  };
  job.carrier.find = () => undefined;
  job.carrier.void = () => undefined;
  await opened.store.importJob({ id: jobId, source: source.call });
  await opened.db.transaction().execute((trx) =>
    setJobInputs(trx, jobId, inputsOf({ name: "t", text: template }, shipper))
  );
  return job;
}

/** How the job, its second row, and all of it stand. */
export async function standingOf(
  { opened: { db, store }, jobId }: TriedJob,
): Promise<{ job: string; row: string; all: string }> {
  const { status } = await getJob(db, jobId);
  const rows = (await store.listRows(jobId)).map((row) => row.status);
  return { job: status, row: rows[1] ?? "", all: [status, ...rows].join(" ") };
}

/** Ends the runner that works on a job, if there is one. */
export async function endLive(job: TriedJob): Promise<void> {
  job.live?.letGo();
  await job.live?.runner.done;
  job.live = undefined;
}

/**
 * Goes on from wherever a job stands, by what a person may say and nothing else, until every row is
 * done.
 *
 * @returns The commands that were needed; the last is `stuck` where none led on.
 */
export async function leadOn(job: TriedJob): Promise<string[]> {
  job.mood = () => undefined;
  const said: string[] = [];
  for (let step = 0; step < 8; step++) {
    const { status } = await getJob(job.opened.db, job.jobId);
    if (status === "completed") return said;
    const rows = await job.opened.store.listRows(job.jobId);
    const isFailed = rows.some((row) => row.status === "failed");
    if (rows[1]?.status === "needs_review") {
      said.push("resolve");
      await resolve(job, "skip");
    } else if (status === "cancelled" || isFailed) {
      said.push("retry");
      await retry(job, undefined);
    } else {
      said.push("run");
      await run(job);
    }
  }
  return [...said, "stuck"];
}

/** Whatever is done once a second or more seldom is not done at all. */
const deafClock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms < 1_000 ? ms : 3_600_000, signal),
};

function start(
  { opened: { db }, templates, jobId, source, carrier, isDeaf }: TriedJob,
): RunningRunner {
  return startRunner({
    clock: isDeaf ? deafClock : systemClock,
    db,
    jobIds: [jobId],
    open: serversOf(source.call, carrier.call, policy),
    templates,
    bus: new EventBus(),
  });
}

/** A runner in the middle of a purchase, until the job's `live.letGo`. */
export async function holdAt(job: TriedJob, heldOrder: string): Promise<void> {
  const held = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  job.mood = async (order) => {
    if (order !== heldOrder) return;
    arrived.resolve();
    await held.promise;
  };
  job.live = { runner: start(job), letGo: held.resolve };
  await arrived.promise;
}

async function run(job: TriedJob): Promise<Outcome> {
  const before = await getJob(job.opened.db, job.jobId);
  const { outcomes, problem } = await start(job).done;
  const end = endOfRun(before, outcomes[job.jobId], problem);
  const after = await getJob(job.opened.db, job.jobId);
  return {
    exit: end.exitCode,
    code: end.problem?.code.startsWith("E-") ? end.problem.code : undefined,
    remedy: end.problem?.remedy ?? after.error_remedy ?? undefined,
  };
}

async function runAs(job: TriedJob, mood: TriedJob["mood"]): Promise<void> {
  job.mood = mood;
  await run(job);
  job.mood = () => undefined;
}

async function refuse(job: TriedJob): Promise<void> {
  await runAs(job, (order) => order === secondOrder ? refusal : undefined);
}

/** A pause by signal while an order is being bought. */
async function pauseAt(job: TriedJob, order: string): Promise<void> {
  job.mood = (each) => {
    if (each === order) runner.stop();
  };
  const runner = start(job);
  await runner.done;
  job.mood = () => undefined;
}

/** A runner that has bought a label and will never hear of it: to everybody else it is dead. */
async function die(job: TriedJob): Promise<void> {
  const arrived = Promise.withResolvers<void>();
  const cutOff = Promise.withResolvers<void>();
  job.mood = async (order, args) => {
    if (order !== secondOrder) return undefined;
    job.carrier.sold.set(String(args["idempotency_key"]), `1ZLOST${job.jobId}`);
    arrived.resolve();
    await cutOff.promise;
    throw new Error("its process is gone");
  };
  const runner = start(job);
  await arrived.promise;
  const dead = new Deno.Command("true").spawn();
  await dead.status;
  await job.opened.db.updateTable("job_leases").set({ pid: dead.pid })
    .where("job_id", "=", job.jobId).execute();
  job.mood = () => undefined;
  job.live = { runner, letGo: cutOff.resolve };
}

async function control(job: TriedJob, request: ControlRequest): Promise<Outcome> {
  return await tried(async () => {
    await controlJob(job.opened.db, job.jobId, { request, by: "tester", reason: "a test" }, {
      signal: new AbortController().signal,
      onRunner: () => setTimeout(() => job.live?.letGo(), heardMs),
    });
  });
}

async function retry(
  { opened: { db }, jobId, source }: TriedJob,
  rows: Parameters<typeof retryRows>[3]["rows"],
): Promise<Outcome> {
  const client = createSourceClient(source.call);
  return await tried(() => retryRows(db, jobId, client, { by: "tester", rows }));
}

async function resolve(
  { opened: { db }, jobId }: TriedJob,
  decision: Parameters<typeof resolveRow>[3],
): Promise<Outcome> {
  const person = { by: "tester", reason: "a test" };
  return await tried(() => resolveRow(db, jobId, 2, decision, person));
}

/** With `rows` as with `--rows`: a row that has no label is told of. */
async function voidLabels(
  { opened: { db }, jobId, source, carrier }: TriedJob,
  rows: readonly number[] | undefined,
): Promise<Outcome> {
  return await tried(async () => {
    const job = await getJob(db, jobId);
    const { tasks } = await planVoid(db, job, rows && ((row) => rows.includes(row)));
    const { voided, source: { owed } } = await voidJob(db, job, {
      tasks,
      decision: { by: "tester", reason: "a test" },
      openCarrier: () => Promise.resolve({ call: carrier.call, name: "library" }),
      openSource: () => Promise.resolve(source.call),
    });
    if (voided.length !== tasks.length || owed > 0) throw new Error("It did less than it should");
  });
}

/** Voids the label of one row, with a source or without. */
async function voidAt(
  { jobId, opened: { db }, carrier }: TriedJob,
  row: number,
  openSource: () => Promise<ToolCaller>,
): Promise<void> {
  const job = await getJob(db, jobId);
  const { tasks } = await planVoid(db, job, (each) => each === row);
  await voidJob(db, job, {
    tasks,
    decision: { by: "tester", reason: "a test" },
    openCarrier: () => Promise.resolve({ call: carrier.call, name: "library" }),
    openSource,
  });
}

async function tried(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work();
    return { exit: 0, code: undefined, remedy: undefined };
  } catch (error) {
    if (!(error instanceof WaybillError)) throw error;
    return { exit: exitCodeOf(error), code: error.code, remedy: error.remedy };
  }
}
