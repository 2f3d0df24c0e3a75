/**
 * The words that the job machine's chart is written in: its context, events, ports, guards and
 * actions. `job.ts` is the chart.
 *
 * @module
 */
import { assign, emit, enqueueActions, sendTo, setup } from "xstate";
import { type Spent, unpricedAfter } from "./budget.ts";
import {
  alikeHalt,
  costHalt,
  duplicateHalt,
  endEvent,
  figuresAfter,
  haltAfter,
  haltOfCancel,
  mayKeepGoing,
  owedHalt,
  type Refusals,
  refusalsAfter,
  rowEvent,
  strongerWish,
  type ToldOutcome,
  unsettledAfter,
  type Wish,
  wishedHalt,
} from "./job_steps.ts";
import type {
  Amount,
  Budget,
  Choice,
  Drained,
  Figures,
  Halt,
  JobEmitted,
  JobOutcome,
  KeepGoing,
  PreflightProblems,
  Recovered,
  RunWishes,
  Swept,
} from "./job_types.ts";
import { port, type Problem, problemOf } from "./port.ts";
import { rowMachine } from "./row.ts";
import type { RowOutcome, RowTask } from "./row_types.ts";

/** What the machine keeps: ids and small numbers, whose size does not grow with the rows. */
export interface JobContext {
  /** The job. */
  readonly jobId: string;
  /** Whether to begin without preflight. */
  readonly skipPreflight: boolean;
  /** Whether this run carries on past rows that fail. */
  readonly keepGoing: KeepGoing | undefined;
  /** How many rows have failed in this run. */
  readonly failures: number;
  /** The refusals that this run began with. */
  readonly refusals: Refusals | undefined;
  /** What this run may spend. */
  readonly budget: Budget | undefined;
  /** The estimates of bought rows whose price nobody told. */
  readonly unpriced: Spent["unpriced"];
  /** How many bought rows have neither a price nor an estimate. */
  readonly untold: number;
  /** What the row under way would cost. */
  readonly estimate: Amount | undefined;
  /** The last row that was taken up. */
  readonly cursor: number;
  /** A row that is written back and not yet committed as `completed`. */
  readonly unsettled: number | undefined;
  /** What somebody wants at the next rest. */
  readonly wish: Wish | undefined;
  /** Whether nobody waits for the source and for sweeps any more. */
  readonly isHurried: boolean;
  /** The row under way. */
  readonly task: RowTask | undefined;
  /** Why the job stops, once it does. */
  readonly halt: Halt | undefined;
  /** What preflight found. */
  readonly problems: PreflightProblems;
  /** What there was to do when the job was taken up. */
  readonly recovered: Pick<
    Recovered,
    "isComplete" | "isCancelled" | "pending" | "owed" | "hasSuperseded"
  >;
  /** Whether this run has asked about superseded keys. */
  readonly isSwept: boolean;
  /** For progress. */
  readonly figures: Figures;
  /** The final state, for the output. */
  readonly ending: JobOutcome["type"];
}

/** What the machine is told. */
export type JobEvent =
  | { type: "job.run" } & RunWishes
  | { type: "job.resume" } & RunWishes
  | { type: "job.next" }
  /** The process was told to stop, or a person asked for a pause from another terminal. */
  | { type: "job.pause"; reason: "signal" | "request" }
  | { type: "job.cancel" }
  /** Nobody waits for the source any more. */
  | { type: "job.hurry" };

/**
 * The words of the job machine.
 *
 * @internal
 */
