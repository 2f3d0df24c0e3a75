/**
 * What was done before, for whoever takes a job up again.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { countRows, findLastDone, listUnfinishedRows } from "../db/row_queries.ts";
import type { Database, JobRowTable, JobTable } from "../db/schema.ts";

/**
 * What an earlier run of a job came to.
 *
 * @param db The database.
 * @param job The job.
 * @returns Such as `47 of 200 complete, last row 47: 1Z…; row 48 stopped because …`; `undefined` if
 * nothing was done before.
 *
 * @internal
 */
export async function resumeNote(
  db: Kysely<Database>,
  job: JobTable,
): Promise<string | undefined> {
  if (job.started_at === null) return undefined;
  const counts = await countRows(db, job.id);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const done = [
    `${counts.completed + counts.shipped} of ${total} complete`,
    ...counts.skipped > 0 ? [`${counts.skipped} skipped`] : [],
    ...counts.voided > 0 ? [`${counts.voided} voided`] : [],
  ].join(", ");
  const last = await findLastDone(db, job.id);
  const [next] = await listUnfinishedRows(db, job.id, { afterRow: 0, limit: 1 });
  const lastWords = last ? `, last row ${last.row_number}: ${last.tracking_number}` : "";
  return `Resuming: ${done}${lastWords}; ${whyItStopped(job, next)}`;
}

function whyItStopped(job: JobTable, next: JobRowTable | undefined): string {
  const { status, status_reason: reason, error_code: code, error_row: row } = job;
  const at = next ? `row ${next.row_number}` : "the end";
  if (next?.status === "needs_review") return `${at} waits for a person's decision`;
  if (code !== null) {
    const where = row === null ? "it" : `row ${row}`;
    return `${where} stopped because ${code} ${job.error_message ?? ""}`.trimEnd();
  }
  if (status === "running") return `its runner was gone at ${at}`;
  if (reason === "write_backs_owed") return "the source is still owed numbers";
  return status === "paused" ? `paused before ${at}` : `next is ${at}`;
}
