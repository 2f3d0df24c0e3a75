/**
 * How the stories of the reconcile machine begin, and what must hold in each of its states.
 *
 * @module
 */
import { ConnectionLostError } from "../../src/actors/tool_caller.ts";
import { attemptFrom } from "../../src/actors/row_task.ts";
import { findLastAttempt } from "../../src/db/attempts.ts";
import type { Attempt, ReconcilePolicy } from "../../src/machines/purchase.ts";
import type { ReconcileContext } from "../../src/machines/reconcile_setup.ts";
import type { ReconcileTask } from "../../src/machines/reconcile_types.ts";
import { policy as strict } from "../helpers/policies.ts";
import type { Beginning, ModelState } from "./model.ts";
import type { OutsideAsked } from "./outside.ts";
import { RealJob, type Selling, type Stage, startMs } from "./real_job.ts";
import { isSold } from "./reconcile_alphabet.ts";

/** What was before: a purchase whose answer was lost. */
interface Before {
  /** In words. */
  readonly name?: string;
  /** Whether the carrier has sold it. */
  readonly isSold?: boolean;
  /** How long ago it was sent, in milliseconds. */
  readonly ageMs?: number;
  /** How many packages were sent. */
  readonly packages?: number;
  /** Whether the carrier has named it before. */
  readonly isNamed?: boolean;
  /** Whether another row was bought before: a control. */
  readonly hasControl?: boolean;
  /** Whether nobody wants to wait, from the first. */
  readonly isStopWanted?: boolean;
  /** Whether "not found" is believed without a control. */
  readonly trustNotFound?: boolean;
}

const stories: readonly Before[] = [
  { name: "not sold, with a control", hasControl: true },
  { name: "sold, with a control", isSold: true, hasControl: true },
  { name: "not sold, without a control" },
  { name: "not sold, without a control that is needed", trustNotFound: true },
  { name: "sold, of another number of packages", isSold: true, packages: 2 },
  { name: "not sold, and named before", isNamed: true },
  { name: "not sold, long ago", ageMs: 61_000, hasControl: true },
  { name: "not sold, and nobody waits", isStopWanted: true },
];

/** What is tried from the first beginning only: it means the same whatever was before. */
const triedOnce = /breaks|given up|for long|row\.stop|cannot tell|where it is noted/;

/** How a story begins. */
export interface ReconcileBeginning extends Beginning<OutsideAsked> {
  readonly name: string;
  readonly input: ReconcileTask;
  readonly make: (stage: Stage) => Promise<{ job: RealJob; input: ReconcileTask }>;
}

/** Every way a question may begin. */
export const beginnings: readonly ReconcileBeginning[] = stories.map(
  (story, index) => ({ ...beginningOf(story), ...(index === 0 ? {} : { without: triedOnce }) }),
);

function beginningOf(before: Before): ReconcileBeginning {
  const { ageMs = 0, packages = 1, isNamed = false, isStopWanted = false } = before;
  const row = before.hasControl ? 2 : 1;
  const key = `${row}/1`;
  const attempt: Attempt = {
    ...{ key, generation: 1, sentAtMs: startMs - ageMs, account: undefined, lane: "US>US" },
    ...{ packages, doesExist: isNamed },
  };
  const reconcile: ReconcilePolicy = {
    ...strict.reconcile,
    trustNotFound: before.trustNotFound ?? false,
  };
  const bought = before.hasControl ? ["1/1"] : [];
  return {
    name: before.name ?? "",
    input: { attempt, policy: reconcile, isStopWanted },
    outside: {
      job: "running",
      isHeld: true,
      rows: [...(before.hasControl ? ["shipped"] : []), "in_flight"],
      attempts: [
        ...bought.map((each) => `${each} bought`),
        `${key} ${isNamed ? "uncertain exists" : "open"}`,
      ],
      audit: [],
      told: [],
      sent: [...bought, key],
      sold: [...bought, ...(before.isSold ? [key] : [])],
      written: [],
      asked: [],
      isCarrierGone: false,
      isFlushOwed: false,
    },
    async make(stage) {
      const job = await RealJob.import(stage, { rows: row, policy: { ...strict, reconcile } });
      job.clock.nowMs = startMs - ageMs;
      await job.act(job.machine, "acquireLease", job.id);
      await job.act(job.machine, "startJob", job.id);
      if (before.hasControl) await buy(job, 1, {}, undefined);
      await buy(job, row, before, losing(before));
      job.clock.nowMs = startMs;
      const last = await findLastAttempt(stage.store.db, job.id, row);
      if (!last) throw new TypeError("Cannot begin: nothing was sent");
      return {
        job,
        input: { attempt: attemptFrom(last), policy: job.policy.reconcile, isStopWanted },
      };
    },
  };
}

