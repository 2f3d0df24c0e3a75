/**
 * What the job machine's guards and actions are given of an event or of its context, by name, and where
 * it goes when a part of the program fails.
 *
 * @module
 */
import type { JobContext } from "./job_setup.ts";
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

/** A part of the program failed: the rows tell the next runner where to go on. */
export const crash = {
  actions: { type: "keepCrash" as const, params: errorOf },
  target: "#job.crashed",
};
