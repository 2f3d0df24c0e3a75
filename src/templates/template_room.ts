/**
 * A worker for one template, kept behind glass: no permissions, one question at a time, a time limit
 * for each, and a new worker whenever the old one does not answer.
 *
 * Each template has a worker of its own, so that one that breaks out of nunjucks cannot touch the
 * rows of another.
 *
 * Two things Deno 2.9.6 does not give: a memory limit for one worker, and a `terminate` that stops
 * one that is busy (denoland/deno#35657: it goes on, and keeps the process alive until
 * `Deno.exit`). So the worker watches the time itself in every loop and macro, templates have no
 * regular expressions, and what a template can make is limited in size; stopping the worker from
 * here is for what gets around that.
 *
 * @module
 */
import { ensureError } from "../errors.ts";
import { readAnswer } from "./answers.ts";
import type { Answer, Fault, RowAnswer, RowContext, TemplateColumn } from "./protocol.ts";

/** Why there is no answer. */
export type Silence = { kind: "late" } | { kind: "broken" | "unstarted"; problem: string };

/** How a room is set up. */
export interface RoomOptions {
  /** How long one row may take. */
  timeLimitMs: number;
  /** The worker's module: another one only in tests, as a hostile template would have it. */
  workerUrl: URL;
  /** Called when a worker breaks by itself. */
  onBroken?(message: string): void;
}

/** What compiling came to. */
export type Compiled = { kind: "compiled"; columns: TemplateColumn[] } | {
  kind: "refused";
  fault: Fault;
} | Silence;

/** What rendering came to. */
export type RenderedRows = { kind: "rendered"; rows: RowAnswer[] } | {
  kind: "refused";
  fault: Fault;
} | Silence;

type Reply = Answer | Silence;
type Unsent = { kind: "compile"; text: string; timeLimitMs: number } | {
  kind: "render";
  contexts: readonly RowContext[];
};

/** Starting takes about 50 ms; a busy machine gets more patience than a template does. */
const startLimitMs = 30_000;
/** A main thread that was busy sees the timer before the answer that came long ago. */
const graceMs = 25;

/** One template's worker. */
export class TemplateRoom implements Disposable {
  readonly #options: RoomOptions;
  #text = "";
  #worker: Worker | undefined;
  /** Whether the worker has loaded and holds no template yet. */
  #isFresh = false;
  #closed = false;
  /** Takes the next message or failure; at most one question is out. */
  #listener: ((reply: Reply) => void) | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  /** How many questions wait or are out. */
  #waiting = 0;

  /**
   * Makes a room; its worker starts with the first question, or with `start`.
   *
   * @param options The time limit and the worker.
   */
  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Whether a worker runs. */
  get isOpen(): boolean {
    return this.#worker !== undefined;
  }

  /** Whether a question waits for its answer. */
  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** Starts the worker before its template is known; a failure is met again when it is needed. */
  start(): void {
    this.#inTurn(async () => this.#isFresh = await this.#start() === undefined);
  }

  /**
   * Compiles a template, the only one that this room ever holds.
   *
   * @param text The template.
   * @returns The columns, or why there are none.
   */
  compile(text: string): Promise<Compiled> {
    this.#text = text;
    return this.#inTurn(() => this.#ready());
  }

  /**
   * Renders rows.
   *
   * @param contexts What they are rendered from.
   * @returns Results for the first of them, at least one, or why there are none.
   */
  render(contexts: readonly RowContext[]): Promise<RenderedRows> {
    return this.#inTurn(async () => {
      if (this.#worker === undefined) {
        const compiled = await this.#ready();
        if (compiled.kind !== "compiled") return compiled;
      }
      return await this.#ask(
        { kind: "render", contexts },
        (answer) =>
          answer.kind === "refused" ||
            (answer.kind === "rendered" && answer.rows.length <= contexts.length)
            ? answer
            : undefined,
      );
    });
  }

  /** Stops the worker; the next question starts another. */
  stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#isFresh = false;
  }

  /** Stops the worker for good; questions that wait are answered as broken. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.stop();
    this.#listener?.({ kind: "broken", problem: "the template environment was closed" });
  }

  async #ready(): Promise<Compiled> {
    if (this.#closed) return { kind: "broken", problem: "the template environment was closed" };
    const started = this.#isFresh ? undefined : await this.#start();
    if (started !== undefined) return started;
    this.#isFresh = false;
    const compiled = await this.#ask(
      { kind: "compile", text: this.#text, timeLimitMs: this.#options.timeLimitMs },
      (answer) => answer.kind === "compiled" || answer.kind === "refused" ? answer : undefined,
    );
    if (compiled.kind !== "compiled") this.stop();
    return compiled;
  }

  /** Starts the worker and waits until its modules are loaded. */
  async #start(): Promise<Silence | undefined> {
    this.stop();
    const worker = new Worker(this.#options.workerUrl, {
      type: "module",
      name: "template",
      deno: { permissions: "none" },
    });
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      const answer = readAnswer(data);
      if (answer !== undefined && this.#worker === worker) this.#listener?.(answer);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker !== worker) return;
      this.stop();
      this.#options.onBroken?.(event.message);
      this.#listener?.({ kind: "broken", problem: event.message });
    };
    const reply = await this.#reply(
      startLimitMs,
      (answer) => answer.kind === "ready" ? answer : undefined,
    );
    if (reply.kind === "ready") return undefined;
    const problem = reply.kind === "late" ? `it took over ${startLimitMs} ms` : reply.problem;
    return { kind: "unstarted", problem };
  }

  /** The answer to a question, if it is one; the id keeps old and invented answers out. */
  #ask<T extends Answer>(
    question: Unsent,
    expected: (answer: Answer) => T | undefined,
  ): Promise<T | Silence> {
    const id = crypto.randomUUID();
    const reply = this.#reply(
      // The worker keeps the limit itself and may be late by the row it is at.
      2 * this.#options.timeLimitMs,
      (answer) => "id" in answer && answer.id === id ? expected(answer) : undefined,
    );
    try {
      this.#worker?.postMessage({ id, ...question });
    } catch (thrown) {
      // A function in a row, say: it cannot leave this thread.
      this.#listener?.({ kind: "broken", problem: ensureError(thrown).message });
    }
    return reply;
  }

  #reply<T extends Answer>(
    limitMs: number,
    expected: (answer: Answer) => T | undefined,
  ): Promise<T | Silence> {
    return new Promise((resolve) => {
      const end = (reply: T | Silence): void => {
        clearTimeout(timer);
        this.#listener = undefined;
        resolve(reply);
      };
      const giveUp = (): void => {
        this.stop();
        end({ kind: "late" });
      };
      let timer = setTimeout(() => {
        timer = setTimeout(giveUp, graceMs);
      }, limitMs);
      this.#listener = (reply) => {
        if (reply.kind === "late" || "problem" in reply) return end(reply);
        const answer = expected(reply);
        if (answer !== undefined) end(answer);
      };
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const turn = this.#queue.then(work).finally(() => {
      this.#waiting--;
    });
    this.#queue = turn;
    return turn;
  }
}
