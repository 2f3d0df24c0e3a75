/**
 * Leases: one runner to a job. A lease has an epoch; every commit of a runner writes the lease row
 * under its epoch, and fails if another runner took over.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import { LeaseHeldError, LeaseLostError } from "../errors.ts";
import { prepared } from "./prepared.ts";
import type { Database } from "./schema.ts";

/** A job in a runner's hands. */
export interface Lease {
  /** The job. */
  readonly jobId: string;
  /** Grows by one with each runner that takes the job. */
  readonly epoch: number;
}

/** A process that works on jobs. */
export interface Runner {
  /** A random id. */
  readonly id: string;
  /** The host's name. */
  readonly host: string;
  /** The process id. */
  readonly pid: number;
  /** When the process started, as its system tells it: a pid alone is used again. */
  readonly pidStartedAt: string;
}

/** How long a lease lives without a sign of life, in milliseconds. */
export const leaseTtlMs = 30_000;

/** The holder of a lease, as stored. */
export interface LeaseHolder {
  /** The host's name. */
  readonly host: string;
  /** The process id. */
  readonly pid: number;
  /** When that process started. */
  readonly pidStartedAt: string;
  /** When the lease runs out, UTC. */
  readonly expiresAt: string;
}

/** What is known of the process that holds a lease. */
export type Liveness = "alive" | "gone" | "unknown";

/**
 * Takes a job for a runner.
 *
 * @param trx The transaction, which also appends the audit entry.
 * @param jobId The job.
 * @param runner Who takes it.
 * @param now The time.
 * @param livenessOf What is known of a holder: the lease of a dead one is taken at once, that of a live
 * one never, that of any other when it has expired.
 * @returns The lease, and the holder it was taken from, if it was not given back.
 * @throws {LeaseHeldError} If another runner holds it.
 *
 * @internal
 */
export async function acquireLease(
  trx: Transaction<Database>,
  jobId: string,
  runner: Runner,
  now: Date,
  livenessOf: (holder: LeaseHolder) => Promise<Liveness>,
): Promise<{ lease: Lease; takenFrom: LeaseHolder | undefined }> {
  const found = await findLease(trx, jobId);
  const holder = found?.holder;
  if (holder && await isHeld(holder, now, livenessOf)) {
    throw new LeaseHeldError(jobId, describeHolder(holder));
  }
  const seen = found?.epoch ?? 0;
  const { numUpdatedRows } = await trx.updateTable("job_leases")
    .set({
      epoch: seen + 1,
      runner_id: runner.id,
      host: runner.host,
      pid: runner.pid,
      pid_started_at: runner.pidStartedAt,
      acquired_at: now.toISOString(),
      expires_at: expiryFrom(now),
    })
    .where("job_id", "=", jobId)
    .where("epoch", "=", seen)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) throw new LeaseHeldError(jobId, "another runner");
  return { lease: { jobId, epoch: seen + 1 }, takenFrom: holder };
}

/**
 * Whether a job is in a runner's hands. A process that was only suspended goes on where it was, perhaps
 * in the middle of a purchase.
 *
 * @param holder Who holds the lease.
 * @param now The time.
 * @param livenessOf What is known of a holder.
 * @returns Whether nobody else may take it.
 */
export async function isHeld(
  holder: LeaseHolder,
  now: Date,
  livenessOf: (holder: LeaseHolder) => Promise<Liveness>,
): Promise<boolean> {
  const liveness = await livenessOf(holder);
  if (liveness !== "unknown") return liveness === "alive";
  return Date.parse(holder.expiresAt) > now.getTime();
}

/**
 * Holds the lease to the end of the transaction and lengthens it: a write, so that both stores lock
 * the row alike and a runner that was taken over cannot commit.
 *
 * @param trx The transaction it guards.
 * @param lease The runner's lease.
 * @param now The time.
 * @throws {LeaseLostError} If another runner took the job over.
 *
 * @internal
 */
export async function holdLease(
  trx: Transaction<Database>,
  lease: Lease,
  now: Date,
): Promise<void> {
  const { jobId, epoch } = lease;
  const { numAffectedRows } = await lengthen(trx, { jobId, epoch, expiresAt: expiryFrom(now) });
  if (numAffectedRows !== 1n) throw new LeaseLostError(jobId, epoch);
}

/**
 * Gives a lease back. The epoch stays, so that the next one is higher.
 *
 * @param trx The transaction that ends the work.
 * @param lease The runner's lease.
 * @throws {LeaseLostError} If another runner took the job over.
 *
 * @internal
 */
export async function releaseLease(trx: Transaction<Database>, lease: Lease): Promise<void> {
  const { numUpdatedRows } = await trx.updateTable("job_leases")
    .set({ runner_id: null, expires_at: null })
    .where("job_id", "=", lease.jobId)
    .where("epoch", "=", lease.epoch)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) throw new LeaseLostError(lease.jobId, lease.epoch);
}

/**
 * Who holds a job, if anybody does.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns The epoch and the holder; `undefined` if there is no such job.
 *
 * @internal
 */
export async function findLease(
  db: Kysely<Database>,
  jobId: string,
): Promise<{ epoch: number; holder: LeaseHolder | undefined } | undefined> {
  const row = await db.selectFrom("job_leases").selectAll().where("job_id", "=", jobId)
    .executeTakeFirst();
  if (!row) return undefined;
  const { epoch, runner_id, host, pid, pid_started_at, expires_at } = row;
  const isHeld = runner_id !== null && host !== null && pid !== null && expires_at !== null;
  if (!isHeld) return { epoch, holder: undefined };
  return {
    epoch,
    holder: { host, pid, pidStartedAt: pid_started_at ?? "", expiresAt: expires_at },
  };
}

/**
 * A holder in words.
 *
 * @param holder Who holds a lease.
 * @returns As in "process 4711 on depot-1".
 */
export function describeHolder(holder: LeaseHolder): string {
  return `process ${holder.pid} on ${holder.host}`;
}

const lengthen = prepared<{ jobId: string; epoch: number; expiresAt: string }>((db, bind) =>
  db.updateTable("job_leases")
    .set({ expires_at: bind("expiresAt") })
    .where("job_id", "=", bind("jobId"))
    .where("epoch", "=", bind("epoch"))
);

function expiryFrom(now: Date): string {
  return new Date(now.getTime() + leaseTtlMs).toISOString();
}
