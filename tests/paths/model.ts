/**
 * A test model of a machine, as `xstate/graph` wants it: the machine's own chart with its actors taken
 * out, in which an actor's end is an event like any other. The model also keeps what must be true
 * outside of the machine (database, trail, events, carrier, source): each letter of the alphabet says
 * how it changes that.
 *
 * @module
 */
import {
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createMachine,
  enqueueActions,
  initialTransition,
  transition,
} from "xstate";
import { createTestModel, type TestPath } from "xstate/graph";
import { nameOf } from "../helpers/graph.ts";

/** A state of a model, as letters see it. */
export interface ModelState<Context, Outside> {
  /** Its name with those around it, such as `preparing.recovering`. */
  readonly name: string;
  /** What the machine keeps. */
  readonly context: Context;
  /** What is true outside. */
  readonly outside: Outside;
}

/** One thing that may happen to a machine: a letter of its alphabet. */
export interface Letter<Context, Outside, Real> {
  /** In words; unique in the alphabet. */
  readonly name: string;
  /** The machine's event: a signal, or the end of an actor. */
  readonly type: string;
  /** Whether it can happen in a state; it can where this is left out. */
  readonly when?: ((state: ModelState<Context, Outside>) => boolean) | undefined;
  /** What the event carries in the model. */
  readonly event?: ((state: ModelState<Context, Outside>) => object) | undefined;
  /** Whether the event comes of what is brought about, by itself. */
  readonly isCaused?: boolean | undefined;
  /** The events that come of it at once, by themselves. */
  readonly follow?:
    | ((state: ModelState<Context, Outside>) => readonly AnyEventObject[])
    | undefined;
  /** Brings it about: what the real world is made to do, before the actor may work. */
  readonly bring?: ((real: Real) => void | Promise<void>) | undefined;
  /** What is true outside afterwards. */
  readonly then?: ((state: ModelState<Context, Outside>) => Outside) | undefined;
}

/** A model and its alphabet. */
export interface ModelOptions<Context, Outside, Real> {
  /** The machine. */
  readonly machine: AnyStateMachine;
  /** Its actions that speak to actors: a model has none. */
  readonly silent: readonly string[];
  /** Its actions that speak to itself, as a model does it. */
  readonly replaced?: AnyStateMachine["implementations"]["actions"] | undefined;
  /** What may happen to it. */
  readonly alphabet: readonly Letter<Context, Outside, Real>[];
  /** What tells states apart beside their names: as little as decides what comes next. */
  readonly keyOf: (state: ModelState<Context, Outside>) => unknown;
}

/** A path through a model. */
export type ModelPath = TestPath<AnyMachineSnapshot, AnyEventObject>;

/** What paths are made from. */
export interface Beginning<Outside> {
  /** The machine's input. */
  readonly input: unknown;
  /** What is true outside at first. */
  readonly outside: Outside;
  /** The state that it is restored in, if it is not new. */
  readonly restoredIn?: AnyMachineSnapshot["value"] | undefined;
  /** What it kept, where it is restored: beside what a new one begins with. */
  readonly kept?: object | undefined;
  /** The letters that are not used. */
  readonly without?: RegExp | undefined;
}

/** The letter that an event of a model stands for. */
export function letterOf({ letter }: AnyEventObject): string {
  return String(letter ?? "");
}

/** A model's state, as letters see it. */
export function stateOf<Context, Outside>(
  snapshot: AnyMachineSnapshot,
): ModelState<Context, Outside> {
  const { outside, ...context } = snapshot.context;
  return { name: nameOf(snapshot), context, outside };
}

/**
 * Paths through a machine: the shortest ones to every state over every last step, or all simple ones.
 * Two states are the same if their names and keys are; the last event belongs to a state, so that
 * every way into one is gone.
 */
export function pathsOf<Context, Outside, Real>(
  options: ModelOptions<Context, Outside, Real>,
  beginning: Beginning<Outside>,
  kind: "shortest" | "simple",
): ModelPath[] {
  const { without } = beginning;
  const letters = options.alphabet.filter(({ name }) => !without?.test(name));
  const isSameWay = kind === "shortest";
  const machine = modelFor(options);
  const model = createTestModel(machine, {
    // How a failed path is told.
    serializeState: (snapshot) => nameOf(snapshot),
    serializeEvent: letterOf,
  });
  const serializeState = (
    snapshot: AnyMachineSnapshot,
    event?: AnyEventObject,
    before?: AnyMachineSnapshot,
  ) => {
    const state = stateOf<Context, Outside>(snapshot);
    const way = isSameWay && event && before ? ` ${letterOf(event)} ${nameOf(before)}` : "";
    return `${state.name} ${JSON.stringify(options.keyOf(state))}${way}`;
  };
  const traversal = {
    fromState: firstState(machine, beginning),
    // A machine that never comes to an end fails here, not when the memory is full.
    limit: 20_000,
    serializeState,
    serializeEvent: letterOf,
    events: (snapshot: AnyMachineSnapshot) => eventsIn(letters, snapshot),
  };
  return kind === "shortest" ? model.getShortestPaths(traversal) : model.getSimplePaths(traversal);
}

/**
 * The model by itself, a letter at a time. The states that a path brings along may have come another
 * way: what is true outside follows from the letters alone.
 */
