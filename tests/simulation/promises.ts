/**
 * The promises of DESIGN.md as a simulated world checks them: at every sale, and whenever a process has
 * ended. Written from that page alone: nothing of the machines is in here.
 *
 * @module
 */
import { findBreak, listAudit } from "../../src/db/audit.ts";
import type { AuditEventTable, Database, JobRowTable, RowStatus } from "../../src/db/schema.ts";
import type { Kysely } from "kysely";
import type { Company, Shipment } from "./company.ts";
import type { Life } from "./life.ts";
import type { Source } from "./source.ts";

/** DESIGN.md, section 3: which status may follow which. */
const mayFollow: Readonly<Record<RowStatus, readonly RowStatus[]>> = {
  pending: ["in_flight", "failed", "skipped"],
  in_flight: ["shipped", "failed", "in_flight", "needs_review"],
  shipped: ["completed", "voided"],
  completed: ["voided"],
  failed: ["pending"],
  needs_review: ["shipped", "pending", "skipped"],
  voided: ["pending"],
  skipped: [],
};

/** What is watched. */
interface Watched {
  readonly db: Kysely<Database>;
  readonly company: Company;
  readonly sourceOf: (jobId: string) => Source;
}

/** What was read of a job's trail so far. */
interface Trail {
  last: AuditEventTable | undefined;
  jobStatus: string;
  readonly rows: Map<number, string>;
}

/** A promise that was broken. */
export class BrokenPromise extends Error {
  constructor(promise: number, message: string) {
    super(`promise ${promise}: ${message}`);
    this.name = "BrokenPromise";
  }
}