export const jobSetup = setup({
  types: {
    context: {} as JobContext,
    events: {} as JobEvent,
    emitted: {} as JobEmitted,
    input: {} as { jobId: string },
    output: {} as JobOutcome,
    tags: {} as "checkpoint",
  },
  actors: {
    acquireLease: port<{ type: "held"; problem: Problem } | { type: "acquired" }, string>(
      "acquireLease",
    ),
    recoverJob: port<Recovered, { jobId: string; passesFailed: boolean }>("recoverJob"),
    sweepKeys: port<Swept, string>("sweepKeys"),
    preflight: port<PreflightProblems, string>("preflight"),
    startJob: port<void, string>("startJob"),
    nextRow: port<Choice, { jobId: string; afterRow: number; passesFailed: boolean }>("nextRow"),
    row: rowMachine,
    drainWriteBacks: port<Drained, { jobId: string; settles: number | undefined }>(
      "drainWriteBacks",
    ),
    flushSource: port<void, string>("flushSource"),
    finishJob: port<void, { jobId: string; halt: Halt | undefined }>("finishJob"),
  },
  guards: {
    isHeld: (_, { type }: { type: "held" | "acquired" }) => type === "held",
    isLost: ({ context }) => context.task !== undefined,
    /** Nobody wants it any more, and there is something left to do. */
    isLeftUndone: ({ context }) => context.wish !== undefined && !context.recovered.isComplete,
    isCancelled: ({ context }) => context.recovered.isCancelled,
    isHaltedAlready: ({ context }) => context.halt !== undefined,
    isSweepWanted: ({ context }) => context.recovered.hasSuperseded && !context.isSwept,
    /** What was lost is cleared up as far as it can be: the rows tell how the job stands now. */
    isSettled: (_, { outcome }: { outcome: RowOutcome }) =>
      ["completed", "shipped", "absent"].includes(outcome.type),
    isUndecided: (_, { outcome }: { outcome: RowOutcome }) => outcome.type === "needs_review",
    isInterrupted: (_, { outcome }: { outcome: RowOutcome }) => outcome.type === "interrupted",
    isComplete: ({ context }) => context.recovered.isComplete,
    /** Every row is done, and a void has still to reach the source. */
    isCompleteAndOwed: ({ context: { recovered } }) => recovered.isComplete && recovered.owed > 0,
    isOwed: ({ context }) => context.recovered.owed > 0,
    isPreflightWanted: ({ context }) => !context.skipPreflight && context.recovered.pending > 0,
    hasProblems: (_, { count }: { count: number }) => count > 0,
    isStopWanted: ({ context }) => context.wish !== undefined,
    isHurried: ({ context }) => context.isHurried,
    /** A row is next, and nobody wants it any more. */
    isUnwanted: ({ context }, { choice }: { choice: Choice }) =>
      context.wish !== undefined && choice.type === "row",
    isRow: (_, { choice }: { choice: Choice }) => choice.type === "row",
    // Only where a commit of ours failed: a carrier's or a source's own code may look like it.
    isLeaseLost: (_, { outcome }: { outcome: RowOutcome }) =>
      (outcome.type === "stopped" || outcome.type === "unrecorded") &&
      outcome.problem.code === "E-4005",
    isUnrecorded: (_, { outcome }: { outcome: RowOutcome }) => outcome.type === "unrecorded",
    /** The row is as it was: only the job has something to tell. */
    isLeftAsItWas: (_, { outcome }: { outcome: RowOutcome }) =>
      ["stopped", "absent", "unsent"].includes(outcome.type),
    isBought: (_, { outcome }: { outcome: RowOutcome }) =>
      outcome.type === "completed" || outcome.type === "shipped",
    /** It failed, and this run carries on past it. */
    mayKeepGoing: ({ context }, { outcome }: { outcome: RowOutcome }) =>
      mayKeepGoing(context, outcome),
    /** A person's limit does not reach for it. */
    isTooDear: ({ context }, { choice }: { choice: Choice }) =>
      costHalt(context.budget, spentIn(context), choice) !== undefined,
    isAnythingBought: ({ context }) => context.figures.done > 0,
    isHalted: ({ context }) => context.halt !== undefined,
    isHaltedAsFailed: ({ context }) => context.halt?.status === "failed",
    isHaltedAsCancelled: ({ context }) => context.halt?.status === "cancelled",
    hasLostLease: (_, { error }: { error: unknown }) => problemOf(error).code === "E-4005",
  },
  actions: {
    /** A macrostep of its own, so that the rest state is really rested in. */
    goOn: sendTo(({ self }) => self, { type: "job.next" }),
    want: enqueueActions(({ context, enqueue }, { wish }: { wish: Wish }) => {
      enqueue.assign({ wish: strongerWish(context.wish, wish) });
      if (wish === "signal") return;
      enqueue.emit({ type: "stop_requested", request: wish === "cancel" ? wish : "pause" });
    }),
    hurry: assign(({ context }) => ({ isHurried: true, wish: context.wish ?? "signal" })),
    /** Wishes of the runner before: the snapshot that it stopped at has kept them. */
    forgetWishes: assign({ wish: undefined, isHurried: false, halt: undefined }),
    takeOptions: assign((_, { skipPreflight, keepGoing, failures, budget }: RunWishes) => ({
      skipPreflight,
      keepGoing,
      budget,
      failures: failures ?? 0,
      refusals: undefined,
      // Another run asks again.
      isSwept: false,
    })),
    keepHolder: assign((_, { problem }: { problem: Problem | undefined }) =>
      problem ? { halt: { status: "failed" as const, problem } } : {}
    ),
    passStop: sendTo("row", { type: "row.stop" }),
    passHurry: sendTo("row", { type: "row.hurry" }),
    correct: assign(({ context }, { recovered }: { recovered: Recovered }) => ({
      cursor: recovered.cursor,
      figures: recovered.figures,
      unpriced: recovered.unpriced,
      untold: recovered.untold,
      recovered: {
        isComplete: recovered.isComplete,
        isCancelled: recovered.isCancelled,
        pending: recovered.pending,
        owed: recovered.owed,
        hasSuperseded: recovered.hasSuperseded,
      },
      task: recovered.lost && { ...recovered.lost, settles: undefined },
      halt: recovered.duplicate ? duplicateHalt(recovered.duplicate) : context.halt,
      unsettled: undefined,
    })),
    keepSweep: assign(({ context }, { swept: { duplicates: [first] } }: { swept: Swept }) => ({
      isSwept: true,
      halt: context.halt ?? (first && duplicateHalt(first)),
    })),
    skipSweep: assign({ isSwept: true }),
    forgetTask: assign({ task: undefined }),
    keepProblems: assign((_, { problems }: { problems: PreflightProblems }) => ({ problems })),
    keepChoice: assign(({ context }, { choice }: { choice: Choice }) => {
      switch (choice.type) {
        case "row":
          return {
            task: {
              ...choice.task,
              settles: context.unsettled,
              // What was weighed against the limit is what is bought, or nothing is.
              ratedFor: context.budget && choice.estimate?.ratedFor,
            },
            estimate: choice.estimate,
            cursor: choice.task.rowNumber,
          };
        case "halt":
          return { halt: choice.halt };
        case "none":
          return {};
        default:
          return choice satisfies never;
      }
    }),
    /** The row stays pending: nothing is claimed. */
    stopForCost: assign(({ context }, { choice }: { choice: Choice }) => ({
      halt: costHalt(context.budget, spentIn(context), choice),
    })),
    /** What stopped it before stays the reason. */
    stopHere: assign(({ context }) => ({ halt: context.halt ?? wishedHalt(context.wish) })),
    /** A job that somebody cancelled is cancelled, whatever else stopped it. */
    weighCancel: assign(({ context: { halt, wish, recovered } }) => ({
      halt: haltOfCancel(halt, wish === "cancel", recovered),
    })),
    keepOutcome: assign(({ context }, { outcome }: { outcome: RowOutcome }) => ({
      task: undefined,
      unsettled: unsettledAfter(context.unsettled, outcome),
      figures: figuresAfter(context.figures, outcome),
      unpriced: "label" in outcome
        ? unpricedAfter(context.unpriced, outcome.label.costMinor, context.estimate)
        : context.unpriced,
      refusals: refusalsAfter(context.refusals, outcome),
      halt: alikeHalt(context.refusals, outcome) ?? haltAfter(outcome) ?? context.halt,
    })),
    /** A failed row that does not stop this run. */
    keepFailure: assign(({ context }, { outcome }: { outcome: RowOutcome }) => ({
      task: undefined,
      unsettled: unsettledAfter(context.unsettled, outcome),
      figures: figuresAfter(context.figures, outcome),
      failures: context.failures + 1,
      refusals: refusalsAfter(context.refusals, outcome),
    })),
    keepDrained: assign(({ context }, { drained }: { drained: Drained }) => ({
      unsettled: undefined,
      halt: context.halt ?? owedHalt(drained.owed, drained.problem),
    })),
    keepFlushProblem: assign(({ context }, { error }: { error: unknown }) => ({
      halt: context.halt ?? owedHalt(1, problemOf(error)),
    })),
    keepCrash: assign((_, { error }: { error: unknown }) => ({
      halt: { status: "failed" as const, problem: problemOf(error) },
    })),
    keepLoss: assign((_, { outcome }: { outcome: RowOutcome }) => ({
      halt: haltAfter(outcome),
    })),
    end: assign((_, { as }: { as: JobOutcome["type"] }) => ({ ending: as })),
    tellWarnings: enqueueActions(({ enqueue }, { warnings = [] }: PreflightProblems) => {
      for (const warning of warnings) enqueue.emit({ type: "rows_warned", ...warning });
    }),
    tellStart: emit(({ context }) => ({
      type: "batch_started" as const,
      figures: context.figures,
    })),
    tellRowStart: emit(({ context }) => ({
      type: "row_started" as const,
      rowNumber: context.cursor,
    })),
    tellRow: emit(({ context }, { outcome }: { outcome: ToldOutcome }) =>
      rowEvent(outcome, context.figures)
    ),
    tellReconciling: emit(({ context: { task } }) => ({
      type: "row_reconciling" as const,
      rowNumber: task?.rowNumber ?? 0,
      generation: task?.generation ?? 0,
    })),
    tellReconciled: emit((_, { outcome }: { outcome: RowOutcome }) => ({
      type: "row_reconciled" as const,
      rowNumber: outcome.rowNumber,
      trackingNumber: "label" in outcome ? outcome.label.trackingNumbers[0] : undefined,
    })),
    tellDuplicates: enqueueActions((
      { enqueue },
      { swept: { duplicates } }: { swept: Swept },
    ) => {
      for (const { rowNumber, problem: { code, message } } of duplicates) {
        enqueue.emit({ type: "duplicate_found", rowNumber, code, message });
      }
    }),
    tellEnd: emit(({ context }) => endEvent(context.halt, context.figures)),
  },
});

function spentIn({ figures: { costs }, unpriced, untold }: JobContext): Spent {
  return { costs, unpriced, untold };
}
