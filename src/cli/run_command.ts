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
import type { Budget, KeepGoing } from "../machines/job_types.ts";
import { openTemplateEnvironment } from "../templates/environment.ts";
import { consentTo } from "./consent.ts";
import { makeDemo } from "./demo.ts";
import { readShipper, readTemplate } from "./input_files.ts";
import { openInspector } from "./inspector.ts";
import { LastWords } from "./last_words.ts";
import { readMcpFile } from "./mcp_file.ts";
import { callPerson } from "./notice.ts";
import { serversOf } from "./open_servers.ts";
import { say } from "./output.ts";
import { showProgress } from "./progress.ts";
import { readReport } from "./report.ts";
import { resumeNote } from "./resume_note.ts";
import { failedLines, voidedLines } from "./rows_told.ts";
import { endOf, endOfRun, sayProblem, tellEnd } from "./run_end.ts";
import { startCounting } from "./run_facts.ts";
import {
  readBudget,
  readInspector,
  readKeepGoing,
  readRate,
  type RunOptions,
} from "./run_options.ts";
import type { Settings } from "./settings.ts";
import { watchSource } from "./source_watch.ts";
import { unlessStopped } from "./start_faults.ts";
import { onStopSignals } from "./stop_signals.ts";
import { onParentGone } from "./with_telemetry.ts";

/** What a person wishes of a run, read. */
interface Wishes {
  readonly keepGoing: KeepGoing | undefined;
  readonly rate: number | undefined;
  readonly inspector: string | undefined;
  readonly budget: Budget | undefined;
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
    const wishes = {
      keepGoing: readKeepGoing(options),
      rate: readRate(options),
      inspector: readInspector(options),
      budget: readBudget(options),
    };
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
  wishes: Wishes,
): Promise<number> {
  const inputs = await readInputs(settings, job, options);
  const specs = childSpecsFrom((name) => process.env[name]);
  const consent = await consentTo(db, settings, job, {
    inputs,
    budget: wishes.budget,
    passesFailed: wishes.keepGoing !== undefined,
    options,
  });
  if (!consent) {
    say("Nothing was bought.");
    return 2;
  }
  const note = options.json ? undefined : await resumeNote(db, job);
  if (note !== undefined) say(note);
  const servers = serversOf(
    settings,
    options.mcp,
    async (jobId) => (await findOpenVoids(db, jobId)).owed > 0,
    consent,
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
  await using inspector = wishes.inspector === undefined
    ? undefined
    : await openInspector(wishes.inspector, say);
  const runner = startRunner({
    db,
    jobIds: [job.id],
    open,
    templates,
    bus,
    inputs,
    skipPreflight: options.skipPreflight,
    ...wishes,
    approval: consent.approval,
    specs,
    inspect: inspector?.inspect,
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
