/**
 * What the machines knew at a moment, told from the trail: of each machine's context as much as was
 * entered by then, under its own field names (`job_setup.ts`, `row_setup.ts`, …). A field that the trail
 * cannot tell is not there. `tests/viz_contexts.test.ts` holds it against XState's own snapshots.
 *
 * @module
 */
import { type Money, type Sums, sumsAfter } from "./sums.ts";
import type { Step, TrailEntry } from "./step.ts";

/** What is wrong, or why something ended. */
export interface ProblemTold {
  /** A stable code. */
  readonly code: string;
  /** In words. */
  readonly message: string;
}

/** A child machine. */
export interface ChildTold {
  /** Which child it is, such as `carrier.demo`. */
  readonly child: string;
  /** The state that it is in. */
  readonly state: string;
  /** How many restarts count against its budget; not told while one is under way. */
  readonly restarts?: number | undefined;
  /** How it ended last. */
  readonly exit?: { readonly reason: string; readonly code: string } | undefined;
}

/** The supervisor. */
export interface SupervisorTold {
  /** The children that were started, and how each stands. */
  readonly children: Readonly<Record<string, ChildTold>>;
  /** How often one of them was started again. */
  readonly restarted: number;
}

/** A row that is worked on. */
export interface TaskTold {
  /** The row. */
  readonly rowNumber: number;
  /** `settle` only clears up what became of an attempt. */
  readonly purpose: "ship" | "settle";
}

/** The job. */
export interface JobTold {
  /** The epoch of the lease. */
  readonly epoch?: number | undefined;
  /** The row under way. */
  readonly task?: TaskTold | undefined;
  /** The last row that was taken up. */
  readonly cursor?: number | undefined;
  /** As they were when the row under way was taken up. */
  readonly figures?: {
    readonly total?: number | undefined;
    readonly done: number;
    readonly failed: number;
    readonly costs?: Money | undefined;
  } | undefined;
  /** Why it stops. */
  readonly halt?: {
    readonly status: string;
    readonly reason?: string | undefined;
    readonly rowNumber?: number | undefined;
    readonly problem?: ProblemTold | undefined;
  } | undefined;
}

/** A label. */
export interface LabelTold {
  /** One for each package. */
  readonly trackingNumbers: readonly string[];
  /** In minor units. */
  readonly costMinor?: number | undefined;
  /** ISO 4217. */
  readonly currencyCode?: string | undefined;
}

/** The row. */
export interface RowTold {
  /** What it was given. */
  readonly task: TaskTold;
  /** How many attempts this actor has made. */
  readonly attempts: number;
  /** The attempt under way, or the last one. */
  readonly attempt?: { readonly key: string; readonly generation?: number | undefined } | undefined;
  /** What the carrier said of it. */
  readonly answer?: { readonly type: string } | undefined;
  /** What was found out about it afterwards. */
  readonly verdict?: { readonly type: string } | undefined;
  /** The label, once it is recorded. */
  readonly label?: LabelTold | undefined;
  /** Why it does not go on. */
  readonly problem?: ProblemTold | undefined;
}

/** The reconcile machine. */
export interface ReconcileTold {
  /** The attempt that it asks about. */
  readonly attempt: { readonly key: string };
  /** The carrier has said that its shipment exists. */
  readonly doesExist?: true | undefined;
  /** What was said to each look-up. */
  readonly lookUps?: readonly string[] | undefined;
  /** The label that was found. */
  readonly label?: LabelTold | undefined;
}

/** What is told of each machine; nothing of one that is not there. */
export interface Contexts {
  /** The supervisor. */
  readonly supervisor?: SupervisorTold | undefined;
  /** The child that was heard of last. */
  readonly child?: ChildTold | undefined;
  /** The job. */
  readonly job?: JobTold | undefined;
  /** The row that is worked on, or was last. */
  readonly row?: RowTold | undefined;
  /** What asks about its lost attempt. */
  readonly reconcile?: ReconcileTold | undefined;
}

/** All of it, and what it is told from. */
export interface Told {
  /** The contexts. */
  readonly contexts: Contexts;
  /** How all rows stand. */
  readonly sums: Sums;
}

/** Before the first entry. */
export const nothingTold: Told = {
  contexts: {},
  sums: { total: undefined, done: 0, failed: 0, closed: 0, costs: {} },
};

/**
 * What is told after one more entry.
 *
 * @param before What was told before it.
 * @param entry The entry.
 * @param steps What the machines did until then.
 * @returns What is told now.
 */
export function toldAfter(before: Told, entry: TrailEntry, steps: readonly Step[]): Told {
  let { contexts } = before;
  for (const step of steps) contexts = afterStep(contexts, step, entry, before.sums);
  return { contexts: afterFact(contexts, entry), sums: sumsAfter(before.sums, entry) };
}

function afterStep(contexts: Contexts, step: Step, entry: TrailEntry, sums: Sums): Contexts {
  switch (step.machine) {
    case "supervisor":
      // Who takes a job may be a person's command, which has no children.
      if (!step.isBeginning) return contexts;
      return {
        ...contexts,
        supervisor: step.isInferred ? undefined : { children: {}, restarted: 0 },
        child: undefined,
      };
    case "child":
      return withChild(contexts, step, entry);
    case "job":
      return { ...contexts, ...jobAfter(contexts, step, entry, sums) };
    case "row":
      return { ...contexts, ...rowAfter(contexts, step, entry) };
    case "reconcile":
      return { ...contexts, reconcile: reconcileAfter(contexts.reconcile, step, entry) };
    default:
      return step.machine satisfies never;
  }
}

