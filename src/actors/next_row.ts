/**
 * The actor that finds the row to work on, or why there is none.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { findLastAttempt } from "../db/attempts.ts";
import { listRows, listUnfinishedRows } from "../db/row_queries.ts";
import type { JobRowTable } from "../db/schema.ts";
import type { Choice, RatedAmount } from "../machines/job_types.ts";
import { patiently } from "./database_part.ts";
import { rowTaskOf } from "./row_task.ts";
import { remedyOf } from "./remedies.ts";
import type { World } from "./world.ts";

/** How many rows are looked up at once. */
const pageSize = 100;

/**
 * Logic for the port `nextRow` of the job machine. Rows are looked up a page at a time: nobody else
 * changes them while this runner holds the lease, and a claim checks the status again.
 *
 * @param world The job's world.
 * @returns Logic that resolves to the first unfinished row: the next to ship, or the one that stops
 * the job until a person has dealt with it. With `passesFailed` failed rows are passed, and stop it at
 * the end.
 *
 * @internal
 */
export function createNextRow(
  world: World,
): PromiseActorLogic<Choice, { jobId: string; afterRow: number; passesFailed: boolean }> {
  let page: JobRowTable[] = [];
  return fromPromise(({ input }) => patiently(world, () => choose(input)));

  async function choose(
    { jobId, afterRow, passesFailed }: { jobId: string; afterRow: number; passesFailed: boolean },
  ): Promise<Choice> {
    const isAhead = ({ row_number }: JobRowTable) => row_number > afterRow;
    if (!page.some(isAhead)) {
      page = await listUnfinishedRows(world.db, jobId, { afterRow, limit: pageSize, passesFailed });
    }
    const row = page.find(isAhead) ?? (passesFailed ? await firstFailed(world) : undefined);
    if (!row) return { type: "none" };
    const isOpen = row.status === "pending" || row.status === "in_flight";
    return isOpen
      ? { type: "row", task: await rowTaskOf(world, row), estimate: estimateOf(row) }
      : await haltAt(world, row);
  }
}

function estimateOf(
  { estimate_minor: minor, estimate_currency: currencyCode, estimate_for: ratedFor }: JobRowTable,
): RatedAmount | undefined {
  if (minor === null || currencyCode === null || ratedFor === null) return undefined;
  return { minor: Number(minor), currencyCode, ratedFor };
}

/** A run that was told to carry on past failed rows has failed all the same, at its end. */
async function firstFailed({ db, job }: World): Promise<JobRowTable | undefined> {
  const [row] = await listRows(db, job.id, { status: "failed", limit: 1 });
  return row;
}

async function haltAt(world: World, row: JobRowTable): Promise<Choice> {
  const { row_number: rowNumber, status } = row;
  const code = row.error_code ?? "E-9001";
  const message = row.error_message ?? `Row ${rowNumber} is ${status}`;
  const last = await findLastAttempt(world.db, world.job.id, rowNumber);
  const doesExist = last !== undefined && last.exists_since !== null;
  const problem = { code, message, remedy: remedyOf(world, row, doesExist) };
  return {
    type: "halt",
    halt: status === "failed"
      ? { status: "failed", rowNumber, problem }
      : { status: "paused", reason: "needs_review", rowNumber, problem },
  };
}
