/**
 * The one statement that changes a row: it names the status that it starts from, so that of two that
 * race one changes the row and the other is told.
 *
 * @module
 */
import type { Transaction } from "kysely";
import { RowStateError } from "../errors.ts";
import { prepared } from "./prepared.ts";
import type { Database, JobRowTable, RowStatus } from "./schema.ts";

/** @internal What a row must be in before, and what else changes. */
export interface Change {
  /** The row. */
  rowNumber: number;
  /** The status before. */
  from: RowStatus;
  /** The status after. */
  to: RowStatus;
  /** Other columns. */
  set?: Partial<JobRowTable>;
}

/**
 * Changes a row, if it is in the status that the change starts from.
 *
 * @param trx The transaction.
 * @param jobId The job.
 * @param now The time.
 * @param change What the row must be in before, and what else changes.
 * @throws {RowStateError} If the row is in another status.
 *
 * @internal
 */
export async function changeRow(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  { rowNumber, from, to, set = {} }: Change,
): Promise<void> {
  const values = { ...set, jobId, rowNumber, from, to, now: now.toISOString() };
  const { numAffectedRows } = await changeOf(columnsOf(set))(trx, values);
  if (numAffectedRows !== 1n) throw new RowStateError(rowNumber, from);
}

type ChangeValues = Partial<JobRowTable> & {
  jobId: string;
  rowNumber: number;
  from: RowStatus;
  to: RowStatus;
  now: string;
};

/** A column that a change may set beside the status. */
type Settable = Exclude<keyof JobRowTable, "job_id" | "row_number" | "status" | "updated_at">;

const settable: readonly Settable[] = [
  "checksum",
  "generation",
  "shipment_id",
  "tracking_number",
  "tracking_numbers",
  "labels",
  "cost_minor",
  "currency_code",
  "shipped_at",
  "error_code",
  "error_message",
  "void_decision",
  "voided_at",
  "void_written_at",
  "voided_numbers",
];

function columnsOf(set: Partial<JobRowTable>): readonly Settable[] {
  return settable.filter((column) => column in set);
}

type ChangeStatement = ReturnType<typeof prepared<ChangeValues>>;

/** One statement for each set of columns: there are as many as there are kinds of change. */
const changes = new Map<string, ChangeStatement>();

function changeOf(columns: readonly Settable[]): ChangeStatement {
  const name = columns.join();
  const known = changes.get(name);
  if (known) return known;
  const statement = prepared<ChangeValues>((db, bind) =>
    db.updateTable("job_rows")
      .set({
        ...Object.fromEntries(columns.map((column) => [column, bind(column)])),
        status: bind("to"),
        updated_at: bind("now"),
      })
      .where("job_id", "=", bind("jobId"))
      .where("row_number", "=", bind("rowNumber"))
      .where("status", "=", bind("from"))
  );
  changes.set(name, statement);
  return statement;
}
