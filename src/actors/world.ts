/**
 * What the actors of one job share: the database, the servers, the template, the clock.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import { appendAudit, type AuditEntry, type AuditHead, hasAudit } from "../db/audit.ts";
import {
  holdLease,
  type Lease,
  type LeaseHolder,
  type Liveness,
  type Runner,
} from "../db/leases.ts";
import type { Database } from "../db/schema.ts";
import { coded } from "../errors.ts";
import type { PurchasePolicy } from "../machines/purchase.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Approval } from "./confirmation.ts";
import { type DatabasePart, patiently } from "./database_part.ts";
import type { JobInputs } from "./job_inputs.ts";
import type { LookAhead } from "./look_ahead.ts";
import type { Connection } from "./mcp_connection.ts";
import type { Pacers } from "./pacers.ts";
import type { Part } from "./part.ts";
import type { PrepareRows } from "./prepare_rows.ts";
import type { SourceClient } from "./source_client.ts";
import type { ToolCaller } from "./tool_caller.ts";

/** Time, handed in so that tests and simulations have their own. */
export interface Clock {
  /** Now. */
  now(): Date;
  /** Waits, in milliseconds, or until the signal says that nobody waits any more. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock on the wall. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        // A signal may outlive thousands of sleeps.
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end);
    }),
};

/**
 * A job in this process's hands: all that a commit needs.
 *
 * @internal
 */
export interface LeasedJob {
  /** The database. */
  readonly db: Kysely<Database>;
  /** Whether it can be reached; without it nobody waits for a database that is away. */
  readonly database?: DatabasePart | undefined;
  /** What happened to the runner's children: audited with the next commit. */
  readonly notes?: AuditEntry[] | undefined;
  /** The job. */
  readonly job: { readonly id: string; readonly name: string };
  /** The time. */
  readonly clock: Clock;
  /** When something was last committed under the lease. */
  committedAt: Date | undefined;
  /** The last audit entry, while it is known. */
  auditHead: AuditHead | undefined;
  /** Set while this process holds the job. */
  lease: Lease | undefined;
}

/**
 * What the actors of one job share.
 *
 * @internal
 */
export interface World extends LeasedJob {
  readonly database: DatabasePart;
  readonly notes: AuditEntry[];
  /** Part of every idempotency key. */
  readonly installationId: string;
  /** This process. */
  readonly runner: Runner;
  /** What is known of a lease's holder. */
  readonly livenessOf: (holder: LeaseHolder) => Promise<Liveness>;
  /** The template and the shipper: those it is told to use, and, once it has the lease, those in use. */
  readonly inputs: { readonly wanted: JobInputs | undefined; used: JobInputs | undefined };
  /** The source's tools. */
  readonly source: SourceClient;
  /** Renders and checks rows; the template is compiled at its first use. */
  readonly prepare: PrepareRows;
  /** The rows that come next, read and prepared a page at a time. */
  readonly ahead: LookAhead;
  /** The carrier's tools. */
  readonly carrier: ToolCaller;
  /** The carrier's server: whether it is up, or was given up. */
  readonly carrierPart: Pick<Part<Connection>, "current" | "readyUnless" | "isGone">;
  /** Says that a person wants the run to stop. */
  readonly stopping: AbortSignal;
  /** The carrier, as in `jobs.carrier_server`. */
  readonly carrierName: string;
  /** The person's yes that it goes by, where one is needed. */
  readonly approval: Approval | undefined;
  /** How a row's purchase is pursued. */
  readonly policy: PurchasePolicy;
  /** How fast the carrier's accounts are bought from; the runner's jobs share it. */
  readonly pacers: Pacers;
  /** The job machine's last rest. */
  readonly checkpoint: Checkpoint;
  /** Why the stored snapshot is not used, if it is not; audited with the lease. */
  readonly setAside: string | undefined;
}

/**
 * Commits one step of whoever holds the job: the lease is held to the end, and what happened is audited
 * in the same transaction. A database that is away is waited for; a step whose commit may have happened
 * before its connection broke is not made twice.
 *
 * @param world The job's world.
 * @param step What to change; it returns its result and the audit entries. It may be made again.
 * @returns The step's result, once it is durable.
 * @throws {LeaseLostError} If another runner took the job over: nothing is changed.
 * @throws {DatabaseGoneError} If the database was given up: nobody knows whether it is changed.
 *
 * @internal
 */
export async function commit<Result>(
  world: LeasedJob,
  step: (
    trx: Transaction<Database>,
    now: Date,
  ) => Promise<{ result: Result; audit: readonly AuditEntry[] }>,
): Promise<Result> {
  const lease = heldLease(world);
  // Nobody else appends while the lease is held; after a failure the trail is read again.
  let known = world.auditHead;
  world.auditHead = undefined;
  // Taken, so that no other commit enters them as well.
  const notes = world.notes?.splice(0) ?? [];
  /** The last try, once there was only its commit left. */
  let tried: { result: Result; head: AuditHead; at: Date } | undefined;
  const trying = patiently(world, async () => {
    const before = tried;
    if (before && await hasAudit(world.db, lease.jobId, before.head)) return before;
    const begun = known;
    known = undefined;
    return await transact(world, async (trx) => {
      const now = world.clock.now();
      await holdLease(trx, lease, now);
      // It may have been under way until it gave its lock on the lease up, just now.
      if (before && await hasAudit(trx, lease.jobId, before.head)) return before;
      const { result, audit } = await step(trx, now);
      const entries = notes.length === 0 ? audit : [...notes, ...audit];
      const head = await appendAudit(trx, lease.jobId, now, entries, begun);
      const end = { result, head, at: now };
      if (entries.length > 0) tried = end;
      return end;
    });
  });
  const done = await trying.catch((error) => {
    world.notes?.unshift(...notes);
    throw error;
  });
  world.auditHead = done.head;
  world.committedAt = done.at;
  return done.result;
}

/**
 * Makes sure that nobody took the job over while this process did not run: suspended, or on a machine
 * that slept. Costs nothing while it runs.
 *
 * @param world The job's world.
 * @throws {LeaseLostError} If another runner has the job.
 *
 * @internal
 */
export async function confirmLease(world: LeasedJob): Promise<void> {
  const lease = heldLease(world);
  const idleMs = world.clock.now().getTime() - (world.committedAt?.getTime() ?? 0);
  if (idleMs < confirmAfterMs) return;
  await patiently(world, () => transact(world, (trx) => holdLease(trx, lease, world.clock.now())));
}

/** How long a claim counts as just made, in milliseconds: far below any lease's life. */
const confirmAfterMs = 2_000;

/** What the database itself says is told as such; our own errors pass. */
async function transact<Result>(
  { db, job }: LeasedJob,
  work: (trx: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  try {
    return await db.transaction().execute(work);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    throw coded(error, "E-4001", `Cannot record what happens to job "${job.id}"`);
  }
}

/**
 * The lease that this runner holds.
 *
 * @param world The job's world.
 * @returns The lease.
 * @throws {TypeError} If none was acquired: a bug of ours.
 *
 * @internal
 */
export function heldLease({ lease, job }: LeasedJob): Lease {
  if (lease) return lease;
  throw new TypeError(`Cannot work on job "${job.id}": its lease was not acquired`);
}

/**
 * The audit entry of a row's change of status.
 *
 * @param rowNumber The row.
 * @param from The status before.
 * @param to The status after.
 * @param details What else is worth knowing.
 * @returns The entry.
 */
export function rowTransition(
  rowNumber: number,
  from: string,
  to: string,
  details: Record<string, unknown> = {},
): AuditEntry {
  return { type: "row_transition", rowNumber, from, to, details };
}
