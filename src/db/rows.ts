/**
 * The rows of a job. Each change of status names the status it starts from in the UPDATE itself,
 * so that of two that race one changes the row and the other is told.
 *
 * @module
 */
import type { Transaction } from "kysely";
import { changeRow } from "./row_change.ts";
import type { Database } from "./schema.ts";

/** A label that was bought, as it is recorded. */
export interface Purchase {
  /** The carrier's id of the shipment, where it told one. */
  readonly shipmentId: string | undefined;
  /** One for each package, at least one. */
  readonly trackingNumbers: readonly [string, ...string[]];
  /** JSON array of label files. */
  readonly labels: string;
  /** What it cost in minor units of `currencyCode`; `undefined` if the carrier did not say. */
  readonly costMinor: number | undefined;
  /** ISO 4217. */
  readonly currencyCode: string | undefined;
}

/** A label that a person found. */
export type AdoptedLabel = Pick<Purchase, "shipmentId" | "trackingNumbers" | "labels">;

/** A definite fault of a row. */
export interface RowFault {
  /** The row. */
  readonly rowNumber: number;
  /** Our code or the carrier's. */
  readonly code: string;
  /** In words. */
  readonly message: string;
}

/**
 * Adds rows to a job, all `pending`.
 *
 * @param trx The transaction that makes the job.
 * @param jobId The job.
 * @param now The time.
 * @param rows Number and checksum of each.
 *
 * @internal
 */
