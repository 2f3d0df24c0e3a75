/**
 * The actor that gives a tracking number to the source.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import type { OwedWriteBack } from "../db/row_queries.ts";
import { WaybillError } from "../errors.ts";
import type { RecordedLabel } from "../machines/purchase.ts";
import type { RowTask } from "../machines/row_types.ts";
import { confirmLease, type World } from "./world.ts";

/**
 * Logic for the port `writeBack` of the row machine.
 *
 * @param world The job's world.
 * @returns Logic that resolves once the source has acknowledged.
 *
 * @internal
 */
export function createWriteBack(
  world: World,
): PromiseActorLogic<void, { task: RowTask; label: RecordedLabel | undefined }> {
  return fromPromise(async ({ input: { task: { rowNumber, checksum }, label } }) => {
    if (!label) throw new WaybillError("E-9001", `Cannot write back row ${rowNumber}: no label`);
    const { trackingNumbers: [trackingNumber], shippedAt } = label;
    await sendWriteBack(world, { rowNumber, checksum, trackingNumber, shippedAt });
  });
}

/**
 * Brings one number to the source. May be repeated: the key tells the source that it is the same.
 *
 * @param world The job's world.
 * @param owed What to bring.
 *
 * @internal
 */
export async function sendWriteBack(world: World, owed: OwedWriteBack): Promise<void> {
  // Whoever took the job over may have voided the label by now.
  await confirmLease(world);
  await world.source.writeBack({
    row_number: owed.rowNumber,
    tracking_number: owed.trackingNumber,
    shipped_at: owed.shippedAt,
    checksum: owed.checksum,
    // One tracking number to a row and key: a re-shipped row's new number is another write-back.
    idempotency_key: `${world.job.id}:${owed.rowNumber}:${owed.trackingNumber}`,
  });
}
