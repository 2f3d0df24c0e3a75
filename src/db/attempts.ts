/**
 * The journal of purchases: one attempt, one key, one call of the carrier, ever.
 *
 * @module
 */
import { type Kysely, sql, type Transaction } from "kysely";
import { prepared } from "./prepared.ts";
import type { AttemptOutcome, AttemptResolution, AttemptTable, Database } from "./schema.ts";

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
  /** The carrier it is sent to. */
  readonly carrier: string;
  /** From where to where, such as `US>US`. */
  readonly lane: string;
  /** How many packages are sent. */
  readonly packages: number;
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

/**
 * The last attempt of a row.
 *
 * @param db The database.
 * @param jobId The job.
 * @param rowNumber The row.
 * @returns It, or `undefined` if there was none.
 *
 * @internal
 */
export async function findLastAttempt(
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
): Promise<AttemptTable | undefined> {
  return await db.selectFrom("attempts").selectAll()
    .where("job_id", "=", jobId).where("row_number", "=", rowNumber)
    .orderBy("generation", "desc").limit(1).executeTakeFirst();
}

/** What was found out about an attempt. */
export interface Resolved {
  /** The attempt. */
  readonly key: string;
  /** What is certain now; `undefined` if nothing is. */
  readonly resolution: AttemptResolution | undefined;
  /** JSON array: the look-ups that it rests on; those before are kept where there are none. */
  readonly lookUps?: string | undefined;
  /** Whether the carrier said that it exists. */
  readonly doesExist?: boolean | undefined;
}

/**
 * Journals what was found out about an attempt whose answer was lost. It is resolved once.
 *
 * @param trx The transaction that changes the row.
 * @param now The time.
 * @param resolved What was found out.
 * @throws {TypeError} If there is no such attempt.
 *
 * @internal
 */
export async function resolveAttempt(
  trx: Transaction<Database>,
  now: Date,
  { key, resolution, lookUps, doesExist }: Resolved,
): Promise<void> {
  const at = now.toISOString();
  const { numUpdatedRows } = await trx.updateTable("attempts")
    .set((eb) => ({
      // A runner that died between the answer and this never recorded that there was none.
      outcome: eb.fn.coalesce("outcome", eb.val("uncertain" as const)),
      answered_at: eb.fn.coalesce("answered_at", eb.val(at)),
      ...(resolution ? { resolution, resolved_at: at } : {}),
      ...(lookUps === undefined ? {} : { look_ups: lookUps }),
      ...(doesExist ? { exists_since: eb.fn.coalesce("exists_since", eb.val(at)) } : {}),
    }))
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) throw new TypeError(`Cannot resolve attempt ${key}: there is none`);
}

/**
 * Another purchase that the carrier must know, if its look-up works at all: of the same account and
 * lane, in whatever job, the newest first.
 *
 * @param db The database.
 * @param like Its carrier, account and lane, and the key that it may not have.
 * @returns Its key, or `undefined` if nothing was bought so yet.
 *
 * @internal
 */
export async function findControl(
  db: Kysely<Database>,
  like: { key: string; account: string | undefined; lane: string; carrier: string },
): Promise<string | undefined> {
  let query = db.selectFrom("attempts").select("key")
    .where("outcome", "=", "bought")
    .where("voided_at", "is", null)
    .where("lane", "=", like.lane)
    .where("carrier", "=", like.carrier)
    .where("key", "<>", like.key);
  query = like.account === undefined
    ? query.where("account", "is", null)
    : query.where("account", "=", like.account);
  const found = await query.orderBy("sent_at", "desc").limit(1).executeTakeFirst();
  return found?.key;
}

/** A key that was given up on. */
export type SupersededKey =
  & Pick<AttemptTable, "key" | "row_number" | "account" | "generation" | "carrier">
  & {
    /** The numbers of the row's own label. */
    readonly tracking_numbers: string | null;
    /** Those of the labels that it had and that were voided. */
    readonly voided_numbers: string | null;
  };

/** Which keys are meant. */
export interface SupersededOptions {
  /** The oldest to look for, ISO 8601: the carrier forgets. */
  readonly since: string;
  /** Only those that were not asked about since then, ISO 8601. */
  readonly notAskedSince?: string | undefined;
  /** How many at the most. */
  readonly limit: number;
}

/**
 * The keys that were given up on, of rows that are done: none of them should ever have a label.
 *
 * @param db The database.
 * @param jobId The job.
 * @param options Which.
 * @returns Them: those that were asked about longest ago first.
 *
 * @internal
 */
export async function listSuperseded(
  db: Kysely<Database>,
  jobId: string,
  { since, notAskedSince, limit }: SupersededOptions,
): Promise<SupersededKey[]> {
  const askedAt = sql<string>`coalesce(attempts.swept_at, '')`;
  let query = db.selectFrom("attempts")
    .innerJoin("job_rows", (join) =>
      join.onRef("job_rows.job_id", "=", "attempts.job_id")
        .onRef("job_rows.row_number", "=", "attempts.row_number"))
    .select([
      "attempts.key",
      "attempts.row_number",
      "attempts.account",
      "attempts.generation",
      "attempts.carrier",
      "job_rows.tracking_numbers",
      "job_rows.voided_numbers",
    ])
    .where("attempts.job_id", "=", jobId)
    .where("attempts.outcome", "<>", "bought")
    .where("attempts.sent_at", ">=", since)
    .where("attempts.duplicate", "is", null)
    .where((eb) => eb.or([eb("resolution", "is", null), eb("resolution", "<>", "adopted")]))
    .where("job_rows.status", "in", ["shipped", "completed", "skipped", "voided"]);
  if (notAskedSince !== undefined) query = query.where(askedAt, "<", notAskedSince);
  return await query.orderBy(askedAt).orderBy("attempts.row_number").orderBy("attempts.generation")
    .limit(limit).execute();
}

/**
 * Notes that the carrier was asked about a key that was given up on.
 *
 * @param trx The transaction.
 * @param now The time.
 * @param key The key.
 * @param duplicate The tracking numbers of the label that it has all the same, if it has one.
 *
 * @internal
 */
export async function markSwept(
  trx: Transaction<Database>,
  now: Date,
  key: string,
  duplicate: readonly string[] | undefined,
): Promise<void> {
  await trx.updateTable("attempts")
    .set({
      swept_at: now.toISOString(),
      ...(duplicate ? { duplicate: JSON.stringify(duplicate) } : {}),
    })
    .where("key", "=", key).execute();
}

/**
 * The attempts of a job that have a label beside the row's own, which nobody has dealt with.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns Them, in row order.
 *
 * @internal
 */
export async function listDuplicates(
  db: Kysely<Database>,
  jobId: string,
): Promise<AttemptTable[]> {
  return await db.selectFrom("attempts").selectAll()
    .where("job_id", "=", jobId)
    .where("duplicate", "is not", null)
    .where("duplicate_settled_at", "is", null)
    .orderBy("row_number").orderBy("generation")
    .execute();
}

/**
 * Notes that a person has dealt with a second label.
 *
 * @param trx The transaction, which also audits who did.
 * @param now The time.
 * @param key The key of its attempt.
 *
 * @internal
 */
export async function settleDuplicate(
  trx: Transaction<Database>,
  now: Date,
  key: string,
): Promise<void> {
  await trx.updateTable("attempts").set({ duplicate_settled_at: now.toISOString() })
    .where("key", "=", key).execute();
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
    carrier: bind("carrier"),
    lane: bind("lane"),
    packages: bind("packages"),
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
