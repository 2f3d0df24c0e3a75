/**
 * The whole graph of a machine, with the world replaced by every answer that its actors may give.
 * Rules are asserted on edges, not on paths: a shortest path never visits a state twice, so that no
 * rule of the form "never again" can fail on one.
 *
 * @module
 */
import {
  type AnyActorLogic,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  transition,
} from "xstate";
import { adjacencyMapToArray, getAdjacencyMap } from "xstate/graph";

/** One step of a machine. */
export interface Edge<State extends AnyMachineSnapshot> {
  /** As in "buying --xstate.done.actor.buyLabel {…}--> recording": what a failed test shows. */
  readonly name: string;
  /** The state before. */
  readonly from: State;
  /** What happened. */
  readonly event: AnyEventObject;
  /** The state after. */
  readonly to: State;
  /** The ids of the actors that it starts. */
  readonly started: readonly string[];
  /** The ids of the actors that it stops before they have ended. */
  readonly stopped: readonly string[];
  /** What it emits. */
  readonly told: readonly AnyEventObject[];
  /** What it sends: the id of the actor, and the type of the event. */
  readonly sent: readonly string[];
}

/** What may happen to a machine, beside its actors' exceptions. */
export interface Happenings<State extends AnyMachineSnapshot> {
  /** The machine's input. */
  readonly input: unknown;
  /** Every answer that an actor may give in a state, by the actor's id. */
  readonly answers: (id: string, snapshot: State) => readonly unknown[];
  /** Whether an actor may still end, where that is not plain from its being there. */
  readonly isAtWork?: (id: string, snapshot: State) => boolean;
  /** What else may be sent to it in a state. */
  readonly events?: (snapshot: State) => readonly AnyEventObject[];
}

/** What an actor may throw: something unforeseen, and the loss of the lease. */
export const exceptions: readonly Error[] = [
  new Error("connection lost"),
  Object.assign(new Error("another runner took the job over"), { code: "E-4005" }),
];

/** Every step that a machine may make: only actors under way end, each in every possible way. */
export function edgesOf<State extends AnyMachineSnapshot>(
  machine: AnyStateMachine,
  { input, answers, isAtWork = () => true, events = () => [] }: Happenings<State>,
): Edge<State>[] {
  const logic: AnyActorLogic = machine;
  const map = getAdjacencyMap(logic, {
    input,
    // The library's own would take two exceptions for one: JSON shows nothing of an error.
    serializeEvent: describeEvent,
    serializeState: keyOf,
    // A machine that never comes to an end fails here, not when the memory is full.
    limit: 50_000,
    events: (snapshot: State) =>
      snapshot.status === "active"
        ? [
          ...Object.keys(snapshot.children).filter((id) => isAtWork(id, snapshot)).flatMap((id) => [
            ...answers(id, snapshot).map((output) => ({ type: `xstate.done.actor.${id}`, output })),
            ...exceptions.map((error) => ({
              type: `xstate.error.actor.${id}`,
              actorId: id,
              error,
            })),
          ]),
          ...events(snapshot),
        ]
        : [],
  });
  return adjacencyMapToArray(map).map(({ state: from, event, nextState: to }) => {
    const actions = transition(machine, from, event)[1];
    const ended = event.type.replace(/^xstate\.(done|error)\.actor\./, "");
    // One that is left in the step that enters its state is never started.
    const passed = (id: string) => !(id in from.children) && !(id in to.children);
    const paramsOf = (type: string): unknown[] =>
      actions.filter((action) => String(action.type) === type).map(({ params }) => params);
    return {
      name: `${nameOf(from)} --${describeEvent(event)}--> ${nameOf(to)}`,
      from,
      event,
      to,
      started: paramsOf("xstate.spawnChild").map(idOf).filter((id) => !passed(id)),
      stopped: paramsOf("xstate.stopChild").map(idOf)
        .filter((id) => id !== ended && !passed(id)),
      told: paramsOf("xstate.emit").map(eventOf),
      sent: paramsOf("xstate.sendTo").map((params) =>
        `${idOf(Reflect.get(Object(params), "to"))} ${eventOf(params).type}`
      ),
    };
  });
}

