/**
 * How the stories of the job machine begin: what was before, made by the real actors, and the same in
 * the model's words. And what must hold in each state, whatever led to it.
 *
 * @module
 */
import { createActor, type Snapshot, toPromise } from "xstate";
import { readSnapshot } from "../../src/actors/stored_snapshot.ts";
import { ConnectionLostError } from "../../src/actors/tool_caller.ts";
import { planVoid } from "../../src/actors/plan_void.ts";
import { voidRows } from "../../src/actors/void_rows.ts";
import { getJob, setJobStatus } from "../../src/db/jobs.ts";
import { jobMachine } from "../../src/machines/job.ts";
import type { JobContext } from "../../src/machines/job_setup.ts";
import type { PurchasePolicy } from "../../src/machines/purchase.ts";
import { policy as strict } from "../helpers/policies.ts";
import { attemptsIn, costMinor, isLost, type JobState, lastOf, owedVoids } from "./job_outside.ts";
import type { Beginning } from "./model.ts";
import type { Outside } from "./outside.ts";
import { RealJob, type Stage } from "./real_job.ts";

/** Two attempts for a row, and "not found" is believed. */
export const policy: PurchasePolicy = {
  ...strict,
  maxAttempts: 2,
  reconcile: { ...strict.reconcile, trustNotFound: true },
};

/** How a story begins. */
export interface JobBeginning extends Beginning<Outside> {
  readonly name: string;
  readonly make: (stage: Stage) => Promise<{ job: RealJob; snapshot?: Snapshot<unknown> }>;
}

/** A job that nobody has worked on. */
const fresh: Outside = {
  job: "pending",
  isHeld: false,
  rows: ["pending"],
  attempts: [],
  audit: [],
  told: [],
  sent: [],
  sold: [],
  written: [],
};
/** One whose runner is gone. */
const left: Outside = { ...fresh, job: "running", isHeld: true };
const bought = { attempts: ["1/1 bought"], sent: ["1/1"], sold: ["1/1"] };

async function taken(stage: Stage, rows = 1): Promise<RealJob> {
  const job = await RealJob.import(stage, { rows, policy });
  await job.act(job.machine, "acquireLease", job.id);
  await job.act(job.machine, "startJob", job.id);
  return job;
}

/** Claims a row and buys for it; what the carrier answers is recorded, or not. */
async function buy(
  job: RealJob,
  isSold: boolean,
  last: { generation: number; isLost: boolean; isRecorded: boolean },
): Promise<void> {
  const row = job.machineOf("row");
  const { data } = await job.world.ahead.fetch(1);
  const { request } = Object(await job.world.ahead.prepare(1, data));
  const from = last.generation === 0 ? "pending" : "in_flight";
  const claim = { rowNumber: 1, from, generation: last.generation, settles: undefined };
  const attempt = await job.act(row, "claimRow", { claim, request });
  job.selling = (sell) => {
    const answer = isSold ? sell() : undefined;
    if (!last.isLost) return answer;
    throw new ConnectionLostError("shipping_create", false, new Error("it was killed"));
  };
  const answer = await job.act(row, "buyLabel", { attempt, request });
  if (!last.isRecorded) return;
  await job.act(row, "recordAnswer", { rowNumber: 1, attempt, answer });
  if (last.isLost) await job.act(row, "supersede", { rowNumber: 1, attempt, lookUps: [] });
}

/** A job whose runner was killed in a purchase. */
async function lost(stage: Stage, isSold: boolean): Promise<RealJob> {
  const job = await taken(stage);
  await buy(job, isSold, { generation: 0, isLost: true, isRecorded: false });
  return job;
}

/** A job whose runner was killed before it gave a number to the source. */
async function owed(stage: Stage, rows = 1): Promise<RealJob> {
  const job = await taken(stage, rows);
  await buy(job, true, { generation: 0, isLost: false, isRecorded: true });
  return job;
}

/** A job with a key that was given up on: its row was bought with the next one. */
async function superseded(stage: Stage, rows: number): Promise<RealJob> {
  const job = await taken(stage, rows);
  await buy(job, false, { generation: 0, isLost: true, isRecorded: true });
  await buy(job, true, { generation: 1, isLost: false, isRecorded: true });
  await drained(job);
  // Asked about once a millisecond, and not twice.
  job.clock.nowMs += 1_000;
  return job;
}

