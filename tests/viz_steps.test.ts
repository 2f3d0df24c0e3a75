/**
 * What `viz` tells of the machines and of what they knew, from the trail alone, against what XState itself
 * said of the same runs: whole runners in simulated worlds, with everything going wrong that can.
 */
import { describe, expect, it } from "vitest";
import { safePolicy } from "../src/actors/purchase_policy.ts";
import { thisRunner } from "../src/actors/runner_identity.ts";
import { allStates, chartOf } from "../src/charts/chart.ts";
import { machines } from "../src/charts/machines.ts";
import { listHistory } from "../src/db/audit.ts";
import { toldBy, trailOf, unfitting, Watcher } from "./helpers/viz_told.ts";
import { FaultPlan } from "./simulation/faults.ts";
import { shipJob } from "./simulation/scenario.ts";
import { drawWorlds } from "./simulation/simulate.ts";
import { SimWorld } from "./simulation/world.ts";

async function watch(seed: number, rows: number) {
  await thisRunner();
  const faults: string[] = [];
  const count = { told: 0, steps: 0, real: 0, inferred: 0 };
  const kinds = new Set<string>();
  for (const { seed: own, jobs } of drawWorlds(seed, rows)) {
    const plan = FaultPlan.drawn(own, 1);
    const world = await SimWorld.open({ seed: own, plan, policy: safePolicy });
    const watchers = new Map<string, Watcher>();
    world.onInspect = (jobId, event, pid) => watchers.get(jobId)?.see(event, pid);
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
      count.told += told.length;
      count.steps += told.reduce((sum, { steps }) => sum + steps.length, 0);
      count.real += real.length;
      for (const { machine, steps, contexts } of told) {
        for (const { state } of steps) kinds.add(`${machine} ${state}`);
        for (const name of Object.keys(Object(contexts.at(-1)?.context))) {
          kinds.add(`${steps.at(-1)?.state} tells ${name}`);
        }
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
    for (const state of ["alive.starting", "alive.up", "deciding", "backing_off"]) {
      expect(kinds).toContain(`child ${state}`);
    }
    expect(kinds).toContain("supervisor supervising");
    for (const told of ["found tells lookUps", "found tells label", "absent tells lookUps"]) {
      expect(kinds).toContain(told);
    }
  });

  it("is one drain, however many rows it brings", () => {
    const row = (number: number, from: string, to: string, at: string) => ({
      ...{ at, type: "row_transition", row: number, from, to },
      details: () => ({}),
    });
    const job = (type: string, to: string | undefined) => ({
      ...{ at: "0", type, row: undefined, from: undefined, to },
      details: () => ({ reason: null }),
    });
    const told = toldBy([
      job("lease_acquired", undefined),
      job("job_transition", "running"),
      row(1, "in_flight", "shipped", "1"),
      row(2, "in_flight", "shipped", "2"),
      row(1, "shipped", "completed", "3"),
      row(2, "shipped", "completed", "3"),
      job("job_transition", "completed"),
    ]);
    const states = told.filter(({ machine }) => machine === "job")
      .flatMap(({ steps }) => steps.map(({ state }) => state));
    expect(states.filter((state) => state === "running.draining")).toHaveLength(1);
    expect(states.at(-1)).toBe("completed");
  });

  it("names states that the machines have", async () => {
    const { kinds } = await watch(22, 200);
    const known = Object.entries(machines).flatMap(([name, machine]) =>
      allStates(chartOf(machine)).map(({ id }) => `${name} ${id}`)
    );
    const states = [...kinds].filter((kind) => !kind.includes(" tells "));
    expect(states.filter((kind) => !known.includes(kind))).toEqual([]);
  });
});
