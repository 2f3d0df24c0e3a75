/**
 * A machine's state chart as plain data, read off the machine itself: what every drawing, text and page
 * is made of.
 *
 * @module
 */
import type { AnyStateMachine } from "xstate";
import { kindOfEvent, nameOfAction, nameOfGuard } from "./part_names.ts";

/** A state chart. */
export interface Chart {
  /** The machine's id, such as `row`. */
  readonly id: string;
  /** The outermost states, in the order of the machine. */
  readonly states: readonly ChartState[];
  /** All transitions, in the order in which they are tried. */
  readonly transitions: readonly ChartTransition[];
}

/** A state. */
export interface ChartState {
  /** Its place from the outermost state on, such as `running.working`. */
  readonly id: string;
  /** Its own name, such as `working`. */
  readonly name: string;
  /** Whether it ends the machine, or has states in it. */
  readonly type: "atomic" | "compound" | "parallel" | "final" | "history";
  /** Whether the state around it begins with it. */
  readonly isInitial: boolean;
  /** What the machine says of it. */
  readonly description: string | undefined;
  /** Its tags, such as `checkpoint`. */
  readonly tags: readonly string[];
  /** The actions on entering it. */
  readonly entry: readonly string[];
  /** The actions on leaving it. */
  readonly exit: readonly string[];
  /** The actors that work while it is active, by their ids. */
  readonly invokes: readonly string[];
  /** The states in it. */
  readonly states: readonly ChartState[];
}

/** A transition. */
export interface ChartTransition {
  /** Unique in the chart, such as `running.choosing fetchRow.done 2`. */
  readonly id: string;
  /** The state that it leaves; empty for the machine itself. */
  readonly source: string;
  /** The state that it enters; `undefined` if it only acts. */
  readonly target: string | undefined;
  /** What sets it off. */
  readonly kind: "event" | "always" | "done" | "error" | "after";
  /** The event, the actor whose end it is, or empty. */
  readonly event: string;
  /** The condition; `undefined` if there is none. */
  readonly guard: string | undefined;
  /** What it does. */
  readonly actions: readonly string[];
}

/**
 * Reads a machine.
 *
 * @param machine Any XState machine.
 * @returns Its chart.
 *
 * @internal
 */
export function chartOf(machine: AnyStateMachine): Chart {
  const { root } = machine;
  return { id: machine.id, states: statesIn(root), transitions: transitionsFrom(root) };
}

/**
 * All states of a chart, each before those in it.
 *
 * @param chart The chart, or a state of it.
 * @returns The states.
 */
export function allStates({ states }: Pick<Chart, "states">): ChartState[] {
  return states.flatMap((state) => [state, ...allStates(state)]);
}

type Node = AnyStateMachine["root"];

function statesIn(node: Node): ChartState[] {
  const children: Node[] = Object.values(node.states);
  const initial: readonly Node[] = children.length === 0 || node.type === "parallel"
    ? []
    : node.initial.target ?? [];
  return children.map((child) => ({
    id: idOf(child),
    name: child.key,
    type: child.type,
    isInitial: initial.includes(child),
    description: child.description,
    tags: child.tags,
    entry: child.entry.map(nameOfAction),
    exit: child.exit.map(nameOfAction),
    invokes: child.invoke.map(({ id }) => id),
    states: statesIn(child),
  }));
}

function transitionsFrom(node: Node): ChartTransition[] {
  const source = idOf(node);
  const own = [...node.transitions].flatMap(([type, transitions]) =>
    transitions.map((transition, at) => {
      const { kind, event } = kindOfEvent(type);
      return {
        ...read(transition),
        id: `${source} ${event}.${kind} ${at + 1}`,
        source,
        kind,
        event,
      };
    })
  );
  const always = (node.always ?? []).map((transition, at) => ({
    ...read(transition),
    id: `${source} always ${at + 1}`,
    source,
    kind: "always" as const,
    event: "",
  }));
  const children: Node[] = Object.values(node.states);
  return [...always, ...own, ...children.flatMap(transitionsFrom)];
}

function read(
  { target, guard, actions }: {
    readonly target: readonly Node[] | undefined;
    readonly guard?: unknown;
    readonly actions: readonly unknown[];
  },
): Pick<ChartTransition, "target" | "guard" | "actions"> {
  const [first] = target ?? [];
  return {
    target: first && idOf(first),
    guard: guard === undefined ? undefined : nameOfGuard(guard),
    actions: actions.map(nameOfAction),
  };
}

function idOf({ path }: Node): string {
  return path.join(".");
}
