/**
 * The job machine's arithmetic: what follows from how a row ended. Pure functions of values.
 *
 * @module
 */
import { overBudget, type Spent } from "./budget.ts";
import type { Budget, Choice, Figures, Halt, JobEmitted, KeepGoing } from "./job_types.ts";
import type { Problem } from "./port.ts";
import type { RowOutcome } from "./row_types.ts";

/**
 * The row that is written back and not yet committed, after one more row.
 *
 * @param before The one before.
 * @param outcome How the row ended.
 * @returns Its number, or `undefined` when nothing is owed to the database.
 */
export function unsettledAfter(
  before: number | undefined,
  outcome: RowOutcome,
): number | undefined {
  if (outcome.type === "completed") return outcome.rowNumber;
  return outcome.settled ? undefined : before;
}

/**
 * The figures after one more row.
 *
 * @param figures Those before.
 * @param outcome How the row ended.
 * @returns Those after.
 */
export function figuresAfter(figures: Figures, outcome: RowOutcome): Figures {
  switch (outcome.type) {
    case "completed":
    case "shipped": {
      const { costMinor, currencyCode } = outcome.label;
      const costs = costMinor === undefined || currencyCode === undefined
        ? figures.costs
        : { ...figures.costs, [currencyCode]: (figures.costs[currencyCode] ?? 0) + costMinor };
      return { ...figures, done: figures.done + 1, costs };
    }
    case "failed":
      return { ...figures, failed: figures.failed + 1 };
    case "needs_review":
    case "stopped":
    case "unsent":
    case "absent":
    case "interrupted":
    case "unrecorded":
      return figures;
    default:
      return outcome satisfies never;
  }
}

/** A row that was to be shipped was only cleared up: a bug of ours. */
const neverTold: Problem = { code: "E-9001", message: "The row was only cleared up" };

/**
 * Whether a row stops its job.
 *
 * @param outcome How the row ended.
 * @returns Why it stops, or `undefined` if the next row may start.
 */
export function haltAfter(outcome: RowOutcome): Halt | undefined {
  switch (outcome.type) {
    case "completed":
    case "shipped":
      return undefined;
    case "interrupted":
      // Whoever did not want to wait has said as what the job stops.
      return undefined;
    case "absent":
      return { status: "failed", rowNumber: outcome.rowNumber, problem: neverTold };
    case "needs_review":
      return {
        status: "paused",
        reason: "needs_review",
        rowNumber: outcome.rowNumber,
        problem: outcome.problem,
      };
    case "stopped":
      return {
        // Its rate turned out to be that of another request.
        ...(outcome.problem.code === "E-2006"
          ? { status: "paused", reason: "max_cost" }
          : { status: "failed" }),
        rowNumber: outcome.rowNumber,
        problem: outcome.problem,
      };
    case "failed":
    case "unsent":
    case "unrecorded":
      return { status: "failed", rowNumber: outcome.rowNumber, problem: outcome.problem };
    default:
      return outcome satisfies never;
  }
}

/** What somebody wants instead of the next row: the process was told to stop, or the job was. */
export type Wish = "signal" | "request" | "cancel";

/**
 * The wish that counts, where another one was there before: a cancel outweighs a pause.
 *
 * @param before The one before.
 * @param wish The new one.
 * @returns The one that counts.
 */
export function strongerWish(before: Wish | undefined, wish: Wish): Wish {
  return wish === "cancel" ? wish : before ?? wish;
}

/**
 * As what a job stops that nobody wants to go on with.
 *
 * @param wish What somebody wants.
 * @returns Why it stops.
 */
export function wishedHalt(wish: Wish | undefined): Halt {
  return wish === "cancel"
    ? { status: "cancelled" }
    : { status: "paused", reason: wish ?? "signal" };
}

/**
 * Why a job stops at its end, weighed against a cancel.
 *
 * @param halt Why it stops besides.
 * @param isWanted Whether somebody wants it cancelled now.
 * @param was How the job stood when it was taken up.
 * @returns As what it stops: a cancel outweighs everything, but a job that was complete has nothing left
 * that could be cancelled.
 */
export function haltOfCancel(
  halt: Halt | undefined,
  isWanted: boolean,
  was: { readonly isComplete: boolean; readonly isCancelled: boolean },
): Halt | undefined {
  if (was.isComplete) return halt?.status === "cancelled" ? undefined : halt;
  const isCancelled = was.isCancelled || (halt !== undefined && isWanted);
  return isCancelled ? { ...halt, status: "cancelled" } : halt;
}

/** The refusals that a run began with: how many of the same code, or none and others between them. */
export type Refusals = { readonly code: string; readonly count: number } | "varied";

/** With so many it is about no row in particular (UPS facts, section 5). */
const alikeRefusals = 3;

/**
 * The refusals that a run began with, after one more row.
 *
 * @param before Those before; `undefined` if no row was sent yet.
 * @param outcome How the row ended.
 * @returns Those after.
 */
export function refusalsAfter(
  before: Refusals | undefined,
  outcome: RowOutcome,
): Refusals | undefined {
  if (outcome.type === "completed" || outcome.type === "shipped") return "varied";
  if (outcome.type !== "failed" || !outcome.isRefusal) return before;
  const { code } = outcome.problem;
  if (before === undefined) return { code, count: 1 };
  return before !== "varied" && before.code === code ? { code, count: before.count + 1 } : "varied";
}

