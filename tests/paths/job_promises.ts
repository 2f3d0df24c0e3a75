/**
 * What of a job machine is compared with its model, and what must hold in each state, whatever led to it.
 *
 * @module
 */
import type { JobContext } from "../../src/machines/job_setup.ts";
import {
  attemptsIn,
  isLost,
  type JobState,
  lastOf,
  owedVoids,
  supersededIn,
} from "./job_outside.ts";

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
    ...[outside.rows, outside.job, outside.isFlushOwed],
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

const isWaitedFor = ({ context }: JobState) =>
  unless(!context.isHurried, "it waits for source or carrier, and nobody does");

/** Keys that were given up on are asked about before anything is bought. */
const isAskedAbout = ({ outside, context: { isSwept } }: JobState) =>
  unless(isSwept || supersededIn(outside).length === 0, "a second label may be there");
/** A person said to pass failed rows: there are others, and not too many have failed. */
const mayGoOn = ({ outside: { rows }, context: { keepGoing, failures, halt } }: JobState) =>
  keepGoing !== undefined && rows.includes("pending") &&
  failures + 1 < (keepGoing.maxFailures ?? 9) &&
  halt?.problem?.code === "120802";

/** What must hold in each state. */
export const promises: Record<string, (state: JobState) => string | undefined> = {
  pending: () => undefined,
  "preparing.acquiring_lease": () => undefined,
  "preparing.recovering": isHeld,
  "preparing.settling": (state) =>
    isHeld(state) ?? unless(isClear(state) !== undefined, "nothing is to be cleared up"),
  "preparing.sweeping_early": (state) => isHeld(state) ?? isClear(state) ?? isWaitedFor(state),
  "preparing.draining_owed": (state) => isHeld(state) ?? isClear(state) ?? isWaitedFor(state),
  "preparing.flushing_owed": (state) => isHeld(state) ?? isClear(state) ?? isWaitedFor(state),
  "preparing.preflighting": (state) =>
    isHeld(state) ?? isClear(state) ?? isNothingBought(state) ??
      unless(state.context.wish === undefined, "it checks, and nobody wants it to"),
  "preparing.starting": (state) => isHeld(state) ?? isClear(state) ?? isAskedAbout(state),
  "running.between_rows": () => undefined,
  "running.choosing": (state) =>
    isHeld(state) ?? isClear(state) ?? unless(state.outside.job === "running", "it is not running"),
  "running.working": (state) =>
    isHeld(state) ?? isClear(state) ?? isFirst(state) ??
      // No row of a story has an estimate: nobody can tell whether it stays within a limit.
      unless(state.context.budget === undefined, "it may cost more than a person's limit"),
  "running.draining": (state) => isHeld(state) ?? isWaitedFor(state),
  "running.flushing": (state) => isHeld(state) ?? isWaitedFor(state),
  "running.sweeping": (state) => isHeld(state) ?? isWaitedFor(state),
  "running.finishing": isHeld,
  completed: ({ outside, context }) =>
    unless(
      outside.rows.every((each) => ["completed", "voided", "skipped"].includes(each)),
      "a row is not done",
    ) ?? unless(outside.job === "completed", "the job is not completed") ??
      unless(!outside.isFlushOwed, "the user's own file lacks a number") ??
      unless(
        !attemptsIn(outside).some(({ words }) => words.includes("twice")),
        "a second label hides in it",
      ) ??
      // A cancel of a job that was complete is dropped; in a hurry, what it owed it owes still.
      unless(owedVoids(outside) === 0 || context.isHurried, "the source is owed a void"),
  failed: (state) =>
    isOver("failed")(state) ?? unless(!mayGoOn(state), "a run past failed rows stopped at one"),
  paused: isOver("paused"),
  cancelled: isOver("cancelled"),
  held: ({ outside }) => unless(!outside.isHeld, "the lease is held"),
  not_ready: (state) => isHeld(state) ?? isNothingBought(state),
  crashed: () => undefined,
};
