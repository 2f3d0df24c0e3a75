/**
 * What XState itself says of the runs of a simulated world, and what their trails tell of the same.
 *
 * @module
 */
import type { InspectionEvent } from "xstate";
import type { MachineName } from "../../src/charts/names.ts";
import type { HistoryEntry } from "../../src/db/audit.ts";
import { type Contexts, nothingTold, toldAfter } from "../../src/viz/contexts.ts";
import type { Step, TrailEntry } from "../../src/viz/step.ts";
import { StepReader } from "../../src/viz/steps.ts";

/** One actor's way, as XState told it. */
export interface Real {
  readonly machine: string;
  /** The process that it was in. */
  readonly pid: number;
  /** Which child it is, such as `carrier.job-1`. */
  readonly child: string | undefined;
  row: number | undefined;
  readonly path: string[];
  /** What it knew, each time that it told. */
  readonly contexts: unknown[];
  isDone: boolean;
}

/** One actor's way, as the trail tells it. */
export interface Told {
  readonly machine: MachineName;
  /** The process that held the job. */
  readonly pid: unknown;
  readonly child: string | undefined;
  readonly row: number | undefined;
  readonly steps: (Step & { readonly entry: number })[];
  /** What it knew, each time that something new is told of it. */
  readonly contexts: { readonly entry: number; readonly context: unknown }[];
}

/** Takes down what the actors of a job's runs report. */
export class Watcher {
  /** All of them, by their beginning. */
  readonly actors: Real[] = [];
  readonly #known = new Map<unknown, Real>();

  /** Takes down an event of a process. */
  see(event: InspectionEvent, pid: number): void {
    if (event.type !== "@xstate.snapshot" && event.type !== "@xstate.microstep") return;
    const { snapshot, actorRef } = event;
    const { value, context }: { value?: unknown; context?: Record<string, unknown> } = Object(
      snapshot,
    );
    if (value === undefined) return;
    const machine: string = Object(actorRef).logic.id;
    let actor = this.#known.get(actorRef);
    if (!actor) {
      // XState tells of a beginning when it is over; every row begins there (`row.ts`).
      const path = machine === "row" ? ["starting"] : [];
      const child = machine === "child" ? Object(actorRef).id : undefined;
      actor = { machine, pid, child, row: undefined, path, contexts: [], isDone: false };
      this.#known.set(actorRef, actor);
      this.actors.push(actor);
    }
    const { rowNumber } = Object(context?.["task"]);
    if (machine === "row") actor.row = rowNumber;
    const state = nameOf(value);
    if (actor.path.at(-1) !== state) actor.path.push(state);
    actor.contexts.push(context && knownOf(machine, state, context));
    if (snapshot.status === "done") actor.isDone = true;
  }
}

function nameOf(value: unknown): string {
  if (typeof value === "string") return value;
  const [[name, inner] = ["", ""]] = Object.entries(Object(value));
  return `${name}.${nameOf(inner)}`;
}

/** A trail as it is read. */
export function trailOf(entries: readonly HistoryEntry[]): TrailEntry[] {
  return entries.map((entry) => ({
    at: entry.at,
    type: entry.type,
    row: entry.row_number ?? undefined,
    from: entry.from_status ?? undefined,
    to: entry.to_status ?? undefined,
    details: () => JSON.parse(entry.details),
  }));
}

/** What is told for sure, actor by actor. */
export function toldBy(trail: readonly TrailEntry[]): Told[] {
  const reader = new StepReader();
  let known = nothingTold;
  const actors: Told[] = [];
  const current = new Map<string, Told>();
  let pid: unknown;
  for (const [entry, each] of trail.entries()) {
    if (each.type === "lease_acquired") pid = each.details()["pid"];
    const steps = reader.read(each, trail[entry + 1]);
    for (const step of steps) {
      if (step.isInferred) continue;
      const key = `${step.machine} ${step.actor}`;
      if (step.isBeginning) {
        const { machine, actor: child } = step;
        const actor = { machine, pid, child, row: each.row, steps: [], contexts: [] };
        actors.push(actor);
        current.set(key, actor);
      }
      const actor = current.get(key);
      if (!actor) throw new Error(`${step.machine} is in ${step.state}, and never began`);
      actor.steps.push({ ...step, entry });
    }
    const before = known.contexts;
    known = toldAfter(known, each, steps);
    for (const actor of current.values()) {
      const context = toldOf(known.contexts, actor);
      if (context !== undefined && context !== toldOf(before, actor)) {
        actor.contexts.push({ entry, context });
      }
    }
  }
  return actors;
}

