/**
 * `run`: ships a job, or carries on with it. It never needs a flag to be safe.
 *
 * @module
 */
import process from "node:process";
import type { Kysely } from "kysely";
import { EventBus } from "../actors/event_bus.ts";
import { inputsOf, type JobInputs } from "../actors/job_inputs.ts";
import { hasLooseEnds } from "../actors/loose_ends.ts";
import { childSpecsFrom } from "../actors/restart_budgets.ts";
import { startRunner } from "../actors/runner.ts";
import { findJob, getJob } from "../db/jobs.ts";
import { openDatabase } from "../db/open.ts";
import type { Database, JobTable } from "../db/schema.ts";
import { findOpenVoids } from "../db/voids.ts";
import { UsageError, WaybillError } from "../errors.ts";
import type { JobOutcome, KeepGoing } from "../machines/job_types.ts";
import type { Problem } from "../machines/port.ts";
import { openTemplateEnvironment } from "../templates/environment.ts";
import { cancelledLines } from "./control_commands.ts";
import { makeDemo } from "./demo.ts";
import { readShipper, readTemplate } from "./input_files.ts";
import { LastWords } from "./last_words.ts";
import { readMcpFile } from "./mcp_file.ts";
import { failedLines, voidedLines } from "./rows_told.ts";
import { callPerson } from "./notice.ts";
import { serversOf } from "./open_servers.ts";
import { printJson, say } from "./output.ts";
import { showProgress } from "./progress.ts";
import { readReport, type Report, sayReport } from "./report.ts";
import { resumeNote } from "./resume_note.ts";
import type { Settings } from "./settings.ts";
import { type RunFacts, startCounting } from "./run_facts.ts";
import { watchSource } from "./source_watch.ts";
import { unlessStopped } from "./start_faults.ts";
import { onStopSignals } from "./stop_signals.ts";
import { openVoidLines } from "./summary.ts";
import { onParentGone } from "./with_telemetry.ts";

/** What a person asks for. */
export interface RunOptions {
  /** The template file to use from now on, if it is another than before. */
  readonly template?: string | undefined;
  /** The shipper file, likewise. */
  readonly shipper?: string | undefined;
  /** The MCP file, if it is named. */
  readonly mcp?: string | undefined;
  /** Whether to begin without preflight. */
  readonly skipPreflight?: boolean | undefined;
  /** Whether to carry on past rows that fail. */
  readonly keepGoing?: boolean | undefined;
  /** With so many failed rows it stops all the same; as typed. */
  readonly maxFailures?: string | undefined;
  /** The command that is run when a person is needed, or the job is done. */
  readonly notify?: string | undefined;
  /** How many labels a second may be bought, as typed. */
  readonly rate?: string | undefined;
  /** Whether a program reads the events. */
  readonly json?: boolean | undefined;
}

/**
 * Runs a job to its end, or to where it has to stop.
 *
 * @param settings Where things are.
 * @param jobId The job; `demo` is made if it is not there.
 * @param options What is asked for.
 * @returns The exit code.
 */
export async function runCommand(
  settings: Settings,
  jobId: string,
  options: RunOptions,
): Promise<number> {
  // A file that cannot be read is told of, even where nothing is left to do with it.
  await readMcpFile(settings, options.mcp);
  if (jobId === "demo") await makeDemo(settings);
  // While a statement waits for SQLite's lock nothing else can be done; the runner waits beside it.
  const db = await openDatabase(settings.databaseUrl, { busyTimeoutMs: 2_000 });
  try {
    const job = await getJob(db, jobId);
    const wishes = { keepGoing: readKeepGoing(options), rate: readRate(options) };
    if (job.status === "completed" && !await hasLooseEnds(db, jobId)) {
      say("Nothing to do: every row of this job is done.");
      const report = await readReport(db, settings, job);
      tellEnd(report, options, endOf(), options.json ? [] : await voidedLines(db, report));
      return 0;
    }
    return await runJob(db, settings, job, options, wishes);
  } finally {
    await db.destroy();
  }
}

function readKeepGoing({ keepGoing, maxFailures }: RunOptions): KeepGoing | undefined {
  if (maxFailures === undefined) return keepGoing ? { maxFailures } : undefined;
  const limit = Number(maxFailures);
  if (Number.isInteger(limit) && limit > 0) return { maxFailures: limit };
  throw new UsageError(
    `Cannot stop after "${maxFailures}" failures: that is no number above 0`,
    "Say how many rows may fail: --max-failures 10",
  );
}

/** The fewest labels a second that may be asked for. */
const lowestRate = 0.001;

function readRate({ rate }: RunOptions): number | undefined {
  if (rate === undefined) return undefined;
  const limit = Number(rate);
  if (rate.trim() !== "" && Number.isFinite(limit) && limit > 0) {
    // A timer cannot wait for longer than some weeks, and would not wait at all.
    if (limit >= lowestRate) return limit;
    throw new UsageError(
      `Cannot buy "${rate}" labels a second: ${lowestRate} is the least`,
      `That is one every ${1 / lowestRate} seconds: --rate ${lowestRate}`,
    );
  }
  throw new UsageError(
    `Cannot buy "${rate}" labels a second: that is no number above 0`,
    "Say how many, as in: --rate 2, or --rate 0.5 for one every two seconds",
  );
}

