/**
 * Changes the template and the shipper of a job: they are stored with it as used, so that a run after
 * a crash uses the same.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { getJob, setJobInputs } from "../db/jobs.ts";
import type { Database } from "../db/schema.ts";
import { inputsOf } from "./import_job.ts";
import { underLease } from "./under_lease.ts";
import { type Clock, systemClock } from "./world.ts";

/** What a job renders its rows with. */
export type JobInputs = ReturnType<typeof inputsOf>;

/**
 * Records what a job uses from now on; nothing is done where it uses that already.
 *
 * @param db The database.
 * @param jobId The job.
 * @param inputs The template and the shipper.
 * @param clock The time.
 * @throws {WaybillError} `E-4011` if there is no such job.
 * @throws {LeaseHeldError} If a runner works on it: nothing is changed.
 *
 * @internal
 */
export async function setInputs(
  db: Kysely<Database>,
  jobId: string,
  inputs: JobInputs,
  clock: Clock = systemClock,
): Promise<void> {
  const job = await getJob(db, jobId);
  const { templateName, templateSha256, shipper } = inputs;
  if (job.template_sha256 === templateSha256 && job.shipper === shipper) return;
  await underLease(db, jobId, clock, async (trx) => {
    await setJobInputs(trx, jobId, inputs);
    const details = { template: templateName, template_sha256: templateSha256 };
    return { result: undefined, audit: [{ type: "job_inputs_set", details }] };
  });
}
