/**
 * What of a machine's chart the runs have visited: states, transitions, and each guard's outcomes at
 * each place where it stands. What is demanded is read from the chart itself, so that whatever is drawn
 * later is demanded by itself.
 *
 * @module
 */
import type {
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  InspectionEvent,
} from "xstate";

type StateNode = AnyStateMachine["root"];

/** What cannot be brought about in reality, and why. */
export type Unreachable = Readonly<Record<string, string>>;

/** Counts what is visited of one machine. */
export class Coverage {
  /** The machine's name. */
  readonly machine: string;
  /** Everything that there is to visit, by name. */
  readonly demanded: ReadonlySet<string>;
  /** What was visited. */
  readonly visited = new Set<string>();
  paths = 0;
  steps = 0;
  /** The state in which each actor was before its present step. */
  readonly #before = new WeakMap<object, AnyMachineSnapshot>();

  constructor(machine: AnyStateMachine) {
    this.machine = machine.id;
    this.demanded = new Set(nodesOf(machine.root).flatMap(namesIn));
  }

  /** Takes what XState tells of actors; those of other machines are passed by. */
  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== "@xstate.microstep" && event.type !== "@xstate.snapshot") return;
    const { snapshot, actorRef } = event;
    if (!isMachineSnapshot(snapshot) || snapshot.machine.id !== this.machine) return;
    for (const node of snapshot._nodes) this.visited.add(stateName(node));
    if (event.type === "@xstate.microstep") {
      this.#step(this.#before.get(actorRef), snapshot, event.event, event._transitions);
    } else if (snapshot.status === "active") this.#rest(snapshot, event.event);
    this.#before.set(actorRef, snapshot);
  };

  /** What was demanded and not visited, beside what cannot be. */
  missing(unreachable: Unreachable = {}): string[] {
    return [...this.demanded].filter((name) => !this.visited.has(name) && !(name in unreachable));
  }

  /** What is said to be unreachable and was visited, or is not in the chart at all. */
  wronglyListed(unreachable: Unreachable): string[] {
    return Object.keys(unreachable)
      .filter((name) => this.visited.has(name) || !this.demanded.has(name));
  }

  /** As in "row: states 22/22, transitions 60/60, guard outcomes 80/80; 300 paths, 2000 steps". */
  report(): string {
    const part = (kind: string) => {
      const all = [...this.demanded].filter((name) => name.startsWith(`${kind} `));
      return `${all.filter((name) => this.visited.has(name)).length}/${all.length}`;
    };
    return `${this.machine}: states ${part("state")}, transitions ${part("transition")}, ` +
      `guard outcomes ${part("guard")}; ${this.paths} paths, ${this.steps} steps`;
  }

  /** One step: each transition that was tried before the one that was taken has said no. */
  #step(
    before: AnyMachineSnapshot | undefined,
    after: AnyMachineSnapshot,
    event: AnyEventObject,
    taken: readonly AnyTransitionDefinition[],
  ): void {
    for (const each of taken) {
      this.visited.add(transitionName(each));
      // One that is left in the step that enters it is nobody's state at rest.
      this.visited.add(stateName(each.source));
      // Those inside were asked before, and wanted nothing of it.
      const inside = before?._nodes.filter(({ id }) => id.startsWith(`${each.source.id}.`)) ?? [];
      for (const node of inside) this.#weigh(before ?? after, event, triedIn(node, each, event));
      const tried = triedIn(each.source, each, event);
      // A machine's first step has no state before it.
      this.#weigh(before ?? after, event, tried.slice(0, tried.indexOf(each) + 1));
    }
    if (taken.length > 0 || !before) return;
    // Nobody wanted it: all that were tried have said no.
    for (const node of before._nodes) this.#weigh(before, event, candidatesOf(node, event));
  }

  /** A state that is rested in: none of its eventless transitions was taken. */
  #rest(snapshot: AnyMachineSnapshot, event: AnyEventObject): void {
    for (const node of snapshot._nodes) this.#weigh(snapshot, event, node.always ?? []);
  }

  #weigh(
    { context, machine }: AnyMachineSnapshot,
    event: AnyEventObject,
    transitions: readonly AnyTransitionDefinition[],
  ): void {
    for (const each of transitions) {
      const guards = leavesOf(each.guard);
      for (const guard of guards) {
        const outcome = weigh(machine, guard, context, event);
        this.visited.add(guardName(each, guard, outcome));
        // Those of `and` that come after a no are not asked.
        if (!outcome && guards.length > 1) break;
      }
    }
  }
}

/** A guard by its name, as it stands in the chart. */
interface NamedGuard {
  readonly type: string;
  readonly params: unknown;
}

function weigh(
  machine: AnyStateMachine,
  { type, params }: NamedGuard,
  context: unknown,
  event: AnyEventObject,
): boolean {
  const guard: unknown = Reflect.get(machine.implementations.guards, type);
  if (typeof guard !== "function") throw new TypeError(`Cannot weigh guard "${type}"`);
  const given: unknown = typeof params === "function" ? params({ context, event }) : params;
  return Boolean(guard({ context, event }, given));
}

/** The named guards of a transition: those of `and` and `not` each by itself. */
function leavesOf(guard: unknown): NamedGuard[] {
  if (guard === undefined) return [];
  if (typeof guard === "string") return [{ type: guard, params: undefined }];
  const inside: unknown = Reflect.get(Object(guard), "guards");
  if (Array.isArray(inside)) return inside.flatMap(leavesOf);
  const { type, params } = Object(guard);
  if (typeof type === "string") return [{ type, params }];
  throw new TypeError("Cannot name a guard: every guard of ours has a name");
}

function nodesOf(node: StateNode): StateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

function namesIn(node: StateNode): string[] {
  const transitions = [...node.transitions.values(), node.always ?? []].flat();
  return [
    stateName(node),
    ...transitions.flatMap((each) => [
      transitionName(each),
      ...leavesOf(each.guard).flatMap((guard) => [
        guardName(each, guard, true),
        guardName(each, guard, false),
      ]),
    ]),
  ];
}

function stateName({ id }: StateNode): string {
  return `state ${id}`;
}

function transitionName(transition: AnyTransitionDefinition): string {
  return `transition ${placeOf(transition)}`;
}

function guardName(transition: AnyTransitionDefinition, guard: NamedGuard, is: boolean): string {
  return `guard ${placeOf(transition)} ${guard.type} ${is}`;
}

/** As in "row.recording on xstate.done.actor.recordAnswer[1]". */
function placeOf(transition: AnyTransitionDefinition): string {
  const { source, eventType } = transition;
  const siblings = eventType === "" ? source.always ?? [] : source.transitions.get(eventType) ?? [];
  return `${source.id} on ${eventType || "always"}[${siblings.indexOf(transition)}]`;
}

/** What a state tries, in order, on what a transition was taken for. */
function triedIn(
  node: StateNode,
  { eventType }: AnyTransitionDefinition,
  event: AnyEventObject,
): readonly AnyTransitionDefinition[] {
  return eventType === "" ? node.always ?? [] : candidatesOf(node, event);
}

function candidatesOf(node: StateNode, { type }: AnyEventObject): AnyTransitionDefinition[] {
  return [...node.transitions].filter(([word]) =>
    word === type || (word.endsWith(".*") && type.startsWith(word.slice(0, -1)))
  ).flatMap(([, transitions]) => transitions);
}

function isMachineSnapshot(snapshot: unknown): snapshot is AnyMachineSnapshot {
  return typeof snapshot === "object" && snapshot !== null && "_nodes" in snapshot;
}
