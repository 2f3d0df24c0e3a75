/**
 * The work of a runner's children, held back: what it tells its child machine waits until the test lets
 * it pass, and a job does not begin before. The work itself is the program's own.
 *
 * @module
 */
import {
  type AnyEventObject,
  type AnyStateMachine,
  type CallbackActorLogic,
  createActor,
  fromCallback,
  type PromiseActorLogic,
  sendTo,
  setup,
} from "xstate";
import type { Child, WorkCommand } from "../../src/machines/child_types.ts";
import { actorIn } from "./gates.ts";

/** How long nothing may happen, in milliseconds. */
const patienceMs = 5_000;

interface Held {
  readonly event: AnyEventObject;
  readonly pass: () => void;
}

/** The work of all children of one runner. */
export class HeldWork {
  readonly #held = new Map<string, Held[]>();
  readonly #starts = new Map<string, () => void>();
  readonly #backOffs = new Map<string, () => void>();
  #changed = Promise.withResolvers<void>();

  /** Holds the work of a supervisor's children back. */
  holdIn(supervisor: AnyStateMachine): AnyStateMachine {
    const child: AnyStateMachine = actorIn(supervisor, "child");
    return supervisor.provide({
      actors: {
        child: child.provide({
          actors: {
            work: this.#work(actorIn(child, "work")),
            backOff: this.#backOff(actorIn(child, "backOff")),
          },
        }),
      },
    });
  }

  /** Lets a job begin. */
  start(id: string): void {
    this.#starts.get(id)?.();
    this.#starts.delete(id);
  }

  /** Lets what a child's work has told pass, up to an event of a type. */
  async pass(id: string, type: string): Promise<void> {
    this.start(id);
    await this.told(id, type);
    const held = this.#held.get(id) ?? [];
    for (let next = held.shift(); next; next = held.shift()) {
      next.pass();
      if (next.event.type === type) return;
    }
  }

  /** Waits until a child's work has told an event of a type. */
  async told(id: string, type: string): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`${id} told no ${type}`)), patienceMs);
    try {
      while (!this.#held.get(id)?.some(({ event }) => event.type === type)) {
        await Promise.race([late, this.#changed.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets a child's back-off end. */
  async backOffEnds(id: string): Promise<void> {
    while (!this.#backOffs.has(id)) await this.#changed.promise;
    this.#backOffs.get(id)?.();
    this.#backOffs.delete(id);
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #work(work: CallbackActorLogic<WorkCommand, Child>): CallbackActorLogic<WorkCommand, Child> {
    const relay = setup({
      types: { context: {} as Child, input: {} as Child },
      actors: { work },
      actions: { hold: () => {} },
    }).createMachine({
      context: ({ input }) => input,
      invoke: { id: "work", src: "work", input: ({ context }) => context },
      on: {
        "work.up": { actions: "hold" },
        "work.done": { actions: "hold" },
        "work.down": { actions: "hold" },
        "work.stop": { actions: sendTo("work", { type: "work.stop" }) },
        "work.hurry": { actions: sendTo("work", { type: "work.hurry" }) },
      },
    });
    return fromCallback(({ input, receive, sendBack }) => {
      const hold = (event: AnyEventObject) => {
        const held = this.#held.get(input.id) ?? [];
        this.#held.set(input.id, [...held, { event, pass: () => sendBack(event) }]);
        this.#change();
      };
      this.#held.set(input.id, []);
      const actor = createActor(
        relay.provide({ actions: { hold: ({ event }) => hold(event) } }),
        { input },
      );
      let broken: unknown;
      actor.subscribe({ error: (error) => void (broken = error) });
      const early: WorkCommand[] = [];
      let isStarted = false;
      receive((command) => {
        if (isStarted) actor.send(command);
        else early.push(command);
      });
      const start = () => {
        isStarted = true;
        actor.start();
        for (const command of early) actor.send(command);
      };
      if (input.kind === "job") this.#starts.set(input.id, start);
      else start();
      // What a work throws as it begins, its child machine is told of.
      if (broken) throw broken;
      return () => void actor.stop();
    });
  }

  #backOff(
    backOff: PromiseActorLogic<void, { ms: number }>,
  ): PromiseActorLogic<void, { ms: number }> {
    return {
      ...backOff,
      start: (snapshot, scope) => {
        const id = scope.self._parent?.id ?? "";
        this.#backOffs.set(id, () => {
          if (scope.self.getSnapshot().status === "active") backOff.start?.(snapshot, scope);
        });
        this.#change();
      },
    };
  }
}
