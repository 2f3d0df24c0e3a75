/**
 * How the stories of the row machine begin: what was before, made by the real actors, and the same in
 * the model's words. And what must hold in each state, whatever led to it.
 *
 * @module
 */
import type { RowContext } from "../../src/machines/row_setup.ts";
import type { RowTask } from "../../src/machines/row_types.ts";
import { createActor, toPromise } from "xstate";
import { ConnectionLostError } from "../../src/actors/tool_caller.ts";
import type { Attempt, PurchasePolicy } from "../../src/machines/purchase.ts";
import { policy as strict } from "../helpers/policies.ts";
import type { Beginning, ModelState } from "./model.ts";
import type { Outside } from "./outside.ts";
import { type JobPlan, RealJob, type Stage, startMs } from "./real_job.ts";
import { attemptOf, isSold, rowOf } from "./row_outside.ts";

/** Two attempts of a run: more of them only make the same way longer. */
export const policy: PurchasePolicy = {
  ...strict,
  maxAttempts: 2,
  reconcile: { ...strict.reconcile, trustNotFound: true },
};

/**
 * What is tried from one beginning only: signals, and commits that fail, mean the same wherever a row
 * came from. That keeps the whole within seconds.
 */
const triedOnce = /^row\.|taken the job over|was given up|nobody waits|breaks/;

/** Signals, and what goes wrong on our own side. */
export const ourFaults =
  /^row\.|taken the job over|given up|nobody waits|breaks|took over|no page|misses|policy/;

/** How a story begins. */
export interface RowBeginning extends Beginning<Outside> {
  readonly name: string;
  readonly input: RowTask;
  /** Makes the same in the real world: the job, and the row's task. */
  readonly make: (stage: Stage) => Promise<{ job: RealJob; input: unknown }>;
}

const outside: Outside = {
  job: "running",
  isHeld: true,
  rows: ["pending"],
  attempts: [],
  audit: [],
  told: [],
  sent: [],
  sold: [],
  written: [],
  isFlushOwed: false,
};

const task: RowTask = {
  rowNumber: 1,
  checksum: "c",
  from: "pending",
  generation: 0,
  lost: undefined,
  purpose: "ship",
  settles: undefined,
  request: undefined,
  isPaced: false,
  policy,
};
const request = { service_code: "03" };
const attempt: Attempt = {
  key: "1/1",
  generation: 1,
  sentAtMs: startMs,
  account: undefined,
  lane: "US>US",
  packages: 1,
  doesExist: false,
};
const lostTask = { ...task, from: "in_flight", generation: 1, lost: attempt } as const;
const lostOutside = {
  ...outside,
  rows: ["in_flight"],
  attempts: ["1/1 open"],
  sent: ["1/1"],
};

/** What was read ahead is too old by then, and how fast was bought says nothing any more. */
const longAgoMs = 12_000;

/** Takes a job up, as a run does. */
async function taken(stage: Stage, plan: Partial<JobPlan> = {}): Promise<RealJob> {
  const job = await RealJob.import(stage, { rows: 1, policy, ...plan });
  await job.act(job.machine, "acquireLease", job.id);
  await job.act(job.machine, "startJob", job.id);
  return job;
}

/** The task of the next row, as the job machine would give it. */
async function nextTask(job: RealJob, settles?: number): Promise<{ job: RealJob; input: unknown }> {
  const input = { jobId: job.id, afterRow: settles ?? 0, passesFailed: false };
  const choice = Object(await job.act(job.provide(), "nextRow", input));
  return { job, input: { ...choice.task, settles } };
}

/** Reads and prepares the first page. */
async function lookAhead(job: RealJob): Promise<RealJob> {
  await job.world.ahead.fetch(1);
  return job;
}

/** A row whose run ended between its purchase and the record of it. */
async function lose(job: RealJob, isSold: boolean): Promise<RealJob> {
  const { input } = await nextTask(await lookAhead(job));
  const { checksum: _, ...first } = Object(input);
  const row = job.machineOf("row");
  const claim = { rowNumber: 1, from: "pending", generation: 0, settles: undefined };
  const claimed = await job.act(row, "claimRow", { claim, request: first.request });
  job.selling = (sell) => {
    if (isSold) sell();
    throw new ConnectionLostError("shipping_create", false, new Error("it was killed"));
  };
  await job.act(row, "buyLabel", { attempt: claimed, request: first.request });
  return job;
}

