/**
 * Gates before the real actors: each waits, when its machine starts it, until the test lets it go. So a
 * test decides which actor ends next, and has made the world what it should be by then.
 *
 * @module
 */
import type { AnyActorLogic, AnyStateMachine, PromiseActorLogic } from "xstate";

/** The gates of one run. */
export class Gates {
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #open = new Set<string>();

  /**
   * Puts a gate before every actor of a machine, and of the machines inside.
   *
   * @param machine The machine, with its real actors provided.
   * @param path The machine's place: gates are named by it, as in `row.reconcile.lookUp`.
   */
  before(machine: AnyStateMachine, path: string = machine.id): AnyStateMachine {
    const actors = Object.keys(machine.implementations.actors).map((name) => {
      const logic: AnyActorLogic = actorIn(machine, name);
      return [
        name,
        isMachine(logic)
          ? this.before(logic, `${path}.${name}`)
          : this.#gated(`${path}.${name}`, logic),
      ];
    });
    return machine.provide({ actors: Object.fromEntries(actors) });
  }

  /** Lets an actor go that waits. One that was left by its machine never starts. */
  pass(name: string): void {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    for (const start of waiting) start();
  }

  /** Lets all actors inside a machine go from now on, those that wait and those that come. */
  open(path: string): void {
    this.#open.add(path);
    for (const name of [...this.#waiting.keys()]) if (this.#isOpen(name)) this.pass(name);
  }

  /** Closes them again. */
  close(path: string): void {
    this.#open.delete(path);
  }

  #isOpen(name: string): boolean {
    return [...this.#open].some((path) => name.startsWith(`${path}.`));
  }

  #gated(
    name: string,
    logic: PromiseActorLogic<unknown, unknown>,
  ): PromiseActorLogic<unknown, unknown> {
    return {
      ...logic,
      start: (snapshot, scope) => {
        const start = () => {
          if (scope.self.getSnapshot().status === "active") logic.start?.(snapshot, scope);
        };
        if (this.#isOpen(name)) return start();
        this.#waiting.set(name, [...this.#waiting.get(name) ?? [], start]);
      },
    };
  }
}

/** An actor that was provided to a machine; what it is, only its place tells. */
export function actorIn<Logic extends AnyActorLogic>(
  machine: AnyStateMachine,
  name: string,
): Logic {
  return Object(Reflect.get(Object(machine.implementations.actors), name));
}

function isMachine(logic: AnyActorLogic): logic is AnyStateMachine {
  return "root" in logic && "implementations" in logic;
}
