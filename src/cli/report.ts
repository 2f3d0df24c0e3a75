/**
 * How a job stands, for people and for programs.
 *
 * @module
 */
import { join } from "node:path";
import Table from "cli-table3";
import type { Kysely } from "kysely";
import { isThisProcess, livenessOf } from "../actors/runner_identity.ts";
import { findVoidedLabels } from "../actors/voided_labels.ts";
import { sourceName } from "../contracts/source_location.ts";
import { listControls } from "../db/controls.ts";
import { describeHolder, findLease, type LeaseHolder } from "../db/leases.ts";
import { compareEstimates, type Comparison } from "../db/estimates.ts";
import { countRows, countUnknownCosts, sumCosts } from "../db/row_queries.ts";
import type { ControlRequest, Database, JobStatus, JobTable, RowStatus } from "../db/schema.ts";
import { findOpenVoids, type OpenVoids } from "../db/voids.ts";
import { printStyled } from "./output.ts";
import { isLively } from "./style.ts";
import type { RunFacts } from "./run_facts.ts";
import type { Settings } from "./settings.ts";
import { summaryOf } from "./summary.ts";

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
  /** What its bought rows were to cost, beside what was billed for them. */
  readonly estimates: readonly Comparison[];
  /** Its voided labels, those of rows that were shipped again since too. */
  readonly voidedLabels: number;
  /** What the voided labels would have cost; in no other sum. */
  readonly voidedCosts: Readonly<Record<string, number>>;
  /** Voids that are not done: what the source is owed, and where the carrier's answer is not known. */
  readonly openVoids: OpenVoids;
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
  const voided = await findVoidedLabels(db, job.id);
  const [control] = await listControls(db, job.id);
  return {
    jobId: job.id,
    name: job.name,
    status: job.status,
    reason: job.status_reason ?? undefined,
    source: sourceName(job.source_uri),
    labels: join(settings.dataFolder, "labels"),
    rows,
    totalRows: Object.values(rows).reduce((sum, count) => sum + count, 0),
    costs: await sumCosts(db, job.id),
    rowsOfUnknownCost: await countUnknownCosts(db, job.id),
    estimates: await compareEstimates(db, job.id),
    voidedLabels: voided.count,
    voidedCosts: voided.costs,
    openVoids: await findOpenVoids(db, job.id),
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
 * Prints a report for people; in colour on a terminal.
 *
 * @param report The report.
 * @param run What the run that has just ended did, if one has.
 */
export function sayReport(report: Report, run?: RunFacts): void {
  const isColoured = isLively(Deno.stdout);
  const lines = summaryOf(report, run);
  const width = Math.max(...lines.map(({ name }) => name.length));
  printStyled(
    lines.map(({ name, text, tone }) => [
      { text: name.padEnd(width), tone: "label" },
      { text: "  ", tone: "plain" },
      { text, tone },
    ]),
    isColoured,
  );
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

/** A runner that died leaves its lease behind; one that tells how it ended may not have given it back. */
async function isAtWork(holder: LeaseHolder): Promise<boolean> {
  if (await isThisProcess(holder)) return false;
  const liveness = await livenessOf(holder);
  return liveness === "unknown" ? Date.parse(holder.expiresAt) > Date.now() : liveness === "alive";
}
