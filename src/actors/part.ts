/**
 * A part that a runner's jobs share or use: the database, a server, the template worker. Whoever uses
 * it says when it is broken, and waits until the supervisor has started it again or given it up.
 *
 * @module
 */
import { NobodyWaitsError } from "../errors.ts";
import type { Child, Exit, WorkCommand, WorkEvent } from "../machines/child_types.ts";
import { type Problem, problemOf } from "../machines/port.ts";
import type { Clock } from "./world.ts";

/** The work of a child: what it is, and how it and the child machine speak to each other. */
export type Work = (scope: {
  /** Which child it is. */
  readonly input: Child;
  /** Listens to what it is told. */
  receive(listener: (command: WorkCommand) => void): void;
  /** Tells. */
  sendBack(event: WorkEvent): void;
}) => void;

/** A part that was opened. */
export interface Opened<Instance extends object> {
  /** What is used of it; another one after each opening. */
  readonly instance: Instance;
  /** Resolves if it ends by itself. */
  readonly ended?: Promise<Exit> | undefined;
  /** Ends it. */
  close(): Promise<void>;
}

/** Opens a part; the signal says that nobody waits for it any more. */
export type OpenPart<Instance extends object> = (signal: AbortSignal) => Promise<Opened<Instance>>;

/** A part, as those who use it see it. */
export class Part<Instance extends object> {
  readonly #goneError: (problem: Problem) => Error;
  #instance: Instance | undefined;
  #report: ((exit: Exit) => void) | undefined;
  #waiting = Promise.withResolvers<Instance>();
  #gone: Problem | undefined;

  /**
   * Makes a part that is not there yet.
   *
   * @param goneError The error of whoever needs it after it was given up.
   */
  constructor(goneError: (problem: Problem) => Error) {
    this.#goneError = goneError;
    this.#waiting.promise.catch(() => {});
  }

  /** What can be used now; `undefined` while it is away. */
  get current(): Instance | undefined {
    return this.#instance;
  }

  /** Whether it was given up. */
  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /**
   * Waits until it is there.
   *
   * @returns It.
   * @throws {WaybillError} Once it is given up.
   */
  async ready(): Promise<Instance> {
    return this.#instance ?? await this.#waiting.promise;
  }

  /**
   * Waits until it is there, or nobody wants to wait.
   *
   * @param what Its name, for the message.
   * @param stopping Says that nobody does.
   * @returns It.
   * @throws {NobodyWaitsError} If nobody does.
   * @throws {WaybillError} Once it is given up.
   */
  async readyUnless(what: string, stopping: AbortSignal): Promise<Instance> {
    if (this.#instance) return this.#instance;
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = () => reject(new NobodyWaitsError(what));
    if (stopping.aborted) stop();
    stopping.addEventListener("abort", stop, { once: true });
    try {
      return await Promise.race([this.ready(), stopped]);
    } finally {
      stopping.removeEventListener("abort", stop);
    }
  }

  /**
   * Says that it is broken. A word about one that was replaced meanwhile says nothing.
   *
   * @param instance The one that was used.
   * @param exit What is wrong.
   */
  report(instance: Instance, exit: Exit): void {
    if (instance === this.#instance) this.#report?.(exit);
  }

  /**
   * Gives it up for good: whoever waits is told.
   *
   * @param problem Why.
   */
  giveUp(problem: Problem): void {
    if (this.#gone) return;
    this.#gone = problem;
    this.take();
    this.#waiting.reject(this.#goneError(problem));
  }

  /**
   * Puts it there.
   *
   * @param instance What is used.
   * @param report Takes the word of those who find it broken.
   *
   * @internal
   */
  put(instance: Instance, report: (exit: Exit) => void): void {
    this.#instance = instance;
    this.#report = report;
    this.#waiting.resolve(instance);
  }

  /**
   * Takes it away: whoever comes next waits.
   *
   * @internal
   */
  take(): void {
    if (!this.#instance) return;
    this.#instance = undefined;
    this.#report = undefined;
    this.#waiting = Promise.withResolvers<Instance>();
    this.#waiting.promise.catch(() => {});
  }
}

/**
 * The work of a child that is a part: it opens it, tells when it ends, and closes it.
 *
 * @param find The part of a child, and how it is opened.
 * @param clock The time.
 * @returns Its work.
 *
 * @internal
 */
export function createPartWork<Instance extends object>(
  find: (child: Child) => { part: Part<Instance>; open: OpenPart<Instance> },
  clock: Clock,
): Work {
  return ({ input: child, receive, sendBack: tell }) => {
    const { part, open } = find(child);
    const abort = new AbortController();
    let opened: Opened<Instance> | undefined;
    let isOver = false;
    /** The end is told once, when it is closed. */
    const end = async (event: () => WorkEvent) => {
      if (isOver) return;
      isOver = true;
      part.take();
      await opened?.close().catch(() => {});
      tell(event());
    };
    const fail = (exit: Exit) =>
      end(() => ({ type: "work.down", atMs: clock.now().getTime(), exit }));
    const stop = () => end(() => ({ type: "work.done" }));
    receive(() => {
      abort.abort();
      part.giveUp({ code: "E-4015", message: "The runner stops" });
      // One that is just being opened is closed when it is.
      if (opened) stop();
    });
    open(abort.signal).then(
      (result) => {
        opened = result;
        if (abort.signal.aborted) return stop();
        part.put(result.instance, fail);
        tell({ type: "work.up" });
        result.ended?.then(fail);
      },
      (error) =>
        abort.signal.aborted
          ? stop()
          : fail({ reason: "did_not_start", problem: problemOf(error) }),
    );
  };
}