/** A row whose last attempt was never sent. */
async function neverSend(job: RealJob): Promise<RealJob> {
  const { input } = await nextTask(await lookAhead(job));
  const { request } = Object(input);
  const row = job.machineOf("row");
  const claim = { rowNumber: 1, from: "pending", generation: 0, settles: undefined };
  const claimed = await job.act(row, "claimRow", { claim, request });
  job.carrierGoes();
  const answer = await job.act(row, "buyLabel", { attempt: claimed, request });
  await job.act(row, "recordAnswer", { rowNumber: 1, attempt: claimed, answer });
  job.carrierComes();
  job.clock.nowMs += longAgoMs;
  return job;
}

/** A row before that is written back and not committed as such. */
async function shipFirst(job: RealJob): Promise<RealJob> {
  const { input } = await nextTask(job);
  await toPromise(createActor(job.machineOf("row"), { input }).start());
  job.clock.nowMs += longAgoMs;
  return job;
}

/** Every way a row may begin. */
export const beginnings: readonly RowBeginning[] = [
  {
    name: "a row",
    input: task,
    outside,
    make: async (stage) => nextTask(await taken(stage)),
  },
  {
    name: "a row after one that is written back",
    without: triedOnce,
    input: { ...task, rowNumber: 2, settles: 1 },
    outside: {
      ...outside,
      rows: ["shipped", "pending"],
      attempts: ["1/1 bought"],
      sent: ["1/1"],
      sold: ["1/1"],
      written: [1],
    },
    make: async (stage) => nextTask(await shipFirst(await taken(stage, { rows: 2 })), 1),
  },
  {
    name: "a row that was prepared ahead",
    without: triedOnce,
    input: { ...task, request },
    outside,
    make: async (stage) => nextTask(await lookAhead(await taken(stage))),
  },
  {
    name: "a row whose pace is limited",
    without: triedOnce,
    input: { ...task, isPaced: true },
    outside,
    make: async (stage) => nextTask(await taken(stage, { rate: 1 })),
  },
  {
    name: "a row that was prepared ahead, and whose pace is limited",
    without: triedOnce,
    input: { ...task, request, isPaced: true },
    outside,
    make: async (stage) => nextTask(await lookAhead(await taken(stage, { rate: 1 }))),
  },
  {
    name: "a row whose last attempt was never sent",
    without: triedOnce,
    input: { ...task, from: "in_flight", generation: 1 },
    outside: { ...outside, rows: ["in_flight"], attempts: ["1/1 not_sent"] },
    make: async (stage) => nextTask(await neverSend(await taken(stage))),
  },
  ...[true, false].flatMap((isBought) =>
    (["ship", "settle"] as const).map((purpose): RowBeginning => ({
      name: `a row whose answer was lost, ${isBought ? "bought" : "not bought"}, to ${purpose}`,
      // The first question is the same, whatever comes after it.
      ...(purpose === "ship" && !isBought ? { without: triedOnce } : {}),
      input: { ...lostTask, purpose },
      outside: { ...lostOutside, sold: isBought ? ["1/1"] : [] },
      make: async (stage) => {
        const job = await lose(await taken(stage), isBought);
        job.clock.nowMs += longAgoMs;
        if (purpose === "ship") return await nextTask(job);
        const recovering = { jobId: job.id, passesFailed: false };
        const { lost } = Object(await job.act(job.machine, "recoverJob", recovering));
        return { job, input: { ...lost, settles: undefined } };
      },
    }))
  ),
];

/** What of a row machine's context is the same in the model. */
export function meaningOf(context: RowContext): unknown {
  const { task, attempt, attempts, hasTurn, isStopWanted, isHurried, settled } = context;
  const { answer, label, problem, ending, verdict, request } = context;
  const { rowNumber, from, generation, lost, purpose, settles, isPaced } = task;
  return {
    task: { rowNumber, from, generation, lost: lost?.generation, purpose, settles, isPaced },
    ...{ attempts, hasTurn, isStopWanted, isHurried, settled, ending },
    generation: attempt?.generation,
    request: request !== undefined,
    label: label !== undefined,
    verdict: verdict?.type,
    doesExist: verdict?.type === "undecided" ? verdict.doesExist : undefined,
    answer: answer.type,
    isForJob: answer.type === "rejected" ? answer.isForJob : undefined,
    retryAfterMs: "retryAfterMs" in answer ? answer.retryAfterMs : undefined,
    problem: problem.code,
  };
}

