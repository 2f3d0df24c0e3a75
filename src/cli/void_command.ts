/**
 * `void`: voids bought labels through the carrier, once a person has confirmed it, and takes their
 * numbers out of the source.
 *
 * @module
 */
import type { Kysely } from "kysely";
import type { AskedCarrier } from "../actors/check_adoption.ts";
import { planVoid, type VoidPlan, type VoidTask } from "../actors/plan_void.ts";
import { isInRanges, type RowRange } from "../actors/named_rows.ts";
import { refuseHeld } from "../actors/under_lease.ts";
import { voidJob, type VoidResult } from "../actors/void_job.ts";
import { systemClock } from "../actors/world.ts";
import { getJob } from "../db/jobs.ts";
import type { Database, JobTable } from "../db/schema.ts";
import { findOpenVoids } from "../db/voids.ts";
import { LeaseHeldError, UsageError, WaybillError } from "../errors.ts";
import type { Problem } from "../machines/port.ts";
import { formatCosts } from "../money.ts";
import { canAsk, saysYes } from "./ask_person.ts";
import { openCarrierOf, openSource } from "./open_servers.ts";
import { print, printJson, say } from "./output.ts";
import { whoDecides } from "./person.ts";
import { namedAlone, parseRowRanges, rowsInWords } from "./row_ranges.ts";
import type { Settings } from "./settings.ts";
import { onStopSignals } from "./stop_signals.ts";

/** What a person asks for. */
export interface VoidCommandOptions {
  /** The rows, as typed; every row that has a label if left out. */
  readonly rows?: string | undefined;
  /** Whether the person has confirmed it already. */
  readonly yes?: boolean | undefined;
  /** Why. */
  readonly reason?: string | undefined;
  /** The MCP file, if it is named. */
  readonly mcp?: string | undefined;
  /** Whether a program reads the result. */
  readonly json?: boolean | undefined;
}

/**
 * `void <job>`: voids labels.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param jobId The job.
 * @param options Which labels, and why.
 * @returns The exit code.
 * @throws {UsageError} If nobody confirmed it and nobody can be asked: nothing is changed.
 *
 * @internal
 */
export async function voidCommand(
  db: Kysely<Database>,
  settings: Settings,
  jobId: string,
  options: VoidCommandOptions,
): Promise<number> {
  const ranges = options.rows === undefined ? undefined : parseRowRanges(options.rows);
  // Whoever says 3 means that row; whoever says 1-30 may mean those of them that have a label.
  const named = namedAlone(options.rows ?? "");
  const job = await getJob(db, jobId);
  const plan = await planVoid(
    db,
    job,
    ranges && ((rowNumber) => isInRanges(ranges, rowNumber)),
    (rowNumber) => named.has(rowNumber),
  );
  refuseNobody(jobId, ranges ?? [], plan);
  if (plan.unlabelled.length > 0 && !options.json) {
    const have = plan.unlabelled.length === 1 ? "has" : "have";
    say(`Passed over: ${rowsInWords(plan.unlabelled)} ${have} no label`);
  }
  await refuseRunning(db, jobId);
  if (plan.tasks.length > 0 && !await isConfirmed(job, plan, options)) {
    say("Nothing was voided.");
    return 2;
  }
  return await carryOut(db, settings, job, plan, options);
}

/** A number without a row is a slip of the pen: perhaps another row was meant. */
function refuseNobody(jobId: string, ranges: readonly RowRange[], plan: VoidPlan): void {
  const labelled = plan.tasks.map(({ rowNumber }) => rowNumber);
  const found = [...labelled, ...plan.voided, ...plan.unlabelled];
  const empty = ranges.find((range) => !found.some((row) => isInRanges([range], row)));
  if (!empty) return;
  throw new WaybillError("E-1006", `Cannot void row ${empty.first}: the job has no such row`, {
    remedy: `List the rows with: deno task rows ${jobId}`,
  });
}

/** A person is not asked in vain. */
async function refuseRunning(db: Kysely<Database>, jobId: string): Promise<void> {
  try {
    await refuseHeld(db, jobId, systemClock);
  } catch (error) {
    if (!(error instanceof LeaseHeldError)) throw error;
    throw new WaybillError(error.code, error.message, {
      remedy: `Pause it first: deno task pause ${jobId}`,
      cause: error,
    });
  }
}

async function isConfirmed(
  { id }: JobTable,
  { tasks }: VoidPlan,
  { yes, json, rows }: VoidCommandOptions,
): Promise<boolean> {
  const rowsNamed = rowsInWords(tasks.map(({ rowNumber }) => rowNumber));
  const what = `${counted(tasks.length)} of job ${id} (${rowsNamed}), ${costWords(tasks)}`;
  if (yes) {
    if (!json) say(`Voiding ${what}`);
    return true;
  }
  if (canAsk()) {
    say(`This voids ${what}.`);
    say("A voided label is dead for good: no parcel may go out with it.");
    return await saysYes("Void at the carrier? [y/N] ");
  }
  throw new UsageError(
    `Cannot void ${what}: nobody has confirmed it`,
    `Say it again with --yes: deno task void ${id}${rows ? ` --rows ${rows}` : ""} --yes`,
  );
}

