/**
 * The label files of a row that is bought.
 *
 * @module
 */
import type { Transaction } from "kysely";
import { RowStateError } from "../errors.ts";
import type { Database, JobRowTable } from "./schema.ts";

/**
 * Records the label files of a row, one that was fetched again among them.
 *
 * @param trx The transaction, which also audits it.
 * @param jobId The job.
 * @param now The time.
 * @param row The row as it was read: what became another row's label since is not touched.
 * @param labels JSON array of label files.
 * @throws {RowStateError} If the row has another label by now.
 *
 * @internal
 */
export async function addLabels(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  { row_number: rowNumber, status, tracking_number }: JobRowTable,
  labels: string,
): Promise<void> {
  const { numUpdatedRows } = await trx.updateTable("job_rows")
    .set({ labels, updated_at: now.toISOString() })
    .where("job_id", "=", jobId).where("row_number", "=", rowNumber)
    .where("status", "=", status).where("tracking_number", "=", tracking_number)
    .executeTakeFirst();
  if (Number(numUpdatedRows) !== 1) throw new RowStateError(rowNumber, status);
}