/** What decides where a row goes from here. */
export function keyOf(state: ModelState<RowContext, Outside>): unknown {
  const { name, context: { isStopWanted, isHurried, hasTurn, attempts, answer, data, request } } =
    state;
  const isAnswered = ["recording", "backing_off", "reconciling"].includes(name);
  return [
    ...[isStopWanted, isHurried, hasTurn, attempts, request !== undefined],
    name === "rendering" ? data["fits"] : "",
    isAnswered ? { ...answer, label: undefined, evidence: undefined } : "",
    isAnswered ? [isSold(state), attemptOf(state)] : "",
  ];
}

type RowState = ModelState<RowContext, Outside>;
const statusOf = (state: RowState) => state.outside.rows[rowOf(state) - 1];
const unless = (isSo: boolean, message: string) => isSo ? undefined : message;
/** No attempt of the row is open: all that were made are known to have bought nothing. */
function isClosed(state: RowState): boolean {
  const own = state.outside.attempts.filter((each) => each.startsWith(`${rowOf(state)}/`));
  return own.every((each) => /not_sent|rejected|absent/.test(each));
}
const isFree = (state: RowState) =>
  unless(
    isClosed(state) && ["pending", "in_flight"].includes(statusOf(state) ?? ""),
    "there may be a purchase that nobody knows the end of",
  );
const isAsked = (state: RowState) =>
  unless(
    statusOf(state) === "in_flight" && /^(open|uncertain)( exists)?$/.test(attemptOf(state) ?? ""),
    "the attempt is not an open question",
  );
const isBought = (state: RowState) =>
  unless(statusOf(state) === "shipped" && isSold(state), "the row is not bought");
/** Nothing that this row has sent was sold. */
const isNothingSold = ({ outside: { sold }, ...state }: RowState) =>
  !sold.some((each) => each.startsWith(`${state.context.task.rowNumber}/`));

const isWanted = ({ context }: RowState) =>
  unless(!context.isStopWanted, "it waits, and nobody wants it to");
const isWaitedFor = ({ context }: RowState) =>
  unless(!context.isHurried, "it waits for the source, and nobody does");

/** What must hold in each state. */
export const promises: Record<string, (state: RowState) => string | undefined> = {
  fetching: (state) => isFree(state) ?? isWaitedFor(state),
  rendering: (state) => isFree(state) ?? isWaitedFor(state),
  pacing: (state) => isFree(state) ?? isWanted(state),
  claiming: isFree,
  failing: isFree,
  buying: (state) =>
    unless(
      statusOf(state) === "in_flight" && attemptOf(state) === "open" && !isSold(state),
      "the claim is not committed, or was sent before",
    ),
  recording: (state) => unless(attemptOf(state) === "open", "the answer is recorded already"),
  backing_off: (state) =>
    isFree(state) ?? isWanted(state) ?? unless(statusOf(state) === "in_flight", "not claimed"),
  reconciling: isAsked,
  adopting: (state) => isAsked(state) ?? unless(isSold(state), "nothing was found"),
  superseding: (state) => isAsked(state) ?? unless(!isSold(state), "a label would be lost"),
  reviewing: isAsked,
  writing_back: (state) => isBought(state) ?? isWaitedFor(state),
  completed: (state) =>
    isBought(state) ??
      unless(state.outside.written.includes(rowOf(state)), "the source has no number"),
  shipped: isBought,
  failed: (state) =>
    unless(
      statusOf(state) === "failed" && isClosed(state) && isNothingSold(state),
      "a row that may be bought is failed",
    ),
  needs_review: (state) =>
    unless(statusOf(state) === "needs_review" && !isClosed(state), "nobody is asked"),
  stopped: (state) =>
    isFree(state) ??
      unless(state.context.problem.code !== "E-4025", "it is nobody's fault: nobody waited") ??
      unless(!/without a reason/.test(state.context.problem.message), "nobody is told why"),
  unsent: (state) =>
    isFree(state) ??
      unless(statusOf(state) === "in_flight" && isNothingSold(state), "it was not claimed"),
  absent: (state) =>
    isFree(state) ??
      unless(attemptOf(state) === "uncertain absent" && isNothingSold(state), "it is not absent"),
  interrupted: (state) =>
    unless(["pending", "in_flight"].includes(statusOf(state) ?? ""), "the row is settled"),
  unrecorded: (state) =>
    unless(statusOf(state) === "in_flight" && !isClosed(state), "there is nothing to record"),
};
