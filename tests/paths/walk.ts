/**
 * Walks a path of a model in the real world: each step is brought about, and afterwards the machine is
 * in the model's state, and everything outside is as the model says.
 *
 * @module
 */
import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type InspectionEvent,
  type Snapshot,
} from "xstate";
import { expect } from "vitest";
import { nameOf } from "../helpers/graph.ts";
import type { Coverage } from "./coverage.ts";
import { Gates } from "./gates.ts";
import {
  type Beginning,
  letterOf,
  type ModelOptions,
  type ModelPath,
  type ModelState,
  ModelWalk,
} from "./model.ts";

/** A real machine at work. */
export interface Story<Outside, Real> {
  /** The world. */
  readonly real: Real;
  /** The machine with its real actors provided. */
  readonly machine: AnyStateMachine;
  /** Whether its actors are held back by their own world: no gates are put before them. */
  readonly isHeldBack?: boolean | undefined;
  /** An event's type in the model's words, where its ids are other ones. */
  readonly typeOf?: ((type: string) => string) | undefined;
  /** Its input. */
  readonly input: unknown;
  /** The snapshot that it is restored from, if it is not new. */
  readonly snapshot?: Snapshot<unknown> | undefined;
  /** Takes what it emits. */
  readonly told?: ((emitted: AnyEventObject) => void) | undefined;
  /** Is given the actor before it starts. */
  readonly follow?: ((actor: AnyActorRef) => void) | undefined;
  /** Reads how it really is outside. */
  readonly outside: () => Promise<Outside>;
  /** Checks what must hold at the end, whatever happened. */
  readonly end: () => Promise<void>;
}

/** How paths are walked. */
export interface Walk<Context, Outside, Real> {
  readonly model: ModelOptions<Context, Outside, Real>;
  readonly beginning: Beginning<Outside>;
  readonly coverages: readonly Coverage[];
  /** Begins a story: the machine is not started yet. */
  readonly begin: () => Promise<Story<Outside, Real>>;
  /** What of its context must be as in the model; times and keys are its own. */
  readonly meaningOf: (context: Context) => unknown;
  /** What must hold in each state, whatever led to it; what is wrong if it does not. */
  readonly promises: Readonly<
    Record<string, (state: ModelState<Context, Outside>) => string | undefined>
  >;
}

/** How long nothing may happen, in milliseconds: an actor that hangs. */
const patienceMs = 5_000;

/** After so many paths that fail, the others are not walked. */
const mostFailed = 5;

/** Walks paths, and tells of those that fail: the first of them step by step. */
export async function walkAll<Context, Outside, Real>(
  how: Walk<Context, Outside, Real>,
  paths: readonly ModelPath[],
): Promise<void> {
  const failed: string[] = [];
  for (const path of paths) {
    await walk(how, path).catch(({ message }) => failed.push(message));
    // An actor that hangs is waited for: what is broken so often is not tried to its end.
    if (failed.length >= mostFailed) break;
  }
  expect({ failed: failed.length, of: paths.length, first: failed.slice(0, 3).join("\n\n") })
    .toEqual({ failed: 0, of: paths.length, first: "" });
}

/** Walks one path; what fails tells it, step by step. */
async function walk<Context, Outside, Real>(
  { model, beginning, coverages, begin, meaningOf, promises }: Walk<Context, Outside, Real>,
  path: ModelPath,
): Promise<void> {
  const story = await begin();
  const expected = new ModelWalk(model, beginning);
  const gates = new Gates();
  const heard = new Heard(story.typeOf);
  const actor = createActor(story.isHeldBack ? story.machine : gates.before(story.machine), {
    input: story.input,
    ...(story.snapshot ? { snapshot: story.snapshot } : {}),
    inspect: (event) => {
      for (const coverage of coverages) coverage.inspect(event);
      heard.inspect(event);
    },
  });
  // What a machine of ours throws in is an end as well; nothing is thrown at the test's back.
  actor.subscribe({ error: () => {} });
  if (story.told) actor.on("*", story.told);
  story.follow?.(actor);

  const act = async (event: AnyEventObject) => {
    if (event.type === "xstate.init") return void actor.start();
    const before = expected.state;
    const { type, bring, follow, isCaused } = expected.go(letterOf(event));
    const last = follow?.(before).at(-1)?.type;
    if (isCaused) {
      const ended = heard.next(last ?? type);
      await Promise.all([bring?.(story.real), ended]);
      return;
    }
    await bring?.(story.real);
    const [, actorId] = /^xstate\.(?:done|error)\.actor\.(.*)$/.exec(type) ?? [];
    if (actorId === undefined) {
      const { letter: _, outside: __, follow: ___, ...sent } = event;
      const ended = last === undefined ? undefined : heard.next(last);
      actor.send(sent);
      return await ended;
    }
    const ended = heard.next(last ?? type);
    const place = `${story.machine.id}.${actorId}`;
    gates.open(place);
    gates.pass(place);
    await ended;
    gates.close(place);
  };

  const check = async () => {
    for (const coverage of coverages) coverage.steps++;
    const { state } = expected;
    const real: AnyMachineSnapshot = actor.getSnapshot();
    const found = { state: nameOf(real), outside: await story.outside() };
    expect({ ...found, meaning: meaningOf(Object(real.context)) })
      .toEqual({ state: state.name, outside: state.outside, meaning: meaningOf(state.context) });
    const promise = promises[state.name];
    const broken = promise
      ? promise({ ...state, outside: found.outside })
      : "it is not among the states whose promises are written down";
    expect({ state: state.name, broken }).toEqual({ state: state.name, broken: undefined });
  };

  const types = new Set(path.steps.map(({ event }) => event.type));
  try {
    await path.test({
      states: { "*": check },
      events: Object.fromEntries([...types].map((type) => [type, ({ event }) => act(event)])),
    });
    await story.end();
  } finally {
    actor.stop();
  }
  for (const coverage of coverages) coverage.paths++;
}

/** Hears what an actor is told. */
class Heard {
  #waiting: { type: string; resolve: () => void; reject: (error: Error) => void } | undefined;
  readonly #typeOf: (type: string) => string;

  constructor(typeOf: (type: string) => string = (type) => type) {
    this.#typeOf = typeOf;
  }

  /** Waits until it is told of the end of an actor of its own; another end is a fault. */
  async next(type: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting = { type, resolve, reject };
    const timer = setTimeout(() => reject(new Error(`Nothing came of ${type}`)), patienceMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  /** Of the machine itself, and not of those inside. */
  inspect(event: InspectionEvent): void {
    const waiting = this.#waiting;
    if (!waiting || event.type !== "@xstate.snapshot") return;
    if (event.actorRef.sessionId !== event.rootId) return;
    const type = this.#typeOf(event.event.type);
    if (type === waiting.type) return waiting.resolve();
    const [id] = /[^.]+$/.exec(waiting.type) ?? [];
    const isItsEnd = type.startsWith("xstate.") && type.endsWith(`.actor.${id}`);
    if (!isItsEnd) return;
    const said = event.event["error"] ?? JSON.stringify(event.event["output"]);
    waiting.reject(new Error(`Came instead of ${waiting.type}: ${type} ${said}`));
  }
}
