/**
 * Makes a failing schedule small: the fewest orders and faults that break a promise all the same. The
 * search is Zeller and Hildebrandt's ddmin ("Simplifying and Isolating Failure-Inducing Input", 2002).
 *
 * @module
 */
import type { Fault } from "./faults.ts";
import { simulate, type WorldResult, type WorldSpec } from "./simulate.ts";

/** A small schedule that fails. */
export interface Minimised {
  /** The world with only the faults that it takes. */
  readonly spec: WorldSpec;
  /** What is broken. */
  readonly failure: string;
  /** How many worlds were tried. */
  readonly tries: number;
}

/**
 * Minimises a schedule.
 *
 * @param spec The world that failed.
 * @param result What came of it.
 * @param mostTries How many worlds may be tried.
 * @returns The smallest that was found; the world itself with its faults listed if nothing can go.
 */
export async function minimise(
  spec: WorldSpec,
  result: WorldResult,
  mostTries = 400,
): Promise<Minimised> {
  let tries = 0;
  let best = { spec: { ...spec, faults: result.faults }, failure: result.failure ?? "" };
  const fails = async (trial: WorldSpec): Promise<boolean> => {
    if (tries >= mostTries) return false;
    tries++;
    const { failure, faults } = await simulate(trial);
    if (failure === undefined) return false;
    // What did not happen before the end is no part of it.
    best = { spec: { ...trial, faults }, failure };
    return true;
  };
  await dropFaults(() => best.spec, fails);
  for (let at = spec.jobs.length; at > 0; at--) await dropJob(() => best.spec, at, fails);
  await dropFaults(() => best.spec, fails);
  return { ...best, tries };
}

type Fails = (trial: WorldSpec) => Promise<boolean>;

async function dropFaults(current: () => WorldSpec, fails: Fails): Promise<void> {
  for (let parts = 2;;) {
    const faults = current().faults ?? [];
    const size = Math.ceil(faults.length / parts);
    if (size === 0) return;
    let isSmaller = false;
    for (let from = 0; from < faults.length && !isSmaller; from += size) {
      const left = faults.filter((_, at) => at < from || at >= from + size);
      isSmaller = await fails({ ...current(), faults: left });
    }
    if (isSmaller) parts = Math.max(parts - 1, 2);
    else if (size === 1) return;
    else parts = Math.min(parts * 2, faults.length);
  }
}

/** Without the job, or with as few orders as its faults leave. */
async function dropJob(current: () => WorldSpec, job: number, fails: Fails): Promise<void> {
  const rows = () => current().jobs[job - 1] ?? 0;
  const withRows = (count: number): WorldSpec => ({
    ...current(),
    jobs: current().jobs.map((each, at) => at === job - 1 ? count : each),
  });
  for (let count = 1; count < rows(); count = count * 2) {
    if (await fails(withRows(count))) return;
  }
}

/**
 * A schedule as it can be replayed.
 *
 * @param spec The world.
 * @returns JSON, one line for each fault.
 */
export function scheduleText({ seed, jobs, faults = [] }: WorldSpec): string {
  const lines = faults.map((fault: Fault) => `    ${JSON.stringify(fault)}`);
  return `{\n  "seed": ${seed},\n  "jobs": ${JSON.stringify(jobs)},\n  "faults": [\n${
    lines.join(",\n")
  }\n  ]\n}\n`;
}