/** What a person names here is used from now on, after a crash too. */
async function readInputs(
  settings: Settings,
  job: JobTable,
  { template, shipper }: RunOptions,
): Promise<JobInputs | undefined> {
  if (template === undefined && shipper === undefined) return undefined;
  const source = template === undefined
    ? { name: job.template_name, text: job.template_text }
    : await readTemplate(settings, template);
  const address: unknown = shipper === undefined
    ? JSON.parse(job.shipper)
    : await readShipper(settings, shipper);
  // One that is no template is not taken up.
  await using templates = openTemplateEnvironment();
  await templates.compile(source);
  return inputsOf(source, address);
}

async function runJob(
  db: Kysely<Database>,
  settings: Settings,
  job: JobTable,
  options: RunOptions,
  wishes: { readonly keepGoing: KeepGoing | undefined; readonly rate: number | undefined },
): Promise<number> {
  const inputs = await readInputs(settings, job, options);
  const specs = childSpecsFrom((name) => process.env[name]);
  const note = options.json ? undefined : await resumeNote(db, job);
  if (note !== undefined) say(note);
  const servers = serversOf(
    settings,
    options.mcp,
    async (jobId) => (await findOpenVoids(db, jobId)).owed > 0,
    "buying",
  );
  const lastWords = new LastWords();
  const { open, brought } = watchSource(lastWords.listenTo(servers));
  const countRun = await startCounting(db, job.id, brought);
  const progress = showProgress(options.json ?? false);
  const bus = new EventBus();
  let isStopped = false;
  let hasEnded = false;
  bus.subscribe(unlessStopped(progress.observer, () => isStopped));
  await using templates = openTemplateEnvironment();
  const runner = startRunner({
    db,
    jobIds: [job.id],
    open,
    templates,
    bus,
    inputs,
    skipPreflight: options.skipPreflight,
    ...wishes,
    specs,
  });
  const stop = () => {
    isStopped = true;
    if (hasEnded) return;
    progress.stop();
    say("Stopping after the row under way …");
    runner.stop();
  };
  onParentGone(stop);
  const stopListening = onStopSignals({
    first: stop,
    again() {
      if (hasEnded) return;
      say("Not waiting for the source any more: what is bought is still recorded …");
      runner.hurry();
    },
  });
  const { outcomes, problem } = await runner.done;
  // A signal that ended a server as well may come after it.
  hasEnded = true;
  await bus.drain(1_000);
  stopListening();
  progress.stop();
  const outcome = outcomes[job.id];
  // It was stopped before it began: that is why it ended. A Ctrl-C reaches servers that are being
  // started as well, and that they did not start is no news then.
  const end = !outcome && isStopped
    ? { exitCode: 130, problem: undefined, outcome }
    : endOfRun(job, outcome, problem);
  if (end.problem) lastWords.tell(end.problem);
  try {
    const report = await readReport(db, settings, await findJob(db, job.id) ?? job);
    const ended = { ...end, run: await countRun(end.problem) };
    const wasPatient = wishes.keepGoing !== undefined && report.rows.failed > 0;
    const failures = wasPatient && !options.json
      ? await failedLines(db, job.id, report.rows.failed)
      : [];
    const limit = wishes.keepGoing?.maxFailures ?? Infinity;
    if (ended.run.failedRows >= limit) {
      const rows = limit === 1 ? "1 row" : `${limit} rows`;
      failures.push(`Stopped: ${rows} failed, as many as --max-failures allows`);
    }
    tellEnd(report, options, ended, failures);
    await callPerson(job, ended, report, options.notify);
  } catch (error) {
    // The database is away: what went wrong, and perhaps was bought, is told without it.
    if (!end.problem) throw error;
    sayProblem(end.problem, end.rowNumber, end.problem.remedy);
    await callPerson(job, end, undefined, options.notify);
  }
  return end.exitCode;
}

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

function tellEnd(
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
  const remedy = problem?.remedy ?? report.lastProblem?.remedy;
  if (problem) sayProblem(problem, rowNumber, remedy?.replace("<job>", jobId));
  else if (outcome?.type !== "cancelled" && exitCode === 130) {
    say(`Carry on with: deno task run ${jobId}`);
  }
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

function isInputFault(code: string): boolean {
  return /^E-[12]/.test(code) ||
    inputFaults.has(code);
}

/** What a person can mend, and what a person asked for that cannot be. */
const inputFaults: ReadonlySet<string> = new Set([
  ...[
    "E-3012",
    "E-3013",
    "E-4017",
    "E-4018",
    "E-4020",
    "E-4002",
    "E-4003",
    "E-4008",
    "E-4009",
    "E-4011",
    "E-4012",
    "E-4013",
  ],
]);

function sayProblem(
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
  const remedies = new Set(first.flatMap(({ problem: { remedy } }) => remedy ?? []));
  for (const remedy of [...remedies].slice(0, 3)) say(`Next: ${remedy.replace("<job>", jobId)}`);
  say(
    `A mended template or shipper is taken up with: deno task run ${jobId} --template <file> ` +
      "--shipper <file>",
  );
}

/**
 * The problem that an error is, for those who throw.
 *
 * @param error The error.
 * @returns Its exit code.
 */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof WaybillError)) return 1;
  if (error.code === "E-4004") return 3;
  return isInputFault(error.code) ? 2 : 1;
}