async function carryOut(
  db: Kysely<Database>,
  settings: Settings,
  job: JobTable,
  plan: VoidPlan,
  options: VoidCommandOptions,
): Promise<number> {
  await using servers = new AsyncDisposableStack();
  let isStopWanted = false;
  const stopListening = onStopSignals({
    first: () => {
      isStopWanted = true;
      say("Stopping after the label under way …");
    },
    again: () => {},
  });
  try {
    const result = await voidJob(db, job, {
      tasks: plan.tasks,
      decision: { by: whoDecides(), reason: options.reason ?? "not given" },
      openCarrier: async () =>
        servers.use(carrierOrThrow(job, await openCarrierOf(settings, job, options.mcp))),
      openSource: async () =>
        servers.use(await openSource(settings, job, options.mcp, "shipping")).call,
      isStopWanted: () => isStopWanted,
    });
    return await tell(db, job, plan, result, { json: options.json, isStopped: isStopWanted });
  } finally {
    stopListening();
  }
}

function carrierOrThrow<Carrier extends AskedCarrier>(
  { id }: JobTable,
  carrier: Carrier | undefined,
): Carrier {
  if (carrier) return carrier;
  throw new UsageError(
    `Cannot void labels of job "${id}" from here: a program made it and brings its own carrier`,
    "Name that carrier's MCP file with --mcp",
  );
}

async function tell(
  db: Kysely<Database>,
  job: JobTable,
  plan: VoidPlan,
  result: VoidResult,
  { json, isStopped }: { json: boolean | undefined; isStopped: boolean },
): Promise<number> {
  const { voided, refused, unknown, source } = result;
  const left = plan.tasks.length - voided.length - refused.length - (unknown ? 1 : 0);
  const exitCode = exitCodeOf(result, isStopped && left > 0);
  if (json) {
    const { owed } = await findOpenVoids(db, job.id);
    printJson({
      jobId: job.id,
      exitCode,
      voided: voided.map(({ rowNumber, trackingNumber, costMinor, currencyCode }) => ({
        rowNumber,
        trackingNumber,
        costMinor,
        currencyCode,
      })),
      alreadyVoided: plan.voided,
      noLabel: plan.unlabelled,
      refused,
      unknown,
      notAsked: left,
      source: { ...source, owed },
    });
    return exitCode;
  }
  tellCarrier(plan, result, left);
  tellSource(job.id, source);
  return exitCode;
}

function exitCodeOf({ refused, unknown, source }: VoidResult, isStopped: boolean): number {
  if (unknown || refused.length > 0) return 1;
  if (isStopped) return 130;
  return source.owed > 0 ? 5 : 0;
}

function tellCarrier(plan: VoidPlan, { voided, refused, unknown }: VoidResult, left: number): void {
  if (plan.tasks.length === 0) {
    print(
      plan.voided.length > 0
        ? `Nothing to void: ${rowsInWords(plan.voided)} ${
          plan.voided.length === 1 ? "is" : "are"
        } voided already`
        : "Nothing to void: no row has a label",
    );
    return;
  }
  if (voided.length > 0) {
    const rows = rowsInWords(voided.map(({ rowNumber }) => rowNumber));
    print(`Voided   ${counted(voided.length)} (${rows}), ${costWords(voided)}`);
  } else print("Voided   none");
  for (const { rowNumber, problem } of [...refused, ...unknown ? [unknown] : []]) {
    sayProblem(rowNumber, problem);
  }
  if (left > 0) say(`${counted(left)} not asked about: they are as they were`);
}

function tellSource(jobId: string, { written, owed, problem }: VoidResult["source"]): void {
  if (written > 0) {
    print(`Source   ${written === 1 ? "1 number" : `${written} numbers`} taken out`);
  }
  if (owed === 0) return;
  print(`Source   still shows ${owed === 1 ? "1 voided number" : `${owed} voided numbers`}`);
  if (problem) say(`${problem.code} ${problem.message}`);
  say(`Next: ${problem?.remedy ? `${problem.remedy}; then ` : ""}deno task void ${jobId}`);
}

function sayProblem(rowNumber: number, { code, message, remedy }: Problem): void {
  say(`${code} row ${rowNumber}: ${message}`);
  if (remedy) say(`Next: ${remedy}`);
}

function counted(labels: number): string {
  return labels === 1 ? "1 label" : `${labels} labels`;
}

function costWords(tasks: readonly VoidTask[]): string {
  const costs: Record<string, number> = {};
  let unknown = 0;
  for (const { costMinor, currencyCode } of tasks) {
    if (costMinor === undefined || currencyCode === undefined) unknown++;
    else costs[currencyCode] = (costs[currencyCode] ?? 0) + costMinor;
  }
  if (Object.keys(costs).length === 0) return "cost unknown";
  return unknown === 0
    ? formatCosts(costs)
    : `${formatCosts(costs)} and ${unknown} of unknown cost`;
}
