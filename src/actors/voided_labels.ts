/**
 * What became of a job's voided labels as a whole, those of rows that were shipped again too: a row
 * keeps the numbers of all of them, but only the last one's cost.
 *
 * @module
 */
import type { Kysely } from "kysely";
import type { Database } from "../db/schema.ts";
import { listVoidedAttempts, listVoidedNumbers, sumVoidedCosts } from "../db/voids.ts";
import { readAnswer } from "./read_answer.ts";

/** The voided labels of a job. */
export interface VoidedLabels {
  /** How many. */
  readonly count: number;
  /** What they would have cost, where that is known: minor units by currency. */
  readonly costs: Readonly<Record<string, number>>;
}

/**
 * Counts and sums a job's voided labels.
 *
 * @param db The database.
 * @param jobId The job.
 * @returns Them; a purchase that was voided earlier costs what its carrier answered then.
 *
 * @internal
 */
export async function findVoidedLabels(
  db: Kysely<Database>,
  jobId: string,
): Promise<VoidedLabels> {
  const rows = await listVoidedNumbers(db, jobId);
  if (rows.length === 0) return { count: 0, costs: {} };
  const costs = await sumVoidedCosts(db, jobId);
  const current = new Map(rows.map((row) => [row.rowNumber, row.currentVoidAt]));
  for (const { row_number, voided_at, answer } of await listVoidedAttempts(db, jobId)) {
    if (answer === null || voided_at === current.get(row_number)) continue;
    const read = readAnswer(JSON.parse(answer));
    if (read.type !== "bought") continue;
    const { costMinor, currencyCode } = read.label;
    if (costMinor === undefined || currencyCode === undefined) continue;
    costs[currencyCode] = (costs[currencyCode] ?? 0) + costMinor;
  }
  return { count: rows.reduce((sum, { numbers }) => sum + numbers, 0), costs };
}
