/**
 * A chart as the code that Stately's editor imports (stately.ai/docs/import-from-code): the machine's
 * shape with the names of its actors, guards and actions, and nothing of what they do.
 *
 * @module
 */
import type { Chart, ChartState, ChartTransition } from "./chart.ts";

/** A machine's shape as XState takes it: JSON. */
export interface StatelyConfig {
  /** The machine's id, or the state's if a transition names it. */
  id?: string;
  /** What it says of itself. */
  description?: string;
  /** `final` or `parallel`. */
  type?: string;
  /** The state that it begins with. */
  initial?: string;
  /** Its tags. */
  tags?: readonly string[];
  /** The actions on entering. */
  entry?: readonly string[];
  /** The actions on leaving. */
  exit?: readonly string[];
  /** The actors that work in it. */
  invoke?: readonly {
    id: string;
    src: string;
    onDone?: readonly StatelyTransition[];
    onError?: readonly StatelyTransition[];
  }[];
  /** What is tried at once. */
  always?: readonly StatelyTransition[];
  /** What it answers to. */
  on?: Readonly<Record<string, readonly StatelyTransition[]>>;
  /** The states in it. */
  states?: Readonly<Record<string, StatelyConfig>>;
}

/** A transition as XState takes it. */
export interface StatelyTransition {
  /** The id of the state that it enters. */
  target?: string;
  /** Its condition. */
  guard?: string;
  /** What it does. */
  actions?: readonly string[];
}

/**
 * A chart's shape for `createMachine`.
 *
 * @param chart The chart.
 * @returns JSON that makes a machine of the same chart.
 */
export function statelyConfigOf(chart: Chart): StatelyConfig {
  return {
    id: chart.id,
    ...partsOf({ id: "", invokes: [], states: chart.states }, chart),
  };
}

/**
 * Writes a chart as a module that Stately's editor imports.
 *
 * @param chart The chart.
 * @returns TypeScript.
 */
export function toStately(chart: Chart): string {
  const config = JSON.stringify(statelyConfigOf(chart), undefined, 2);
  return `import { createMachine } from "xstate";\n\nexport const machine = createMachine(${config});\n`;
}

function stateOf(state: ChartState, chart: Chart): StatelyConfig {
  const { id, description, type, tags, entry, exit } = state;
  return {
    id: idOf(id, chart),
    ...(description === undefined ? {} : { description }),
    ...(type === "final" || type === "parallel" ? { type } : {}),
    ...(tags.length > 0 ? { tags } : {}),
    ...(entry.length > 0 ? { entry } : {}),
    ...(exit.length > 0 ? { exit } : {}),
    ...partsOf(state, chart),
  };
}

/** What the machine and a state have in common. */
function partsOf(
  { id, invokes, states }: Pick<ChartState, "id" | "invokes" | "states">,
  chart: Chart,
): StatelyConfig {
  const own = chart.transitions.filter(({ source }) => source === id);
  const initial = states.find(({ isInitial }) => isInitial)?.name;
  const always = own.filter(({ kind }) => kind === "always");
  const events = Map.groupBy(
    own.filter(({ kind, event }) =>
      kind === "event" || (kind !== "always" && !invokes.includes(event))
    ),
    ({ kind, event }) => kind === "event" ? event : `xstate.${kind}.actor.${event}`,
  );
  const endsOf = (invoke: string, wanted: ChartTransition["kind"]) =>
    own.filter(({ kind, event }) => kind === wanted && event === invoke);
  return {
    ...(initial === undefined ? {} : { initial }),
    ...(invokes.length === 0 ? {} : {
      invoke: invokes.map((invoke) => ({
        id: invoke,
        src: invoke,
        ...listed("onDone", endsOf(invoke, "done"), chart),
        ...listed("onError", endsOf(invoke, "error"), chart),
      })),
    }),
    ...listed("always", always, chart),
    ...(events.size === 0 ? {} : {
      on: Object.fromEntries(
        [...events].map(([event, transitions]) => [event, transitionsOf(transitions, chart)]),
      ),
    }),
    ...(states.length === 0 ? {} : {
      states: Object.fromEntries(states.map((state) => [state.name, stateOf(state, chart)])),
    }),
  };
}

function listed<Name extends string>(
  name: Name,
  transitions: readonly ChartTransition[],
  chart: Chart,
): Partial<Record<Name, StatelyTransition[]>> {
  if (transitions.length === 0) return {};
  const only: Partial<Record<Name, StatelyTransition[]>> = {};
  only[name] = transitionsOf(transitions, chart);
  return only;
}

function transitionsOf(
  transitions: readonly ChartTransition[],
  chart: Chart,
): StatelyTransition[] {
  return transitions.map(({ target, guard, actions }) => ({
    ...(target === undefined ? {} : { target: `#${idOf(target, chart)}` }),
    ...(guard === undefined ? {} : { guard }),
    ...(actions.length === 0 ? {} : { actions }),
  }));
}

function idOf(id: string, chart: Chart): string {
  return `${chart.id}.${id}`;
}
