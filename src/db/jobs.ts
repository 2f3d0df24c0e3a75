/**
 * Jobs: what each is made of, where it stands, and the machine's last checkpoint.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import { UsageError, WaybillError } from "../errors.ts";
import { prepared } from "./prepared.ts";
import type { Database, JobStatus, JobTable } from "./schema.ts";

/** What a job is made of. */
export interface NewJob {
  /** Its id. */
  readonly id: string;
  /** Its name, for people. */
  readonly name: string;
  /** `bundled`, or the MCP file that names its source server. */
  readonly sourceServer: string;
  /** `library`, or the MCP file that names its carrier; `undefined` where none is named yet. */
  readonly carrierServer?: string | undefined;
  /** Whether a person must confirm its preview before it buys; `auto` if left out. */
  readonly mode?: JobTable["mode"] | undefined;
  /** The kind of source. */
  readonly sourceKind: string;
  /** Where the source is. Holds no credentials. */
  readonly sourceUri: string;
  /** Identifies the source's content. */
  readonly sourceFingerprint: string;
  /** The condition that its rows fit, if there is one. */
  readonly sourceWhere?: string | undefined;
  /** The template's file name. */
  readonly templateName: string;
  /** The template. */
  readonly templateText: string;
  /** SHA-256 of the template, in hex. */
  readonly templateSha256: string;
  /** JSON: the address that ships. */
  readonly shipper: string;
  /** How many rows it has. */
  readonly rowCount: number;
}

/** Why a job stopped before its end. */
export interface JobFault {
  /** Our code or the carrier's. */
  readonly code: string;
  /** In words. */
  readonly message: string;
  /** The row it stopped at, if it was a row. */
  readonly rowNumber?: number | undefined;
  /** What to do next. */
  readonly remedy?: string | undefined;
}

/**
 * Makes a job, `pending`, with a lease that nobody holds.
 *
 * @param trx The transaction, which also inserts its rows.
 * @param now The time.
 * @param job The job.
 * @throws {WaybillError} `E-4012` if there is one of that id.
 *
 * @internal
 */
export async function insertJob(
  trx: Transaction<Database>,
  now: Date,
  job: NewJob,
): Promise<void> {
  if (await findJob(trx, job.id)) {
    throw new WaybillError("E-4012", `Cannot make job "${job.id}": there is one of that id`, {
      remedy: `Choose another id with --job, or run that one: deno task run ${job.id}`,
    });
  }
  await trx.insertInto("jobs").values({
    id: job.id,
    name: job.name,
    status: "pending",
    mode: job.mode ?? "auto",
    created_at: now.toISOString(),
    source_server: job.sourceServer,
    carrier_server: job.carrierServer ?? null,
    source_kind: job.sourceKind,
    source_uri: job.sourceUri,
    source_fingerprint: job.sourceFingerprint,
    source_where: job.sourceWhere ?? null,
    template_name: job.templateName,
    template_text: job.templateText,
    template_sha256: job.templateSha256,
    shipper: job.shipper,
    row_count: job.rowCount,
  }).execute();
  await trx.insertInto("job_leases").values({ job_id: job.id, epoch: 0 }).execute();
}

/**
 * One job.
 *
 * @param db The database.
 * @param jobId Its id.
 * @returns The job, or `undefined`.
 *
 * @internal
 */
export async function findJob(
  db: Kysely<Database>,
  jobId: string,
): Promise<JobTable | undefined> {
  return await db.selectFrom("jobs").selectAll().where("id", "=", jobId).executeTakeFirst();
}

/**
 * One job that must be there.
 *
 * @param db The database.
 * @param jobId Its id.
 * @returns The job.
 * @throws {WaybillError} `E-4011` if there is none of that id.
 *
 * @internal
 */
export async function getJob(db: Kysely<Database>, jobId: string): Promise<JobTable> {
  const job = await findJob(db, jobId);
  if (job) return job;
  throw new WaybillError("E-4011", `Cannot find job "${jobId}"`, {
    remedy: "List the jobs with: deno task status",
  });
}

/**
 * The newest jobs.
 *
 * @param db The database.
 * @param limit How many at the most.
 * @returns Them, newest first.
 *
 * @internal
 */
export async function listJobs(db: Kysely<Database>, limit = 50): Promise<JobTable[]> {
  return await db.selectFrom("jobs").selectAll()
    .orderBy("created_at", "desc").orderBy("id").limit(limit).execute();
}

/**
 * The other jobs and where their sources are, so that those of the same source can be told.
 *
 * @param db The database.
 * @param exceptJobId The job that is left out.
 * @returns The jobs, in the order of their ids.
 *
 * @internal
 */
export async function listOtherSources(
  db: Kysely<Database>,
  exceptJobId: string,
): Promise<Pick<JobTable, "id" | "source_uri">[]> {
  return await db.selectFrom("jobs").select(["id", "source_uri"])
    .where("id", "<>", exceptJobId).orderBy("id").execute();
}

/**
 * The first of some jobs that has a purchase open, or bought labels that its source has not acknowledged.
 *
 * @param db The database.
 * @param jobIds The jobs.
 * @returns Its id, or `undefined`.
 *
 * @internal
 */
