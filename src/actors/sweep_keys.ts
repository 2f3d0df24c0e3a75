/**
 * The actor that asks once more about the keys that were given up on: a request may have been on its
 * way for longer than anybody waits. A label that appears so is a second one, and is told loudly.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import type { AuditEntry } from "../db/audit.ts";
import { listSuperseded, markSwept, type SupersededKey } from "../db/attempts.ts";
import type { Found } from "../machines/purchase.ts";
import type { Swept } from "../machines/job_types.ts";
import { patiently } from "./database_part.ts";
import { findByReference } from "./look_up.ts";
import { duplicateProblem } from "./remedies.ts";
import { commit, type World } from "./world.ts";

/** How many keys are read at once. */
const pageSize = 100;

/** A carrier that cannot be asked is not asked about every key: so long may it fail, in milliseconds. */
const failingMs = 15_000;

/**
 * Logic for the port `sweepKeys` of the job machine. A key that cannot be asked about is asked about
 * at the next start.
 *
 * @param world The job's world.
 * @returns Logic that resolves to what was found.
 *
 * @internal
 */
export function createSweepKeys(world: World): PromiseActorLogic<Swept, string> {
  return fromPromise(async ({ input: jobId, signal }) => {
    const duplicates: Swept["duplicates"][number][] = [];
    const startMs = world.clock.now().getTime();
    const notAskedSince = new Date(startMs).toISOString();
    let asked = 0;
    for (;;) {
      const page = { since: oldestToSweep(world), notAskedSince, limit: pageSize };
      const keys = await patiently(world, () => listSuperseded(world.db, jobId, page));
      if (keys.length === 0) return { asked, duplicates };
      for (const key of keys) {
        const found = await askAbout(world, key);
        // Nobody waits any more, and the lease may be given back: asked again at the next start.
        if (signal.aborted) return { asked, duplicates };
        if (found?.type === "unsupported") return { asked, duplicates };
        const numbers = found && secondLabel(key, found);
        // One that cannot be asked about is among the last the next time, so that it keeps no other one
        // from being asked about.
        await record(world, key, numbers);
        if (found?.type === "unknown" && found.atMs - startMs > failingMs) {
          return { asked, duplicates };
        }
        asked++;
        if (!numbers) continue;
        const { row_number: rowNumber } = key;
        duplicates.push({ rowNumber, problem: duplicateProblem(jobId, key, numbers) });
      }
    }
  });
}

/** Another carrier knows nothing of it. */
async function askAbout(world: World, key: SupersededKey): Promise<Found | undefined> {
  if (key.carrier !== null && key.carrier !== world.carrierName) return undefined;
  return await findByReference(world, { ...key, account: key.account ?? undefined });
}

/**
 * The oldest attempt that is asked about: later the carrier may have forgotten it.
 *
 * @param world The job's world.
 * @returns ISO 8601.
 *
 * @internal
 */
export function oldestToSweep({ clock, policy }: Pick<World, "clock" | "policy">): string {
  return new Date(clock.now().getTime() - policy.reconcile.ageLimitMs).toISOString();
}

/** The numbers of a label that the row does not have as its own, and did not have before a void. */
function secondLabel(
  { tracking_numbers, voided_numbers }: SupersededKey,
  found: Found,
): readonly string[] | undefined {
  const own = [tracking_numbers, voided_numbers].flatMap((json) => numbersIn(json));
  const numbers = found.type === "one"
    ? found.label.trackingNumbers
    : found.type === "exists" && found.as !== "voided"
    ? found.trackingNumbers
    : undefined;
  if (numbers === undefined) return undefined;
  // One of several may be the row's own.
  const others = numbers.filter((each) => !own.includes(each));
  return numbers.length > 0 && others.length === 0 ? undefined : others;
}

function numbersIn(json: string | null): unknown[] {
  const numbers: unknown = JSON.parse(json ?? "[]");
  return Array.isArray(numbers) ? numbers : [];
}

async function record(
  world: World,
  { key, row_number: rowNumber, generation }: SupersededKey,
  duplicate: readonly string[] | undefined,
): Promise<void> {
  await commit(world, async (trx, now) => {
    await markSwept(trx, now, key, duplicate);
    const audit: AuditEntry[] = duplicate
      ? [{
        type: "duplicate_found",
        rowNumber,
        details: { key, generation, tracking_numbers: duplicate },
      }]
      : [];
    return { result: undefined, audit };
  });
}
