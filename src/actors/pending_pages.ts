/**
 * The pending rows of a job, a page at a time: fetched, rendered and checked, and nothing changed.
 * Memory stays flat, however long the job is.
 *
 * @module
 */
import type { Kysely } from "kysely";
import type { SourceRow } from "../contracts/source.ts";
import { listRows } from "../db/row_queries.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import type { Problem } from "../machines/port.ts";
import type { CarrierCheck } from "./carrier_check.ts";
import { type DatabasePart, patiently } from "./database_part.ts";
import { cellWarnings } from "./cell_warnings.ts";
import { checkRow } from "./fetch_row.ts";
import type { PrepareRows } from "./prepare_rows.ts";
import type { SourceClient } from "./source_client.ts";

/** How many rows are read and rendered at once. */
const pageSize = 200;

/**
 * What reading and checking needs.
 *
 * @internal
 */
export interface PageReader {
  /** The database. */
  readonly db: Kysely<Database>;
  /** Whether it can be reached; without it nobody waits. */
  readonly database?: DatabasePart | undefined;
  /** The job's source. */
  readonly source: SourceClient;
  /** Renders and checks rows. */
  readonly prepare: PrepareRows;
}

/**
 * Rows as the database and the source have them.
 *
 * @internal
 */
export interface PendingPage {
  /** As the database has them. */
  readonly rows: readonly JobRowTable[];
  /** As the source has them. */
  readonly found: ReadonlyMap<number, SourceRow>;
  /** The last row of it. */
  readonly end: number;
}

/**
 * A row that could be bought as it stands.
 *
 * @internal
 */
export interface ReadyRow {
  /** The row. */
  readonly row: JobRowTable;
  /** What would be sent. */
  readonly request: Readonly<Record<string, unknown>>;
  /** What a person should know. */
  readonly warnings: readonly string[];
}

/** A row that cannot be bought as it stands. */
export interface Finding {
  /** The row. */
  readonly rowNumber: number;
  /** What is wrong. */
  readonly problem: Problem;
}

/**
 * Reads a page of pending rows.
 *
 * @param reader What it reads with.
 * @param jobId The job.
 * @param afterRow Where to go on.
 * @returns The page; `undefined` if there are no more.
 * @throws {WaybillError} `E-4010` if the source does not keep its contract.
 *
 * @internal
 */
export async function readPage(
  reader: PageReader,
  jobId: string,
  afterRow: number,
): Promise<PendingPage | undefined> {
  const pending = { status: "pending" as const, afterRow, limit: pageSize };
  const rows = await patiently(reader, () => listRows(reader.db, jobId, pending));
  const [start] = rows;
  if (!start) return undefined;
  const page = await reader.source.getRows(start.row_number - 1, pageSize);
  const found = new Map(page.rows.map((row) => [row.row_number, row]));
  // The source's page may end before ours, when the job has only some of its rows.
  const isLast = page.next_after === undefined || page.next_after === null;
  const reach = isLast ? Infinity : page.rows.at(-1)?.row_number ?? page.next_after ?? 0;
  const covered = rows.filter(({ row_number }) => row_number <= reach);
  const last = covered.at(-1);
  if (last) return { rows: covered, found, end: last.row_number };
  throw new WaybillError(
    "E-4010",
    `Cannot read the source after row ${start.row_number - 1}: a page is empty`,
  );
}

/**
 * Renders and checks the rows of a page.
 *
 * @param reader What it works with.
 * @param page The page.
 * @param check What asks the carrier.
 * @returns The rows that are ready and those that are not, each in order.
 *
 * @internal
 */
export async function checkPage(
  reader: PageReader,
  { rows, found }: PendingPage,
  check: CarrierCheck,
): Promise<{ ready: ReadyRow[]; findings: Finding[] }> {
  const findings: Finding[] = [];
  const report = (rowNumber: number, problem: Problem) => findings.push({ rowNumber, problem });
  const fetched: { row: JobRowTable; source: SourceRow }[] = [];
  for (const row of rows) {
    const source = found.get(row.row_number);
    const checked = checkRow(source, row.row_number, row.checksum);
    if (checked.type === "refused") report(row.row_number, checked.problem);
    else if (source) fetched.push({ row, source });
  }
  const rendered: ReadyRow[] = [];
  for (
    const [at, result] of (await reader.prepare(fetched.map(({ source }) => source))).entries()
  ) {
    const each = fetched[at];
    if (each && result.type === "refused") report(each.row.row_number, result.problem);
    else if (each && result.type === "rendered") {
      const warnings = cellWarnings(each.source.data, result.request);
      rendered.push({ row: each.row, request: result.request, warnings });
    }
  }
  const ready: ReadyRow[] = [];
  for (const [at, said] of (await check(rendered.map(({ request }) => request))).entries()) {
    const each = rendered[at];
    if (each && said.problem) report(each.row.row_number, said.problem);
    else if (each) ready.push({ ...each, warnings: [...each.warnings, ...said.warnings] });
  }
  return { ready, findings: findings.toSorted((a, b) => a.rowNumber - b.rowNumber) };
}
