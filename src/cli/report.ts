/**
 * How a job stands, for people and for programs.
 *
 * @module
 */
import { join } from "node:path";
import Table from "cli-table3";
import type { Kysely } from "kysely";
import { livenessOf } from "../actors/runner_identity.ts";
import { listControls } from "../db/controls.ts";
import { describeHolder, findLease, type LeaseHolder } from "../db/leases.ts";
import { countRows, countUnknownCosts, sumCosts } from "../db/row_queries.ts";
import type { ControlRequest, Database, JobStatus, JobTable, RowStatus } from "../db/schema.ts";
import { formatCosts } from "../money.ts";
import { pathOf } from "./open_servers.ts";
import { print } from "./output.ts";
import type { Settings } from "./settings.ts";

/** How a job stands. */
export interface Report {
  /** The job. */
  readonly jobId: string;
  /** Its name. */
  readonly name: string;
  /** Where it stands. */
  readonly status: JobStatus;
  /** Why it is paused, if it is. */
  readonly reason: string | undefined;
  /** Where its rows come from. */
  readonly source: string;
  /** Where the bundled carrier's labels are. */
  readonly labels: string;
  /** Its rows by status. */
  readonly rows: Readonly<Record<RowStatus, number>>;
  /** How many it has. */
  readonly totalRows: number;
  /** Minor units by currency. */
  readonly costs: Readonly<Record<string, number>>;
  /** Bought rows that are not in the costs: the carrier did not say. */
  readonly rowsOfUnknownCost: number;
  /** What stopped it last. */
  readonly lastProblem:
    | { code: string; message: string; rowNumber: number | undefined; remedy: string | undefined }
    | undefined;
  /** Who works on it now. */
  readonly runner: string | undefined;
  /** What a person has asked of whoever works on it, and who. */
  readonly asked: { request: ControlRequest; by: string } | undefined;
}

/**
 * Reads how a job stands.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param job The job.
 * @returns The report.
 *
 * @internal
 */
export async function readReport(
  db: Kysely<Database>,
  settings: Settings,
  job: JobTable,
): Promise<Report> {
  const rows = await countRows(db, job.id);
  const holder = (await findLease(db, job.id))?.holder;
  const [control] = await listControls(db, job.id);
  return {
    jobId: job.id,
    name: job.name,
    status: job.status,
    reason: job.status_reason ?? undefined,
    source: pathOf(job.source_uri),
    labels: join(settings.dataFolder, "labels"),
    rows,
    totalRows: Object.values(rows).reduce((sum, count) => sum + count, 0),
    costs: await sumCosts(db, job.id),
    rowsOfUnknownCost: await countUnknownCosts(db, job.id),
    lastProblem: job.error_code === null ? undefined : {
      code: job.error_code,
      message: job.error_message ?? "",
      rowNumber: job.error_row ?? undefined,
      remedy: job.error_remedy ?? undefined,
    },
    runner: holder && await isAtWork(holder) ? describeHolder(holder) : undefined,
    asked: control && { request: control.request, by: control.requested_by },
  };
}

/**
 * Prints a report for people.
 *
 * @param report The report.
 */
export function sayReport(report: Report): void {
  const { rows, totalRows } = report;
  const bought = rows.shipped + rows.completed;
  const others = Object.entries({
    failed: rows.failed,
    "to be reviewed": rows.needs_review,
    "in flight": rows.in_flight,
    pending: rows.pending,
    skipped: rows.skipped,
    voided: rows.voided,
    "owed to the source": rows.shipped,
  }).filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`);
  const table = plainTable();
  table.push(
    ["Job", `${report.jobId} is ${statusWords(report)}`],
    ["Rows", [`${bought} of ${totalRows} shipped`, ...others].join(", ")],
    ["Cost", costWords(report)],
    ["Labels", report.labels],
    ["Source", report.source],
  );
  if (report.runner) table.push(["Runner", report.runner]);
  if (report.asked) table.push(["Asked", `to ${report.asked.request}, by ${report.asked.by}`]);
  print(table.toString());
}

/**
 * A table without lines, for people and for `cut`.
 *
 * @param head The names of the columns, if they are shown.
 * @returns The table, to be filled.
 *
 * @internal
 */
export function plainTable(head: string[] = []): InstanceType<typeof Table> {
  const none = { top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "" };
  return new Table({
    head,
    chars: {
      ...none,
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "  ",
    },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
}

/** A label that was found at the carrier has no price: recovery does not tell it. */
function costWords({ costs, rowsOfUnknownCost: unknown }: Report): string {
  const sum = formatCosts(costs);
  return unknown === 0
    ? sum
    : `${sum}, and ${unknown} ${unknown === 1 ? "row" : "rows"} of unknown cost`;
}

/** A runner that died leaves its lease behind. */
async function isAtWork(holder: LeaseHolder): Promise<boolean> {
  const liveness = await livenessOf(holder);
  return liveness === "unknown" ? Date.parse(holder.expiresAt) > Date.now() : liveness === "alive";
}

function statusWords({ status, reason, runner }: Report): string {
  if (status === "running" && runner === undefined) return "interrupted: its runner is gone";
  if (status === "cancelled" && reason === "write_backs_owed") {
    return "cancelled: the source is still owed numbers";
  }
  switch (reason) {
    case "needs_review":
      return `${status}: a person must decide`;
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
