/**
 * Simulated worlds: the whole runner on simulated time, database, carrier and sources, with faults at
 * every boundary. `deno task simulate` lets thousands of them go by.
 */
import { describe, expect, it } from "vitest";
import { safePolicy } from "../src/actors/purchase_policy.ts";
import { minimise, scheduleText } from "./simulation/minimise.ts";
import { drawWorlds, simulate, type WorldSpec } from "./simulation/simulate.ts";

/** Believes "not found" at once: a label that is sold late is bought twice. */
const hasty = {
  ...safePolicy,
  reconcile: { ...safePolicy.reconcile, quietMs: 4_000, apartMs: 0, trustNotFound: true },
};

describe("a simulated world", () => {
  it("breaks no promise, whatever goes wrong in it", async () => {
    const failures: string[] = [];
    let faults = 0;
    for (const world of drawWorlds(11, 400)) {
      const result = await simulate(world);
      faults += result.faults.length;
      if (result.failure !== undefined) failures.push(`world ${world.seed}: ${result.failure}`);
    }
    expect(failures).toEqual([]);
    expect(faults).toBeGreaterThan(60);
  });

  it("goes by in the same way each time", async () => {
    const [world] = drawWorlds(12, 200);
    if (!world) throw new Error("there is no world");
    const [one, two] = [await simulate(world), await simulate(world)];
    expect(two).toEqual(one);
    expect(one.faults).not.toEqual([]);
  });

  it("shows a broken promise, which is made small and breaks again", async () => {
    const found = await firstFailure(drawWorlds(13, 2_000));
    expect(found.result.failure).toMatch(/promise 1: .* has two live labels/);
    const small = await minimise(found.spec, found.result, 80);
    const { faults = [] } = small.spec;
    expect(faults.length).toBeLessThan(4);
    expect(faults.length).toBeGreaterThan(0);
    // As a person replays it: from its text.
    const replayed: WorldSpec = JSON.parse(scheduleText(small.spec));
    expect((await simulate({ ...replayed, policy: hasty })).failure).toBe(small.failure);
    // The same faults break nothing where the conditions of the safe policy hold.
    expect((await simulate(replayed)).failure).toBeUndefined();
  });
});

async function firstFailure(worlds: readonly WorldSpec[]) {
  for (const world of worlds) {
    const spec = { ...world, policy: hasty };
    const result = await simulate(spec);
    if (result.failure !== undefined) return { spec, result };
  }
  throw new Error("no promise was broken");
}