/** Watches over the promises. */
export class Promises {
  readonly #watched: Watched;
  readonly #sent = new Set<string>();
  readonly #refused = new Map<Life, string>();
  readonly #passing = new Set<Life>();
  readonly #trails = new Map<string, Trail>();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /**
   * One key is sent at most once, with its attempt entered; nothing follows a refusal. (That the entry
   * is committed by then shows when a process is killed: a label that no row answers for.)
   */
  async onSend(life: Life, key: string, order: string): Promise<void> {
    if (this.#sent.has(key)) throw new BrokenPromise(1, `key ${key} of ${order} was sent twice`);
    this.#sent.add(key);
    const attempt = await this.#watched.db.selectFrom("attempts")
      .innerJoin("job_rows", (join) =>
        join.onRef("job_rows.job_id", "=", "attempts.job_id")
          .onRef("job_rows.row_number", "=", "attempts.row_number"))
      .select(["status", "attempts.outcome", "job_rows.job_id", "job_rows.row_number"]).where(
        "key",
        "=",
        key,
      ).executeTakeFirst();
    if (attempt?.status !== "in_flight" || attempt.outcome !== null) {
      throw new BrokenPromise(2, `${order} was sent with no open attempt in the database`);
    }
    if (this.#passing.has(life)) return;
    const refused = this.#refused.get(life);
    if (refused !== undefined) {
      throw new BrokenPromise(4, `${order} was started after ${refused} was refused`);
    }
    const failed = await this.#watched.db.selectFrom("job_rows").select("row_number")
      .where("job_id", "=", attempt.job_id).where("status", "=", "failed")
      .where("row_number", "<", attempt.row_number).executeTakeFirst();
    if (failed) {
      throw new BrokenPromise(4, `${order} was started while row ${failed.row_number} is failed`);
    }
  }

  /** A person has told a run to carry on past rows that fail. */
  allowPassing(life: Life): void {
    this.#passing.add(life);
  }

  /** The carrier has refused an order, and told the process. */
  onRefusal(life: Life, order: string): void {
    this.#refused.set(life, order);
  }

  /** One row, at most one live label. */
  onSale({ order }: Shipment): void {
    const live = this.#watched.company.liveLabels(order);
    if (live.length < 2) return;
    const numbers = live.map(({ number, key }) => `${number} (${key})`).join(" and ");
    throw new BrokenPromise(1, `${order} has two live labels: ${numbers}`);
  }

  /** What must hold of a job whenever nobody is at work on it. */
  async inspect(jobId: string, { mayLeaveOut = false } = {}): Promise<void> {
    const { db, company, sourceOf } = this.#watched;
    const trail = await this.#readTrail(jobId);
    const job = await db.selectFrom("jobs").select(["status", "snapshot"])
      .where("id", "=", jobId).executeTakeFirstOrThrow();
    if (job.status !== trail.jobStatus) {
      throw new BrokenPromise(
        8,
        `job ${jobId} is ${job.status}, its trail says ${trail.jobStatus}`,
      );
    }
    refuseUnrest(jobId, job.snapshot);
    const rows = await db.selectFrom("job_rows").selectAll().where("job_id", "=", jobId).execute();
    for (const row of rows) {
      const { row_number: rowNumber, status } = row;
      const told = trail.rows.get(rowNumber) ?? "pending";
      if (told !== status) {
        throw new BrokenPromise(8, `row ${rowNumber} is ${status}, its trail says ${told}`);
      }
      // A person may leave out a row whose label lives: that is theirs to say.
      if (mayLeaveOut && status === "skipped") continue;
      checkLabel(row, company.liveLabels(sourceOf(jobId).orderOf(rowNumber)));
      if (job.status === "completed") checkDone(row, sourceOf(jobId));
    }
  }

  async #readTrail(jobId: string): Promise<Trail> {
    const trail = this.#trails.get(jobId) ??
      { last: undefined, jobStatus: "pending", rows: new Map() };
    this.#trails.set(jobId, trail);
    for (;;) {
      const afterSequence = trail.last?.sequence ?? 0;
      const events = await listAudit(this.#watched.db, jobId, { afterSequence });
      const broken = findBreak(events, trail.last);
      if (broken !== undefined) throw new BrokenPromise(8, `the trail breaks at entry ${broken}`);
      for (const event of events) follow(trail, event);
      trail.last = events.at(-1) ?? trail.last;
      if (events.length < 1_000) return trail;
    }
  }
}

function follow(trail: Trail, { type, row_number, from_status, to_status }: AuditEventTable): void {
  if (type === "job_transition" && to_status !== null) trail.jobStatus = to_status;
  if (type !== "row_transition" || row_number === null || to_status === null) return;
  const before = trail.rows.get(row_number) ?? "pending";
  if (before !== from_status || !isAllowed(before, to_status)) {
    throw new BrokenPromise(8, `row ${row_number} went from ${before} to ${to_status}`);
  }
  trail.rows.set(row_number, to_status);
}

function isAllowed(from: string, to: string): boolean {
  return Object.entries(mayFollow).some(([status, next]) =>
    status === from && next.some((each) => each === to)
  );
}

/** Only a state that starts nothing when it is restored is ever stored. */
function refuseUnrest(jobId: string, snapshot: string | null): void {
  if (snapshot === null) return;
  const { value }: { value: unknown } = JSON.parse(snapshot);
  if (['"pending"', '{"running":"between_rows"}'].includes(JSON.stringify(value))) return;
  throw new BrokenPromise(5, `job ${jobId} has a snapshot of ${JSON.stringify(value)}`);
}

/** A number is known as long as its label lives, or somebody is about to find it. */
function checkLabel(
  { row_number: rowNumber, status, tracking_number: number, void_decision: decision }: JobRowTable,
  live: readonly Shipment[],
): void {
  const isBought = status === "shipped" || status === "completed";
  // A void whose answer was lost is asked for again: until then nobody knows.
  if (isBought && decision !== null) return;
  const [label] = live;
  if (isBought && label?.number !== number) {
    throw new BrokenPromise(2, `row ${rowNumber} has ${number}, the carrier ${label?.number}`);
  }
  const isOpen = status === "in_flight" || status === "needs_review";
  if (label && !isBought && !isOpen) {
    throw new BrokenPromise(2, `row ${rowNumber} is ${status}, and ${label.number} lives`);
  }
}

/** Completed means done. */
function checkDone({ row_number: rowNumber, status, ...row }: JobRowTable, source: Source): void {
  if (!["completed", "skipped", "voided"].includes(status)) {
    throw new BrokenPromise(6, `row ${rowNumber} is ${status} in a completed job`);
  }
  // A void is told to the source after the job is complete, and may be owed.
  if (status === "voided" && row.void_written_at === null) return;
  const wanted = status === "completed" ? row.tracking_number : "";
  const inFile = source.inFile(rowNumber);
  if (inFile !== wanted) {
    throw new BrokenPromise(3, `row ${rowNumber} has "${inFile}" in its file, not "${wanted}"`);
  }
}
