/**
 * What is true outside of the machines, as a model predicts it and as the real places have it: the
 * database, its audit trail, the progress events, the carrier's books, the source.
 *
 * @module
 */
import { AuditLog } from "../../src/actors/job_store.ts";
import { listAttempts } from "../../src/db/attempts.ts";
import { findJob } from "../../src/db/jobs.ts";
import { findLease } from "../../src/db/leases.ts";
import { listRows } from "../../src/db/row_queries.ts";
import type { AttemptTable, AuditEventTable } from "../../src/db/schema.ts";
import type { RealJob } from "./real_job.ts";
import { expect } from "vitest";
import type { Stage } from "./real_job.ts";

/** Everything that a step may change. Plain words, so that a failed test reads well. */
export interface Outside {
  /** The job's status. */
  readonly job: string;
  /** Whether this runner holds its lease. */
  readonly isHeld: boolean;
  /** The status of each row, in order. */
  readonly rows: readonly string[];
  /** Each attempt: row, generation, what became of it, as in `1/2 uncertain absent`. */
  readonly attempts: readonly string[];
  /** The entries of the trail since the story began. */
  readonly audit: readonly string[];
  /** The progress events since the story began. */
  readonly told: readonly string[];
  /** The purchases that the carrier was asked for, as row and generation. */
  readonly sent: readonly string[];
  /** The labels in the carrier's books. */
  readonly sold: readonly string[];
  /** The rows whose own number stands in the source. */
  readonly written: readonly number[];
  /** Whether the source has failed to put what it acknowledged where its user sees it. */
  readonly isFlushOwed: boolean;
}

/** The same, and what the carrier was asked for by its key. */
export interface OutsideAsked extends Outside {
  /** Whether the carrier's server was given up: nobody can be asked. */
  readonly isCarrierGone: boolean;
  /** As row and generation. */
  readonly asked: readonly string[];
}

/** Reads how it really is. */
export async function readOutside(
  { store: { db, store } }: Stage,
  job: RealJob,
  { told, since }: { told: readonly string[]; since: number },
): Promise<OutsideAsked> {
  const rows = await listRows(db, job.id);
  const attempts = await listAttempts(db, job.id);
  const audit = await new AuditLog(store).list(job.id, { afterSequence: since });
  const nameOf = (key: unknown) => {
    const found = attempts.find((each) => each.key === key);
    return found ? `${found.row_number}/${found.generation}` : `unknown key ${key}`;
  };
  return {
    job: (await findJob(db, job.id))?.status ?? "none",
    isHeld: (await findLease(db, job.id))?.holder?.runnerId === job.world.runner.id,
    rows: rows.map(({ status }) => status),
    attempts: attempts.map(attemptInWords),
    audit: audit.map(entryInWords),
    told,
    sent: job.carrier.calls.map(({ args }) => nameOf(args["idempotency_key"])),
    sold: [...job.carrier.sold.keys()].map(nameOf),
    asked: job.carrier.lookUps.map(nameOf),
    isCarrierGone: job.world.carrierPart.isGone,
    isFlushOwed: job.isFlushOwed,
    written: rows.filter(({ row_number, tracking_number }) =>
      tracking_number !== null && job.source.written.get(row_number) === tracking_number
    ).map(({ row_number }) => row_number),
  };
}

/** The sequence of the last entry in a job's trail. */
export async function lastEntryOf({ store: { db } }: Stage, jobId: string): Promise<number> {
  const { last } = await db.selectFrom("audit_events")
    .select(({ fn }) => fn.max("sequence").as("last"))
    .where("job_id", "=", jobId).executeTakeFirstOrThrow();
  return Number(last ?? 0);
}

function attemptInWords(
  { row_number, generation, outcome, resolution, exists_since, duplicate }: AttemptTable,
): string {
  const words = [`${row_number}/${generation}`, outcome ?? "open", resolution ?? ""];
  const marks = [exists_since === null ? "" : "exists", duplicate === null ? "" : "twice"];
  return [...words, ...marks].filter(Boolean).join(" ");
}

/** An entry by what it tells a person: what happened, to which row, from where to where, and why. */
function entryInWords(entry: AuditEventTable): string {
  const { type, row_number, from_status, to_status } = entry;
  const { code, generation, adopted, reason } = JSON.parse(entry.details);
  const change = from_status === null ? null : `${from_status}>${to_status}`;
  const about = [generation, reason, code, adopted === true ? "adopted" : null];
  const words = [type, row_number, change, ...about];
  return words.filter((each) => each !== null && each !== undefined).join(" ");
}

/**
 * What must hold at the end of every story (DESIGN.md, section 1): no key sent twice, one live label
 * to a row at the most, each number of the carrier's known or owed, and a trail that is whole.
 */
export async function expectPromises({ store: { db, store } }: Stage, job: RealJob): Promise<void> {
  const attempts = await listAttempts(db, job.id);
  const rowOf = new Map(attempts.map(({ key, row_number }) => [key, row_number]));
  const keys = job.carrier.calls.map(({ args }) => String(args["idempotency_key"]));
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  expect(keys.filter((key) => !rowOf.has(key))).toEqual([]);
  const sold = new Map<number | undefined, string[]>();
  for (const [key, number] of job.carrier.sold) {
    sold.set(rowOf.get(key), [...sold.get(rowOf.get(key)) ?? [], number]);
  }
  // A second label that the carrier told of late: somebody is asked, and nothing is hidden.
  const second = new Set(attempts.flatMap(({ duplicate }) => JSON.parse(duplicate ?? "[]")));
  for (const row of await listRows(db, job.id)) {
    const numbers = (sold.get(row.row_number) ?? []).filter((each) => !second.has(each));
    expect({ row: row.row_number, labels: numbers.length <= 1 })
      .toEqual({ row: row.row_number, labels: true });
    if (row.tracking_number !== null) expect(numbers).toEqual([row.tracking_number]);
    // A label that nobody has recorded is still asked about, or a person is.
    const isUnknown = numbers.length > 0 && row.tracking_number === null;
    if (isUnknown) expect(["in_flight", "needs_review"]).toContain(row.status);
    const written = job.source.written.get(row.row_number);
    if (written !== undefined) expect(written).toBe(row.tracking_number);
    if (row.status === "completed") expect(written).toBe(row.tracking_number);
  }
  expect(await new AuditLog(store).verify(job.id)).toBe(undefined);
}