/** Buys for a row; what the carrier answers is not recorded, unless it is the control. */
async function buy(
  job: RealJob,
  rowNumber: number,
  { packages = 1, isNamed }: Before,
  selling: Selling | undefined,
): Promise<void> {
  const row = job.machineOf("row");
  const { data } = await job.world.ahead.fetch(rowNumber);
  const { request: rendered } = Object(await job.world.ahead.prepare(rowNumber, data));
  const request = { ...rendered, packages: Array(packages).fill(rendered.packages[0]) };
  const claim = { rowNumber, from: "pending", generation: 0, settles: undefined };
  const attempt = await job.act(row, "claimRow", { claim, request });
  job.selling = selling;
  const answer = await job.act(row, "buyLabel", { attempt, request });
  const isRecorded = selling === undefined || isNamed;
  if (isRecorded) await job.act(row, "recordAnswer", { rowNumber, attempt, answer });
}

/** Sells or not, and the answer is lost; or it names a shipment. */
function losing({ isSold, isNamed }: Before): Selling {
  return (sell) => {
    if (isSold) sell();
    if (isNamed) return { outcome: "uncertain", shipment_id: "1ZNAMED" };
    throw new ConnectionLostError("shipping_create", false, new Error("it was killed"));
  };
}

/** What of the machine's context is the same in the model. */
export function meaningOf(context: ReconcileContext): unknown {
  const { attempt, isStopWanted, firstNone, waitedMs, failures, waitMs, lookUps } = context;
  const { generation, packages, doesExist: wasNamed, sentAtMs } = attempt;
  return {
    ...{ generation, packages, wasNamed, ageMs: startMs - sentAtMs },
    ...{ isStopWanted, firstNone, waitedMs, failures, waitMs, doesExist: context.doesExist },
    lookUps: lookUps.map(({ atMs }) => atMs),
    label: context.label !== undefined,
    loss: context.loss?.code,
    ending: context.ending,
  };
}

type ReconcileState = ModelState<ReconcileContext, OutsideAsked>;

/** What decides what comes next: how much time has passed counts only by what it is enough for. */
export function keyOf({ name, context }: ReconcileState): unknown {
  const { attempt, policy, isStopWanted, firstNone, waitedMs, failures, doesExist } = context;
  const passedMs = waitedMs + (name === "waiting" ? context.waitMs : 0);
  const isQuietOver = passedMs + startMs - attempt.sentAtMs >= policy.quietMs;
  const isApart = firstNone !== undefined && passedMs - firstNone.waitedMs >= policy.apartMs;
  return [isStopWanted, firstNone !== undefined, isQuietOver, isApart, failures, doesExist];
}

const unless = (isSo: boolean, message: string) => isSo ? undefined : message;
const attemptOf = ({ outside: { attempts } }: ReconcileState) => attempts.at(-1) ?? "";
const isOpen = (state: ReconcileState) =>
  unless(/ (open|uncertain)( exists)?$/.test(attemptOf(state)), "it is no open question") ??
    unless(!state.outside.isCarrierGone, "nobody can be asked, and it goes on");
/** One number to a package. */
const isWhole = ({ context: { attempt, label } }: ReconcileState) =>
  [0, label?.trackingNumbers.length].includes(attempt.packages);
/** How often the carrier was asked about the attempt itself. */
const asked = ({ context: { attempt }, outside }: ReconcileState) =>
  outside.asked.filter((each) => each === attempt.key).length;

/** What must hold in each state. */
export const promises: Record<string, (state: ReconcileState) => string | undefined> = {
  looking_up: isOpen,
  waiting: (state) =>
    isOpen(state) ?? unless(!state.context.isStopWanted, "it waits, and nobody wants it to"),
  checking_control: (state) =>
    isOpen(state) ??
      unless(asked(state) >= 2 && !isSold(state), "it was not asked for twice"),
  found: (state) =>
    isOpen(state) ?? unless(isSold(state) && asked(state) >= 1, "the carrier has no such label") ??
      unless(isWhole(state), "a package has no number"),
  absent: (state) => {
    const isAfter = state.context.waitedMs + startMs - state.context.attempt.sentAtMs >=
      state.context.policy.quietMs + state.context.policy.apartMs;
    return isOpen(state) ??
      unless(!isSold(state) && asked(state) >= 2 && isAfter, "that is no proof of absence") ??
      unless(!attemptOf(state).endsWith("exists"), "the carrier has named it");
  },
  // Nobody is asked to decide what the next run can find out.
  undecided: isOpen,
  interrupted: (state) => isOpen(state) ?? unless(state.context.isStopWanted, "nobody said stop"),
  forsaken: ({ outside }) => unless(outside.isCarrierGone, "the carrier can be asked"),
};