async function drained(job: RealJob): Promise<RealJob> {
  await job.act(job.machine, "drainWriteBacks", { jobId: job.id, settles: undefined });
  return job;
}

async function finished(job: RealJob, halt?: object): Promise<RealJob> {
  await job.act(job.machine, "finishJob", { jobId: job.id, halt });
  return job;
}

/** A complete job whose label was voided. */
async function voided(stage: Stage): Promise<RealJob> {
  const job = (await finished(await drained(await owed(stage)))).reopen();
  await job.act(job.machine, "acquireLease", job.id);
  job.carrier.void = () => undefined;
  const row = await getJob(stage.store.db, job.id);
  const { tasks } = await planVoid(stage.store.db, row, undefined);
  const carrier = { call: job.carrier.call, name: job.world.carrierName };
  await voidRows(job.world, carrier, tasks, { by: "me", reason: "a mistake" });
  job.carrier.calls.length = 1;
  return job;
}

async function cancelled(stage: Stage, job: RealJob): Promise<RealJob> {
  await stage.store.db.transaction().execute((trx) =>
    setJobStatus(trx, job.id, job.clock.now(), { from: "running", to: "cancelled" })
  );
  return job;
}

/** A job that was paused: after its first row, or before it. Its snapshot is taken at that rest. */
async function paused(
  stage: Stage,
  when: "between two rows" | "before the first",
): Promise<{ job: RealJob; snapshot: Snapshot<unknown> }> {
  const job = await RealJob.import(stage, { rows: 2, policy });
  const machine: unknown = job.machine;
  const actor = createActor(isJob(machine) ? machine : jobMachine, { input: { jobId: job.id } });
  job.world.checkpoint.follow(actor);
  const pause = () => actor.send({ type: "job.pause", reason: "signal" });
  job.selling = (sell) => {
    pause();
    return sell();
  };
  const end = toPromise(actor.start());
  actor.send({ type: "job.run", skipPreflight: true });
  if (when === "before the first") pause();
  await end;
  const { snapshot: json, snapshot_version: version } = await getJob(stage.store.db, job.id);
  const stored = json === null || version === null ? undefined : { json, version };
  const { snapshot } = readSnapshot(job.id, stored);
  if (!snapshot) throw new TypeError("Cannot begin: no snapshot was stored");
  return { job, snapshot };
}

function isJob(machine: unknown): machine is typeof jobMachine {
  return Reflect.get(Object(machine), "id") === jobMachine.id;
}

const input = { jobId: "j" };
const supersededOutside = {
  ...left,
  attempts: ["1/1 uncertain absent", "1/2 bought"],
  sent: ["1/1", "1/2"],
  sold: ["1/2"],
  written: [1],
};

/**
 * A story leaves out what means the same wherever a job came from, and is tried from another beginning.
 *
 * @param tried What is tried in this story all the same.
 */
function without(...tried: readonly (keyof typeof elsewhere)[]): RegExp {
  const left = Object.entries(elsewhere).filter(([name]) => !tried.some((each) => each === name));
  return new RegExp(left.map(([, pattern]) => pattern.source).join("|"));
}

const elsewhere = {
  plain: /^job\.run$/,
  preflight: /with preflight/,
  passing: /past failed/,
  limit: /within a limit/,
  resume: /job\.resume/,
  faults: /the database fails|has taken the job over|machine has it/,
  rowEnds: /^row: (?!completes)/,
  pause: /job\.pause by/,
  request: /job\.pause from/,
  cancel: /job\.cancel/,
  hurry: /job\.hurry/,
};

