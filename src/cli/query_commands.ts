/**
 * `status`, `rows` and `audit`: what is known of jobs. They change nothing.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { findBreak, listAudit } from "../db/audit.ts";
import { getJob, listJobs } from "../db/jobs.ts";
import { listRows } from "../db/row_queries.ts";
import {
  type AuditEventTable,
  type Database,
  type JobRowTable,
  rowStatuses,
} from "../db/schema.ts";
import { UsageError } from "../errors.ts";
import { formatMinorUnits } from "../money.ts";
import { cancelledLines } from "./control_commands.ts";
import { type Evidence, evidenceLine, readEvidence } from "./evidence.ts";
import { print, printJson, say } from "./output.ts";
import { plainTable, readReport, sayReport } from "./report.ts";
import { openVoidLines } from "./summary.ts";
import type { Settings } from "./settings.ts";

/**
 * `status [job]`: how a job stands, or all of them.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param jobId The job, if one is named.
 * @param options Whether a program reads it.
 * @returns The exit code.
 *
 * @internal
 */
export async function statusCommand(
  db: Kysely<Database>,
  settings: Settings,
  jobId: string | undefined,
  options: { json?: boolean | undefined },
): Promise<number> {
  if (jobId !== undefined) {
    const report = await readReport(db, settings, await getJob(db, jobId));
    if (options.json) printJson(report);
    else tellOne(report);
    return 0;
  }
  const reports = [];
  for (const job of await listJobs(db)) reports.push(await readReport(db, settings, job));
  if (options.json) printJson({ jobs: reports });
  else if (reports.length === 0) say("There are no jobs yet. Make one with: deno task import");
  else {
    const table = plainTable(["JOB", "STATUS", "SHIPPED", "ROWS"]);
    for (const { jobId, status, rows, totalRows } of reports) {
      table.push([jobId, status, rows.shipped + rows.completed, totalRows]);
    }
    print(table.toString());
  }
  return 0;
}

function tellOne(report: Awaited<ReturnType<typeof readReport>>): void {
  sayReport(report);
  const { lastProblem: problem } = report;
  openVoidLines(report).forEach(print);
  if (report.status === "cancelled") cancelledLines(report).forEach(print);
  if (!problem) {
    if (nextOf(report)) print(`Next: deno task run ${report.jobId}`);
    return;
  }
  const row = problem.rowNumber === undefined ? "" : ` row ${problem.rowNumber}:`;
  print(`${problem.code}${row} ${problem.message}`);
  if (problem.remedy) print(`Next: ${problem.remedy}`);
}

/** Whether somebody should run it: nobody does, and it is not done. */
function nextOf({ status, runner }: Awaited<ReturnType<typeof readReport>>): boolean {
  return runner === undefined && status !== "completed" && status !== "cancelled";
}

/**
 * `rows <job>`: the rows of a job.
 *
 * @param db The database.
 * @param jobId The job.
 * @param options Which rows, and whether a program reads them.
 * @returns The exit code.
 *
 * @internal
 */
export async function rowsCommand(
  db: Kysely<Database>,
  jobId: string,
  options: { status?: string | undefined; json?: boolean | undefined },
): Promise<number> {
  await getJob(db, jobId);
  const status = rowStatuses.find((each) => each === options.status);
  if (options.status !== undefined && status === undefined) {
    throw new UsageError(
      `Cannot list rows that are "${options.status}": there is no such status`,
      `Use one of: ${rowStatuses.join(", ")}`,
    );
  }
  const rows = pages((afterRow) => listRows(db, jobId, { status, afterRow }), (r) => r.row_number);
  if (options.json) {
    const show = async (row: JobRowTable) =>
      rowForPrograms(row, needsEvidence(row) ? await readEvidence(db, jobId, row.row_number) : []);
    return await printDocument({ jobId }, "rows", rows, show);
  }
  let isEmpty = true;
  for await (const row of rows) {
    if (isEmpty) print(rowLine("ROW", "STATUS", "TRACKING NUMBER", "COST", "FAULT"));
    isEmpty = false;
    const cost = row.cost_minor === null
      ? ""
      : formatMinorUnits(row.cost_minor, row.currency_code ?? "");
    const fault = row.error_code === null ? "" : `${row.error_code} ${row.error_message ?? ""}`;
    print(rowLine(String(row.row_number), row.status, row.tracking_number ?? "", cost, fault));
    if (!needsEvidence(row)) continue;
    for (const each of await readEvidence(db, jobId, row.row_number)) {
      print(`         ${evidenceLine(each)}`);
    }
  }
  if (isEmpty) say(status === undefined ? "The job has no rows" : `No row is ${status}`);
  return 0;
}

