/**
 * Brings owed voids to the source. A void counts as brought once the user's own file or table shows it,
 * not when it is acknowledged: nobody may ship the row again before, and a job that is complete has no
 * later flush that would be told of a conflict.
 *
 * @module
 */
import { ownColumns, trackingNumberOf } from "../contracts/source.ts";
import type { AuditEntry } from "../db/audit.ts";
import { listOwedVoids, markVoidWritten, type OwedVoid } from "../db/voids.ts";
import type { Drained } from "../machines/job_types.ts";
import { type Problem, problemOf } from "../machines/port.ts";
import { patiently } from "./database_part.ts";
import type { SourceClient } from "./source_client.ts";
import { ToolError } from "./tool_caller.ts";
import { commit, confirmLease, type LeasedJob } from "./world.ts";

/** How many voids are flushed and committed together. */
const pageSize = 500;

/**
 * Brings every owed void to the source, as often as needed: the source knows the same void again.
 *
 * @param job The job.
 * @param signal Says that nobody waits any more: what is not committed is brought once more.
 * @returns What was brought and what is still owed; it rejects only if the database fails.
 *
 * @internal
 */
export async function bringOwedVoids(
  job: LeasedJob & { readonly source: Pick<SourceClient, "writeBack" | "flush" | "getRow"> },
  signal?: AbortSignal,
): Promise<Drained> {
  let written = 0;
  let owed = 0;
  let first: Problem | undefined;
  let afterRow = 0;
  for (;;) {
    const next = { afterRow, limit: pageSize };
    const page = await patiently(job, () => listOwedVoids(job.db, job.job.id, next));
    const last = page.at(-1);
    if (!last || signal?.aborted) return { written, owed, problem: first };
    const { acknowledged, problem } = await send(job, page);
    if (signal?.aborted) return { written, owed, problem: first };
    await settle(job, acknowledged);
    first ??= problem;
    written += acknowledged.length;
    owed += page.length - acknowledged.length;
    afterRow = last.rowNumber;
  }
}

async function send(
  leased: Parameters<typeof bringOwedVoids>[0],
  page: readonly OwedVoid[],
): Promise<{ acknowledged: readonly number[]; problem: Problem | undefined }> {
  const { source, job } = leased;
  const acknowledged: number[] = [];
  let problem: Problem | undefined;
  for (const { rowNumber, checksum, replaces, voidedAt } of page) {
    try {
      // Whoever took the job over may have shipped the row again by now.
      await confirmLease(leased);
      await source.writeBack({
        row_number: rowNumber,
        tracking_number: null,
        replaces,
        voided_at: voidedAt,
        checksum,
        idempotency_key: `${job.id}:${rowNumber}:${replaces}:void`,
      });
      acknowledged.push(rowNumber);
    } catch (error) {
      problem ??= problemOf(error);
    }
  }
  try {
    if (acknowledged.length > 0) await source.flush();
    return { acknowledged, problem };
  } catch (error) {
    // The conflict of one row fails the flush of all: those that are there all the same count.
    const known = new Set(acknowledged);
    const shown = await listShown(source, page.filter(({ rowNumber }) => known.has(rowNumber)));
    return { acknowledged: shown, problem: problem ?? problemOf(error) };
  }
}

/**
 * The rows that show their void to the user. Without the number is not enough: a source may show what it
 * has only noted so far as the row's own. The time of the void is nowhere but where its user looks.
 */
async function listShown(
  source: Pick<SourceClient, "getRow">,
  voids: readonly OwedVoid[],
): Promise<readonly number[]> {
  const shown: number[] = [];
  for (const { rowNumber, checksum, voidedAt } of voids) {
    try {
      const row = await source.getRow(rowNumber);
      const isShown = row.checksum === checksum && trackingNumberOf(row.data) === "" &&
        row.data[ownColumns.voidedAt] === voidedAt;
      if (isShown) shown.push(rowNumber);
    } catch (error) {
      // A row that is gone says nothing of the next one; a source that is away does.
      if (!(error instanceof ToolError)) return shown;
    }
  }
  return shown;
}

async function settle(job: LeasedJob, rowNumbers: readonly number[]): Promise<void> {
  if (rowNumbers.length === 0) return;
  await commit(job, async (trx, now) => {
    const audit: AuditEntry[] = [];
    for (const rowNumber of rowNumbers) {
      await markVoidWritten(trx, job.job.id, now, rowNumber);
      audit.push({ type: "void_written", rowNumber });
    }
    return { result: undefined, audit };
  });
}