/** Whether the carrier refuses every row alike: then it is the job's fault, and not the rows'. */
function isAlike(refusals: Refusals | undefined): boolean {
  return refusals !== undefined && refusals !== "varied" && refusals.count >= alikeRefusals;
}

/**
 * Why a job stops whose first rows were all refused alike.
 *
 * @param before The refusals before this row.
 * @param outcome How the row ended.
 * @returns Why it stops, or `undefined` if they are not alike.
 */
export function alikeHalt(before: Refusals | undefined, outcome: RowOutcome): Halt | undefined {
  if (outcome.type !== "failed" || !isAlike(refusalsAfter(before, outcome))) return undefined;
  const { code, message } = outcome.problem;
  return {
    status: "failed",
    rowNumber: outcome.rowNumber,
    problem: {
      code: "E-3006",
      message:
        `The carrier refused each of the first ${alikeRefusals} rows with ${code}: ${message}`,
    },
  };
}

/**
 * Whether a failed row does not stop this run.
 *
 * @param run What the run was told, how many rows have failed in it, and the refusals it began with;
 * this row not counted.
 * @param outcome How the row ended.
 * @returns Whether the next row may start.
 */
export function mayKeepGoing(
  { keepGoing, failures, refusals }: {
    readonly keepGoing: KeepGoing | undefined;
    readonly failures: number;
    readonly refusals: Refusals | undefined;
  },
  outcome: RowOutcome,
): boolean {
  if (outcome.type !== "failed" || !keepGoing) return false;
  if (isAlike(refusalsAfter(refusals, outcome))) return false;
  return failures + 1 < (keepGoing.maxFailures ?? Infinity);
}

/**
 * Why the next row is not bought within a person's limit.
 *
 * @param budget The limit, if there is one.
 * @param spent What the job has cost so far.
 * @param choice The row that comes next.
 * @returns Why the job stops, or `undefined` if the row may be bought.
 */
export function costHalt(
  budget: Budget | undefined,
  spent: Spent,
  choice: Choice,
): Halt | undefined {
  if (!budget || choice.type !== "row") return undefined;
  const problem = overBudget(budget, spent, choice.estimate);
  const { rowNumber } = choice.task;
  return problem && { status: "paused", reason: "max_cost", rowNumber, problem };
}

/**
 * A second label for a row stops the job until a person has dealt with it.
 *
 * @param duplicate The row, and what is wrong.
 * @returns Why the job stops.
 */
export function duplicateHalt(duplicate: { rowNumber: number; problem: Problem }): Halt {
  return { status: "paused", reason: "needs_review", ...duplicate };
}

/**
 * Whether owed write-backs keep a job from being completed.
 *
 * @param owed How many are owed.
 * @param problem Why the first of them is.
 * @returns Why the job stops, or `undefined` if none is owed.
 */
export function owedHalt(owed: number, problem: Problem | undefined): Halt | undefined {
  return owed === 0 ? undefined : { status: "paused", reason: "write_backs_owed", problem };
}

/** The ends of a row that outsiders are told of. */
export type ToldOutcome = Exclude<RowOutcome, { type: "absent" | "interrupted" }>;

/**
 * What outsiders are told of a row's end.
 *
 * @param outcome How it ended.
 * @param figures The job's figures after it.
 * @returns The event.
 */
export function rowEvent(outcome: ToldOutcome, figures: Figures): JobEmitted {
  const { rowNumber } = outcome;
  switch (outcome.type) {
    case "completed":
    case "shipped": {
      const { trackingNumbers: [trackingNumber], costMinor, currencyCode } = outcome.label;
      return {
        type: "row_completed",
        rowNumber,
        trackingNumber,
        costMinor,
        currencyCode,
        isWrittenBack: outcome.type === "completed",
        figures,
      };
    }
    case "needs_review":
      return {
        type: "row_needs_review",
        rowNumber,
        code: outcome.problem.code,
        message: outcome.problem.message,
        figures,
      };
    case "failed":
    case "stopped":
    case "unsent":
    case "unrecorded":
      return {
        type: "row_failed",
        rowNumber,
        code: outcome.problem.code,
        message: outcome.problem.message,
        figures,
      };
    default:
      return outcome satisfies never;
  }
}

/**
 * What outsiders are told of a job's end.
 *
 * @param halt Why it stopped, or `undefined` if it is done.
 * @param figures Its figures.
 * @returns The event.
 */
export function endEvent(halt: Halt | undefined, figures: Figures): JobEmitted {
  if (!halt) return { type: "batch_completed", figures };
  if (halt.status === "cancelled") return { type: "batch_cancelled", figures };
  if (halt.status === "paused") {
    return { type: "batch_paused", reason: halt.reason ?? "signal", figures };
  }
  return {
    type: "batch_failed",
    rowNumber: halt.rowNumber,
    code: halt.problem?.code ?? "E-9001",
    message: halt.problem?.message ?? "The job ended without a reason",
    figures,
  };
}
