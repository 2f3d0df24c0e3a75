/**
 * The storage loop of the bench: the same two commits to a row by our own storage functions, with no
 * machine, actor, template or server around them. It tells how much of a row's time is storage.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import { answerAttempt, insertAttempt } from "../src/db/attempts.ts";
import { appendAudit, type AuditEntry, type AuditHead } from "../src/db/audit.ts";
import { saveSnapshot } from "../src/db/jobs.ts";
import { holdLease } from "../src/db/leases.ts";
import { claimRow, markShipped, markWrittenBack } from "../src/db/rows.ts";
import type { Database } from "../src/db/schema.ts";
import type { RowCommits } from "./bare_loop.ts";

/**
 * Commits once more what an engine run has committed.
 *
 * @param db A database with the same job, imported and not run.
 * @param jobId The job.
 * @param commits What to commit.
 *
 * @internal
 */
export async function commitAgain(
  db: Kysely<Database>,
  jobId: string,
  commits: readonly RowCommits[],
): Promise<void> {
  const lease = { jobId, epoch: 0 };
  let head: AuditHead | undefined;
  let before: number | undefined;
  const commit = async (
    work: (trx: Transaction<Database>, now: Date) => Promise<AuditEntry[]>,
  ) => {
    head = await db.transaction().execute(async (trx) => {
      const now = new Date();
      await holdLease(trx, lease, now);
      return await appendAudit(trx, jobId, now, await work(trx, now), head);
    });
  };
  const entry = (rowNumber: number, details = {}): AuditEntry => ({
    type: "row_transition",
    rowNumber,
    from: "pending",
    to: "in_flight",
    details,
  });
  for (const { row, attempt, snapshot } of commits) {
    const { row_number: rowNumber } = row;
    const { key, generation } = attempt;
    await commit(async (trx, now) => {
      const entries = [entry(rowNumber, { key, generation })];
      if (before !== undefined) {
        await markWrittenBack(trx, jobId, now, before);
        entries.unshift(entry(before));
      }
      await claimRow(trx, jobId, now, { rowNumber, from: "pending", generation });
      const { payload_sha256: payloadSha256 } = attempt;
      await insertAttempt(trx, jobId, now, {
        key,
        rowNumber,
        generation,
        account: undefined,
        payloadSha256,
        carrier: attempt.carrier ?? "",
        lane: attempt.lane ?? "",
        packages: attempt.packages ?? 0,
      });
      await saveSnapshot(trx, jobId, 1, snapshot);
      return entries;
    });
    await commit(async (trx, now) => {
      const answer = attempt.answer ?? "{}";
      await answerAttempt(trx, jobId, now, rowNumber, { key, outcome: "bought", answer });
      await markShipped(trx, jobId, now, rowNumber, {
        shipmentId: row.shipment_id ?? undefined,
        trackingNumbers: [row.tracking_number ?? ""],
        labels: row.labels ?? "[]",
        costMinor: row.cost_minor ?? undefined,
        currencyCode: row.currency_code ?? undefined,
      });
      return [entry(rowNumber, { key, cost_minor: row.cost_minor })];
    });
    before = rowNumber;
  }
}
