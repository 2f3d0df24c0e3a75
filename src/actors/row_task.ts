/**
 * What a row actor is given to work on, read from the row and its attempts.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { findLastAttempt } from "../db/attempts.ts";
import type { AttemptTable, Database, JobRowTable } from "../db/schema.ts";
import type { Attempt } from "../machines/purchase.ts";
import type { RowTask } from "../machines/row_types.ts";
import type { World } from "./world.ts";

/**
 * The task of a row that is to be shipped.
 *
 * @param world The job's world.
 * @param row The row: `pending`, or `in_flight` from an earlier run.
 * @returns The task.
 *
 * @internal
 */
export async function rowTaskOf(
  world: World,
  row: JobRowTable,
): Promise<Omit<RowTask, "settles">> {
  const { row_number: rowNumber, checksum, generation } = row;
  const isClaimed = row.status === "in_flight";
  return {
    rowNumber,
    checksum,
    from: isClaimed ? "in_flight" : "pending",
    generation,
    lost: isClaimed ? await lostAttemptOf(world, rowNumber) : undefined,
    purpose: "ship",
    request: world.ahead.ready(rowNumber, checksum),
    isPaced: world.pacers.isPaced(world.carrierName),
    policy: world.policy,
  };
}

/**
 * The last attempt of a row, if nobody knows what became of it.
 *
 * @param world The job's world.
 * @param rowNumber The row.
 * @returns The attempt, or `undefined`.
 *
 * @internal
 */
export async function lostAttemptOf(
  { db, job }: { readonly db: Kysely<Database>; readonly job: { readonly id: string } },
  rowNumber: number,
): Promise<Attempt | undefined> {
  const last = await findLastAttempt(db, job.id, rowNumber);
  return last && isLost(last) ? attemptFrom(last) : undefined;
}

function isLost({ outcome, resolution }: AttemptTable): boolean {
  return outcome === null || (outcome === "uncertain" && resolution === null);
}

/**
 * An attempt as the machines have it.
 *
 * @param stored As the table has it.
 * @returns It.
 *
 * @internal
 */
export function attemptFrom(
  { key, generation, sent_at, account, lane, packages, exists_since }: AttemptTable,
): Attempt {
  return {
    key,
    generation,
    sentAtMs: Date.parse(sent_at),
    account: account ?? undefined,
    lane: lane ?? "",
    packages: packages ?? 0,
    doesExist: exists_since !== null,
  };
}
