/**
 * The carrier that a job buys from. It is remembered with the job and with every attempt: a purchase is
 * asked about where it was made, and never bought again because another carrier does not know it.
 *
 * @module
 */
import type { Transaction } from "kysely";
import { appendAudit } from "../db/audit.ts";
import { listAttempts } from "../db/attempts.ts";
import { getJob, setCarrier } from "../db/jobs.ts";
import { countRows, listRows } from "../db/row_queries.ts";
import type { Database } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import { bundledEnvironmentOf } from "./ups_environment.ts";
import type { World } from "./world.ts";

/**
 * Records the carrier of a run, and refuses one that cannot tell what became of an open purchase.
 *
 * @param trx The transaction that takes the lease.
 * @param world The job's world.
 * @param now The time.
 * @throws {WaybillError} `E-4017` if a row in flight was sent to another carrier: nothing is changed.
 *
 * @internal
 */
export async function takeCarrier(
  trx: Transaction<Database>,
  { job: { id: jobId }, carrierName }: World,
  now: Date,
): Promise<void> {
  const { carrier_server: before } = await getJob(trx, jobId);
  if (before === carrierName) return;
  await refuseMixture(trx, jobId, before, carrierName);
  for (const { row_number: rowNumber } of await listRows(trx, jobId, { status: "in_flight" })) {
    const last = (await listAttempts(trx, jobId, rowNumber)).at(-1);
    const carrier = last?.carrier ?? carrierName;
    if (carrier !== carrierName) throw sentElsewhere(rowNumber, carrier);
  }
  await setCarrier(trx, jobId, carrierName);
  const details = { carrier: carrierName, before };
  await appendAudit(trx, jobId, now, [{ type: "carrier_taken", details }]);
}

/** A batch is bought for real, or for trying out, and never half and half. */
async function refuseMixture(
  trx: Transaction<Database>,
  jobId: string,
  before: string | null,
  carrierName: string,
): Promise<void> {
  const [was, is] = [bundledEnvironmentOf(before), bundledEnvironmentOf(carrierName)];
  if (was === undefined || is === undefined) return;
  const counts = await countRows(trx, jobId);
  const bought = counts.shipped + counts.completed + counts.voided + counts.needs_review;
  if (bought === 0) return;
  throw new WaybillError(
    "E-4017",
    `Cannot ship job "${jobId}" with UPS_ENV=${is}: it has bought with UPS_ENV=${was}`,
    {
      remedy: `Set UPS_ENV=${was} to carry on; to ship with ${is}, import a source without those ` +
        "numbers as a job of its own",
    },
  );
}

/**
 * The error of a purchase that another carrier must be asked about.
 *
 * @param rowNumber The row.
 * @param carrier The carrier that it was sent to, as a job remembers it.
 * @returns The error.
 */
export function sentElsewhere(rowNumber: number, carrier: string): WaybillError {
  return new WaybillError(
    "E-4017",
    `Cannot ask this carrier about row ${rowNumber}: its purchase was sent to another one`,
    {
      rowNumber,
      remedy: bundledEnvironmentOf(carrier)
        ? `Leave --mcp out, and set UPS_ENV=${bundledEnvironmentOf(carrier)}`
        : carrier === "library"
        ? "Run the job with the program that made it"
        : `Name that one: --mcp ${carrier}`,
    },
  );
}