export async function findUnsettledJob(
  db: Kysely<Database>,
  jobIds: readonly string[],
): Promise<string | undefined> {
  if (jobIds.length === 0) return undefined;
  const job = await db.selectFrom("jobs").select("jobs.id")
    .where("jobs.id", "in", jobIds)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("job_rows").select("row_number")
          .whereRef("job_rows.job_id", "=", "jobs.id")
          .where("job_rows.status", "in", ["in_flight", "needs_review", "shipped"]),
      )
    )
    .orderBy("jobs.id").limit(1).executeTakeFirst();
  return job?.id;
}

/**
 * Takes away why a job stopped, once that is mended.
 *
 * @param trx The transaction, which also audits what mended it.
 * @param jobId The job.
 * @param rowNumbers The rows that were mended; a job that stopped at another keeps its fault.
 *
 * @internal
 */
export async function forgetFault(
  trx: Transaction<Database>,
  jobId: string,
  rowNumbers: readonly number[],
): Promise<void> {
  if (rowNumbers.length === 0) return;
  await trx.updateTable("jobs").set({
    status_reason: null,
    error_code: null,
    error_message: null,
    error_row: null,
    error_remedy: null,
  }).where("id", "=", jobId).where("error_row", "in", rowNumbers).execute();
}

/**
 * Sets where a job stands.
 *
 * @param trx The transaction, which also holds the lease and audits the change.
 * @param jobId The job.
 * @param now The time.
 * @param change The status it must have now, the one it gets, why, and the fault that stopped it.
 * @throws {UsageError} If the job is not in `from`.
 *
 * @internal
 */
export async function setJobStatus(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  change: {
    from: JobStatus;
    to: JobStatus;
    reason?: string | undefined;
    fault?: JobFault | undefined;
  },
): Promise<void> {
  const { from, to, reason, fault } = change;
  const { numUpdatedRows } = await trx.updateTable("jobs")
    .set((eb) => ({
      status: to,
      status_reason: reason ?? null,
      error_code: fault?.code ?? null,
      error_message: fault?.message ?? null,
      error_row: fault?.rowNumber ?? null,
      error_remedy: fault?.remedy ?? null,
      finished_at: to === "running" ? null : now.toISOString(),
      // The first start stays: a resumed job is as old as it is.
      started_at: eb.fn.coalesce("started_at", eb.val(now.toISOString())),
    }))
    .where("id", "=", jobId)
    .where("status", "=", from)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) {
    throw new UsageError(`Cannot change job "${jobId}": its status is not "${from}"`);
  }
}

/**
 * Records the template and shipper that a run uses, where they are not those of the import.
 *
 * @param trx The transaction, which also audits the change.
 * @param jobId The job.
 * @param used The template and the shipper.
 *
 * @internal
 */
export async function setJobInputs(
  trx: Transaction<Database>,
  jobId: string,
  used: Pick<NewJob, "templateName" | "templateText" | "templateSha256" | "shipper">,
): Promise<void> {
  await trx.updateTable("jobs").set({
    template_name: used.templateName,
    template_text: used.templateText,
    template_sha256: used.templateSha256,
    shipper: used.shipper,
  }).where("id", "=", jobId).execute();
}

/**
 * Records the carrier that a job buys from: the next run buys from it too, and asks it about purchases.
 *
 * @param trx The transaction, which also audits it.
 * @param jobId The job.
 * @param carrierServer The carrier, as in the table.
 *
 * @internal
 */
export async function setCarrier(
  trx: Transaction<Database>,
  jobId: string,
  carrierServer: string,
): Promise<void> {
  await trx.updateTable("jobs").set({ carrier_server: carrierServer }).where("id", "=", jobId)
    .execute();
}

/**
 * Records a person's yes to what a job is to buy.
 *
 * @param trx The transaction, which also audits it.
 * @param jobId The job.
 * @param yes What it is bound to, who says it and when; `undefined` takes it back.
 *
 * @internal
 */
export async function confirmJob(
  trx: Transaction<Database>,
  jobId: string,
  yes: { readonly hash: string; readonly by: string; readonly at: Date } | undefined,
): Promise<void> {
  await trx.updateTable("jobs").set({
    confirmed_hash: yes?.hash ?? null,
    confirmed_by: yes?.by ?? null,
    confirmed_at: yes?.at.toISOString() ?? null,
  }).where("id", "=", jobId).execute();
}

/**
 * Stores the job machine's checkpoint, in the transaction of the row state that it goes with.
 *
 * @param trx The transaction.
 * @param jobId The job.
 * @param version The version of the machine that made it.
 * @param snapshot The checkpoint as JSON, or `null` to set it aside.
 *
 * @internal
 */
export async function saveSnapshot(
  trx: Transaction<Database>,
  jobId: string,
  version: number,
  snapshot: string | null,
): Promise<void> {
  await keepSnapshot(trx, { jobId, snapshot, version: snapshot === null ? null : version });
}

/**
 * The id of this installation, part of every idempotency key.
 *
 * @param db The database.
 * @returns The id; migrating made it.
 *
 * @internal
 */
export async function getInstallationId(db: Kysely<Database>): Promise<string> {
  const { id } = await db.selectFrom("installation").select("id").executeTakeFirstOrThrow();
  return id;
}

const keepSnapshot = prepared<{ jobId: string; snapshot: string | null; version: number | null }>(
  (db, bind) =>
    db.updateTable("jobs")
      .set({ snapshot: bind("snapshot"), snapshot_version: bind("version") })
      .where("id", "=", bind("jobId")),
);