function withChild(
  contexts: Contexts,
  { actor = "", state, isBeginning }: Step,
  entry: TrailEntry,
) {
  const supervisor = contexts.supervisor ?? { children: {}, restarted: 0 };
  const known = isBeginning ? undefined : supervisor.children[actor];
  const child: ChildTold = { ...known, child: actor, state, ...exitIn(entry) };
  return {
    ...contexts,
    child,
    supervisor: { ...supervisor, children: { ...supervisor.children, [actor]: child } },
  };
}

/** What an entry of a child says of its end, or of its restarts. */
function exitIn({ type, details }: TrailEntry): Partial<ChildTold> {
  const { reason, code, restarts } = details();
  if (type === "child_restarted") return { restarts: numberIn(restarts) };
  if (type === "child_started") return { restarts: 0 };
  // An end counts as a restart, and those of long ago count no more.
  return { restarts: undefined, exit: { reason: textIn(reason) ?? "", code: textIn(code) ?? "" } };
}

function jobAfter(
  { job }: Contexts,
  { state, isBeginning }: Step,
  { row, to, from, details }: TrailEntry,
  sums: Sums,
): Pick<Contexts, "job" | "row" | "reconcile"> {
  if (isBeginning) {
    // The one before is gone, and its row with it.
    const epoch = numberIn(details()["epoch"]) ?? job?.epoch;
    return { job: { epoch }, row: undefined, reconcile: undefined };
  }
  const { total, done, failed, costs } = sums;
  const figures = { total, done, failed, costs };
  switch (state) {
    case "preparing.settling":
      return { job: { ...job, task: { rowNumber: row ?? 0, purpose: "settle" } } };
    case "preparing.starting":
    case "running.draining":
    case "running.finishing":
      return { job: { ...job, task: undefined, figures } };
    case "running.working": {
      const task: TaskTold = { rowNumber: row ?? 0, purpose: "ship" };
      return { job: { ...job, task, cursor: row, figures } };
    }
    case "completed":
    case "failed":
    case "paused":
    case "cancelled":
      return { job: { ...job, halt: haltOf(to ?? from ?? "", details()) } };
    default:
      return {};
  }
}

function haltOf(status: string, details: Readonly<Record<string, unknown>>): JobTold["halt"] {
  if (status === "completed") return undefined;
  return {
    status,
    reason: textIn(details["reason"]),
    rowNumber: numberIn(details["rowNumber"]),
    problem: problemIn(details),
  };
}

function rowAfter(
  { job, row }: Contexts,
  { state, isBeginning }: Step,
  entry: TrailEntry,
): Pick<Contexts, "job" | "row" | "reconcile"> {
  const { rowNumber = 0, purpose = "ship" } = job?.task ?? {};
  if (isBeginning || !row) {
    return { row: { task: { rowNumber, purpose }, attempts: 0 }, reconcile: undefined };
  }
  const details = entry.details();
  const key = textIn(details["key"]);
  switch (state) {
    case "claiming": {
      const attempt = key === undefined ? undefined : {
        key,
        generation: numberIn(details["generation"]),
      };
      return { row: { ...row, attempt, attempts: row.attempts + 1, answer: undefined } };
    }
    case "recording":
      return { row: { ...row, answer: answerIn(entry), problem: problemIn(details) } };
    case "adopting":
      return { row: { ...row, verdict: { type: "found" }, problem: undefined } };
    case "superseding":
      return { row: { ...row, verdict: { type: "absent" } } };
    case "reviewing":
      return { row: { ...row, verdict: { type: "undecided" }, problem: problemIn(details) } };
    case "failing":
      return { row: { ...row, problem: problemIn(details) } };
    case "writing_back":
      return { row: { ...row, label: labelIn(details) } };
    case "completed":
    case "failed":
    case "needs_review":
      return { job: job && { ...job, task: undefined } };
    default:
      return {};
  }
}

function reconcileAfter(
  before: ReconcileTold | undefined,
  { state, isBeginning }: Step,
  { details }: TrailEntry,
): ReconcileTold | undefined {
  const { key, look_ups: lookUps } = details();
  if (isBeginning) return { attempt: { key: textIn(key) ?? "" } };
  if (!before) return undefined;
  const said = Array.isArray(lookUps) ? lookUps.filter((each) => typeof each === "string") : [];
  return {
    ...before,
    ...(said.length > 0 ? { lookUps: said } : {}),
    ...(state === "found" ? { label: labelIn(details()) } : {}),
  };
}

/** What an entry says of a machine that stays where it is. */
function afterFact(contexts: Contexts, { type, details }: TrailEntry): Contexts {
  const { supervisor, reconcile } = contexts;
  if (type === "child_restarted" && supervisor) {
    return { ...contexts, supervisor: { ...supervisor, restarted: supervisor.restarted + 1 } };
  }
  if (type !== "attempt_exists" || reconcile?.attempt.key !== details()["key"]) return contexts;
  return { ...contexts, reconcile: reconcile && { ...reconcile, doesExist: true } };
}

/** Each answer has an entry of its own. */
function answerIn({ type, to }: TrailEntry): RowTold["answer"] {
  if (to === "shipped") return { type: "bought" };
  if (to === "failed") return { type: "rejected" };
  return { type: type.replace(/^attempt_/, "") };
}

function labelIn(details: Readonly<Record<string, unknown>>): LabelTold | undefined {
  const { tracking_numbers: numbers, cost_minor: cost, currency_code: currency } = details;
  if (!Array.isArray(numbers)) return undefined;
  return {
    trackingNumbers: numbers.filter((each) => typeof each === "string"),
    costMinor: numberIn(cost),
    currencyCode: textIn(currency),
  };
}

function problemIn({ code, message }: Readonly<Record<string, unknown>>): ProblemTold | undefined {
  return typeof code === "string" && typeof message === "string" ? { code, message } : undefined;
}

function numberIn(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
