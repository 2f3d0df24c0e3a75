/**
 * What the page is shown of jobs and rows, read from the database as it is now.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listAttempts } from "../db/attempts.ts";
import { type HistoryEntry, listEntries } from "../db/audit.ts";
import { getJob, listJobs } from "../db/jobs.ts";
import { describeHolder, findLease } from "../db/leases.ts";
import { findRow } from "../db/row_queries.ts";
import type { AttemptTable, Database, JobRowTable, JobTable } from "../db/schema.ts";
import type { JobHistory } from "./history.ts";

/** What other layers word; the command line hands it in. */
export interface VizWords {
  /** What to do next about a row that failed or needs a decision. */
  readonly remedyOf: (jobId: string, row: JobRowTable, doesExist: boolean) => Promise<string>;
  /** The label files that are recorded of a row. */
  readonly filesOf: (row: JobRowTable) => readonly VizFile[];
}

/** A file of a row. */
export interface VizFile {
  /** Where it is. */
  readonly path: string;
  /** Such as `GIF`. */
  readonly format: string;
  /** Its package. */
  readonly tracking_number: string;
  /** SHA-256 of it in hex, if it is recorded. */
  readonly sha256?: string | undefined;
  /** What it is, if it is no label. */
  readonly kind?: "form" | undefined;
}

/** The entries of a row that are shown, at the most. */
const mostEntries = 500;

/**
 * All jobs, the newest first.
 *
 * @param db The database.
 * @returns Their ids and how they stand.
 *
 * @internal
 */
export async function jobsView(
  db: Kysely<Database>,
): Promise<Pick<JobTable, "id" | "name" | "status" | "row_count">[]> {
  const jobs = await listJobs(db, 500);
  return jobs.map(({ id, name, status, row_count }) => ({ id, name, status, row_count }));
}

/**
 * How a job stands.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns It, without what holds data of people or is long.
 *
 * @internal
 */
export async function jobView(db: Kysely<Database>, jobId: string): Promise<unknown> {
  const { template_text: _, shipper: __, snapshot, ...job } = await getJob(db, jobId);
  const lease = await findLease(db, jobId);
  const holder = lease?.holder;
  return {
    ...job,
    // What the machine itself stored at its last rest.
    stored: stateOf(snapshot),
    runner: holder && {
      name: describeHolder(holder),
      expires_at: holder.expiresAt,
      is_overdue: Date.parse(holder.expiresAt) < Date.now(),
    },
    epoch: lease?.epoch ?? 0,
  };
}

/**
 * Everything that is known of a row.
 *
 * @param db The database.
 * @param jobId The job.
 * @param rowNumber The row.
 * @param history The job's history.
 * @param words What other layers word.
 * @returns It, or `undefined` if the job has no such row.
 *
 * @internal
 */
export async function rowView(
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
  history: JobHistory,
  words: VizWords,
): Promise<unknown> {
  const row = await findRow(db, jobId, rowNumber);
  if (!row) return undefined;
  const attempts = await listAttempts(db, jobId, rowNumber);
  const sequences = history.entriesOf(rowNumber).slice(-mostEntries);
  const doesExist = (attempts.at(-1)?.exists_since ?? null) !== null;
  const isStuck = row.status === "failed" || row.status === "needs_review" ||
    row.status === "in_flight";
  const { job_id: _, labels: __, void_decision, tracking_numbers, voided_numbers, ...plain } = row;
  return {
    ...plain,
    tracking_numbers: JSON.parse(tracking_numbers ?? "[]"),
    voided_numbers: JSON.parse(voided_numbers ?? "[]"),
    void_decision: JSON.parse(void_decision ?? "null"),
    remedy: isStuck ? await words.remedyOf(jobId, row, doesExist) : null,
    attempts: attempts.map(attemptView),
    entries: (await listEntries(db, jobId, sequences)).map(entryView),
    labels: words.filesOf(row).map(({ path: _, ...file }) => file),
  };
}

/**
 * An entry of the trail as the page reads it.
 *
 * @param entry It.
 * @returns The same with its details as data.
 */
export function entryView(entry: HistoryEntry): unknown {
  return { ...entry, details: JSON.parse(entry.details) };
}

function attemptView(attempt: AttemptTable): unknown {
  const { job_id: _, row_number: __, answer, look_ups, duplicate, ...plain } = attempt;
  return {
    ...plain,
    answer: JSON.parse(answer ?? "null"),
    look_ups: JSON.parse(look_ups ?? "[]"),
    duplicate: JSON.parse(duplicate ?? "null"),
  };
}

/** A snapshot of an older machine may be of any shape. */
function stateOf(snapshot: string | null): unknown {
  if (snapshot === null) return null;
  try {
    const { value, context } = JSON.parse(snapshot);
    return { value, context };
  } catch {
    return null;
  }
}
