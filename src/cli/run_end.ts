/**
 * How a run ended: the exit code, and what a person is told.
 *
 * @module
 */
import type { JobTable } from "../db/schema.ts";
import { errorCodes, isErrorCode } from "../errors.ts";
import type { JobOutcome } from "../machines/job_types.ts";
import type { Problem } from "../machines/port.ts";
import { cancelledLines } from "./control_commands.ts";
import { isInputFault } from "./exit_codes.ts";
import { printJson, say } from "./output.ts";
import { type Report, sayReport } from "./report.ts";
import type { RunFacts } from "./run_facts.ts";
import type { RunOptions } from "./run_options.ts";
import { sayRemedies } from "./say_remedies.ts";
import { openVoidLines } from "./summary.ts";

/**
 * What a run's end means, by what the job was before: a cancelled one was only cleared up, and whoever
 * wanted it shipped is told what to do instead.
 *
 * @param before The job before the run.
 * @param outcome How it ended.
 * @param problem What went wrong besides the job.
 * @returns The exit code, and what to tell.
 */
export function endOfRun(
  { id, status }: Pick<JobTable, "id" | "status">,
  outcome?: JobOutcome,
  problem?: Problem,
): End {
  const end = endOf(outcome, problem);
  if (status !== "cancelled" || outcome?.type !== "cancelled" || end.problem) return end;
  return {
    ...end,
    problem: {
      code: "E-4019",
      message: `Cannot ship job "${id}": it is cancelled`,
      remedy: `Take it up again with: deno task retry ${id}`,
    },
  };
}

/** How a run ended: what to tell, and the exit code. */
export interface End {
  /** What the process ends with. */
  readonly exitCode: number;
  /** What went wrong. */
  readonly problem: Problem | undefined;
  /** The row it went wrong at. */
  readonly rowNumber?: number | undefined;
  /** How the job ended; `undefined` if it was complete before or never started. */
  readonly outcome: JobOutcome | undefined;
  /** What this run did, if one began. */
  readonly run?: RunFacts | undefined;
}

/**
 * Tells how a run ended.
 *
 * @param report How the job stands.
 * @param options Whether a program reads it.
 * @param end How the run ended.
 * @param failures What there is to say of failed rows.
 *
 * @internal
 */
export function tellEnd(
  report: Report,
  options: RunOptions,
  end: End,
  failures: readonly string[] = [],
): void {
  const { jobId } = report;
  const { exitCode, problem, rowNumber, outcome, run } = end;
  if (options.json) {
    const problems = outcome?.type === "not_ready" ? outcome.problems : undefined;
    const { problem: _, ...did } = run ?? {};
    const facts = run && did;
    printJson({ type: "result", exitCode, ...report, run: facts, problem, rowNumber, problems });
    return;
  }
  if (outcome?.type === "not_ready") sayProblems(jobId, outcome.problems);
  else sayReport(report, run);
  failures.forEach(say);
  openVoidLines(report).forEach(say);
  if (outcome?.type === "cancelled") cancelledLines(report).forEach(say);
  const remedy = remedyIn(report, problem) ?? usualRemedy(problem);
  if (problem) sayProblem(problem, rowNumber, remedy?.replace("<job>", jobId));
  else if (outcome?.type !== "cancelled" && exitCode === 130) {
    say(`Carry on with: deno task run ${jobId}`);
  }
}

/**
 * What to do about a problem: what the job has kept of it says more than the problem alone.
 *
 * @param report How the job stands, if that is known.
 * @param problem The problem, if there is one.
 * @returns What to do next.
 *
 * @internal
 */
export function remedyIn(
  report: Pick<Report, "lastProblem"> | undefined,
  problem: Problem | undefined,
): string | undefined {
  const last = report?.lastProblem;
  const isKept = problem === undefined || last?.code === problem.code;
  return (isKept ? last?.remedy : undefined) ?? problem?.remedy ?? last?.remedy;
}

/** What the code alone says to do. */
function usualRemedy(problem: Problem | undefined): string | undefined {
  return isErrorCode(problem?.code) ? errorCodes[problem.code].remedy : undefined;
}

/**
 * What a run's end means for whoever started it.
 *
 * @param outcome How the job ended; `undefined` if it was complete before or never started.
 * @param problem What went wrong besides the job.
 * @returns The exit code, and what to tell.
 */
export function endOf(outcome?: JobOutcome, problem?: Problem): End {
  if (!outcome) return { exitCode: problem ? crashCode(problem) : 0, problem, outcome };
  switch (outcome.type) {
    case "completed":
      return { exitCode: 0, problem, outcome };
    case "failed": {
      const { problem, rowNumber } = outcome.halt;
      return { exitCode: 1, problem, rowNumber, outcome };
    }
    case "not_ready":
      return { exitCode: 2, problem: undefined, outcome };
    case "held":
      return { exitCode: 3, problem: outcome.problem, outcome };
    case "cancelled":
    case "paused": {
      const { problem, rowNumber, reason } = outcome.halt;
      return { exitCode: pauseCodes[reason ?? "signal"], problem, rowNumber, outcome };
    }
    case "crashed":
      return { exitCode: crashCode(outcome.problem), problem: outcome.problem, outcome };
    default:
      return outcome satisfies never;
  }
}

const pauseCodes = {
  needs_review: 4,
  max_cost: 4,
  write_backs_owed: 5,
  signal: 130,
  request: 130,
} as const;

/** Bad data and bad usage are the person's to mend; the rest is the job's failure. */
function crashCode({ code }: Problem): number {
  return isInputFault(code) ? 2 : 1;
}

/**
 * Tells of a problem and what to do next.
 *
 * @param problem The problem.
 * @param rowNumber The row, if it is about one.
 * @param remedy What to do next.
 */
export function sayProblem(
  { code, message }: Problem,
  rowNumber: number | undefined,
  remedy: string | undefined,
): void {
  say(`${code}${rowNumber === undefined ? "" : ` row ${rowNumber}:`} ${message}`);
  if (remedy) say(`Next: ${remedy}`);
}

function sayProblems(
  jobId: string,
  { count, first }: Extract<JobOutcome, { type: "not_ready" }>["problems"],
): void {
  for (const { rowNumber, problem } of first) {
    say(`Row ${rowNumber}: ${problem.code} ${problem.message}`);
  }
  if (count > first.length) say(`… and ${count - first.length} rows more`);
  say(`${count} ${count === 1 ? "row is" : "rows are"} not ready. Nothing was bought.`);
  sayRemedies(jobId, first);
}
