/**
 * The actor that commits the carrier's answer, before anything else is done with it.
 *
 * @module
 */
import type { Transaction } from "kysely";
import { fromPromise, type PromiseActorLogic } from "xstate";
import type { AuditEntry } from "../db/audit.ts";
import { answerAttempt, findLastAttempt, resolveAttempt } from "../db/attempts.ts";
import { findRow } from "../db/row_queries.ts";
import { markFailed, markShipped } from "../db/rows.ts";
import type { Database } from "../db/schema.ts";
import { DatabaseGoneError, ensureError, LeaseLostError, RowStateError } from "../errors.ts";
import type { Answer, Attempt, RecordedLabel } from "../machines/purchase.ts";
import { commit, rowTransition, type World } from "./world.ts";

/** How long to wait before each further try to commit an answer that was paid for: two minutes. */
const retryDelaysMs = [100, 500, 2_000, 5_000, 10_000, 20_000, 20_000, 30_000, 30_000];

/**
 * Logic for the port `recordAnswer` of the row machine. A database that is away is waited for: the
 * answer may be a label that is paid.
 *
 * @param world The job's world.
 * @returns Logic that resolves to the label as recorded, if one was bought.
 *
 * @internal
 */
export function createRecordAnswer(
  world: World,
): PromiseActorLogic<
  RecordedLabel | undefined,
  { rowNumber: number; attempt: Attempt; answer: Answer }
> {
  return fromPromise(async ({ input: { rowNumber, attempt: { key }, answer } }) => {
    for (const delayMs of [...retryDelaysMs, undefined]) {
      try {
        return await record(world, rowNumber, key, answer);
      } catch (error) {
        // A commit whose acknowledgement was lost has happened all the same.
        const recorded = await findRecorded(world, rowNumber, key, answer).catch(() => undefined);
        if (recorded) return recorded.label;
        // A row or a lease that is no longer ours does not come back by waiting.
        const isFinal = error instanceof LeaseLostError || error instanceof RowStateError ||
          error instanceof DatabaseGoneError;
        if (isFinal || delayMs === undefined) throw unrecorded(error, key, answer);
        await world.clock.sleep(delayMs);
      }
    }
  });
}

/** The answer as the database has it, if this very answer is in it. */
async function findRecorded(
  { db, job: { id: jobId } }: World,
  rowNumber: number,
  key: string,
  answer: Answer,
): Promise<{ label: RecordedLabel | undefined } | undefined> {
  const last = await findLastAttempt(db, jobId, rowNumber);
  if (last?.key !== key || last.outcome !== answer.type) return undefined;
  if (answer.type !== "bought") return { label: undefined };
  const row = await findRow(db, jobId, rowNumber);
  const isSame = row?.tracking_number === answer.label.trackingNumbers[0];
  return isSame && row.shipped_at !== null
    ? { label: { ...answer.label, shippedAt: row.shipped_at } }
    : undefined;
}

/** What could not be written down is at least said: a person can still adopt the label. */
function unrecorded(error: unknown, key: string, answer: Answer): Error {
  if (answer.type !== "bought") return ensureError(error);
  const numbers = answer.label.trackingNumbers.join(", ");
  const said = `bought ${numbers} (reference ${key}) and could not record it`;
  // Its code tells the machine what to do next; only its words change.
  const cause = ensureError(error);
  cause.message = `${said}: ${cause.message}`;
  return cause;
}

async function record(
  world: World,
  rowNumber: number,
  key: string,
  answer: Answer,
): Promise<RecordedLabel | undefined> {
  const jobId = world.job.id;
  return await commit(world, async (trx, now) => {
    const evidence = JSON.stringify(answer.evidence ?? {});
    const answered = { key, outcome: answer.type, answer: evidence };
    await answerAttempt(trx, jobId, now, rowNumber, answered);
    const entry = await changeRow(trx, jobId, now, { rowNumber, key }, answer);
    const result = answer.type === "bought"
      ? { ...answer.label, shippedAt: now.toISOString() }
      : undefined;
    return { result, audit: [{ ...entry, details: { ...entry.details, key } }] };
  });
}

/** The row stays `in_flight`: what comes next is not decided yet. */
function postponed(
  rowNumber: number,
  { type, problem: { code, message } }: Exclude<Answer, { type: "bought" }>,
): AuditEntry {
  return { type: `attempt_${type}`, rowNumber, details: { code, message } };
}

async function changeRow(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  { rowNumber, key }: { rowNumber: number; key: string },
  answer: Answer,
): Promise<AuditEntry> {
  switch (answer.type) {
    case "bought": {
      const { label } = answer;
      const labels = JSON.stringify(label.labels);
      await markShipped(trx, jobId, now, rowNumber, { ...label, labels });
      return rowTransition(rowNumber, "in_flight", "shipped", {
        tracking_numbers: label.trackingNumbers,
        cost_minor: label.costMinor ?? null,
        currency_code: label.currencyCode ?? null,
      });
    }
    case "rejected": {
      const { code, message } = answer.problem;
      if (answer.retryAfterMs !== undefined || answer.isForJob) return postponed(rowNumber, answer);
      await markFailed(trx, jobId, now, "in_flight", { rowNumber, code, message });
      return rowTransition(rowNumber, "in_flight", "failed", { code, message });
    }
    case "not_sent":
      return postponed(rowNumber, answer);
    case "uncertain":
      if (answer.namesShipment) {
        await resolveAttempt(trx, now, { key, resolution: undefined, doesExist: true });
      }
      return postponed(rowNumber, answer);
    default:
      return answer satisfies never;
  }
}
