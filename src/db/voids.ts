/**
 * Voids of a job's labels: the decision before the carrier is asked, what became of it, and the voids
 * that a source is still owed: the rows that are `voided` and whose source does not know *are* the list.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import { changeRow } from "./row_change.ts";
import type { Database, JobRowTable } from "./schema.ts";

/** A status from which a label may be voided. */
export type BoughtStatus = "shipped" | "completed";

/** Who wants a label voided, why and when. */
export interface VoidDecision {
  /** Who. */
  readonly by: string;
  /** Why. */
  readonly reason: string;
}

/**
 * Journals that a person wants a row's label voided; commit it before the carrier is asked.
 *
 * @param trx The transaction, which also audits it.
 * @param jobId The job.
 * @param now The time.
 * @param row The row and its status.
 * @param decision Who decides, and why.
 * @throws {RowStateError} If the row is not in that status.
 *
 * @internal
 */
export async function decideVoid(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  { rowNumber, from }: { rowNumber: number; from: BoughtStatus },
  decision: VoidDecision,
): Promise<void> {
  const set = { void_decision: JSON.stringify({ ...decision, at: now.toISOString() }) };
  await changeRow(trx, jobId, now, { rowNumber, from, to: from, set });
}

/**
 * Takes a decision back of which the carrier wanted to know nothing: the label is as it was.
 *
 * @param trx The transaction, which also audits why.
 * @param jobId The job.
 * @param now The time.
 * @param row The row and its status.
 * @throws {RowStateError} If the row is not in that status.
 *
 * @internal
 */
export async function forgetVoid(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  { rowNumber, from }: { rowNumber: number; from: BoughtStatus },
): Promise<void> {
  await changeRow(trx, jobId, now, { rowNumber, from, to: from, set: { void_decision: null } });
}

/**
 * Records that the carrier has a row's label no longer: `shipped` or `completed` → `voided`. From here
 * on its source is owed the void.
 *
 * @param trx The transaction, which also audits it.
 * @param jobId The job.
 * @param now The time.
 * @param row The row.
 * @param from The status that it must have.
 * @throws {RowStateError} If the row is not in that status.
 *
 * @internal
 */
export async function markVoided(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  row: Pick<JobRowTable, "row_number" | "tracking_numbers" | "voided_numbers">,
  from: BoughtStatus,
): Promise<void> {
  const before: string[] = JSON.parse(row.voided_numbers ?? "[]");
  const own: string[] = JSON.parse(row.tracking_numbers ?? "[]");
  const at = now.toISOString();
  await changeRow(trx, jobId, now, {
    rowNumber: row.row_number,
    from,
    to: "voided",
    set: {
      voided_at: at,
      void_written_at: null,
      voided_numbers: JSON.stringify([...new Set([...before, ...own])]),
    },
  });
  // What was bought and voided proves nothing of a look-up, and is nobody's second label.
  await trx.updateTable("attempts").set({ voided_at: at })
    .where("job_id", "=", jobId).where("row_number", "=", row.row_number)
    .where("voided_at", "is", null)
    .where((eb) => eb.or([eb("outcome", "=", "bought"), eb("resolution", "=", "adopted")]))
    .execute();
}

/**
 * Records that the source shows a row's void.
 *
 * @param trx The transaction, which also audits it.
 * @param jobId The job.
 * @param now The time.
 * @param rowNumber The row.
 * @throws {RowStateError} If the row is not `voided`.
 *
 * @internal
 */
export async function markVoidWritten(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
): Promise<void> {
  const set = { void_written_at: now.toISOString() };
  await changeRow(trx, jobId, now, { rowNumber, from: "voided", to: "voided", set });
}

/**
 * Lets a voided row be shipped again: `voided` → `pending`. Its next attempt is the next generation.
 * The database refuses it while the source is owed the void.
 *
 * @param trx The transaction, which also audits who decided.
 * @param jobId The job.
 * @param now The time.
 * @param rowNumber The row.
 * @throws {RowStateError} If the row is not `voided`.
 *
 * @internal
 */
export async function markReopened(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
): Promise<void> {
  await changeRow(trx, jobId, now, {
    rowNumber,
    from: "voided",
    to: "pending",
    set: {
      shipment_id: null,
      tracking_number: null,
      tracking_numbers: null,
      labels: null,
      cost_minor: null,
      currency_code: null,
      shipped_at: null,
      error_code: null,
      error_message: null,
      void_decision: null,
      voided_at: null,
      void_written_at: null,
    },
  });
}

