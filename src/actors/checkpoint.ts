/**
 * The job machine's last rest, kept in memory until a commit stores it beside the row state that it
 * goes with. Nothing is ever saved from a subscription: a crash between the two would tear them.
 *
 * @module
 */
import type { Transaction } from "kysely";
import { saveSnapshot } from "../db/jobs.ts";
import type { Database } from "../db/schema.ts";
import { jobMachineVersion } from "../machines/job.ts";
import type { JobActor } from "../machines/job.ts";

/** The last state of a job machine that may be stored. */
export class Checkpoint {
  #snapshot: string | undefined;

  /**
   * Follows a job actor from rest to rest.
   *
   * @param actor The actor, before it is started.
   *
   * @internal
   */
  follow(actor: JobActor): void {
    actor.subscribe((snapshot) => {
      if (snapshot.hasTag("checkpoint")) this.#snapshot = readRest(actor);
    });
  }

  /**
   * Stores the last rest.
   *
   * @param trx The transaction of the row state that it goes with.
   * @param jobId The job.
   *
   * @internal
   */
  async save(trx: Transaction<Database>, jobId: string): Promise<void> {
    if (this.#snapshot === undefined) return;
    await saveSnapshot(trx, jobId, jobMachineVersion, this.#snapshot);
  }
}

/**
 * A restored actor would start again whatever its state invokes: a second purchase. So a snapshot
 * that has children is a bug, whatever its tags say.
 */
function readRest(actor: JobActor): string {
  const persisted = actor.getPersistedSnapshot();
  const children = "children" in persisted ? persisted.children : undefined;
  if (typeof children === "object" && children !== null && Object.keys(children).length > 0) {
    throw new TypeError("Cannot keep a checkpoint: its state has actors at work");
  }
  return JSON.stringify(persisted);
}
