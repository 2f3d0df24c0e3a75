/**
 * Whether a person is called at the end of a run, and what they are told.
 *
 * @module
 */
import process from "node:process";
import { type Notice, notify } from "../actors/notify.ts";
import type { JobTable } from "../db/schema.ts";
import { say } from "./output.ts";
import type { Report } from "./report.ts";
import { type End, remedyIn } from "./run_end.ts";

/**
 * Calls a person, if one wants to be called for this end of a run.
 *
 * @param job The job as it was before the run.
 * @param end How the run ended.
 * @param report How the job stands; `undefined` if the database cannot be asked.
 * @param option What `--notify` says.
 *
 * @internal
 */
export async function callPerson(
  job: JobTable,
  end: End,
  report: Report | undefined,
  option: string | undefined,
): Promise<void> {
  const command = option ?? process.env["WAYBILL_NOTIFY"] ?? "";
  const notice = command.trim() === "" ? undefined : noticeOf(job, end, report);
  if (!notice) return;
  const problem = await notify(command, notice);
  if (problem !== undefined) say(`The notifier failed, which changes nothing: ${problem}`);
}

/**
 * What a person is told of the end of a run.
 *
 * @param job The job as it was before the run.
 * @param end How the run ended.
 * @param report How the job stands; `undefined` if the database cannot be asked.
 * @returns It, or `undefined` where nobody is to be called: a person ended it, or nothing happened.
 *
 * @internal
 */
export function noticeOf(
  job: Pick<JobTable, "id" | "name" | "status">,
  end: End,
  report: Report | undefined,
): Notice | undefined {
  const type = typeOf(job, end);
  if (!type) return undefined;
  const { problem, rowNumber, outcome } = end;
  const notReady = outcome?.type === "not_ready" ? outcome.problems.first[0] : undefined;
  const told = problem ?? notReady?.problem;
  return {
    type,
    job_id: job.id,
    name: job.name,
    status: report?.status ?? null,
    reason: report?.reason ?? null,
    code: told?.code ?? null,
    message: told?.message ?? null,
    // A row does not know its job's name.
    remedy: remedyIn(report, told)?.replace("<job>", job.id) ?? null,
    row: rowNumber ?? notReady?.rowNumber ?? null,
    rows: report?.rows ?? null,
    costs: report?.costs ?? null,
    exit_code: end.exitCode,
    at: new Date().toISOString(),
  };
}

function typeOf(
  { status }: Pick<JobTable, "status">,
  { outcome, problem, run }: End,
): Notice["type"] | undefined {
  if (!outcome) return problem ? "job_crashed" : undefined;
  switch (outcome.type) {
    case "completed":
      // A job that was complete, and that was only looked after, is no news.
      return status !== "completed" || (run?.boughtRows ?? 0) > 0 ? "job_completed" : undefined;
    case "failed":
      return "job_failed";
    case "paused":
      return pausedType(outcome.halt.reason);
    case "not_ready":
      return "job_not_ready";
    case "crashed":
      return "job_crashed";
    case "cancelled":
    case "held":
      return undefined;
    default:
      return outcome satisfies never;
  }
}

/** Whoever paused it knows. */
function pausedType(reason: string | undefined): Notice["type"] | undefined {
  if (reason === "needs_review" || reason === "max_cost") return "job_needs_decision";
  return reason === "write_backs_owed" ? "job_paused" : undefined;
}
