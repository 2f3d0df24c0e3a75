/**
 * Questions about the rows of a job; `rows.ts` changes them.
 *
 * @module
 */
import type { Kysely } from "kysely";
import type { Database, JobRowTable, RowStatus } from "./schema.ts";

/** A row whose label is bought and whose tracking number its source does not have yet. */
export interface OwedWriteBack {
  /** The row. */
  readonly rowNumber: number;
  /** The checksum of the data that was bought. */
  readonly checksum: string;
  /** The tracking number. */
  readonly trackingNumber: string;
  /** When it was bought: UTC, ISO 8601. */
  readonly shippedAt: string;
}

/** The statuses of a row that somebody has still to work on or to decide about. */
const unfinished: readonly RowStatus[] = ["pending", "in_flight", "failed", "needs_review"];

/**
 * The first rows after `afterRow` that nobody is done with and that the source is not merely owed a
 * number for. Rows that stop a job are found too: only looking for `pending` ones would call a job
 * completed that has a row in flight.
 *
 * @param db The database.
 * @param jobId The job.
 * @param options Where to go on, how many rows at the most, and whether failed ones are left out.
 * @returns The rows in order.
 *
 * @internal
 */
export async function listUnfinishedRows(
  db: Kysely<Database>,
  jobId: string,
  options: { afterRow: number; limit: number; passesFailed?: boolean },
): Promise<JobRowTable[]> {
  const statuses = options.passesFailed
    ? unfinished.filter((status) => status !== "failed")
    : unfinished;
  // In the order of the key. There is no index by status on purpose: every change of every row
  // would have to write it too.
  return await db.selectFrom("job_rows").selectAll()
    .where("job_id", "=", jobId)
    .where("row_number", ">", options.afterRow)
    .where("status", "in", statuses)
    .orderBy("row_number").limit(options.limit)
    .execute();
}

/**
 * A page of rows in order.
 *
 * @param db The database.
 * @param jobId The job.
 * @param options The status wanted, where to go on, and how many rows at the most.
 * @returns The rows.
 *
 * @internal
 */
export async function listRows(
  db: Kysely<Database>,
  jobId: string,
  options: { status?: RowStatus | undefined; afterRow?: number; limit?: number } = {},
): Promise<JobRowTable[]> {
  let query = db.selectFrom("job_rows").selectAll()
    .where("job_id", "=", jobId)
    .where("row_number", ">", options.afterRow ?? 0);
  if (options.status) query = query.where("status", "=", options.status);
  return await query.orderBy("row_number").limit(options.limit ?? 500).execute();
}

/**
 * One row.
 *
 * @param db The database.
 * @param jobId The job.
 * @param rowNumber The row.
 * @returns The row, or `undefined` if the job has none of that number.
 *
 * @internal
 */
export async function findRow(
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
): Promise<JobRowTable | undefined> {
  return await db.selectFrom("job_rows").selectAll()
    .where("job_id", "=", jobId).where("row_number", "=", rowNumber)
    .executeTakeFirst();
}

/**
 * The last row of a job whose label was bought.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns It, or `undefined`.
 *
 * @internal
 */
export async function findLastDone(
  db: Kysely<Database>,
  jobId: string,
): Promise<JobRowTable | undefined> {
  return await db.selectFrom("job_rows").selectAll()
    .where("job_id", "=", jobId).where("status", "in", ["shipped", "completed"])
    .orderBy("row_number", "desc").limit(1).executeTakeFirst();
}

/**
 * The row that has a tracking number, in whatever job.
 *
 * @param db The database.
 * @param trackingNumber The number, of any of its packages.
 * @returns The row, or `undefined`.
 *
 * @internal
 */
export async function findRowByTrackingNumber(
  db: Kysely<Database>,
  trackingNumber: string,
): Promise<{ jobId: string; rowNumber: number } | undefined> {
  const json = JSON.stringify(trackingNumber);
  const rows = await db.selectFrom("job_rows").select(["job_id", "row_number", "tracking_numbers"])
    .where("tracking_numbers", "like", `%${json}%`)
    .orderBy("job_id").orderBy("row_number").execute();
  // SQLite's LIKE takes upper and lower case for the same, PostgreSQL's does not.
  const row = rows.find(({ tracking_numbers }) => tracking_numbers?.includes(json));
  return row && { jobId: row.job_id, rowNumber: row.row_number };
}

/**
 * The write-backs that are owed: the rows that are `shipped` *are* the list.
 *
 * @param db The database.
 * @param jobId The job.
 * @param options Where to go on and how many at the most.
 * @returns Them, in row order.
 *
 * @internal
 */
export async function listOwedWriteBacks(
  db: Kysely<Database>,
  jobId: string,
  options: { afterRow: number; limit: number },
): Promise<OwedWriteBack[]> {
  const rows = await listRows(db, jobId, { ...options, status: "shipped" });
  return rows.flatMap(({ row_number, checksum, tracking_number, shipped_at }) =>
    tracking_number === null || shipped_at === null ? [] : [{
      rowNumber: row_number,
      checksum,
      trackingNumber: tracking_number,
      shippedAt: shipped_at,
    }]
  );
}

/**
 * Counts a job's rows by status. Derived, never incremented.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns The number of rows in each status.
 *
 * @internal
 */
export async function countRows(
  db: Kysely<Database>,
  jobId: string,
): Promise<Record<RowStatus, number>> {
  const counts: Record<RowStatus, number> = {
    pending: 0,
    in_flight: 0,
    shipped: 0,
    completed: 0,
    failed: 0,
    needs_review: 0,
    skipped: 0,
    voided: 0,
  };
  const found = await db.selectFrom("job_rows")
    .select(({ fn }) => ["status", fn.countAll<number>().as("count")])
    .where("job_id", "=", jobId)
    .groupBy("status")
    .execute();
  for (const { status, count } of found) counts[status] = Number(count);
  return counts;
}

/**
 * Counts the bought rows of which the carrier did not say what they cost.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns How many.
 *
 * @internal
 */
export async function countUnknownCosts(db: Kysely<Database>, jobId: string): Promise<number> {
  const { count } = await db.selectFrom("job_rows")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("job_id", "=", jobId)
    .where("status", "in", ["shipped", "completed"])
    .where("cost_minor", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/**
 * Sums what a job's bought rows cost, for each currency.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns Minor units by ISO currency code, in the order of the codes.
 *
 * @internal
 */
export async function sumCosts(
  db: Kysely<Database>,
  jobId: string,
): Promise<Record<string, number>> {
  const found = await db.selectFrom("job_rows")
    .select(({ fn }) => ["currency_code", fn.sum<number>("cost_minor").as("total")])
    .where("job_id", "=", jobId)
    .where("status", "in", ["shipped", "completed"])
    .where("cost_minor", "is not", null)
    .groupBy("currency_code").orderBy("currency_code")
    .execute();
  return Object.fromEntries(
    found.map(({ currency_code, total }) => [currency_code ?? "", Number(total)]),
  );
}
