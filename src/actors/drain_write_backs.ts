/**
 * The actor that brings owed tracking numbers to the source, and owed voids after them. The rows that
 * are `shipped` are the list: there is no second queue to fall out of step. A row owes one of both: it
 * is voided after it was shipped, and shipped again only once its source knows of the void.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import type { AuditEntry } from "../db/audit.ts";
import { listOwedWriteBacks } from "../db/row_queries.ts";
import { markWrittenBack } from "../db/rows.ts";
import type { Drained } from "../machines/job_types.ts";
import { type Problem, problemOf } from "../machines/port.ts";
import { patiently } from "./database_part.ts";
import { bringOwedVoids } from "./bring_voids.ts";
import { sendWriteBack } from "./write_back.ts";
import { commit, rowTransition, type World } from "./world.ts";

/** How many write-backs are committed together. */
const pageSize = 100;

/**
 * Logic for the port `drainWriteBacks` of the job machine.
 *
 * @param world The job's world.
 * @returns Logic that resolves to what is still owed; it rejects only if the database fails.
 *
 * @internal
 */
export function createDrainWriteBacks(
  world: World,
): PromiseActorLogic<Drained, { jobId: string; settles: number | undefined }> {
  return fromPromise(async ({ input: { settles }, signal }) => {
    // Acknowledged by the source already; only the commit is missing.
    if (settles !== undefined) await settle(world, [settles]);
    const numbers = await bringNumbers(world, signal);
    const voids = await bringOwedVoids(world, signal);
    return {
      written: numbers.written + voids.written,
      owed: numbers.owed + voids.owed,
      problem: numbers.problem ?? voids.problem,
    };
  });
}

async function bringNumbers(world: World, signal: AbortSignal): Promise<Drained> {
  let drained: Drained = { written: 0, owed: 0 };
  let afterRow = 0;
  for (;;) {
    const page = { afterRow, limit: pageSize };
    const owed = await patiently(
      world,
      () => listOwedWriteBacks(world.db, world.job.id, page),
    );
    const last = owed.at(-1);
    if (!last) return drained;
    const written: number[] = [];
    let problem: Problem | undefined;
    for (const each of owed) {
      // Nobody waits any more: what is acknowledged and not committed is brought once more.
      if (signal.aborted) return drained;
      try {
        await sendWriteBack(world, each);
        written.push(each.rowNumber);
      } catch (error) {
        problem ??= problemOf(error);
      }
    }
    if (signal.aborted) return drained;
    await settle(world, written);
    drained = {
      written: drained.written + written.length,
      owed: drained.owed + owed.length - written.length,
      problem: drained.problem ?? problem,
    };
    afterRow = last.rowNumber;
  }
}

async function settle(world: World, rowNumbers: readonly number[]): Promise<void> {
  if (rowNumbers.length === 0) return;
  await commit(world, async (trx, now) => {
    const audit: AuditEntry[] = [];
    for (const rowNumber of rowNumbers) {
      await markWrittenBack(trx, world.job.id, now, rowNumber);
      audit.push(rowTransition(rowNumber, "shipped", "completed"));
    }
    return { result: undefined, audit };
  });
}