/** Every way a job may begin. */
export const beginnings: readonly JobBeginning[] = [
  {
    name: "one row",
    input,
    outside: fresh,
    without: without("plain", "limit", "faults", "rowEnds", "pause", "cancel", "hurry"),
    make: async (stage) => ({ job: await RealJob.import(stage, { rows: 1, policy }) }),
  },
  {
    name: "three rows that look spoilt, with preflight, and without",
    input,
    outside: { ...fresh, rows: ["pending", "pending", "pending"] },
    without: without("preflight", "limit", "pause"),
    make: async (stage) => ({
      job: await RealJob.import(stage, { rows: 3, policy, isSpoilt: true }),
    }),
  },
  {
    name: "two rows, past failed ones",
    input,
    outside: { ...fresh, rows: ["pending", "pending"] },
    without:
      /job\.(run$|run with|resume|pause|cancel|hurry)|fails$|taken the job|machine has|breaks/,
    make: async (stage) => ({ job: await RealJob.import(stage, { rows: 2, policy }) }),
  },
  ...[true, false].map((isSold): JobBeginning => ({
    name: `killed in a purchase that was ${isSold ? "" : "not "}made`,
    input,
    outside: {
      ...left,
      rows: ["in_flight"],
      attempts: ["1/1 open"],
      sent: ["1/1"],
      sold: isSold ? ["1/1"] : [],
    },
    without: isSold ? without("plain") : without("plain", "request", "cancel", "hurry"),
    make: async (stage) => ({ job: await lost(stage, isSold) }),
  })),
  {
    name: "killed before a write-back",
    input,
    outside: { ...left, ...bought, rows: ["shipped", "pending"] },
    without: without("plain", "preflight", "faults", "pause", "hurry"),
    make: async (stage) => ({ job: await owed(stage, 2) }),
  },
  {
    name: "killed after a write-back",
    input,
    outside: { ...supersededOutside, rows: ["completed", "pending"] },
    without: without("plain", "hurry", "faults"),
    make: async (stage) => ({ job: await superseded(stage, 2) }),
  },
  {
    name: "complete, with a key that was given up on",
    input,
    outside: { ...supersededOutside, job: "completed", isHeld: false, rows: ["completed"] },
    without: without("plain"),
    make: async (stage) => ({ job: await finished(await superseded(stage, 1)) }),
  },
  {
    name: "complete, and its source is owed a void",
    input,
    outside: { ...left, ...bought, job: "completed", rows: ["voided"], written: [1] },
    without: without("plain", "cancel", "hurry"),
    make: async (stage) => ({ job: await voided(stage) }),
  },
  {
    name: "complete",
    input,
    outside: {
      ...{ ...left, ...bought, job: "completed", isHeld: false },
      ...{ rows: ["completed"], written: [1] },
    },
    without: without("plain"),
    make: async (stage) => ({ job: await finished(await drained(await owed(stage))) }),
  },
  {
    name: "cancelled, and its source is owed a number",
    input,
    outside: { ...left, ...bought, job: "cancelled", rows: ["shipped", "pending"] },
    without: without("plain", "pause"),
    make: async (stage) => ({ job: await cancelled(stage, await owed(stage, 2)) }),
  },
  {
    name: "cancelled in a purchase",
    input,
    outside: {
      ...{ ...left, job: "cancelled", rows: ["in_flight"] },
      ...{ attempts: ["1/1 open"], sent: ["1/1"] },
    },
    without: without("plain"),
    make: async (stage) => ({ job: await cancelled(stage, await lost(stage, false)) }),
  },
  {
    name: "paused between two rows",
    input,
    outside: {
      ...{ ...fresh, ...bought, job: "paused" },
      ...{ rows: ["completed", "pending"], written: [1] },
    },
    restoredIn: { running: "between_rows" },
    kept: {
      skipPreflight: true,
      cursor: 1,
      unsettled: 1,
      wish: "signal",
      figures: { total: 2, done: 1, failed: 0, costs: { USD: costMinor } },
      refusals: "varied",
      recovered: {
        ...{ isComplete: false, isCancelled: false, pending: 2, owed: 0, hasSuperseded: false },
      },
    },
    without: without("resume"),
    make: (stage) => paused(stage, "between two rows"),
  },
  {
    name: "paused before its first row",
    input,
    outside: { ...fresh, job: "paused", rows: ["pending", "pending"] },
    restoredIn: "pending",
    kept: {},
    without: without("resume"),
    make: (stage) => paused(stage, "before the first"),
  },
];

/** What of a job machine's context is the same in the model. */
export function meaningOf(context: JobContext): unknown {
  const { skipPreflight, keepGoing, failures, refusals, budget, unpriced, untold } = context;
  const { cursor, unsettled, wish, isHurried, recovered, isSwept, figures, ending } = context;
  const { halt, task, problems } = context;
  return {
    ...{ skipPreflight, keepGoing, failures, refusals, budget, unpriced, untold },
    ...{ cursor, unsettled, wish, isHurried, recovered, isSwept, figures, ending },
    halt: halt &&
      {
        ...{ status: halt.status, reason: halt.reason, rowNumber: halt.rowNumber },
        code: halt.problem?.code,
      },
    task: task &&
      {
        ...{ row: task.rowNumber, purpose: task.purpose, from: task.from },
        ...{ generation: task.generation, lost: task.lost?.generation, settles: task.settles },
      },
    problems: problems.count,
  };
}