function rowLine(
  number: string,
  status: string,
  tracking: string,
  cost: string,
  fault: string,
): string {
  return [number.padStart(7), status.padEnd(12), tracking.padEnd(18), cost.padStart(12), fault]
    .join("  ").trimEnd();
}

/** Of these a person, or the next run, has still to find out what became of a purchase. */
function needsEvidence({ status }: JobRowTable): boolean {
  return status === "needs_review" || status === "in_flight";
}

/** What the table keeps as JSON text is JSON for programs. */
function rowForPrograms(row: JobRowTable, attempts: readonly Evidence[]): unknown {
  const { job_id: _, tracking_numbers, labels, void_decision, voided_numbers, ...rest } = row;
  return {
    ...rest,
    tracking_numbers: JSON.parse(tracking_numbers ?? "[]"),
    labels: JSON.parse(labels ?? "[]"),
    voided_numbers: JSON.parse(voided_numbers ?? "[]"),
    void_decision: JSON.parse(void_decision ?? "null"),
    ...attempts.length > 0 ? { attempts } : {},
  };
}

/**
 * `audit <job>`: everything that happened to a job, and whether the trail is whole.
 *
 * @param db The database.
 * @param jobId The job.
 * @param options Whether a program reads it.
 * @returns The exit code: 1 if the trail was tampered with.
 *
 * @internal
 */
export async function auditCommand(
  db: Kysely<Database>,
  jobId: string,
  options: { json?: boolean | undefined },
): Promise<number> {
  await getJob(db, jobId);
  let last: AuditEventTable | undefined;
  let broken: number | undefined;
  const events = pages(
    (afterSequence) => listAudit(db, jobId, { afterSequence }),
    ({ sequence }) => sequence,
  );
  async function* checked() {
    for await (const event of events) {
      broken ??= findBreak([event], last);
      last = event;
      yield event;
    }
  }
  if (options.json) {
    await printDocument({ jobId }, "events", checked(), ({ job_id: _, ...event }) => ({
      ...event,
      details: JSON.parse(event.details),
    }), () => ({ brokenAt: broken ?? null }));
  } else {
    for await (const event of checked()) print(auditLine(event));
  }
  if (broken === undefined) {
    if (!options.json) say(`The trail is unbroken: ${last?.sequence ?? 0} entries`);
    return 0;
  }
  say(`The audit trail was tampered with: entry ${broken} does not fit the one before it`);
  return 1;
}

function auditLine(event: AuditEventTable): string {
  const row = event.row_number === null ? "" : ` row ${event.row_number}`;
  const change = event.to_status === null
    ? ""
    : ` ${event.from_status ?? "new"} → ${event.to_status}`;
  const details = event.details === "{}" ? "" : ` ${event.details}`;
  return `${event.sequence} ${event.at} ${event.type}${row}${change}${details}`;
}

/** Page after page, so that memory does not grow with the job. */
async function* pages<Item>(
  read: (after: number) => Promise<Item[]>,
  keyOf: (item: Item) => number,
): AsyncGenerator<Item> {
  let after = 0;
  for (;;) {
    const page = await read(after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = keyOf(last);
  }
}

/** One JSON document, printed as it is read. */
async function printDocument<Item>(
  head: Record<string, string>,
  name: string,
  items: AsyncIterable<Item>,
  show: (item: Item) => unknown | Promise<unknown>,
  foot: () => Record<string, unknown> = () => ({}),
): Promise<number> {
  const members = Object.entries(head).map(([key, value]) =>
    `${JSON.stringify(key === "jobId" ? "job_id" : key)}:${JSON.stringify(value)}`
  );
  print(`{${members.join(",")},${JSON.stringify(name)}:[`);
  let separator = " ";
  for await (const item of items) {
    print(`${separator}${JSON.stringify(await show(item))}`);
    separator = ",";
  }
  const rest = Object.entries(foot()).map(([key, value]) =>
    `,${JSON.stringify(key === "brokenAt" ? "broken_at" : key)}:${JSON.stringify(value)}`
  );
  print(`]${rest.join("")}}`);
  return 0;
}