export class ModelWalk<Context, Outside, Real> {
  readonly #model: AnyStateMachine;
  readonly #letters: readonly Letter<Context, Outside, Real>[];
  #snapshot: AnyMachineSnapshot;

  constructor(
    options: ModelOptions<Context, Outside, Real>,
    beginning: Beginning<Outside>,
  ) {
    this.#model = modelFor(options);
    this.#letters = options.alphabet;
    this.#snapshot = firstState(this.#model, beginning);
  }

  /** Where it is. */
  get state(): ModelState<Context, Outside> {
    return stateOf(this.#snapshot);
  }

  /** Goes one letter further, and tells which it was. */
  go(letter: string): Letter<Context, Outside, Real> {
    const found = this.#letters.find(({ name }) => name === letter);
    const [event] = eventsIn(found ? [found] : [], this.#snapshot);
    if (!event || !found) throw new Error(`Cannot go on with "${letter}" in ${this.state.name}`);
    [this.#snapshot] = transition(this.#model, this.#snapshot, event);
    return found;
  }
}

/** One model for each set of options: to make one costs more than to walk a step. */
const models = new WeakMap<object, AnyStateMachine>();

function modelFor(
  options: Pick<ModelOptions<never, never, never>, "machine" | "silent" | "replaced">,
): AnyStateMachine {
  const known = models.get(options);
  if (known) return known;
  const model = modelOf(options.machine, options.silent, options.replaced);
  models.set(options, model);
  return model;
}

/** Where a story begins: in the first state, or where a stored snapshot says. */
function firstState<Outside>(
  model: AnyStateMachine,
  { input, outside, restoredIn, kept }: Beginning<Outside>,
): AnyMachineSnapshot {
  const [first] = initialTransition(model, { input, outside });
  if (restoredIn === undefined) return first;
  return model.resolveState({ value: restoredIn, context: { ...first.context, ...kept } });
}

/** Each letter that may come in a state, as the event that it is. */
function eventsIn<Context, Outside, Real>(
  letters: readonly Letter<Context, Outside, Real>[],
  snapshot: AnyMachineSnapshot,
): AnyEventObject[] {
  if (snapshot.status !== "active") return [];
  const state = stateOf<Context, Outside>(snapshot);
  const heard = letters.filter(({ type, when }) =>
    isHeard(snapshot, type) && (when?.(state) ?? true)
  );
  return heard.map(({ type, name, event, then, follow }) => ({
    type,
    letter: name,
    follow: follow?.(state),
    outside: then?.(state) ?? state.outside,
    ...event?.(state),
  }));
}

/** Whether a state has anything to do on an event; what nobody hears cannot be waited for. */
function isHeard({ _nodes }: AnyMachineSnapshot, type: string): boolean {
  const words: string[] = _nodes.flatMap(({ ownEvents }) => ownEvents);
  return words.some((word) =>
    word === type || (word.endsWith(".*") && type.startsWith(word.slice(0, -1)))
  );
}

/** The machine's own chart, without its actors, and with what is true outside. */
function modelOf(
  machine: AnyStateMachine,
  silent: readonly string[],
  replaced: AnyStateMachine["implementations"]["actions"] = {},
): AnyStateMachine {
  const contextOf: unknown = machine.config.context;
  const config = {
    ...withoutActors(machine.config),
    context: ({ input: { input, outside }, ...scope }: { input: Beginning<unknown> }) => ({
      ...(typeof contextOf === "function" ? contextOf({ ...scope, input }) : {}),
      outside,
    }),
  };
  const actions = {
    ...machine.implementations.actions,
    ...Object.fromEntries(silent.map((name) => [name, () => {}])),
    // An event that the machine sends to itself changes nothing outside.
    noteOutside: enqueueActions(({ context, event, enqueue }) => {
      const { outside = context["outside"], follow = [] } = Object(event);
      enqueue.assign({ outside });
      for (const each of follow) enqueue.raise(each);
    }),
    ...replaced,
  };
  return createMachine(Object(config), Object({ ...machine.implementations, actions }));
}

/** A state's configuration with its actors' ends among its events. */
function withoutActors(state: object): Record<string, unknown> {
  const { invoke, on, states, ...config }: Record<string, unknown> = { ...state };
  const events: Record<string, unknown> = { ...Object(on) };
  for (const actor of listOf(invoke)) {
    const { id, onDone, onError } = Object(actor);
    if (onDone !== undefined) events[`xstate.done.actor.${id}`] = onDone;
    if (onError !== undefined) events[`xstate.error.actor.${id}`] = onError;
  }
  const mapped = (record: object, each: (value: unknown) => unknown) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name, each(value)]));
  return {
    ...config,
    on: mapped(events, (transitions) => listOf(transitions).map(noted)),
    ...(states === undefined
      ? {}
      : { states: mapped(Object(states), (inner) => withoutActors(Object(inner))) }),
  };
}

function noted(transition: unknown): Record<string, unknown> {
  const config = typeof transition === "string" ? { target: transition } : Object(transition);
  return { ...config, actions: ["noteOutside", ...listOf(config.actions)] };
}

function listOf(items: unknown): readonly unknown[] {
  return items === undefined ? [] : Array.isArray(items) ? items : [items];
}
