/**
 * The bare loop of the bench: it writes what an engine run has committed once more, row by row, with
 * two durable commits to a row and nothing else. It is the speed of the disk and of SQLite.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { Kysely } from "kysely";
import { listAttempts } from "../src/db/attempts.ts";
import { listAudit } from "../src/db/audit.ts";
import { getJob } from "../src/db/jobs.ts";
import { listRows } from "../src/db/row_queries.ts";
import type { AttemptTable, AuditEventTable, Database, JobRowTable } from "../src/db/schema.ts";

/** What was committed for one row. */
export interface RowCommits {
  /** The row in the end. */
  readonly row: JobRowTable;
  /** Its attempt. */
  readonly attempt: AttemptTable;
  /** Its three audit entries: claimed, shipped, written back. */
  readonly audit: readonly AuditEventTable[];
  /** The checkpoint saved with its claim. */
  readonly snapshot: string;
}

/**
 * Reads what an engine run has committed.
 *
 * @param db Its database.
 * @param jobId The job.
 * @returns It, row by row.
 *
 * @internal
 */
export async function rowsOf(db: Kysely<Database>, jobId: string): Promise<RowCommits[]> {
  const limit = 1_000_000;
  const snapshot = (await getJob(db, jobId)).snapshot ?? "";
  const rows = await listRows(db, jobId, { limit });
  const attempts = await listAttempts(db, jobId);
  const audit = Map.groupBy(await listAudit(db, jobId, { limit }), ({ row_number }) => row_number);
  return rows.flatMap((row, index) => {
    const attempt = attempts[index];
    return attempt ? [{ row, attempt, audit: audit.get(row.row_number) ?? [], snapshot }] : [];
  });
}

/**
 * Writes it again.
 *
 * @param path A SQLite file with the same job, imported and not run.
 * @param jobId The job.
 * @param commits What to commit.
 */
export function replay(path: string, jobId: string, commits: readonly RowCommits[]): void {
  const db = new DatabaseSync(path);
  db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on");
  const begin = db.prepare("begin immediate");
  const commit = db.prepare("commit");
  const hold = db.prepare("update job_leases set expires_at = ? where job_id = ? and epoch = 0");
  const settle = db.prepare(
    "update job_rows set status = 'completed', updated_at = ?" +
      " where job_id = ? and row_number = ? and status = 'shipped'",
  );
  const claim = db.prepare(
    "update job_rows set status = 'in_flight', generation = 1, updated_at = ?" +
      " where job_id = ? and row_number = ? and status = 'pending'",
  );
  const ship = db.prepare(
    "update job_rows set status = 'shipped', shipment_id = ?, tracking_number = ?," +
      " tracking_numbers = ?, labels = ?, cost_minor = ?, currency_code = ?, shipped_at = ?," +
      " updated_at = ? where job_id = ? and row_number = ? and status = 'in_flight'",
  );
  const insertAttempt = db.prepare(
    "insert into attempts (key, job_id, row_number, generation, payload_sha256, sent_at, carrier," +
      " lane, packages) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const answer = db.prepare(
    "update attempts set outcome = ?, answer = ?, answered_at = ? where job_id = ? and row_number = ? and key = ?",
  );
  const audit = db.prepare(
    "insert into audit_events (job_id, sequence, at, type, row_number, from_status, to_status," +
      " details, previous_hash, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const saveSnapshot = db.prepare("update jobs set snapshot = ? where id = ?");
  const append = (e: AuditEventTable | undefined) =>
    e && audit.run(
      jobId,
      // After the one entry of the import.
      e.sequence + 1_000_000,
      e.at,
      e.type,
      e.row_number,
      e.from_status,
      e.to_status,
      e.details,
      e.previous_hash,
      e.hash,
    );
  let before: RowCommits | undefined;
  for (const each of commits) {
    const { row, attempt, snapshot } = each;
    const [claimed, shipped] = each.audit;
    begin.run();
    hold.run(row.updated_at, jobId);
    if (before) {
      settle.run(row.updated_at, jobId, before.row.row_number);
      append(before.audit[2]);
    }
    claim.run(row.updated_at, jobId, row.row_number);
    insertAttempt.run(
      attempt.key,
      jobId,
      row.row_number,
      attempt.generation,
      attempt.payload_sha256,
      attempt.sent_at,
      attempt.carrier,
      attempt.lane,
      attempt.packages,
    );
    append(claimed);
    saveSnapshot.run(snapshot, jobId);
    commit.run();
    begin.run();
    hold.run(row.updated_at, jobId);
    ship.run(
      row.shipment_id,
      row.tracking_number,
      row.tracking_numbers,
      row.labels,
      row.cost_minor,
      row.currency_code,
      row.shipped_at,
      row.updated_at,
      jobId,
      row.row_number,
    );
    answer.run(
      attempt.outcome,
      attempt.answer,
      attempt.answered_at,
      jobId,
      row.row_number,
      attempt.key,
    );
    append(shipped);
    commit.run();
    before = each;
  }
  db.close();
}
