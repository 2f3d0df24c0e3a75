/**
 * The words that the row machine's chart is written in: its context, ports, guards and actions.
 * `row.ts` is the chart.
 *
 * @module
 */
import { assign, emit, sendTo, setup } from "xstate";
import { port, type Problem, problemOf } from "./port.ts";
import {
  type Answer,
  type Attempt,
  backoffMs,
  type Label,
  longestWaitMs,
  type RecordedLabel,
} from "./purchase.ts";
import { reconcileMachine } from "./reconcile.ts";
import type { ReconcileOutcome } from "./reconcile_types.ts";
import type {
  Claim,
  Fetched,
  RenderedRequest,
  RowEmitted,
  RowOutcome,
  RowTask,
  Verdict,
} from "./row_types.ts";

/** What the machine keeps. */
export interface RowContext {
  /** What it was given. */
  readonly task: RowTask;
  /** The row's data in the source. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What is sent, once it is known. */
  readonly request: Readonly<Record<string, unknown>> | undefined;
  /** The attempt under way, or the last one. */
  readonly attempt: Attempt | undefined;
  /** How many attempts this actor has made. */
  readonly attempts: number;
  /** Whether it had its turn, and has not used it yet. */
  readonly hasTurn: boolean;
  /** What the carrier said of it. */
  readonly answer: Answer;
  /** What was found out about it afterwards. */
  readonly verdict: ReconcileOutcome | undefined;
  /** The label, once it is recorded. */
  readonly label: RecordedLabel | undefined;
  /** Why it does not go on. */
  readonly problem: Problem;
  /** Whether the row before was committed with this one. */
  readonly settled: boolean;
  /** Whether somebody wants to wait for no other attempt any more. */
  readonly isStopWanted: boolean;
  /** Whether nobody waits for the source any more. */
  readonly isHurried: boolean;
  /** The final state, for the output. */
  readonly ending: RowOutcome["type"];
}

/** A row that waits longer for its turn is fetched again, in milliseconds. */
const staleAfterMs = 3_000;

/** What a purchase is until its answer is read. */
export const noAnswer: Answer = {
  type: "uncertain",
  problem: { code: "E-3010", message: "Cannot tell whether the label was bought: no answer" },
  namesShipment: false,
  evidence: {},
};

/** A write-back that nobody waits for is owed, as one that failed. */
const notWaited: Problem = {
  code: "E-4014",
  message: "Nobody waited for the write-back: the next run brings the number",
};

/**
 * The words of the row machine.
 *
 * @internal
 */