/** What decides where a job goes from here. */
export function keyOf({ name, context, outside }: JobState): unknown {
  const { wish, isHurried, keepGoing, budget, failures, halt, cursor, isSwept } = context;
  const { skipPreflight, recovered } = context;
  const isPreparing = name.startsWith("preparing") || name === "pending";
  return [
    // As what it pauses changes nothing on the way.
    ...[
      wish === "request" ? "signal" : wish,
      isHurried,
      keepGoing !== undefined,
      budget !== undefined,
      failures,
      halt?.status,
    ],
    ...[halt?.reason, Math.min(cursor, 9), isPreparing && [skipPreflight, isSwept, recovered]],
    ...[outside.rows, outside.job],
  ];
}

const unless = (isSo: boolean, message: string) => isSo ? undefined : message;
const isHeld = ({ outside }: JobState) => unless(outside.isHeld, "the lease is not held");
/** No answer is missing: what was lost is cleared up before anything is bought. */
const isClear = ({ outside }: JobState) =>
  unless(
    !outside.rows.some((status, index) => {
      const last = lastOf(outside, index + 1);
      return status === "in_flight" && last !== undefined && isLost(last);
    }),
    "a purchase whose end nobody knows is open",
  );
/** Fail-fast: all rows before this one are done, or a person said to pass them. */
const isFirst = ({ outside, context: { cursor, keepGoing } }: JobState) =>
  unless(
    outside.rows.slice(0, cursor - 1).every((each) =>
      ["shipped", "completed", "voided"].includes(each) ||
      (each === "failed" && keepGoing !== undefined)
    ),
    "a row before it is not done",
  );
const isOver = (status: string) => (state: JobState) =>
  unless(state.outside.job === status, `the job is not ${status}`) ??
    unless(!state.outside.isHeld, "the lease is not given back");
/** Nothing was sent by this run: all attempts were there before. */
const isNothingBought = ({ outside: { rows } }: JobState) =>
  unless(!rows.includes("failed"), "a row was failed before the job began");

/** What must hold in each state. */
export const promises: Record<string, (state: JobState) => string | undefined> = {
  pending: () => undefined,
  "preparing.acquiring_lease": () => undefined,
  "preparing.recovering": isHeld,
  "preparing.settling": (state) =>
    isHeld(state) ?? unless(isClear(state) !== undefined, "nothing is to be cleared up"),
  "preparing.sweeping_early": (state) => isHeld(state) ?? isClear(state),
  "preparing.draining_owed": (state) => isHeld(state) ?? isClear(state),
  "preparing.flushing_owed": (state) => isHeld(state) ?? isClear(state),
  "preparing.preflighting": (state) => isHeld(state) ?? isClear(state) ?? isNothingBought(state),
  "preparing.starting": (state) => isHeld(state) ?? isClear(state),
  "running.between_rows": () => undefined,
  "running.choosing": (state) =>
    isHeld(state) ?? isClear(state) ?? unless(state.outside.job === "running", "it is not running"),
  "running.working": (state) =>
    isHeld(state) ?? isClear(state) ?? isFirst(state) ??
      unless(state.context.wish === undefined || state.outside.job === "running", "it was stopped"),
  "running.draining": isHeld,
  "running.flushing": isHeld,
  "running.sweeping": isHeld,
  "running.finishing": isHeld,
  completed: ({ outside, context }) =>
    unless(
      outside.rows.every((each) => ["completed", "voided", "skipped"].includes(each)),
      "a row is not done",
    ) ?? unless(outside.job === "completed", "the job is not completed") ??
      unless(
        !attemptsIn(outside).some(({ words }) => words.includes("twice")),
        "a second label hides in it",
      ) ??
      // A cancel of a job that was complete is dropped; in a hurry, what it owed it owes still.
      unless(owedVoids(outside) === 0 || context.isHurried, "the source is owed a void"),
  failed: isOver("failed"),
  paused: isOver("paused"),
  cancelled: isOver("cancelled"),
  held: ({ outside }) => unless(!outside.isHeld, "the lease is held"),
  not_ready: (state) => isHeld(state) ?? isNothingBought(state),
  crashed: () => undefined,
};