export async function insertRows(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rows: readonly { rowNumber: number; checksum: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await trx.insertInto("job_rows").values(rows.map(({ rowNumber, checksum }) => ({
    job_id: jobId,
    row_number: rowNumber,
    checksum,
    status: "pending" as const,
    generation: 0,
    updated_at: now.toISOString(),
  }))).execute();
}

/**
 * Claims a row for a purchase: → `in_flight`. Commit it before the carrier can see it. A row that is
 * `in_flight` already is claimed for its next attempt, once the one before is known to have bought
 * nothing.
 *
 * @param trx The transaction, which also journals the attempt.
 * @param jobId The job.
 * @param now The time.
 * @param row The row, the status it must have, and the generation of its attempt.
 * @throws {RowStateError} If the row is not in `from`.
 *
 * @internal
 */
export async function claimRow(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  row: { rowNumber: number; from: "pending" | "in_flight"; generation: number },
): Promise<void> {
  await changeRow(trx, jobId, now, {
    rowNumber: row.rowNumber,
    from: row.from,
    to: "in_flight",
    set: { generation: row.generation, error_code: null, error_message: null },
  });
}

/**
 * Records that a row's label is bought: `in_flight` → `shipped`. It is the first thing to do with
 * the carrier's answer.
 *
 * @param trx The transaction, which also answers the attempt.
 * @param jobId The job.
 * @param now The time.
 * @param rowNumber The row.
 * @param purchase The label.
 * @throws {RowStateError} If the row is not `in_flight`.
 *
 * @internal
 */
export async function markShipped(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
  purchase: Purchase,
): Promise<void> {
  await changeRow(trx, jobId, now, {
    rowNumber,
    from: "in_flight",
    to: "shipped",
    set: {
      shipment_id: purchase.shipmentId ?? null,
      tracking_number: purchase.trackingNumbers[0],
      tracking_numbers: JSON.stringify(purchase.trackingNumbers),
      labels: purchase.labels,
      cost_minor: purchase.costMinor ?? null,
      currency_code: purchase.currencyCode ?? null,
      shipped_at: now.toISOString(),
    },
  });
}

/**
 * Records that the source has a row's tracking number: `shipped` → `completed`.
 *
 * @param trx The transaction.
 * @param jobId The job.
 * @param now The time.
 * @param rowNumber The row.
 * @throws {RowStateError} If the row is not `shipped`.
 *
 * @internal
 */
export async function markWrittenBack(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
): Promise<void> {
  await changeRow(trx, jobId, now, { rowNumber, from: "shipped", to: "completed" });
}

/**
 * Records a definite fault: `from` → `failed`.
 *
 * @param trx The transaction.
 * @param jobId The job.
 * @param now The time.
 * @param from `pending` for a fault of the row's own, `in_flight` for a carrier's refusal.
 * @param fault The fault.
 * @throws {RowStateError} If the row is not in `from`.
 *
 * @internal
 */
export async function markFailed(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  from: "pending" | "in_flight",
  fault: RowFault,
): Promise<void> {
  const { rowNumber, code, message } = fault;
  await changeRow(trx, jobId, now, {
    rowNumber,
    from,
    to: "failed",
    set: { error_code: code, error_message: message },
  });
}

/**
 * Records that nobody can tell what became of a purchase: `in_flight` → `needs_review`.
 *
 * @param trx The transaction.
 * @param jobId The job.
 * @param now The time.
 * @param fault Why it cannot be told.
 * @throws {RowStateError} If the row is not `in_flight`.
 *
 * @internal
 */
export async function markNeedsReview(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  fault: RowFault,
): Promise<void> {
  const { rowNumber, code, message } = fault;
  await changeRow(trx, jobId, now, {
    rowNumber,
    from: "in_flight",
    to: "needs_review",
    set: { error_code: code, error_message: message },
  });
}

/**
 * Gives a failed row another chance: `failed` → `pending`. Its next attempt is the next generation.
 *
 * @param trx The transaction.
 * @param jobId The job.
 * @param now The time.
 * @param rowNumber The row.
 * @param checksum The checksum of its data as it is now in the source.
 * @throws {RowStateError} If the row is not `failed`.
 *
 * @internal
 */
export async function markRetried(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
  checksum: string,
): Promise<void> {
  await changeRow(trx, jobId, now, {
    rowNumber,
    from: "failed",
    to: "pending",
    set: { checksum, error_code: null, error_message: null },
  });
}

/**
 * Takes up the data of a pending row as it is now in the source, because a person said so.
 *
 * @param trx The transaction, which also audits both checksums.
 * @param jobId The job.
 * @param now The time.
 * @param rowNumber The row.
 * @param checksum The checksum of its data now.
 * @throws {RowStateError} If the row is not `pending`.
 *
 * @internal
 */
export async function takeUpData(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
  checksum: string,
): Promise<void> {
  await changeRow(trx, jobId, now, {
    rowNumber,
    from: "pending",
    to: "pending",
    set: { checksum },
  });
}

/**
 * Leaves a row out because a person said so: `pending` → `skipped`.
 *
 * @param trx The transaction, which also audits who decided and why.
 * @param jobId The job.
 * @param now The time.
 * @param rowNumber The row.
 * @throws {RowStateError} If the row is not `pending`.
 *
 * @internal
 */
export async function markSkipped(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
): Promise<void> {
  await changeRow(trx, jobId, now, { rowNumber, from: "pending", to: "skipped" });
}

/**
 * Records a person's decision on a row that needed one.
 *
 * @param trx The transaction, which also audits who decided and why.
 * @param jobId The job.
 * @param now The time.
 * @param rowNumber The row.
 * @param decision The tracking number that was found, or what to do without one.
 * @throws {RowStateError} If the row is not `needs_review`.
 *
 * @internal
 */
export async function markResolved(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
  decision: AdoptedLabel | "reship" | "skip",
): Promise<void> {
  const settled = { error_code: null, error_message: null };
  if (decision === "reship" || decision === "skip") {
    const to = decision === "reship" ? "pending" : "skipped";
    return await changeRow(trx, jobId, now, { rowNumber, from: "needs_review", to, set: settled });
  }
  await changeRow(trx, jobId, now, {
    rowNumber,
    from: "needs_review",
    to: "shipped",
    set: {
      ...settled,
      shipment_id: decision.shipmentId ?? null,
      tracking_number: decision.trackingNumbers[0],
      tracking_numbers: JSON.stringify(decision.trackingNumbers),
      labels: decision.labels,
      shipped_at: now.toISOString(),
    },
  });
}
