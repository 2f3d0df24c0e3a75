/**
 * What `viz` tells of the machines, from the trail alone, against what XState itself said of the same
 * runs: whole runners in simulated worlds, with everything going wrong that can.
 */
import { describe, expect, it } from "vitest";
import type { InspectionEvent } from "xstate";
import { safePolicy } from "../src/actors/purchase_policy.ts";
import { thisRunner } from "../src/actors/runner_identity.ts";
import { allStates, chartOf } from "../src/charts/chart.ts";
import { machines } from "../src/charts/machines.ts";
import { type HistoryEntry, listHistory } from "../src/db/audit.ts";
import { type Step, StepReader, type TracedMachine, type TrailEntry } from "../src/viz/steps.ts";
import { FaultPlan } from "./simulation/faults.ts";
import { shipJob } from "./simulation/scenario.ts";
import { drawWorlds } from "./simulation/simulate.ts";
import { SimWorld } from "./simulation/world.ts";

/** One actor's way, as XState told it. */
interface Real {
  readonly machine: string;
  row: number | undefined;
  readonly path: string[];
  isDone: boolean;
}

/** One actor's way, as the trail tells it. */
interface Told {
  readonly machine: TracedMachine;
  readonly row: number | undefined;
  readonly steps: (Step & { readonly entry: number })[];
}

class Watcher {
  readonly actors: Real[] = [];
  readonly #byId = new Map<string, Real>();

  see(event: InspectionEvent): void {
    if (event.type !== "@xstate.snapshot" && event.type !== "@xstate.microstep") return;
    const { snapshot, actorRef } = event;
    const { value, context }: { value?: unknown; context?: Record<string, unknown> } = Object(
      snapshot,
    );
    if (value === undefined) return;
    const id = "id" in actorRef ? actorRef.id : undefined;
    const machine = id === "row" || id === "reconcile" ? id : "job";
    let actor = this.#byId.get(actorRef.sessionId + event.rootId);
    if (!actor) {
      // XState tells of a beginning when it is over; every row begins there (`row.ts`).
      const path = machine === "row" ? ["starting"] : [];
      actor = { machine, row: undefined, path, isDone: false };
      this.#byId.set(actorRef.sessionId + event.rootId, actor);
      this.actors.push(actor);
    }
    const { rowNumber } = Object(context?.["task"]);
    if (machine === "row") actor.row = rowNumber;
    const state = nameOf(value);
    if (actor.path.at(-1) !== state) actor.path.push(state);
    if (snapshot.status === "done") actor.isDone = true;
  }
}

function nameOf(value: unknown): string {
  if (typeof value === "string") return value;
  const [[name, inner] = ["", ""]] = Object.entries(Object(value));
  return `${name}.${nameOf(inner)}`;
}

function trailOf(entries: readonly HistoryEntry[]): TrailEntry[] {
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
function toldBy(trail: readonly TrailEntry[]): Told[] {
  const reader = new StepReader();
  const actors: Told[] = [];
  const current = new Map<string, Told>();
  for (const [entry, each] of trail.entries()) {
    for (const step of reader.read(each, trail[entry + 1])) {
      if (step.isInferred) continue;
      if (step.isBeginning) {
        const actor = { machine: step.machine, row: each.row, steps: [] };
        actors.push(actor);
        current.set(step.machine, actor);
      }
      const actor = current.get(step.machine);
      if (!actor) throw new Error(`${step.machine} is in ${step.state}, and never began`);
      actor.steps.push({ ...step, entry });
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

/** Every told actor is a real one, in their order. */
function unfitting(told: readonly Told[], real: readonly Real[]): string[] {
  const faults: string[] = [];
  for (const machine of ["job", "row", "reconcile"] as const) {
    const ways = real.filter((each) => each.machine === machine);
    let at = 0;
    for (const each of told.filter((one) => one.machine === machine)) {
      const found = ways.findIndex((way, place) =>
        place >= at && (machine !== "row" || way.row === each.row) && fits(each, way)
      );
      if (found >= 0) {
        at = found + 1;
        continue;
      }
      const near = ways.slice(at).find(({ row }) => machine !== "row" || row === each.row);
      const words = each.steps.map(({ state, via }) =>
        via.length > 0 ? `(${via.join("|")})* ${state}` : state
      );
      faults.push(
        `${machine} ${each.row ?? ""}: ${words.join(" ")} is not ${near?.path.join(" ")}`,
      );
    }
  }
  return faults;
}

async function watch(seed: number, rows: number) {
  await thisRunner();
  const faults: string[] = [];
  const count = { told: 0, steps: 0, real: 0, inferred: 0 };
  const kinds = new Set<string>();
  for (const { seed: own, jobs } of drawWorlds(seed, rows)) {
    const plan = FaultPlan.drawn(own, 1);
    const world = await SimWorld.open({ seed: own, plan, policy: safePolicy });
    const watchers = new Map<string, Watcher>();
    world.onInspect = (jobId, event) => watchers.get(jobId)?.see(event);
    const ids = jobs.map((_, at) => `job-${at + 1}`);
    for (const [at, id] of ids.entries()) {
      watchers.set(id, new Watcher());
      await world.importJob(id, jobs[at] ?? 0);
    }
    const all = Promise.all(ids.map((id) => shipJob(world, id)));
    await world.time.until(Promise.race([all, world.broken]), 365 * 24 * 3_600_000);
    for (const id of ids) {
      const entries = await listHistory(world.db, id, { afterSequence: 0, limit: 1_000_000 });
      const told = toldBy(trailOf(entries));
      const real = watchers.get(id)?.actors ?? [];
      for (const each of unfitting(told, real)) faults.push(`world ${own} ${id} ${each}`);
      count.told += told.filter(({ machine }) => machine !== "supervisor").length;
      count.steps += told.reduce((sum, { steps }) => sum + steps.length, 0);
      count.real += real.length;
      for (const { machine, steps } of told) {
        for (const { state } of steps) kinds.add(`${machine} ${state}`);
      }
    }
    await world.close();
  }
  return { faults, count, kinds };
}

describe("what the trail tells of the machines", () => {
  it("is what they did, whatever goes wrong", async () => {
    const { faults, count, kinds } = await watch(21, 600);
    expect(faults.slice(0, 5).map((fault) => fault.slice(0, 500))).toEqual([]);
    expect(count.steps).toBeGreaterThan(3_000);
    // Nearly every actor that worked left something in the trail.
    expect(count.told).toBeGreaterThan(count.real * 0.6);
    // All that a row can come to is among it.
    for (const state of ["writing_back", "completed", "failed", "needs_review", "superseding"]) {
      expect(kinds).toContain(`row ${state}`);
    }
    for (const state of ["found", "absent", "undecided"]) {
      expect(kinds).toContain(`reconcile ${state}`);
    }
  });

  it("names states that the machines have", async () => {
    const { kinds } = await watch(22, 200);
    const known = Object.entries(machines).flatMap(([name, machine]) =>
      allStates(chartOf(machine)).map(({ id }) => `${name} ${id}`)
    );
    expect([...kinds].filter((kind) => !known.includes(kind))).toEqual([]);
  });
});
