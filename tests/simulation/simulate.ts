/**
 * Simulated worlds: some jobs side by side in one, shipped to their end, by a seed.
 *
 * @module
 */
import { safePolicy } from "../../src/actors/purchase_policy.ts";
import { thisRunner } from "../../src/actors/runner_identity.ts";
import type { PurchasePolicy } from "../../src/machines/purchase.ts";
import { draw, drawWhole } from "./draw.ts";
import { type Fault, FaultPlan } from "./faults.ts";
import { shipJob } from "./scenario.ts";
import { SimWorld } from "./world.ts";

/** How long a world may take, in simulated milliseconds: a hang is found by it. */
const limitMs = 365 * 24 * 3_600_000;

/** What a world is made of. */
export interface WorldSpec {
  /** The seed of all that happens in it. */
  readonly seed: number;
  /** The orders of each of its jobs. */
  readonly jobs: readonly number[];
  /** Faults to replay, and no others; drawn from the seed where this is left out. */
  readonly faults?: readonly Fault[] | undefined;
  /** How purchases are pursued; the safe way where it is left out. */
  readonly policy?: PurchasePolicy | undefined;
}

/** What came of a world. */
export interface WorldResult {
  /** Its orders. */
  readonly rows: number;
  /** Labels that were bought. */
  readonly labels: number;
  /** Processes of runners. */
  readonly runs: number;
  /** Those of them that were killed. */
  readonly kills: number;
  /** Commands from other terminals. */
  readonly commands: number;
  /** How long it took, in simulated milliseconds. */
  readonly simulatedMs: number;
  /** The faults that happened. */
  readonly faults: readonly Fault[];
  /** What was broken; `undefined` if every promise was kept. */
  readonly failure: string | undefined;
}

/**
 * The worlds of a seed, until they have so many orders.
 *
 * @param seed The seed.
 * @param rows How many orders.
 * @returns What each of them is made of.
 */
export function drawWorlds(seed: number, rows: number): WorldSpec[] {
  const worlds: WorldSpec[] = [];
  for (let left = rows; left > 0;) {
    const own = drawWhole(seed, `world ${worlds.length + 1}`, 1, 2 ** 31);
    const world = drawWorld(own, left);
    worlds.push(world);
    left -= world.jobs.reduce((sum, each) => sum + each, 0);
  }
  return worlds;
}

/**
 * A world of a seed: one to three jobs.
 *
 * @param seed The seed.
 * @param most The most orders that it may have.
 * @returns What it is made of.
 */
export function drawWorld(seed: number, most = 360): WorldSpec {
  const jobs: number[] = [];
  let left = most;
  for (let job = 1; job <= drawWhole(seed, "jobs", 1, 3) && left > 0; job++) {
    const rows = Math.min(drawWhole(seed, `rows ${job}`, 1, 120), left);
    jobs.push(rows);
    left -= rows;
  }
  return { seed, jobs };
}

/**
 * Lets a world go by.
 *
 * @param spec What it is made of.
 * @returns What came of it.
 */
export async function simulate(
  { seed, jobs, faults, policy = safePolicy }: WorldSpec,
): Promise<WorldResult> {
  // Who this process is takes real time to find out, once.
  await thisRunner();
  const plan = faults ? FaultPlan.listed(faults) : FaultPlan.drawn(seed, intensityOf(seed));
  const world = await SimWorld.open({ seed, plan, policy });
  const { time, company, counts } = world;
  const startMs = time.nowMs;
  const ids = jobs.map((_, at) => `job-${at + 1}`);
  for (const [at, id] of ids.entries()) await world.importJob(id, jobs[at] ?? 0);
  const all = Promise.all(ids.map((id) => shipJob(world, id)));
  let failure: string | undefined;
  try {
    await time.until(Promise.race([all, world.broken]), limitMs);
  } catch (error) {
    failure = error instanceof Error ? error.stack ?? error.message : String(error);
  }
  const simulatedMs = time.nowMs - startMs;
  await world.close();
  return {
    rows: jobs.reduce((sum, each) => sum + each, 0),
    labels: company.shipments.length,
    ...counts,
    simulatedMs,
    faults: plan.met,
    failure,
  };
}

/** In some worlds something goes wrong with every hundredth order, in some with every one. */
function intensityOf(seed: number): number {
  return 0.1 * 40 ** draw(seed, "intensity");
}
