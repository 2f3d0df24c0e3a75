/**
 * What rows would cost by the carrier's rates. An estimate is no state of a row: it is kept beside it,
 * and nothing is decided on one that was made for another request.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import type { Database } from "./schema.ts";

/** A rate that the carrier gave for a row. */
export interface Estimate {
  /** The row. */
  readonly rowNumber: number;
  /** In minor units. */
  readonly minor: number;
  /** ISO 4217. */
  readonly currencyCode: string;
  /** SHA-256 of the request that was rated, in hex. */
  readonly payloadSha256: string;
}

/** What the bought rows that had an estimate were to cost, and what was billed for them. */
export interface Comparison {
  /** ISO 4217. */
  readonly currencyCode: string;
  /** How many rows. */
  readonly rows: number;
  /** In minor units. */
  readonly estimatedMinor: number;
  /** In minor units. */
  readonly billedMinor: number;
}

/**
 * Keeps rates with their rows.
 *
 * @param trx The transaction.
 * @param jobId The job.
 * @param now The time.
 * @param estimates The rates.
 *
 * @internal
 */
export async function saveEstimates(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  estimates: readonly Estimate[],
): Promise<void> {
  for (const { rowNumber, minor, currencyCode, payloadSha256 } of estimates) {
    await trx.updateTable("job_rows")
      .set({
        estimate_minor: minor,
        estimate_currency: currencyCode,
        estimate_for: payloadSha256,
        estimated_at: now.toISOString(),
      })
      .where("job_id", "=", jobId).where("row_number", "=", rowNumber)
      .execute();
  }
}

/**
 * Compares what was estimated with what was billed, over the bought rows of which both are known in
 * one currency.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns One comparison for each currency.
 *
 * @internal
 */
export async function compareEstimates(
  db: Kysely<Database>,
  jobId: string,
): Promise<Comparison[]> {
  const found = await db.selectFrom("job_rows")
    .select(({ fn }) => [
      "currency_code",
      fn.countAll<number>().as("rows"),
      fn.sum<number>("estimate_minor").as("estimated"),
      fn.sum<number>("cost_minor").as("billed"),
    ])
    .where("job_id", "=", jobId)
    .where("status", "in", ["shipped", "completed"])
    .where("cost_minor", "is not", null)
    .where("estimate_minor", "is not", null)
    .whereRef("estimate_currency", "=", "currency_code")
    .groupBy("currency_code").orderBy("currency_code")
    .execute();
  return found.map(({ currency_code, rows, estimated, billed }) => ({
    currencyCode: currency_code ?? "",
    rows: Number(rows),
    estimatedMinor: Number(estimated),
    billedMinor: Number(billed),
  }));
}

/**
 * Sums the estimates of bought rows of which the carrier did not say what they cost.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns Minor units by ISO currency code.
 *
 * @internal
 */
export async function sumUnpriced(
  db: Kysely<Database>,
  jobId: string,
): Promise<Record<string, number>> {
  const found = await db.selectFrom("job_rows")
    .select(({ fn }) => ["estimate_currency", fn.sum<number>("estimate_minor").as("total")])
    .where("job_id", "=", jobId)
    .where("status", "in", ["shipped", "completed"])
    .where("cost_minor", "is", null)
    .where("estimate_minor", "is not", null)
    .groupBy("estimate_currency").orderBy("estimate_currency")
    .execute();
  return Object.fromEntries(
    found.map(({ estimate_currency, total }) => [estimate_currency ?? "", Number(total)]),
  );
}

/**
 * Counts the bought rows of which neither a price nor an estimate is known.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns How many.
 *
 * @internal
 */
export async function countUntold(db: Kysely<Database>, jobId: string): Promise<number> {
  const { count } = await db.selectFrom("job_rows")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("job_id", "=", jobId)
    .where("status", "in", ["shipped", "completed"])
    .where("cost_minor", "is", null)
    .where("estimate_minor", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count);
}
