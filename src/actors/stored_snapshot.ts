/**
 * Reads a stored checkpoint of the job machine, or says why it cannot be used: the rows alone are
 * enough to go on.
 *
 * @module
 */
import { createActor, type Snapshot } from "xstate";
import { jobMachine, jobMachineVersion } from "../machines/job.ts";
import { problemOf } from "../machines/port.ts";

/** A stored checkpoint. */
export interface StoredSnapshot {
  /** Its JSON. */
  readonly json: string;
  /** The version of the machine that made it. */
  readonly version: number;
}

/**
 * Reads a checkpoint.
 *
 * @param jobId The job that it must be of.
 * @param stored What was stored, if anything was.
 * @returns The snapshot, or why it is set aside, or neither if there is none.
 *
 * @internal
 */
export function readSnapshot(
  jobId: string,
  stored: StoredSnapshot | undefined,
): { snapshot?: Snapshot<unknown>; setAside: string | undefined } {
  if (!stored) return { setAside: undefined };
  if (stored.version !== jobMachineVersion) {
    return { setAside: `made by machine version ${stored.version}, this is ${jobMachineVersion}` };
  }
  try {
    const snapshot: Snapshot<unknown> | null = JSON.parse(stored.json);
    // XState takes what is nothing for no snapshot, and an ended one for an actor with nothing to do.
    if (snapshot?.status !== "active") return { setAside: "no snapshot of an actor that goes on" };
    // A trial with no ports filled in: what cannot be restored is found before anything is done.
    const trial = createActor(jobMachine, { snapshot, input: { jobId } }).getSnapshot();
    if (trial.context.jobId !== jobId) return { setAside: "made for another job" };
    const atWork = Object.keys(trial.children).length > 0;
    if (atWork || !trial.hasTag("checkpoint")) return { setAside: "not taken at rest" };
    return { snapshot, setAside: undefined };
  } catch (error) {
    return { setAside: `unreadable: ${problemOf(error).message}` };
  }
}
