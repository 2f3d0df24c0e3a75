/**
 * What is known of a purchase that a person must decide about.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listAttempts } from "../db/attempts.ts";
import type { AttemptTable, Database } from "../db/schema.ts";

/** An attempt as programs and people are shown it. */
export interface Evidence {
  /** The key: the shipment's reference at the carrier. */
  readonly reference: string;
  /** 1, 2, … */
  readonly generation: number;
  /** When it was sent, UTC. */
  readonly sent_at: string;
  /** The account, if the request named one. */
  readonly account: string | null;
  /** What its answer said. */
  readonly outcome: string | null;
  /** What was found out since. */
  readonly resolution: string | null;
  /** When the carrier first said that it exists. */
  readonly exists_since: string | null;
  /** Each look-up, and what it said. */
  readonly look_ups: readonly { readonly at: string; readonly said: string }[];
  /** The numbers of a label beside the row's own. */
  readonly duplicate: readonly string[] | null;
}

/**
 * The attempts of a row.
 *
 * @param db The database.
 * @param jobId The job.
 * @param rowNumber The row.
 * @returns Them, the first one first.
 *
 * @internal
 */
export async function readEvidence(
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
): Promise<Evidence[]> {
  return (await listAttempts(db, jobId, rowNumber)).map(evidenceOf);
}

/**
 * An attempt in one line for people.
 *
 * @param evidence The attempt.
 * @returns Such as `attempt 1: reference WB…, sent 2026-…; looked up: not found (2 times)`.
 */
export function evidenceLine(evidence: Evidence): string {
  const { generation, reference, sent_at, account, outcome, look_ups, exists_since } = evidence;
  const said = new Map<string, number>();
  for (const each of look_ups) said.set(each.said, (said.get(each.said) ?? 0) + 1);
  const lookUps = [...said].map(([words, times]) =>
    times > 1 ? `${words} (${times} times)` : words
  );
  return [
    `attempt ${generation}: reference ${reference}`,
    `sent ${sent_at}`,
    ...account === null ? [] : [`account ${account}`],
    `answer ${outcome ?? "lost"}`,
    ...lookUps.length > 0 ? [`looked up: ${lookUps.join("; ")}`] : [],
    ...exists_since === null ? [] : [`the carrier said on ${exists_since} that it exists`],
  ].join(", ");
}

function evidenceOf(attempt: AttemptTable): Evidence {
  const { key, generation, sent_at, account, outcome, resolution, exists_since } = attempt;
  return {
    reference: key,
    generation,
    sent_at,
    account,
    outcome,
    resolution,
    exists_since,
    look_ups: JSON.parse(attempt.look_ups ?? "[]"),
    duplicate: attempt.duplicate === null ? null : JSON.parse(attempt.duplicate),
  };
}