/** A void that a source is owed. */
export interface OwedVoid {
  /** The row. */
  readonly rowNumber: number;
  /** The checksum of the data that was bought. */
  readonly checksum: string;
  /** The number that leaves the source. */
  readonly replaces: string;
  /** When its label was voided: UTC, ISO 8601. */
  readonly voidedAt: string;
}

/**
 * The voids that a job's source is owed.
 *
 * @param db The database.
 * @param jobId The job.
 * @param options Where to go on and how many at the most.
 * @returns Them, in row order.
 *
 * @internal
 */
export async function listOwedVoids(
  db: Kysely<Database>,
  jobId: string,
  options: { afterRow: number; limit: number },
): Promise<OwedVoid[]> {
  const rows = await db.selectFrom("job_rows")
    .select(["row_number", "checksum", "tracking_number", "voided_at"])
    .where("job_id", "=", jobId)
    .where("row_number", ">", options.afterRow)
    .where("status", "=", "voided")
    .where("void_written_at", "is", null)
    .orderBy("row_number").limit(options.limit)
    .execute();
  return rows.flatMap(({ row_number, checksum, tracking_number, voided_at }) =>
    tracking_number === null || voided_at === null ? [] : [{
      rowNumber: row_number,
      checksum,
      replaces: tracking_number,
      voidedAt: voided_at,
    }]
  );
}

/** Voids that are not done. */
export interface OpenVoids {
  /** Labels that are voided, and whose source does not show it yet. */
  readonly owed: number;
  /** Rows whose label somebody wanted voided, while nobody knows what the carrier made of it. */
  readonly unanswered: readonly number[];
}

/**
 * Counts the voids that are not done.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns Them.
 *
 * @internal
 */
export async function findOpenVoids(db: Kysely<Database>, jobId: string): Promise<OpenVoids> {
  const { count } = await db.selectFrom("job_rows")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("job_id", "=", jobId)
    .where("status", "=", "voided").where("void_written_at", "is", null)
    .executeTakeFirstOrThrow();
  const unanswered = await db.selectFrom("job_rows").select("row_number")
    .where("job_id", "=", jobId)
    .where("void_decision", "is not", null)
    .where("status", "in", ["shipped", "completed"])
    .orderBy("row_number").limit(100).execute();
  return { owed: Number(count), unanswered: unanswered.map(({ row_number }) => row_number) };
}

/**
 * Sums what a job's voided labels would have cost, for each currency.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns Minor units by ISO currency code, in the order of the codes.
 *
 * @internal
 */
export async function sumVoidedCosts(
  db: Kysely<Database>,
  jobId: string,
): Promise<Record<string, number>> {
  const found = await db.selectFrom("job_rows")
    .select(({ fn }) => ["currency_code", fn.sum<number>("cost_minor").as("total")])
    .where("job_id", "=", jobId)
    .where("status", "=", "voided")
    .where("cost_minor", "is not", null)
    .groupBy("currency_code").orderBy("currency_code")
    .execute();
  return Object.fromEntries(
    found.map(({ currency_code, total }) => [currency_code ?? "", Number(total)]),
  );
}

/**
 * How many numbers each row of a job had whose labels were voided.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns The rows that had one; when the label was voided that they have now, if it was.
 *
 * @internal
 */
export async function listVoidedNumbers(
  db: Kysely<Database>,
  jobId: string,
): Promise<{ rowNumber: number; numbers: number; currentVoidAt: string | null }[]> {
  const rows = await db.selectFrom("job_rows").select(["row_number", "voided_numbers", "voided_at"])
    .where("job_id", "=", jobId).where("voided_numbers", "is not", null).execute();
  return rows.map(({ row_number, voided_numbers, voided_at }) => {
    const numbers: unknown[] = JSON.parse(voided_numbers ?? "[]");
    return { rowNumber: row_number, numbers: numbers.length, currentVoidAt: voided_at };
  });
}

/**
 * The attempts of a job whose label was voided.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns Their rows, when they were voided, and what the carrier had answered.
 *
 * @internal
 */
export async function listVoidedAttempts(
  db: Kysely<Database>,
  jobId: string,
): Promise<{ row_number: number; voided_at: string | null; answer: string | null }[]> {
  return await db.selectFrom("attempts").select(["row_number", "voided_at", "answer"])
    .where("job_id", "=", jobId).where("voided_at", "is not", null).execute();
}
