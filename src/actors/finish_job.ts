/**
 * The actors at a job's end: the source's last word, and the commit of how the job stands.
 *
 * @module
 */
import type { Transaction } from "kysely";
import { fromPromise, type PromiseActorLogic } from "xstate";
import { findLastAttempt } from "../db/attempts.ts";
import { getJob, setJobStatus } from "../db/jobs.ts";
import { releaseLease } from "../db/leases.ts";
import { findRow } from "../db/row_queries.ts";
import type { Database } from "../db/schema.ts";
import type { Halt } from "../machines/job_types.ts";
import { closeUnsentRows } from "./close_unsent_rows.ts";
import { endControls } from "./obey_controls.ts";
import { remedyOf } from "./remedies.ts";
import { commit, heldLease, type World } from "./world.ts";

/**
 * Logic for the port `flushSource` of the job machine.
 *
 * @param world The job's world.
 * @returns Logic that resolves once the user's own file or table has every number.
 *
 * @internal
 */
export function createFlushSource(world: World): PromiseActorLogic<void, string> {
  return fromPromise(() => world.source.flush());
}

/**
 * Logic for the port `finishJob` of the job machine: the status, the checkpoint and the end of the
 * lease in one commit.
 *
 * @param world The job's world.
 * @returns Logic that resolves once it is durable.
 *
 * @internal
 */
export function createFinishJob(
  world: World,
): PromiseActorLogic<void, { jobId: string; halt: Halt | undefined }> {
  return fromPromise(async ({ input: { jobId, halt } }) => {
    const to = halt?.status ?? "completed";
    await commit(world, async (trx, now) => {
      const { problem, rowNumber, reason } = halt ?? {};
      const remedy = await remedyFor(trx, world, rowNumber, problem?.remedy);
      const fault = problem && { ...problem, remedy, rowNumber };
      // A job that was complete is stopped again when a second label comes to light.
      const { status: from } = await getJob(trx, jobId);
      await setJobStatus(trx, jobId, now, { from, to, reason, fault });
      const { asked, audit: requests } = await endControls(trx, jobId, from, halt);
      const closed = to === "cancelled" ? await closeUnsentRows(trx, jobId, now) : [];
      await world.checkpoint.save(trx, jobId);
      await releaseLease(trx, heldLease(world));
      const details = { reason: reason ?? null, ...asked, ...fault };
      // A cancelled job that was cleared up is what it was.
      const type = from === to && to === "cancelled" ? "job_cleared_up" : "job_transition";
      const entry = { type, from, to, details };
      return { result: undefined, audit: [...closed, entry, ...requests] };
    });
    world.lease = undefined;
  });
}

/** A carrier says what to mend, and not which command comes after it. */
async function remedyFor(
  trx: Transaction<Database>,
  world: World,
  rowNumber: number | undefined,
  own: string | undefined,
): Promise<string | undefined> {
  const row = rowNumber === undefined ? undefined : await findRow(trx, world.job.id, rowNumber);
  const isStuck = row?.status === "failed" || row?.status === "needs_review" ||
    row?.status === "in_flight";
  if (!row || !isStuck || own?.includes("deno task")) return own;
  const mend = own?.replace(/[.;]$/, "");
  // The job is at fault, and the row waits for it.
  if (mend !== undefined && row.status === "in_flight") {
    return `${mend}, then: deno task run ${world.job.id}`;
  }
  const last = await findLastAttempt(trx, world.job.id, row.row_number);
  const next = remedyOf(world, row, last !== undefined && last.exists_since !== null);
  return mend === undefined ? next : `${mend}. ${next}`;
}
