/**
 * A person's pause or cancel: at once where nobody works on the job, else through its runner, which
 * finishes the row under way first.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { listControls, requestControl } from "../db/controls.ts";
import { getJob, setJobStatus } from "../db/jobs.ts";
import { describeHolder, findLease } from "../db/leases.ts";
import type { ControlRequest, Database, JobStatus } from "../db/schema.ts";
import { LeaseHeldError, WaybillError } from "../errors.ts";
import { closeUnsentRows } from "./close_unsent_rows.ts";
import { dropControls } from "./obey_controls.ts";
import { underLease } from "./under_lease.ts";
import { type Clock, systemClock } from "./world.ts";

/** What is asked for, by whom, and why. */
export interface Asked {
  /** What. */
  readonly request: ControlRequest;
  /** Who asks. */
  readonly by: string;
  /** Why, if they say. */
  readonly reason: string | undefined;
}

/** Whoever waits for a runner to stop. */
export interface Waiting {
  /** Told once, when a runner has to be waited for. */
  readonly onRunner: (runner: string) => void;
  /** Ends the waiting; the request stays. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export type Controlled =
  /** The job stands as it was asked for. */
  | "done"
  /** It stood so before. */
  | "already"
  /** Nobody waits any more; the runner stops after the row under way. */
  | "requested";

/** How often a runner that was asked is looked at, in milliseconds. */
const lookEveryMs = 200;

/** How often it is found out whether it still lives, in milliseconds: that starts programs. */
const checkEveryMs = 2_000;

/**
 * Pauses or cancels a job.
 *
 * @param db The database.
 * @param jobId The job.
 * @param asked What is asked for.
 * @param waiting Who waits.
 * @param clock The time.
 * @returns What came of it.
 * @throws {WaybillError} `E-4018` if the job stands where that cannot be done; it says what to do.
 *
 * @internal
 */
export async function controlJob(
  db: Kysely<Database>,
  jobId: string,
  asked: Asked,
  waiting: Waiting,
  clock: Clock = systemClock,
): Promise<Controlled> {
  let isAsked = false;
  for (;;) {
    const { status } = await getJob(db, jobId);
    if (asked.request === "cancel" && status === "cancelled") return isAsked ? "done" : "already";
    const stands = await act(db, jobId, asked, clock);
    if (stands === "refused") throw refusal(asked.request, await getJob(db, jobId));
    if (stands !== "held") return isAsked ? "done" : stands;
    const holder = (await findLease(db, jobId))?.holder;
    if (!isAsked) {
      await requestControl(db, jobId, clock.now(), asked);
      isAsked = true;
      waiting.onRunner(holder ? describeHolder(holder) : "another runner");
    } else if (!(await listControls(db, jobId)).some(({ request }) => request === asked.request)) {
      return await metBefore(db, jobId, asked.request);
    }
    if (!await letsGo(db, jobId, waiting.signal, clock)) return "requested";
  }
}

/** A request that is gone was obeyed or dropped; somebody else may have the job by now. */
async function metBefore(
  db: Kysely<Database>,
  jobId: string,
  request: ControlRequest,
): Promise<"done"> {
  const job = await getJob(db, jobId);
  if (job.status === (request === "cancel" ? "cancelled" : "paused")) return "done";
  throw standingOf(request, job.status) === "refused"
    ? refusal(request, job)
    : runAgain(request, jobId);
}

/** Acts, if nobody works on the job: its lease is held while that is committed. */
async function act(
  db: Kysely<Database>,
  jobId: string,
  asked: Asked,
  clock: Clock,
): Promise<"done" | "already" | "refused" | "held"> {
  try {
    return await underLease(db, jobId, clock, async (trx, now) => {
      const { status: from } = await getJob(trx, jobId);
      const result = standingOf(asked.request, from);
      const audit: AuditEntry[] = [];
      if (result === "done") audit.push(...await change(trx, jobId, now, from, asked));
      // What was asked of a runner that is gone is done now, or came too late.
      const requests: ControlRequest[] = asked.request === "cancel"
        ? ["cancel", "pause"]
        : ["pause"];
      audit.push(...await dropControls(trx, jobId, requests, "nobody runs the job"));
      return { result, audit };
    });
  } catch (error) {
    if (error instanceof LeaseHeldError) return "held";
    throw error;
  }
}

function standingOf(request: ControlRequest, status: JobStatus): "done" | "already" | "refused" {
  switch (status) {
    case "running":
      return "done";
    case "paused":
      return request === "pause" ? "already" : "done";
    case "pending":
    case "failed":
      return request === "pause" ? "refused" : "done";
    case "cancelled":
      return request === "pause" ? "refused" : "already";
    case "completed":
      return "refused";
    default:
      return status satisfies never;
  }
}

async function change(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  from: JobStatus,
  { request, by, reason }: Asked,
): Promise<AuditEntry[]> {
  const to = request === "cancel" ? "cancelled" : "paused";
  await setJobStatus(trx, jobId, now, { from, to, reason: "request" });
  const closed = request === "cancel" ? await closeUnsentRows(trx, jobId, now) : [];
  const details = { reason: "request", by, why: reason ?? null };
  return [...closed, { type: "job_transition", from, to, details }];
}

/** Whether the runner has stopped, or should be looked at; `false` once nobody waits any more. */
async function letsGo(
  db: Kysely<Database>,
  jobId: string,
  signal: AbortSignal,
  clock: Clock,
): Promise<boolean> {
  const epoch = (await findLease(db, jobId))?.epoch;
  for (let waitedMs = 0; waitedMs < checkEveryMs; waitedMs += lookEveryMs) {
    await clock.sleep(lookEveryMs, signal);
    if (signal.aborted) return false;
    const lease = await findLease(db, jobId);
    if (!lease?.holder || lease.epoch !== epoch) return true;
  }
  return true;
}

function refusal(
  request: ControlRequest,
  { id, status }: { id: string; status: JobStatus },
): WaybillError {
  const { why, remedy } = reasons(id)[status];
  return new WaybillError("E-4018", `Cannot ${request} job "${id}": ${why}`, { remedy });
}

function reasons(jobId: string): Record<JobStatus, { why: string; remedy: string }> {
  return {
    pending: {
      why: "nobody has run it yet",
      remedy: `To keep it from being run: deno task cancel ${jobId}`,
    },
    failed: {
      why: "it has stopped already, at a row that failed",
      remedy: `See why with: deno task status ${jobId}`,
    },
    completed: {
      why: "every row of it is done",
      remedy: `Labels that are not wanted are voided with: deno task void ${jobId}`,
    },
    cancelled: {
      why: "it is cancelled",
      remedy: `Take it up again with: deno task retry ${jobId}`,
    },
    paused: { why: "it is paused", remedy: `Carry on with: deno task run ${jobId}` },
    running: { why: "it runs", remedy: `Try again: deno task status ${jobId}` },
  };
}

function runAgain(request: ControlRequest, jobId: string): WaybillError {
  return new WaybillError(
    "E-4018",
    `Cannot ${request} job "${jobId}": somebody has run it again since`,
    {
      remedy: `See how it stands with: deno task status ${jobId}`,
    },
  );
}
