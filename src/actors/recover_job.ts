/**
 * The actor that finds out how a job really stands: the rows in the database correct whatever a
 * snapshot says.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { answerAttempt, listAttempts } from "../db/attempts.ts";
import { findUnsettledJob, getJob } from "../db/jobs.ts";
import { countRows, listRows, listUnfinishedRows, sumCosts } from "../db/row_queries.ts";
import { markNeedsReview } from "../db/rows.ts";
import { WaybillError } from "../errors.ts";
import type { Recovered } from "../machines/job_types.ts";
import { commit, rowTransition, type World } from "./world.ts";

/** The largest row number that the table's column holds. */
const maxRowNumber = 2 ** 31 - 1;

/**
 * Logic for the port `recoverJob` of the job machine.
 *
 * A row that is `in_flight` when a runner takes a job up was sent, or was about to be: only the
 * carrier knows. It becomes `needs_review`; it is never simply bought again.
 *
 * @param world The job's world.
 * @returns Logic that resolves to what is left to do.
 *
 * @internal
 */
export function createRecoverJob(world: World): PromiseActorLogic<Recovered, string> {
  return fromPromise(async ({ input: jobId }) => {
    for (const { row_number } of await listRows(world.db, jobId, { status: "in_flight" })) {
      await reviewLostAttempt(world, row_number);
    }
    const { status, source_uri: sourceUri } = await getJob(world.db, jobId);
    const counts = await countRows(world.db, jobId);
    const [next] = await listUnfinishedRows(world.db, jobId, { afterRow: 0, limit: 1 });
    if (next?.status === "pending") await refuseRival(world, sourceUri);
    return {
      isComplete: status === "completed",
      // Behind a row that halts the job none is shipped, and none needs to be checked.
      pending: next?.status === "pending" ? counts.pending : 0,
      owed: counts.shipped,
      // One before the first unfinished row; with none left, a cursor that finds none.
      cursor: next ? next.row_number - 1 : maxRowNumber,
      figures: {
        total: Object.values(counts).reduce((sum, count) => sum + count, 0),
        done: counts.shipped + counts.completed + counts.skipped + counts.voided,
        failed: counts.failed,
        costs: await sumCosts(world.db, jobId),
      },
    };
  });
}

/** Two jobs of one source ship its orders twice, unless the source shows what the other one bought. */
async function refuseRival({ db, job }: World, sourceUri: string): Promise<void> {
  const rival = await findUnsettledJob(db, sourceUri, job.id);
  if (rival === undefined) return;
  throw new WaybillError(
    "E-4016",
    `Cannot ship job "${job.id}": job "${rival}" bought labels for the same source that are not in ` +
      "it yet",
    { remedy: `Finish that one first: deno task run ${rival}` },
  );
}

async function reviewLostAttempt(world: World, rowNumber: number): Promise<void> {
  const { id: jobId } = world.job;
  const attempts = await listAttempts(world.db, jobId, rowNumber);
  const open = attempts.filter(({ outcome }) => outcome === null);
  const code = "E-3010";
  const message = "Cannot tell whether the label was bought: " +
    "the program ended between sending the request and recording the answer";
  await commit(world, async (trx, now) => {
    for (const { key } of open) {
      const answer = JSON.stringify({ why: "runner_ended" });
      await answerAttempt(trx, jobId, now, rowNumber, { key, outcome: "uncertain", answer });
    }
    await markNeedsReview(trx, jobId, now, { rowNumber, code, message });
    const keys = open.map(({ key }) => key);
    const audit = [rowTransition(rowNumber, "in_flight", "needs_review", { code, keys })];
    return { result: undefined, audit };
  });
}
