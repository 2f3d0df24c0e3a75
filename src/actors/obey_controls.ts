/**
 * What becomes of a person's requests: they are taken away in the commit that obeys or drops them,
 * with an entry that says who asked and why.
 *
 * @module
 */
import type { Transaction } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { listControls, removeControls } from "../db/controls.ts";
import { getJob, setJobStatus } from "../db/jobs.ts";
import type { ControlRequest, Database, JobControlTable, JobStatus } from "../db/schema.ts";
import type { Halt } from "../machines/job_types.ts";
import { closeUnsentRows } from "./close_unsent_rows.ts";

/**
 * Meets the requests that are there when a run takes a job: whoever says `run` wants no pause any
 * more, but a job that is to be cancelled is cancelled.
 *
 * @param trx The transaction that takes the lease.
 * @param jobId The job.
 * @param now The time.
 * @returns What happened, for the trail.
 *
 * @internal
 */
export async function takeControls(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
): Promise<AuditEntry[]> {
  const audit: AuditEntry[] = [];
  const controls = await listControls(trx, jobId);
  for (const control of controls) {
    const { status: from } = await getJob(trx, jobId);
    if (control.request === "pause") {
      audit.push(dropped(control, "the job was run after it"));
    } else if (from === "completed" || from === "cancelled") {
      audit.push(dropped(control, `the job is ${from}`));
    } else {
      await setJobStatus(trx, jobId, now, { from, to: "cancelled", reason: "request" });
      audit.push(...await closeUnsentRows(trx, jobId, now));
      audit.push({ type: "job_transition", from, to: "cancelled", details: askedBy(control) });
    }
  }
  await removeControls(trx, jobId, controls.map(({ request }) => request));
  return audit;
}

/**
 * Meets the requests that are there when a run ends: the one that ended it is obeyed. A cancel that
 * the job's end was faster than stays, for whoever asked, or for the next run; where every row was done
 * before, there is nothing to cancel.
 *
 * @param trx The transaction that ends the run.
 * @param jobId The job.
 * @param from The job's status before that.
 * @param halt Why the run ends.
 * @returns Who asked for it, and what became of other requests.
 *
 * @internal
 */
export async function endControls(
  trx: Transaction<Database>,
  jobId: string,
  from: JobStatus,
  halt: Halt | undefined,
): Promise<{ asked: Record<string, unknown>; audit: AuditEntry[] }> {
  const controls = await listControls(trx, jobId);
  const obeyed = halt?.status === "cancelled"
    ? "cancel"
    : halt?.reason === "request"
    ? "pause"
    : undefined;
  const kept = controls.filter(({ request }) =>
    request === "cancel" && obeyed !== "cancel" && halt !== undefined && from !== "completed"
  );
  const gone = controls.filter((control) => !kept.includes(control));
  await removeControls(trx, jobId, gone.map(({ request }) => request));
  const cause = gone.find(({ request }) => request === obeyed);
  const others = gone.filter((control) => control !== cause);
  const why = from === "completed"
    ? "the job was complete"
    : `the job is ${halt?.status ?? "completed"}`;
  return {
    asked: cause ? askedBy(cause) : {},
    audit: others.map((control) => dropped(control, why)),
  };
}

/**
 * Takes requests away that nobody has to obey any more.
 *
 * @param trx The transaction.
 * @param jobId The job.
 * @param requests Which, if they are there.
 * @param because Why.
 * @returns What happened, for the trail.
 *
 * @internal
 */
export async function dropControls(
  trx: Transaction<Database>,
  jobId: string,
  requests: readonly ControlRequest[],
  because: string,
): Promise<AuditEntry[]> {
  const gone = (await listControls(trx, jobId)).filter(({ request }) => requests.includes(request));
  await removeControls(trx, jobId, gone.map(({ request }) => request));
  return gone.map((control) => dropped(control, because));
}

function askedBy({ requested_by, requested_at, reason }: JobControlTable): Record<string, unknown> {
  return { by: requested_by, requested_at, why: reason };
}

function dropped(control: JobControlTable, because: string): AuditEntry {
  const details = { request: control.request, ...askedBy(control), because };
  return { type: "control_dropped", details };
}