/** Whether a real way is one that is told; a killed process may not have come to the end of it. */
function fits({ steps }: Told, { path, isDone }: Real): boolean {
  const last = steps.at(-1)?.entry;
  const from = (step: number, at: number): boolean => {
    const wanted = steps[step];
    if (!wanted) return true;
    const state = path[at];
    if (state === undefined) return !isDone && wanted.entry === last;
    if (state === wanted.state && from(step + 1, at + 1)) return true;
    return wanted.via.includes(state) && from(step, at + 1);
  };
  return from(0, 0);
}

/** Every told actor is a real one of the same process, in their order, and knew what is told of it. */
export function unfitting(told: readonly Told[], real: readonly Real[]): string[] {
  const faults: string[] = [];
  const left = [...real];
  // A process that was killed right after a commit did not come to what it leads to.
  const isKilled = (pid: unknown) =>
    !real.some((way) => way.pid === pid && way.machine === "supervisor" && way.isDone);
  const isLast = ({ pid, steps: [first] }: Told) =>
    !told.some((other) =>
      other.pid === pid && other.steps.some(({ entry }) => entry > (first?.entry ?? 0))
    );
  for (const each of told) {
    const mayBe = ({ machine, pid, child, row }: Real) =>
      machine === each.machine && pid === each.pid && child === each.child &&
      (machine !== "row" || row === each.row);
    const found = left.findIndex((way) => mayBe(way) && fits(each, way));
    const way = left[found];
    if (way) {
      faults.push(...unknownTo(each, way, isKilled(each.pid)));
      // Those before it left nothing in the trail.
      for (let at = found; at >= 0; at--) {
        const way = left[at];
        if (way?.machine === each.machine && way.pid === each.pid && way.child === each.child) {
          left.splice(at, 1);
        }
      }
      continue;
    }
    if (isKilled(each.pid) && isLast(each)) continue;
    const words = each.steps.map(({ state, via }) =>
      via.length > 0 ? `(${via.join("|")})* ${state}` : state
    );
    const name = `${each.machine} ${each.child ?? each.row ?? ""} in ${each.pid}`;
    faults.push(`${name}: ${words.join(" ")} is not ${left.find(mayBe)?.path.join(" ")}`);
  }
  return faults;
}

/** What is told of one actor. */
function toldOf({ supervisor, ...others }: Contexts, { machine, child = "" }: Told): unknown {
  if (machine === "child") return supervisor?.children[child];
  return machine === "supervisor" ? supervisor : others[machine];
}

/** A context in the words of what is told. */
function knownOf(machine: string, state: string, context: Record<string, unknown>): unknown {
  const { child, exit, restarts, lookUps } = Object(context);
  switch (machine) {
    case "child": {
      const end = exit && { reason: exit.reason, code: exit.problem.code };
      return { child: child.id, state, restarts: restarts.length, exit: end };
    }
    case "reconcile":
      return { ...context, lookUps: lookUps.map(({ said }: { said: string }) => said) };
    default:
      return context;
  }
}

/** Whether all that is told is so. */
function isSo(told: unknown, real: unknown): boolean {
  if (told === undefined) return true;
  if (typeof told !== "object" || told === null) return told === real;
  if (Array.isArray(told)) {
    return Array.isArray(real) && told.length === real.length &&
      told.every((each, at) => isSo(each, real[at]));
  }
  return Object.entries(told).every(([name, value]) => isSo(value, Object(real)[name]));
}

/** What is told of a supervisor's children is what they know, and what itself knows is less. */
function inOwnWords({ machine }: Told, context: unknown): unknown {
  const { epoch: _, restarted: __, ...told } = Object(context);
  if (machine !== "supervisor") return told;
  const stands = ({ state }: { state: string }) => state === "ended" ? "ended" : "up";
  const children = Object.entries(Object(told.children)).map(([id, child]) => [
    id,
    stands(Object(child)),
  ]);
  return { children: Object.fromEntries(children) };
}

/** What is told of contexts that no actor knew, in this order. */
export function unknownTo(told: Told, real: Real, isKilled: boolean): string[] {
  let at = 0;
  const last = told.contexts.at(-1)?.entry;
  for (const { entry, context } of told.contexts) {
    const words = inOwnWords(told, context);
    const found = real.contexts.findIndex((each, place) => place >= at && isSo(words, each));
    if (found < 0) {
      if (isKilled && entry === last) return [];
      return [`${told.machine} at ${entry + 1}: ${JSON.stringify(words)}`];
    }
    at = found;
  }
  return [];
}
