/**
 * What can go wrong with any actor of a job, and what its letters have in common.
 *
 * @module
 */
import { WaybillError } from "../../src/errors.ts";
import type { JobContext } from "../../src/machines/job_setup.ts";
import { type JobState, sums, told } from "./job_outside.ts";
import type { Letter } from "./model.ts";
import type { Outside } from "./outside.ts";
import type { RealJob } from "./real_job.ts";

/** A letter of the job's alphabet. */
export type JobLetter = Letter<JobContext, Outside, RealJob>;

/** The event of an actor's end. */
export const done = (actor: string): string => `xstate.done.actor.${actor}`;
/** The event of an actor's failure. */
export const failed = (actor: string): string => `xstate.error.actor.${actor}`;
/** A bug of ours. */
export const fault = new Error("a bug");
/** An end that carries nothing. */
export const none = (): { output: undefined } => ({ output: undefined });
const isRunning = ({ name }: JobState) => name.startsWith("running.");

/** The next statement of a kind fails, as no database that is only away does. */
function failing(pattern: RegExp): (job: RealJob) => void {
  return (job) => void (job.queryFault = { pattern, error: fault });
}
/** Any question of the database. */
export const anyQuestion = /"kind":"SelectQueryNode"/;
/** The change of a job's status. */
export const jobStatus = /"kind":"UpdateQueryNode".*"finished_at"/;

/** A batch that was told to have started is told to have ended. */
export function crashed(state: JobState, code: string): Outside {
  const { outside, context: { figures } } = state;
  return isRunning(state) ? told(outside, `batch_failed ${code} ${sums(figures)}`) : outside;
}

/** The database fails in an actor. */
export function breaks(actor: string, pattern: RegExp, code: "E-9001" | "E-4001"): JobLetter {
  return {
    name: `${actor}: the database fails`,
    type: failed(actor),
    event: () => ({ error: code === "E-4001" ? new WaybillError(code, "It failed") : fault }),
    bring: failing(pattern),
    then: (state) => crashed(state, code),
  };
}

/** A commit that comes too late. */
export function takenOver(actor: string): JobLetter {
  return {
    name: `${actor}: another runner has taken the job over`,
    type: failed(actor),
    event: () => ({ error: new WaybillError("E-4005", "It is another's") }),
    bring: (job) => job.isTakenOver(),
    then: (state) => ({ ...crashed(state, "E-4005"), isHeld: false }),
  };
}
