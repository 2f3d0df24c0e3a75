/**
 * The journal of purchases: one attempt, one key, one call of the carrier, ever.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import { prepared } from "./prepared.ts";
import type { AttemptOutcome, AttemptTable, Database } from "./schema.ts";

/** An attempt before it is sent. */
export interface NewAttempt {
  /** The idempotency key; unique in the table, so that it can be claimed once only. */
  readonly key: string;
  /** The row it buys for. */
  readonly rowNumber: number;
  /** 1, 2, … */
  readonly generation: number;
  /** The carrier account, if the request names one. */
  readonly account: string | undefined;
  /** SHA-256 of the request as sent, in hex. */
  readonly payloadSha256: string;
}

/**
 * Journals an attempt; commit it before the carrier can see the key.
 *
 * @param trx The transaction that claims the row.
 * @param jobId The job.
 * @param now The time.
 * @param attempt The attempt.
 *
 * @internal
 */
export async function insertAttempt(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  attempt: NewAttempt,
): Promise<void> {
  await insert(trx, {
    ...attempt,
    jobId,
    account: attempt.account ?? null,
    sentAt: now.toISOString(),
  });
}

/** What became of an attempt. */
export interface Answered {
  /** The attempt. */
  readonly key: string;
  /** What became of it. */
  readonly outcome: AttemptOutcome;
  /** The carrier's answer as JSON, without personal data. */
  readonly answer: string;
}

/**
 * Journals what became of an attempt. The first answer stays; an attempt is answered once.
 *
 * @param trx The transaction that changes the row.
 * @param jobId The job.
 * @param now The time.
 * @param rowNumber The row that it bought for.
 * @param answered What became of it.
 * @throws {TypeError} If there is no such attempt or it was answered before.
 *
 * @internal
 */
export async function answerAttempt(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  rowNumber: number,
  answered: Answered,
): Promise<void> {
  const values = { ...answered, jobId, rowNumber, answeredAt: now.toISOString() };
  const { numAffectedRows } = await keepAnswer(trx, values);
  if (numAffectedRows === 1n) return;
  throw new TypeError(`Cannot answer attempt ${answered.key}: it is not open`);
}

/**
 * The attempts of a job or of one of its rows, in the order of rows and generations.
 *
 * @param db The database.
 * @param jobId The job.
 * @param rowNumber The row, or `undefined` for all.
 * @returns The attempts.
 *
 * @internal
 */
export async function listAttempts(
  db: Kysely<Database>,
  jobId: string,
  rowNumber?: number,
): Promise<AttemptTable[]> {
  let query = db.selectFrom("attempts").selectAll().where("job_id", "=", jobId);
  if (rowNumber !== undefined) query = query.where("row_number", "=", rowNumber);
  return await query.orderBy("row_number").orderBy("generation").execute();
}

const insert = prepared<
  Omit<NewAttempt, "account"> & { jobId: string; account: string | null; sentAt: string }
>((db, bind) =>
  db.insertInto("attempts").values({
    key: bind("key"),
    job_id: bind("jobId"),
    row_number: bind("rowNumber"),
    generation: bind("generation"),
    account: bind("account"),
    payload_sha256: bind("payloadSha256"),
    sent_at: bind("sentAt"),
  })
);

const keepAnswer = prepared<
  Answered & { jobId: string; rowNumber: number; answeredAt: string }
>((db, bind) =>
  db.updateTable("attempts")
    .set({ outcome: bind("outcome"), answer: bind("answer"), answered_at: bind("answeredAt") })
    .where("job_id", "=", bind("jobId"))
    .where("row_number", "=", bind("rowNumber"))
    .where("key", "=", bind("key"))
    .where("outcome", "is", null)
);
