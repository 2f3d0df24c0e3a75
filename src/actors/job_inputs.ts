/**
 * The template and the shipper of a job. They are stored with it as used, so that a run after a crash
 * uses the same, and are set and read under the lease: what one runner was told is never used by
 * another.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Transaction } from "kysely";
import { appendAudit } from "../db/audit.ts";
import { getJob, type NewJob, setJobInputs } from "../db/jobs.ts";
import type { Database, JobTable } from "../db/schema.ts";
import type { TemplateSource } from "../templates/environment.ts";

/** A template and a shipper as a job stores them. */
export type JobInputs = Pick<
  NewJob,
  "templateName" | "templateText" | "templateSha256" | "shipper"
>;

/**
 * A template and a shipper as a job stores them.
 *
 * @param template The template.
 * @param shipper The address that ships.
 * @returns The columns.
 */
export function inputsOf(template: TemplateSource, shipper: unknown): JobInputs {
  return {
    templateName: template.name,
    templateText: template.text,
    templateSha256: createHash("sha256").update(template.text).digest("hex"),
    shipper: JSON.stringify(shipper ?? null),
  };
}

/**
 * The template and the shipper that a job has stored.
 *
 * @param job The job.
 * @returns Them.
 *
 * @internal
 */
export function jobInputsOf(job: JobTable): JobInputs {
  return {
    templateName: job.template_name,
    templateText: job.template_text,
    templateSha256: job.template_sha256,
    shipper: job.shipper,
  };
}

/**
 * Takes up what a job is told to use, and tells what it uses.
 *
 * @param trx The transaction in which the job was taken.
 * @param jobId The job.
 * @param now The time.
 * @param wanted What to use from now on; `undefined` to go on with what it used before.
 * @returns What it uses now.
 *
 * @internal
 */
export async function takeInputs(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  wanted: JobInputs | undefined,
): Promise<JobInputs> {
  const used = jobInputsOf(await getJob(trx, jobId));
  const isSame = wanted === undefined ||
    (wanted.templateSha256 === used.templateSha256 && wanted.shipper === used.shipper);
  if (isSame) return used;
  await setJobInputs(trx, jobId, wanted);
  const details = { template: wanted.templateName, template_sha256: wanted.templateSha256 };
  await appendAudit(trx, jobId, now, [{ type: "job_inputs_set", details }]);
  return wanted;
}
