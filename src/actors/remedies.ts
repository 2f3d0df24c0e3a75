/**
 * What a person does about a row that halts its job.
 *
 * @module
 */
import type { Problem } from "../machines/port.ts";
import type { JobRowTable } from "../db/schema.ts";
import { idempotencyKeyOf } from "./idempotency_key.ts";
import type { World } from "./world.ts";

/**
 * What is wrong when a row has a label beside its own.
 *
 * @param jobId The job.
 * @param attempt The attempt that bought it all the same.
 * @param numbers Its tracking numbers, if they are known.
 * @returns The problem.
 */
export function duplicateProblem(
  jobId: string,
  { row_number: rowNumber, key }: { readonly row_number: number; readonly key: string },
  numbers: readonly string[],
): Problem {
  const [first = "<tracking number>"] = numbers;
  const label = numbers.length > 0 ? numbers.join(", ") : "whose number is not known";
  return {
    code: "E-3011",
    message:
      `Row ${rowNumber} has a label that is not its own, ${label} (reference ${key}): it was given ` +
      "up on, and the carrier has it",
    remedy: `Void it at the carrier, then say so: deno task resolve ${jobId} ${rowNumber} ` +
      `--voided ${first} --reason "…"`,
  };
}

/**
 * What to do next about a row that failed or needs a decision.
 *
 * @param world The job's world.
 * @param row The row.
 * @param doesExist Whether the carrier said that its shipment exists: then it is not bought again.
 * @returns One sentence with the command.
 *
 * @internal
 */
export function remedyOf(
  { job: { id: jobId }, installationId }: Pick<World, "job" | "installationId">,
  row: Pick<JobRowTable, "row_number" | "status" | "generation">,
  doesExist = false,
): string {
  const { row_number: rowNumber, status, generation } = row;
  if (status === "failed") {
    return `Mend what is wrong, then: deno task retry ${jobId} (or leave the row out: ` +
      `deno task resolve ${jobId} ${rowNumber} --skip --reason "…")`;
  }
  if (status === "in_flight") {
    return `Nothing was bought for it. When the carrier answers again: deno task run ${jobId}`;
  }
  const key = idempotencyKeyOf({ installationId, jobId, rowNumber, generation });
  return `Look for the reference ${key} at the carrier, then say what you found: deno task ` +
    `resolve ${jobId} ${rowNumber} --adopt <tracking number> ${
      doesExist ? "" : "| --reship "
    }| --skip --reason "…"`;
}