export const rowSetup = setup({
  types: {
    context: {} as RowContext,
    events: {} as { type: "row.stop" } | { type: "row.hurry" },
    input: {} as RowTask,
    output: {} as RowOutcome,
    emitted: {} as RowEmitted,
  },
  actors: {
    fetchRow: port<Fetched, RowTask>("fetchRow"),
    renderRow: port<RenderedRequest, { task: RowTask; data: RowContext["data"] }>("renderRow"),
    pace: port<number, { request: Readonly<Record<string, unknown>> }>("pace"),
    claimRow: port<Attempt, { claim: Claim; request: Readonly<Record<string, unknown>> }>(
      "claimRow",
    ),
    buyLabel: port<Answer, { attempt: Attempt; request: Readonly<Record<string, unknown>> }>(
      "buyLabel",
    ),
    recordAnswer: port<
      RecordedLabel | undefined,
      { rowNumber: number; attempt: Attempt; answer: Answer }
    >("recordAnswer"),
    wait: port<void, { ms: number }>("wait"),
    reconcile: reconcileMachine,
    adoptLabel: port<RecordedLabel, Verdict & { label: Label | undefined }>("adoptLabel"),
    supersede: port<void, Verdict>("supersede"),
    reviewRow: port<void, Verdict & { problem: Problem; doesExist: boolean }>("reviewRow"),
    failRow: port<void, { claim: Claim; problem: Problem }>("failRow"),
    writeBack: port<void, { task: RowTask; label: RecordedLabel | undefined }>("writeBack"),
  },
  guards: {
    isLost: ({ context }) => context.task.lost !== undefined,
    isPrepared: ({ context }) => context.request !== undefined,
    /** A limit is in force, or the carrier has just wanted one: it waits for its turn. */
    mustWait: ({ context }) => mustWait(context),
    isRenderedEarly: ({ context }, { rendered }: { rendered: RenderedRequest }) =>
      rendered.type === "rendered" && mustWait(context),
    /** What was fetched so long ago may have changed since. */
    isStale: (_, { waitedMs }: { waitedMs: number }) => waitedMs > staleAfterMs,
    isFetched: (_, { fetched }: { fetched: Fetched }) => fetched.type === "fetched",
    isRendered: (_, { rendered }: { rendered: RenderedRequest }) => rendered.type === "rendered",
    isBought: ({ context }) => context.answer.type === "bought",
    isUncertain: ({ context }) => context.answer.type === "uncertain",
    /** Nothing was bought, and it is not the row's fault. */
    /** Every other row would meet it as well: the row is not failed, and not tried again. */
    isForJob: ({ context: { answer } }) =>
      (answer.type === "not_sent" || answer.type === "rejected") && answer.isForJob === true,
    isPostponed: ({ context: { answer } }) =>
      answer.type === "not_sent" ||
      (answer.type === "rejected" && answer.retryAfterMs !== undefined),
    hasAttemptsLeft: ({ context: { attempts, task } }) => attempts < task.policy.maxAttempts,
    /** The carrier wants to be left alone for longer than a run waits. */
    isWaitTooLong: ({ context }) => waitOf(context) > longestWaitMs,
    isStopWanted: ({ context }) => context.isStopWanted,
    isHurried: ({ context }) => context.isHurried,
    isSettledOnly: ({ context }) => context.task.purpose === "settle",
    isFound: (_, { verdict }: { verdict: ReconcileOutcome }) => verdict.type === "found",
    isAbsent: (_, { verdict }: { verdict: ReconcileOutcome }) => verdict.type === "absent",
    /** Only our own word for it: a server's code may look like it. */
    isUnwanted: ({ context }, { error }: { error: unknown }) =>
      context.isStopWanted && problemOf(error).code === "E-4025",
    isForsaken: (_, { verdict }: { verdict: ReconcileOutcome }) => verdict.type === "forsaken",
    isInterrupted: (_, { verdict }: { verdict: ReconcileOutcome }) =>
      verdict.type === "interrupted",
    /** The request is there, and another attempt may be made with it. */
    canClaimAgain: ({ context: { attempts, task, request } }) =>
      request !== undefined && attempts < task.policy.maxAttempts,
  },
  actions: {
    keepData: assign((_, { fetched }: { fetched: Fetched }) =>
      fetched.type === "fetched" ? { data: fetched.data } : { problem: fetched.problem }
    ),
    keepRequest: assign((_, { rendered }: { rendered: RenderedRequest }) =>
      rendered.type === "rendered" ? { request: rendered.request } : { problem: rendered.problem }
    ),
    keepTurn: assign({ hasTurn: true }),
    keepAttempt: assign(({ context }, { attempt }: { attempt: Attempt }) => ({
      attempt,
      hasTurn: false,
      attempts: context.attempts + 1,
      answer: noAnswer,
      settled: true,
    })),
    keepAnswer: assign((_, { answer }: { answer: Answer }) =>
      answer.type === "bought" ? { answer } : { answer, problem: answer.problem }
    ),
    keepVerdict: assign((_, { verdict }: { verdict: ReconcileOutcome }) =>
      verdict.type === "undecided" || verdict.type === "forsaken"
        ? { verdict, problem: verdict.problem }
        : { verdict }
    ),
    keepLabel: assign((_, { label }: { label: RecordedLabel | undefined }) => ({ label })),
    keepProblem: assign((_, { error }: { error: unknown }) => ({ problem: problemOf(error) })),
    keepLostAnswer: assign((_, { error }: { error: unknown }) => {
      const problem: Problem = {
        code: "E-3010",
        message: `Cannot tell whether the label was bought: ${problemOf(error).message}`,
      };
      return { answer: { ...noAnswer, problem, evidence: problemOf(error) }, problem };
    }),
    keepNoLuck: assign(({ context }) => ({
      problem: {
        code: "E-3001",
        message: `Cannot buy the label: of ${context.attempts} requests none reached the carrier`,
      },
    })),
    markSettled: assign({ settled: true }),
    tellReconciling: emit(({ context: { task, attempt } }) => ({
      type: "row_reconciling" as const,
      rowNumber: task.rowNumber,
      generation: attempt?.generation ?? task.generation,
    })),
    tellAbsent: emit(({ context: { task } }) => ({
      type: "row_reconciled" as const,
      rowNumber: task.rowNumber,
      trackingNumber: undefined,
    })),
    wantStop: assign({ isStopWanted: true }),
    hurry: assign({ isStopWanted: true, isHurried: true }),
    keepHaste: assign({ problem: notWaited }),
    passStop: sendTo("reconcile", { type: "row.stop" }),
    end: assign((_, { as }: { as: RowOutcome["type"] }) => ({ ending: as })),
  },
});

