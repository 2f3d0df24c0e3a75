/**
 * Progress events for whoever watches. An observer that is slow, broken or absent changes nothing:
 * each has a queue of its own, and a full queue loses events, never time.
 *
 * @module
 */
import type { JobEmitted } from "../machines/job_types.ts";

/** What every progress event says of itself. */
export interface EventStamp {
  /** The job. */
  readonly jobId: string;
  /** Which run of the job: the epoch of its lease; 0 before it is taken. */
  readonly run: number;
  /** 1, 2, … within the run; a gap means that the observer was too slow. */
  readonly sequence: number;
  /** UTC, ISO 8601. */
  readonly at: string;
}

/** A progress event: a transition of the job machine, stamped. */
export type ProgressEvent = EventStamp & JobEmitted;

/** Watches; may be slow or throw. */
export type Observer = (event: ProgressEvent) => void | Promise<void>;

/** How many events wait for one slow observer. */
const queueLimit = 1_000;

/** Hands events to observers, in order, without waiting for any of them. */
export class EventBus {
  readonly #queues = new Set<Queue>();

  /**
   * Adds an observer.
   *
   * @param observer Called with each event from now on, one at a time.
   * @returns Removes it again.
   */
  subscribe(observer: Observer): () => void {
    const queue: Queue = { observer, waiting: [], working: undefined };
    this.#queues.add(queue);
    return () => {
      this.#queues.delete(queue);
      queue.waiting.length = 0;
    };
  }

  /**
   * Hands out an event and returns at once.
   *
   * @param event The event.
   */
  publish(event: ProgressEvent): void {
    for (const queue of this.#queues) {
      const isEnd = event.type.startsWith("batch_");
      if (queue.waiting.length >= queueLimit && !isEnd) continue;
      queue.waiting.push(event);
      queue.working ??= work(queue);
    }
  }

  /**
   * Waits until the observers have seen everything, but not for ever.
   *
   * @param limitMs How long one that never returns is waited for, in milliseconds.
   */
  async drain(limitMs: number): Promise<void> {
    const working = [...this.#queues].map(({ working }) => working);
    if (working.every((each) => each === undefined)) return;
    const { promise: limit, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    await Promise.race([limit, Promise.all(working)]);
    clearTimeout(timer);
  }
}

interface Queue {
  readonly observer: Observer;
  readonly waiting: ProgressEvent[];
  working: Promise<void> | undefined;
}

async function work(queue: Queue): Promise<void> {
  // Not inside `publish`: the machine's step ends first, and an observer may publish itself.
  await Promise.resolve();
  for (let event = queue.waiting.shift(); event; event = queue.waiting.shift()) {
    try {
      await queue.observer(event);
    } catch {
      // Its own trouble: what happened to the row is in the database and the audit trail.
    }
  }
  queue.working = undefined;
}
