/**
 * How a job stands, in lines that a person can read at a glance: a column of names, a column of what
 * they are.
 *
 * @module
 */
import type { Comparison } from "../db/estimates.ts";
import { formatCosts, formatMinorUnits } from "../money.ts";
import { formatDuration } from "./duration.ts";
import type { Report } from "./report.ts";
import { formatRowRanges, rowsInWords } from "./row_ranges.ts";
import type { RunFacts } from "./run_facts.ts";
import type { Tone } from "./style.ts";

/** A line of a summary. */
export interface SummaryLine {
  /** What it is about; empty where it goes on with the line above. */
  readonly name: string;
  /** What there is to say. */
  readonly text: string;
  /** How it is to be taken. */
  readonly tone: Tone;
}

/**
 * The lines about a job.
 *
 * @param report How it stands.
 * @param run What the run that has just ended did, if one has.
 * @returns The lines.
 */
export function summaryOf(report: Report, run?: RunFacts): SummaryLine[] {
  const { rows, runner, labels, asked } = report;
  const line = (name: string, text: string, tone: Tone = "plain") => ({ name, text, tone });
  return [
    line("Job", `${report.jobId} is ${statusWords(report, run)}`, toneOf(report)),
    line("Rows", rowWords(report)),
    line("Cost", costWords(report)),
    ...report.estimates.map((each) => line("Estimated", estimateWords(each))),
    ...report.voidedLabels > 0 ? [line("Voided", voidWords(report))] : [],
    ...run ? [line("This run", runWords(run))] : [],
    line("Labels", labels),
    line("Source", sourceWords(report, run), rows.shipped > 0 ? "wait" : "plain"),
    ...runner ? [line("Runner", runner)] : [],
    ...asked ? [line("Asked", `to ${asked.request}, by ${asked.by}`)] : [],
    ...run && isAllDone(report) ? [line("Next", "nothing: every row is done")] : [],
  ];
}

/**
 * What a person must know of voids that are not done: a row may look bought whose label is dead.
 *
 * @param report How the job stands.
 * @returns The lines; none if every void is done.
 */
export function openVoidLines({ jobId, openVoids: { owed, unanswered } }: Report): string[] {
  if (unanswered.length > 0) {
    const rows = formatRowRanges(unanswered);
    return [
      `A void was begun for ${
        rowsInWords(unanswered)
      }, and nobody knows what the carrier made of it`,
      `Next: deno task void ${jobId} --rows ${rows}`,
    ];
  }
  return owed > 0 ? [`Next: deno task void ${jobId}`] : [];
}

function isAllDone({ status, openVoids: { owed, unanswered } }: Report): boolean {
  return status === "completed" && owed + unanswered.length === 0;
}

function rowWords({ rows, totalRows }: Report): string {
  const others = Object.entries({
    failed: rows.failed,
    "to be reviewed": rows.needs_review,
    "in flight": rows.in_flight,
    pending: rows.pending,
    skipped: rows.skipped,
    voided: rows.voided,
    "owed to the source": rows.shipped,
  }).filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`);
  return [`${rows.shipped + rows.completed} of ${totalRows} shipped`, ...others].join(", ");
}

/** A label that was found at the carrier has no price: recovery does not tell it. */
function costWords({ costs, rowsOfUnknownCost: unknown }: Report): string {
  const sum = formatCosts(costs);
  return unknown === 0
    ? sum
    : `${sum}, and ${unknown} ${unknown === 1 ? "row" : "rows"} of unknown cost`;
}

/** What was billed beside what the carrier had said before. */
function estimateWords({ currencyCode, rows, estimatedMinor, billedMinor }: Comparison): string {
  const difference = billedMinor - estimatedMinor;
  const sign = difference < 0 ? "-" : "+";
  const how = difference === 0
    ? "as billed"
    : `billed ${sign}${formatMinorUnits(Math.abs(difference), currencyCode)}`;
  const of = rows === 1 ? "1 row" : `${rows} rows`;
  return `${formatMinorUnits(estimatedMinor, currencyCode)} for ${of}, ${how}`;
}

/** What was voided counts nowhere else. */
function voidWords({ voidedLabels, voidedCosts, openVoids: { owed } }: Report): string {
  const labels = voidedLabels === 1 ? "1 label" : `${voidedLabels} labels`;
  const shown = owed > 0 ? `; the source still shows ${owed}` : "";
  return `${labels}, ${formatCosts(voidedCosts)} not spent${shown}`;
}

function runWords({ boughtRows, elapsedMs }: RunFacts): string {
  const took = formatDuration(elapsedMs);
  if (boughtRows === 0) return `nothing bought in ${took}`;
  const rate = boughtRows / Math.max(elapsedMs / 1_000, 0.001);
  const labels = boughtRows === 1 ? "1 label" : `${boughtRows} labels`;
  return `${labels} in ${took}, ${rate.toFixed(rate < 10 ? 1 : 0)} a second`;
}

function sourceWords({ source, rows, openVoids: { owed } }: Report, run?: RunFacts): string {
  const missing = rows.shipped + owed;
  if (missing > 0) {
    return `${source} (${
      missing === 1 ? "1 number is" : `${missing} numbers are`
    } still owed to it)`;
  }
  const { isUpdated, waiting } = run?.source ?? { isUpdated: false, waiting: 0 };
  if (waiting > 0) {
    const numbers = waiting === 1 ? "1 number is" : `${waiting} numbers are`;
    return `${source} (${numbers} still on the way: the next run brings ${
      waiting === 1 ? "it" : "them"
    })`;
  }
  return isUpdated ? `${source} (updated)` : source;
}

function toneOf({ status, runner }: Report): Tone {
  switch (status) {
    case "completed":
      return "good";
    case "failed":
      return "bad";
    case "running":
      return runner === undefined ? "wait" : "plain";
    case "paused":
    case "cancelled":
      return "wait";
    case "pending":
      return "plain";
    default:
      return status satisfies never;
  }
}

function statusWords({ status, reason, runner }: Report, run?: RunFacts): string {
  if (status === "running" && runner === undefined) {
    return run ? stopWords(run) : "interrupted: its runner is gone";
  }
  if (status === "cancelled" && reason === "write_backs_owed") {
    return "cancelled: the source is still owed numbers";
  }
  switch (reason) {
    case "needs_review":
      return `${status}: a person must decide`;
    case "max_cost":
      return `${status}: the next row would cost more than allowed`;
    case "write_backs_owed":
      return `${status}: everything is bought, the source is still owed numbers`;
    case "request":
      return status === "paused" ? "paused by a person" : status;
    case "signal":
      return `${status} by a signal`;
    default:
      return status === "completed" ? "complete" : status;
  }
}

/** A run that could not even record how it ended. */
function stopWords({ problem }: RunFacts): string {
  if (!problem) return "stopped";
  return problem.code === "E-4001"
    ? "stopped: the database could not be reached"
    : `stopped: ${problem.code} ${problem.message}`;
}
