/**
 * The actor that asks the source for one row.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { ownColumns, type SourceRow, trackingNumberOf } from "../contracts/source.ts";
import type { Fetched, RowTask } from "../machines/row_types.ts";
import type { World } from "./world.ts";

/**
 * Logic for the port `fetchRow` of the row machine.
 *
 * @param world The job's world.
 * @returns Logic that rejects only if the source cannot be asked.
 *
 * @internal
 */
export function createFetchRow(world: World): PromiseActorLogic<Fetched, RowTask> {
  return fromPromise(async ({ input: { rowNumber, checksum } }) =>
    checkRow(await world.ahead.fetch(rowNumber), rowNumber, checksum)
  );
}

/**
 * Compares a row with what was imported: a label is bought for the data that a person has seen.
 *
 * @param row The row as the source has it now; `undefined` if it has none of that number.
 * @param rowNumber The row.
 * @param checksum Its checksum at import.
 * @returns Its data, or the problem.
 */
export function checkRow(
  row: SourceRow | undefined,
  rowNumber: number,
  checksum: string,
): Fetched {
  if (!row) {
    const message = `Cannot ship row ${rowNumber}: the source has no such row any more`;
    const remedy = "Put the source back as it was, or import it again";
    return { type: "refused", problem: { code: "E-1006", message, remedy } };
  }
  if (row.checksum === checksum) return unlessShipped(row);
  const message = `Cannot ship row ${rowNumber}: its data changed in the source since the import`;
  const remedy = "Put the row back as it was, or take the change up with: deno task retry <job>";
  return { type: "refused", problem: { code: "E-1004", message, remedy } };
}

/** Our own number reaches a cell when its row is bought, never before: a filled one is another's. */
function unlessShipped({ row_number, data }: SourceRow): Fetched {
  const number = trackingNumberOf(data);
  if (number === "") return { type: "fetched", data };
  const message = `Cannot ship row ${row_number}: it has the tracking number ${number} already`;
  const remedy =
    `To buy a second label for it all the same, clear its ${ownColumns.trackingNumber}`;
  return { type: "refused", problem: { code: "E-1007", message, remedy } };
}
