/**
 * The doors to the database for those who use Waybill as a library: jobs, and their audit trail.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { findBreak, listAudit } from "../db/audit.ts";
import { findJob } from "../db/jobs.ts";
import { openDatabase } from "../db/open.ts";
import { countRows, listRows } from "../db/row_queries.ts";
import type { AuditEventTable, Database, JobStatus, RowStatus } from "../db/schema.ts";
import type { RowChoice } from "./chosen_rows.ts";
import { importJob } from "./import_job.ts";
import { createSourceClient } from "./source_client.ts";
import type { ToolCaller } from "./tool_caller.ts";

/** A job as the library tells of it. */
export interface JobSummary {
  /** The job. */
  readonly id: string;
  /** Where it stands. */
  readonly status: JobStatus;
  /** Its rows by status. */
  readonly rows: Readonly<Record<RowStatus, number>>;
}

/** A row as the library tells of it. */
export interface RowSummary {
  /** The 1-based data row of the source. */
  readonly rowNumber: number;
  /** Where it stands. */
  readonly status: RowStatus;
  /** The tracking number, once it is bought. */
  readonly trackingNumber: string | undefined;
  /** What it cost, in minor units. */
  readonly costMinor: number | undefined;
  /** What is wrong with it. */
  readonly errorMessage: string | undefined;
}

/** Jobs and their rows, kept in SQLite or PostgreSQL. */
export class JobStore implements AsyncDisposable {
  /**
   * The database.
   *
   * @internal
   */
  readonly db: Kysely<Database>;

  /**
   * Wraps an open database; `JobStore.open` opens one.
   *
   * @param db The database, migrated.
   *
   * @internal
   */
  constructor(db: Kysely<Database>) {
    this.db = db;
  }

  /**
   * Opens a store and brings its schema up to date.
   *
   * @param url `sqlite:<path>` or `postgres://…`.
   * @returns The store; dispose of it at the end.
   * @throws {WaybillError} `E-4001` if it cannot be opened, `E-4008` if it is newer than the program.
   */
  static async open(url: string): Promise<JobStore> {
    return new JobStore(await openDatabase(url));
  }

  /**
   * Makes a job of the rows of a source, all or those that are wanted. Rows that have a tracking number
   * are left out.
   *
   * @param plan The job's id, the source's tools, and which rows are wanted.
   * @returns How many rows it has.
   * @throws {WaybillError} `E-4012` if the id is taken, `E-1008` or `E-1009` if the filter cannot be used.
   */
  async importJob(
    plan: { id: string; name?: string; source: ToolCaller } & RowChoice,
  ): Promise<number> {
    const { where, rows: numbers, limit } = plan;
    const { rows } = await importJob(this.db, createSourceClient(plan.source), {
      id: plan.id,
      name: plan.name ?? plan.id,
      sourceServer: "library",
      carrierServer: "library",
      // Recorded when the job is executed.
      template: { name: "template", text: "" },
      shipper: undefined,
      choice: {
        ...(where === undefined ? {} : { where }),
        ...(numbers === undefined ? {} : { rows: numbers }),
        ...(limit === undefined ? {} : { limit }),
      },
      allowEmpty: true,
      mayRepeat: true,
    });
    return rows;
  }

  /**
   * How a job stands.
   *
   * @param jobId The job.
   * @returns Its status and row counts, or `undefined` if there is no such job.
   */
  async findJob(jobId: string): Promise<JobSummary | undefined> {
    const job = await findJob(this.db, jobId);
    return job && { id: job.id, status: job.status, rows: await countRows(this.db, jobId) };
  }

  /**
   * A page of a job's rows in order.
   *
   * @param jobId The job.
   * @param options Where to go on, and how many rows at the most.
   * @returns The rows.
   */
  async listRows(
    jobId: string,
    options: { afterRow?: number; limit?: number } = {},
  ): Promise<RowSummary[]> {
    const rows = await listRows(this.db, jobId, options);
    return rows.map((row) => ({
      rowNumber: row.row_number,
      status: row.status,
      trackingNumber: row.tracking_number ?? undefined,
      costMinor: row.cost_minor ?? undefined,
      errorMessage: row.error_message ?? undefined,
    }));
  }

  /** Closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.db.destroy();
  }
}

/** The audit trail of a store's jobs. Entries are written in the transaction of what they tell. */
export class AuditLog {
  /** The store that it belongs to. */
  readonly store: JobStore;

  /**
   * Opens the trail.
   *
   * @param store The store whose jobs it tells of.
   */
  constructor(store: JobStore) {
    this.store = store;
  }

  /**
   * A page of a job's trail, oldest first.
   *
   * @param jobId The job.
   * @param options Where to go on, and how many entries at the most.
   * @returns The entries.
   */
  async list(
    jobId: string,
    options: { afterSequence?: number; limit?: number } = {},
  ): Promise<AuditEventTable[]> {
    return await listAudit(this.store.db, jobId, options);
  }

  /**
   * Checks a job's whole trail against its hash chain.
   *
   * @param jobId The job.
   * @returns The sequence of the first entry that was tampered with, or `undefined`.
   */
  async verify(jobId: string): Promise<number | undefined> {
    let last: AuditEventTable | undefined;
    for (;;) {
      const page = await this.list(jobId, { afterSequence: last?.sequence ?? 0 });
      const broken = findBreak(page, last);
      if (broken !== undefined || page.length === 0) return broken;
      last = page.at(-1);
    }
  }
}
