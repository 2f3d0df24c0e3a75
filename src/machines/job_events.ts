/**
 * What the job machine's guards and actions are given of an event or of its context, by name, and where
 * it goes when a part of the program fails.
 *
 * @module
 */
import type { JobContext } from "./job_setup.ts";
import type { Wish } from "./job_steps.ts";
import type { Swept } from "./job_types.ts";
import type { RowOutcome, RowTask } from "./row_types.ts";

/**
 * How a row ended.
 *
 * @param from The event of its end.
 * @returns It, as a parameter.
 */
export function outcomeOfRow({ event }: { event: { output: RowOutcome } }): {
  outcome: RowOutcome;
} {
  return { outcome: event.output };
}

/**
 * What a sweep found.
 *
 * @param from The event of its end.
 * @returns It, as a parameter.
 */
export function sweptOf({ event }: { event: { output: Swept } }): { swept: Swept } {
  return { swept: event.output };
}

/**
 * What an actor threw.
 *
 * @param from The event of its end.
 * @returns It, as a parameter.
 */
export function errorOf({ event }: { event: { error: unknown } }): { error: unknown } {
  return { error: event.error };
}

/**
 * The row to work on.
 *
 * @param context The machine's context.
 * @returns Its task.
 * @throws {TypeError} If none was chosen: a bug of ours.
 *
 * @internal
 */
export function taskOf({ task, jobId }: JobContext): RowTask {
  if (task) return task;
  throw new TypeError(`Cannot work on job "${jobId}": no row was chosen`);
}

/** Keeps the wish for a pause. */
export const wantPause = {
  type: "want" as const,
  params: ({ event }: { event: { reason: "signal" | "request" } }): { wish: Wish } => ({
    wish: event.reason,
  }),
};

/** Keeps the wish for the end of the job. */
export const wantCancel = { type: "want" as const, params: { wish: "cancel" as const } };

/** A row under way is told of every wish: it is never stopped, but it need not wait. */
export const tellRow = {
  "job.pause": { actions: [wantPause, "passStop" as const] },
  "job.cancel": { actions: [wantCancel, "passStop" as const] },
  "job.hurry": { actions: ["hurry" as const, "passHurry" as const] },
};

/** A part of the program failed: the rows tell the next runner where to go on. */
export const crash = {
  actions: { type: "keepCrash" as const, params: errorOf },
  target: "#job.crashed",
};
