/**
 * The actor that fetches, renders and checks every pending row before the first label is bought.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import type { SourceRow } from "../contracts/source.ts";
import { listRows } from "../db/row_queries.ts";
import type { JobRowTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import type { PreflightProblems } from "../machines/job_types.ts";
import type { Problem } from "../machines/port.ts";
import { checkRow } from "./fetch_row.ts";
import type { World } from "./world.ts";

/** How many rows are read and rendered at once: memory stays flat, however long the job is. */
const pageSize = 200;

/** How many problems are told; the rest is counted. */
const toldProblems = 20;

/** After so many rows of a page whose template took too long, the rest is not checked. */
const mostSlowRows = 3;

type Finding = PreflightProblems["first"][number];

/**
 * Logic for the port `preflight` of the job machine. It changes nothing.
 *
 * @param world The job's world.
 * @returns Logic that resolves to the rows that are not ready.
 *
 * @internal
 */
export function createPreflight(world: World): PromiseActorLogic<PreflightProblems, string> {
  return fromPromise(async ({ input: jobId, signal }) => {
    const first: Finding[] = [];
    let count = 0;
    let page = await readPage(world, jobId, 0);
    // Nobody asks for the result of one that was left.
    while (page && !signal.aborted) {
      const checking = checkPage(world, page);
      // The next page is read while this one is rendered: that is done in another thread.
      const [findings, next] = await Promise.all([checking, readPage(world, jobId, page.end)]);
      count += findings.length;
      first.push(...findings.slice(0, toldProblems - first.length));
      const slow = findings.filter(({ problem }) => problem.code === "E-4013");
      // A template that ends on no row would take hours to say so for each.
      if (slow.length > mostSlowRows) break;
      page = next;
    }
    return { count, first };
  });
}

interface Page {
  readonly rows: readonly JobRowTable[];
  readonly found: ReadonlyMap<number, SourceRow>;
  /** The last row of it. */
  readonly end: number;
}

/** The source's page may end before ours, when the job has only some of its rows. */
async function readPage(
  world: World,
  jobId: string,
  afterRow: number,
): Promise<Page | undefined> {
  const pending = { status: "pending" as const, afterRow, limit: pageSize };
  const rows = await listRows(world.db, jobId, pending);
  const [start] = rows;
  if (!start) return undefined;
  const page = await world.source.getRows(start.row_number - 1, pageSize);
  const found = new Map(page.rows.map((row) => [row.row_number, row]));
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

async function checkPage(world: World, { rows, found }: Page): Promise<Finding[]> {
  const findings: Finding[] = [];
  const report = (rowNumber: number, problem: Problem) => findings.push({ rowNumber, problem });
  const ready: SourceRow[] = [];
  for (const { row_number, checksum } of rows) {
    const row = found.get(row_number);
    const fetched = checkRow(row, row_number, checksum);
    if (fetched.type === "refused") report(row_number, fetched.problem);
    else if (row) ready.push(row);
  }
  for (const [index, request] of (await world.prepare(ready)).entries()) {
    const row = ready[index];
    if (row && request.type === "refused") report(row.row_number, request.problem);
  }
  return findings.toSorted((a, b) => a.rowNumber - b.rowNumber);
}
