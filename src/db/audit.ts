/**
 * The audit trail: an append-only, hash-chained list of what happened to a job, written in the
 * transaction of the change that it tells of.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Kysely, Transaction } from "kysely";
import { prepared } from "./prepared.ts";
import type { AuditEventTable, Database } from "./schema.ts";

/** What is entered; sequence, time and hash are the trail's own. */
export interface AuditEntry {
  /** What kind of thing happened, such as `row_transition`. */
  readonly type: string;
  /** The row it happened to. */
  readonly rowNumber?: number | undefined;
  /** The status before. */
  readonly from?: string | undefined;
  /** The status after. */
  readonly to?: string | undefined;
  /** What else is worth knowing; no secrets, no personal data. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** The last entry of a trail. */
export interface AuditHead {
  /** Its sequence; 0 before the first. */
  readonly sequence: number;
  /** Its hash. */
  readonly hash: string;
}

/** The hash before the first entry. */
const genesis = "0".repeat(64);

/**
 * Appends entries in order.
 *
 * @param trx The transaction of the change; whoever appends holds the job's lease in it.
 * @param jobId The job.
 * @param now The time.
 * @param entries What happened.
 * @param head The last entry, where the caller knows it; else it is looked up. A wrong one clashes
 * with the primary key and changes nothing.
 * @returns The last entry now; it counts once `trx` commits.
 *
 * @internal
 */
export async function appendAudit(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  entries: readonly AuditEntry[],
  head?: AuditHead,
): Promise<AuditHead> {
  const last = head ?? await findHead(trx, jobId);
  if (entries.length === 0) return last;
  let { sequence, hash: previousHash } = last;
  const at = now.toISOString();
  const events: AuditEventTable[] = [];
  for (const entry of entries) {
    const unhashed = {
      job_id: jobId,
      sequence: ++sequence,
      at,
      type: entry.type,
      row_number: entry.rowNumber ?? null,
      from_status: entry.from ?? null,
      to_status: entry.to ?? null,
      details: JSON.stringify(entry.details ?? {}),
      previous_hash: previousHash,
    };
    previousHash = hashOf(unhashed);
    events.push({ ...unhashed, hash: previousHash });
  }
  for (const event of events) await insert(trx, event);
  return { sequence, hash: previousHash };
}

/**
 * Whether a trail has an entry: of a commit whose acknowledgement was lost, it tells whether it happened.
 *
 * @param db The database.
 * @param jobId The job.
 * @param head The entry.
 * @returns Whether it is there.
 *
 * @internal
 */
export async function hasAudit(
  db: Kysely<Database>,
  jobId: string,
  head: AuditHead,
): Promise<boolean> {
  const found = await db.selectFrom("audit_events").select("hash")
    .where("job_id", "=", jobId).where("sequence", "=", head.sequence)
    .executeTakeFirst();
  return found?.hash === head.hash;
}

async function findHead(trx: Transaction<Database>, jobId: string): Promise<AuditHead> {
  const last = await trx.selectFrom("audit_events").select(["sequence", "hash"])
    .where("job_id", "=", jobId)
    .orderBy("sequence", "desc").limit(1)
    .executeTakeFirst();
  return last ?? { sequence: 0, hash: genesis };
}

/**
 * Reads a page of the trail, oldest first.
 *
 * @param db The database.
 * @param jobId The job.
 * @param options Where to go on and how many entries to read at the most.
 * @returns The entries.
 *
 * @internal
 */
export async function listAudit(
  db: Kysely<Database>,
  jobId: string,
  options: { afterSequence?: number; limit?: number } = {},
): Promise<AuditEventTable[]> {
  return await db.selectFrom("audit_events").selectAll()
    .where("job_id", "=", jobId)
    .where("sequence", ">", options.afterSequence ?? 0)
    .orderBy("sequence").limit(options.limit ?? 1_000)
    .execute();
}

/** An entry without what chains it. */
export type HistoryEntry = Omit<AuditEventTable, "job_id" | "previous_hash" | "hash">;

const historyColumns = [
  "sequence",
  "at",
  "type",
  "row_number",
  "from_status",
  "to_status",
  "details",
] as const;

/**
 * Reads a part of the trail for showing it, oldest first: by the primary key, and without the hashes.
 *
 * @param db The database.
 * @param jobId The job.
 * @param options Where to go on, and how many entries to read at the most.
 * @returns The entries.
 *
 * @internal
 */
export async function listHistory(
  db: Kysely<Database>,
  jobId: string,
  options: { afterSequence: number; limit: number },
): Promise<HistoryEntry[]> {
  return await db.selectFrom("audit_events").select(historyColumns)
    .where("job_id", "=", jobId)
    .where("sequence", ">", options.afterSequence)
    .orderBy("sequence").limit(options.limit).execute();
}

/**
 * Reads single entries of the trail, oldest first.
 *
 * @param db The database.
 * @param jobId The job.
 * @param sequences Which, a few hundred at the most.
 * @returns The entries.
 *
 * @internal
 */
export async function listEntries(
  db: Kysely<Database>,
  jobId: string,
  sequences: readonly number[],
): Promise<HistoryEntry[]> {
  if (sequences.length === 0) return [];
  return await db.selectFrom("audit_events").select(historyColumns)
    .where("job_id", "=", jobId)
    .where("sequence", "in", sequences)
    .orderBy("sequence").execute();
}

/**
 * Checks entries against the hash chain.
 *
 * @param events Entries in order, without a gap.
 * @param previous The entry before the first of them, if there is one.
 * @returns The sequence of the first entry that does not fit, or `undefined`.
 *
 * @internal
 */
export function findBreak(
  events: readonly AuditEventTable[],
  previous?: AuditEventTable,
): number | undefined {
  let before = { sequence: previous?.sequence ?? 0, hash: previous?.hash ?? genesis };
  for (const { hash, ...unhashed } of events) {
    const fits = unhashed.sequence === before.sequence + 1 &&
      unhashed.previous_hash === before.hash && hashOf(unhashed) === hash;
    if (!fits) return unhashed.sequence;
    before = { sequence: unhashed.sequence, hash };
  }
  return undefined;
}

const insert = prepared<AuditEventTable>((db, bind) =>
  db.insertInto("audit_events").values({
    job_id: bind("job_id"),
    sequence: bind("sequence"),
    at: bind("at"),
    type: bind("type"),
    row_number: bind("row_number"),
    from_status: bind("from_status"),
    to_status: bind("to_status"),
    details: bind("details"),
    previous_hash: bind("previous_hash"),
    hash: bind("hash"),
  })
);

function hashOf(event: Omit<AuditEventTable, "hash">): string {
  // A fixed order of fields: databases give columns back in their own.
  const text = JSON.stringify([
    event.previous_hash,
    event.job_id,
    event.sequence,
    event.at,
    event.type,
    event.row_number,
    event.from_status,
    event.to_status,
    event.details,
  ]);
  return createHash("sha256").update(text).digest("hex");
}
