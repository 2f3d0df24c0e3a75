/**
 * The actor that finds out how a job really stands: the rows in the database correct whatever a
 * snapshot says.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { listDuplicates, listSuperseded } from "../db/attempts.ts";
import { findUnsettledJob, getJob } from "../db/jobs.ts";
import { countUntold, sumUnpriced } from "../db/estimates.ts";
import { countRows, listRows, listUnfinishedRows, sumCosts } from "../db/row_queries.ts";
import { findOpenVoids } from "../db/voids.ts";
import { WaybillError } from "../errors.ts";
import type { Recovered } from "../machines/job_types.ts";
import { patiently } from "./database_part.ts";
import { duplicateProblem } from "./remedies.ts";
import { rowTaskOf } from "./row_task.ts";
import { oldestToSweep } from "./sweep_keys.ts";
import { jobsOfSource } from "./same_source.ts";
import type { World } from "./world.ts";

/** The largest row number that the table's column holds. */
const maxRowNumber = 2 ** 31 - 1;

/**
 * Logic for the port `recoverJob` of the job machine.
 *
 * A row that is `in_flight` when a runner takes a job up was sent, or was about to be: only the
 * carrier knows. It is never simply bought again.
 *
 * @param world The job's world.
 * @returns Logic that resolves to what is left to do.
 *
 * @internal
 */
export function createRecoverJob(
  world: World,
): PromiseActorLogic<Recovered, { jobId: string; passesFailed: boolean }> {
  return fromPromise(({ input }) => patiently(world, () => recover(world, input)));
}

async function recover(
  world: World,
  { jobId, passesFailed }: { jobId: string; passesFailed: boolean },
): Promise<Recovered> {
  const { status, source_uri: sourceUri } = await getJob(world.db, jobId);
  const counts = await countRows(world.db, jobId);
  const first = { afterRow: 0, limit: 1, passesFailed };
  const [next] = await listUnfinishedRows(world.db, jobId, first);
  const isCancelled = status === "cancelled";
  // A cancelled job ships nothing, so that it is nobody's rival.
  const isOpen = !isCancelled && (next?.status === "pending" || next?.status === "in_flight");
  if (isOpen) await refuseRival(world, sourceUri);
  const [duplicate] = await listDuplicates(world.db, jobId);
  return {
    isComplete: status === "completed",
    isCancelled,
    lost: await findLost(world),
    hasSuperseded: await hasSuperseded(world),
    duplicate: duplicate && {
      rowNumber: duplicate.row_number,
      problem: duplicateProblem(jobId, duplicate, JSON.parse(duplicate.duplicate ?? "[]")),
    },
    // Behind a row that halts the job none is shipped, and none needs to be checked.
    pending: isOpen ? counts.pending : 0,
    owed: counts.shipped + (await findOpenVoids(world.db, jobId)).owed,
    // One before the first unfinished row; with none left, a cursor that finds none.
    cursor: next ? next.row_number - 1 : maxRowNumber,
    figures: {
      total: Object.values(counts).reduce((sum, count) => sum + count, 0),
      done: counts.shipped + counts.completed + counts.skipped + counts.voided,
      failed: counts.failed,
      costs: await sumCosts(world.db, jobId),
    },
    unpriced: await sumUnpriced(world.db, jobId),
    untold: await countUntold(world.db, jobId),
  };
}

async function hasSuperseded(world: World): Promise<boolean> {
  const any = { since: oldestToSweep(world), limit: 1 };
  return (await listSuperseded(world.db, world.job.id, any)).length > 0;
}

/** The first row whose last attempt has no known answer. */
async function findLost(world: World): Promise<Recovered["lost"]> {
  for (const row of await listRows(world.db, world.job.id, { status: "in_flight" })) {
    const task = await rowTaskOf(world, row);
    if (task.lost) return { ...task, purpose: "settle", request: undefined };
  }
  return undefined;
}

/** Two jobs of one source ship its orders twice, unless the source shows what the other one bought. */
async function refuseRival({ db, job }: World, sourceUri: string): Promise<void> {
  const rival = await findUnsettledJob(db, await jobsOfSource(db, sourceUri, job.id));
  if (rival === undefined) return;
  throw new WaybillError(
    "E-4016",
    `Cannot ship job "${job.id}": job "${rival}" of the same source has a purchase under way, or ` +
      "bought labels that are not in the source yet",
    { remedy: `Finish that one first: deno task run ${rival}` },
  );
}
