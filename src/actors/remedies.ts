/**
 * What a person does about a row that halts its job.
 *
 * @module
 */
import type { JobRowTable } from "../db/schema.ts";
import { idempotencyKeyOf } from "./idempotency_key.ts";
import type { World } from "./world.ts";

/**
 * What to do next about a row that failed or needs a decision.
 *
 * @param world The job's world.
 * @param row The row.
 * @returns One sentence with the command.
 *
 * @internal
 */
export function remedyOf(
  { job: { id: jobId }, installationId }: Pick<World, "job" | "installationId">,
  row: Pick<JobRowTable, "row_number" | "status" | "generation">,
): string {
  const { row_number: rowNumber, status, generation } = row;
  if (status === "failed") {
    return `Mend what is wrong, then: deno task retry ${jobId} (or leave the row out: ` +
      `deno task resolve ${jobId} ${rowNumber} --skip --reason "…")`;
  }
  const key = idempotencyKeyOf({ installationId, jobId, rowNumber, generation });
  return `Look for the reference ${key} at the carrier, then say what you found: deno task ` +
    `resolve ${jobId} ${rowNumber} --adopt <tracking number> | --reship | --skip --reason "…"`;
}
