/**
 * Follows a job while somebody looks: one cheap query every so often, whoever many look, and none when
 * nobody does. The runner is told nothing and waits for nothing.
 *
 * @module
 */
import type { Changes, JobHistory } from "./history.ts";

/** How often the trail is looked at, in milliseconds. */
const everyMs = 150;

/** How often a silent connection is told that it is still there, in milliseconds. */
const heartbeatMs = 15_000;

/** How many entries one event has, at the most. */
const mostEntries = 20_000;

/** The listeners of one job. */
export class Follower {
  readonly #history: JobHistory;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Follows nothing yet.
   *
   * @param history The job's history.
   * @param onError Told what went wrong with the database; it is tried again.
   */
  constructor(history: JobHistory, onError: (error: unknown) => void) {
    this.#history = history;
    this.#onError = onError;
  }

  /**
   * Server-sent events (html.spec.whatwg.org, 9.2): each is a piece of history, and its id the sequence
   * of its last entry, so that a browser that was cut off says where to go on.
   *
   * @param after The sequence of the last entry that the listener has.
   * @returns The bytes of the stream; it ends when it is cancelled.
   */
  stream(after: number): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let sent = after;
    let known: Changes["tables"]["from"] = [0, 0, 0];
    let lastMs = performance.now();
    let listen: (() => void) | undefined;
    return new ReadableStream({
      start: (controller) => {
        controller.enqueue(encoder.encode("retry: 500\n\n"));
        listen = () => {
          while (sent < this.#history.last) {
            const changes = this.#history.changes(sent, mostEntries, known);
            known = this.#history.known;
            sent += changes.at.length;
            const data = JSON.stringify(changes);
            controller.enqueue(encoder.encode(`id: ${sent}\nevent: changes\ndata: ${data}\n\n`));
            lastMs = performance.now();
          }
          if (performance.now() - lastMs < heartbeatMs) return;
          controller.enqueue(encoder.encode(": still there\n\n"));
          lastMs = performance.now();
        };
        this.#listeners.add(listen);
        if (this.#listeners.size === 1) this.#look();
        else listen();
      },
      cancel: () => {
        if (listen) this.#listeners.delete(listen);
        if (this.#listeners.size === 0) this.stop();
      },
    });
  }

  /** Looks no more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #look(): void {
    this.#history.catchUp().catch(this.#onError).finally(() => {
      for (const listen of this.#listeners) listen();
      clearTimeout(this.#timer);
      if (this.#listeners.size > 0) this.#timer = setTimeout(() => this.#look(), everyMs);
    });
  }
}
