/**
 * Tells of a runner's children: to whoever watches, and in the audit trails of the jobs that they
 * touch.
 *
 * @module
 */
import type { AuditEntry } from "../db/audit.ts";
import type { ChildEmitted } from "../machines/child_types.ts";
import type { JobEmitted } from "../machines/job_types.ts";
import type { EventBus } from "./event_bus.ts";
import type { Clock } from "./world.ts";

/** What the trail gets: not a server's own words, which may hold anything. */
function detailsOf(emitted: ChildEmitted): Record<string, unknown> {
  const { child } = emitted;
  switch (emitted.type) {
    case "child_started":
      return { child };
    case "child_restarted":
      return { child, restarts: emitted.restarts };
    case "child_exited":
    case "escalated":
      return { child, reason: emitted.reason, code: emitted.code };
    default:
      return emitted satisfies never;
  }
}

/** What is told of one job. */
export class JobNews {
  /** What happened to the children and is not in the trail yet; the job's next commit takes it. */
  readonly notes: AuditEntry[] = [];
  /** Which run of the job it is: the epoch of its lease, once it is known. */
  run = 0;
  #sequence = 0;
  readonly #jobId: string;
  readonly #bus: EventBus;
  readonly #clock: Clock;

  /**
   * Begins to tell.
   *
   * @param jobId The job.
   * @param bus Takes the events.
   * @param clock The time.
   */
  constructor(jobId: string, bus: EventBus, clock: Clock) {
    this.#jobId = jobId;
    this.#bus = bus;
    this.#clock = clock;
  }

  /**
   * Stamps an event and hands it out. The machines have no clock, and their observers no say.
   *
   * @param emitted What happened.
   */
  publish(emitted: JobEmitted): void {
    this.#bus.publish({
      jobId: this.#jobId,
      run: this.run,
      sequence: ++this.#sequence,
      at: this.#clock.now().toISOString(),
      ...emitted,
    });
  }

  /**
   * Tells of a child that works for the job.
   *
   * @param emitted What happened to it.
   */
  tellOfChild(emitted: ChildEmitted): void {
    this.publish(emitted);
    const at = this.#clock.now().toISOString();
    this.notes.push({ type: emitted.type, details: { ...detailsOf(emitted), at } });
  }
}