/** The states of a graph, each once for each context. */
export function statesOf<State extends AnyMachineSnapshot>(
  edges: readonly Edge<State>[],
): State[] {
  const states = new Map<string, State>();
  for (const { from, to } of edges) {
    for (const each of [from, to]) states.set(keyOf(each), each);
  }
  return [...states.values()];
}

/** What may follow on some edges, however much later; the edges themselves are not in it. */
export function after<State extends AnyMachineSnapshot>(
  edges: readonly Edge<State>[],
  first: readonly Edge<State>[],
): Edge<State>[] {
  const leaving = new Map<string, Edge<State>[]>();
  for (const edge of edges) {
    const key = keyOf(edge.from);
    leaving.set(key, [...leaving.get(key) ?? [], edge]);
  }
  const seen = new Set<Edge<State>>();
  const waiting = first.map(({ to }) => keyOf(to));
  const visited = new Set(waiting);
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    for (const edge of leaving.get(key) ?? []) {
      seen.add(edge);
      const next = keyOf(edge.to);
      if (visited.has(next)) continue;
      visited.add(next);
      waiting.push(next);
    }
  }
  return [...seen];
}

/** The states in which an actor may end and the machine stays where it is, or breaks. */
export function hangsOf<State extends AnyMachineSnapshot>(
  edges: readonly Edge<State>[],
): string[] {
  return edges.filter(({ event, from, to }) =>
    event.type.startsWith("xstate.") && (to.status === "error" || keyOf(from) === keyOf(to))
  ).map(({ name }) => name);
}

/** The names of edges, for an assertion that shows which are wrong. */
export function namesOf(edges: readonly { readonly name: string }[]): string[] {
  return edges.map(({ name }) => name);
}

/** A state's name with those around it: `preparing.recovering`. */
export function nameOf({ value }: Pick<AnyMachineSnapshot, "value">): string {
  const pathOf = (part: unknown): string[] =>
    typeof part === "object" && part !== null
      ? Object.entries(part).flatMap(([name, inner]) => [name, ...pathOf(inner)])
      : [String(part)];
  return pathOf(value).join(".");
}

/** The names of all states of a machine that have none inside, and of those that have. */
export function stateNamesOf(machine: AnyStateMachine): { leaves: string[]; all: string[] } {
  const leaves: string[] = [];
  const all: string[] = [];
  const visit = (node: AnyStateMachine["root"], path: readonly string[]) => {
    for (const [key, child] of Object.entries(node.states)) {
      const here = [...path, key];
      all.push(key);
      if (Object.keys(child.states).length === 0) leaves.push(here.join("."));
      else visit(child, here);
    }
  };
  visit(machine.root, []);
  return { leaves, all };
}

/** The states that the drawing at the head of a machine's file does not name. */
export async function missingInDrawing(file: string, machine: AnyStateMachine): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(`../../src/machines/${file}`, import.meta.url));
  const drawing = /```([^]*?)```/.exec(text)?.[1] ?? "";
  const words = new Set(drawing.match(/\w+/g));
  return stateNamesOf(machine).all.filter((name) => !words.has(name));
}

function keyOf({ value, context, status }: AnyMachineSnapshot): string {
  return JSON.stringify([value, context, status]);
}

function describeEvent({ type, error, ...rest }: AnyEventObject): string {
  const said = error instanceof Error ? `${Reflect.get(error, "code") ?? ""} ${error.message}` : "";
  return `${type} ${said || JSON.stringify(rest)}`;
}

function idOf(params: unknown): string {
  return typeof params === "string" ? params : String(Reflect.get(Object(params), "id"));
}

function eventOf(params: unknown): AnyEventObject {
  const event: unknown = Reflect.get(Object(params), "event");
  if (typeof event === "object" && event !== null && "type" in event) {
    return { ...event, type: String(event.type) };
  }
  throw new TypeError("Cannot read an action: it has no event");
}