/**
 * The claim of the next attempt.
 *
 * @param context The machine's context.
 * @returns It.
 *
 * @internal
 */
export function claimOf({ task, attempt, settled, attempts }: RowContext): Claim {
  return {
    rowNumber: task.rowNumber,
    from: attempts > 0 ? "in_flight" : task.from,
    generation: attempt?.generation ?? task.generation,
    settles: settled ? undefined : task.settles,
    ratedFor: task.ratedFor,
  };
}

/**
 * The attempt that was claimed, or lost before.
 *
 * @param context The machine's context.
 * @returns It.
 * @throws {TypeError} If there is none: a bug of ours.
 *
 * @internal
 */
export function attemptOf({ task, attempt, answer }: RowContext): Attempt {
  const found = attempt ?? task.lost;
  const isNamed = answer.type === "uncertain" && answer.namesShipment;
  if (found) return isNamed ? { ...found, doesExist: true } : found;
  throw new TypeError(`Cannot go on with row ${task.rowNumber}: it has no attempt`);
}

/**
 * The request that is sent.
 *
 * @param context The machine's context.
 * @returns It.
 * @throws {TypeError} If there is none: a bug of ours.
 *
 * @internal
 */
export function requestOf({ task, request }: RowContext): Readonly<Record<string, unknown>> {
  if (request) return request;
  throw new TypeError(`Cannot go on with row ${task.rowNumber}: it has no request`);
}

/**
 * What was found out, for a commit.
 *
 * @param context The machine's context.
 * @returns It.
 *
 * @internal
 */
export function verdictOf(context: RowContext): Verdict {
  const { task: { rowNumber }, verdict } = context;
  return { rowNumber, attempt: attemptOf(context), lookUps: verdict?.lookUps ?? [] };
}

/**
 * How long to wait before the next attempt.
 *
 * @param context The machine's context.
 * @returns Milliseconds.
 *
 * @internal
 */
export function waitOf({ answer, attempts, task: { policy } }: RowContext): number {
  const askedForMs = answer.type === "rejected" || answer.type === "not_sent"
    ? answer.retryAfterMs ?? 0
    : 0;
  return backoffMs(policy.retryMs, Math.max(attempts, 1), askedForMs);
}

function mustWait({ task, answer, hasTurn }: RowContext): boolean {
  const isSlowedDown = answer.type === "rejected" && answer.retryAfterMs !== undefined;
  return !hasTurn && (task.isPaced === true || isSlowedDown);
}
