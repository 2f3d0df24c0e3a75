/**
 * What a person asks of a job that a runner has in its hands. The runner takes the request away in
 * the commit that obeys it.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import type { ControlRequest, Database, JobControlTable } from "./schema.ts";

/**
 * Leaves a request for the runner. One that is there already stays as it is.
 *
 * @param db The database.
 * @param jobId The job.
 * @param now The time.
 * @param asked What is asked for, by whom, and why.
 *
 * @internal
 */
export async function requestControl(
  db: Kysely<Database>,
  jobId: string,
  now: Date,
  asked: { request: ControlRequest; by: string; reason: string | undefined },
): Promise<void> {
  await db.insertInto("job_controls").values({
    job_id: jobId,
    request: asked.request,
    requested_by: asked.by,
    reason: asked.reason ?? null,
    requested_at: now.toISOString(),
  }).onConflict((conflict) => conflict.columns(["job_id", "request"]).doNothing()).execute();
}

/**
 * What is asked of a job.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns The requests; a cancel comes before a pause, as it outweighs it.
 *
 * @internal
 */
export async function listControls(
  db: Kysely<Database>,
  jobId: string,
): Promise<JobControlTable[]> {
  return await db.selectFrom("job_controls").selectAll().where("job_id", "=", jobId)
    .orderBy("request").execute();
}

/**
 * Takes requests away: they were obeyed, or came too late.
 *
 * @param trx The transaction, which also audits what became of them.
 * @param jobId The job.
 * @param requests Which.
 *
 * @internal
 */
export async function removeControls(
  trx: Transaction<Database>,
  jobId: string,
  requests: readonly ControlRequest[],
): Promise<void> {
  if (requests.length === 0) return;
  await trx.deleteFrom("job_controls").where("job_id", "=", jobId)
    .where("request", "in", requests).execute();
}
