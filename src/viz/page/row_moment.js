// @ts-check
/**
 * A row as it was at a moment: what was entered of it by then, and nothing of what came later. What the
 * database knows without a time is left out of the past.
 */

/** @import { Store } from "./store.js" */
/** @import { Attempt, Entry, Moment, RowDetails, RowMoment } from "./types.js" */

/**
 * The row at a moment.
 *
 * @param {RowDetails} row As the database has it now.
 * @param {Store} store
 * @param {Moment} moment
 * @returns {RowMoment}
 */
export function rowAt(row, store, moment) {
  const { sequence } = moment;
  const about = { sequence, last: store.length };
  if (sequence >= store.length) {
    return {
      ...about,
      isNow: true,
      status: row.status,
      numbers: row.tracking_numbers,
      costMinor: row.cost_minor,
      currency: row.currency_code ?? "",
      generation: row.generation,
      changedAt: row.updated_at,
      attempts: row.attempts,
      hasLabel: true,
    };
  }
  const { row_number: number } = row;
  const past = row.entries.filter((entry) => entry.sequence <= sequence);
  const status = store.statuses[moment.statuses[number] ?? 0] || "pending";
  const boughtAt = moment.bought[number] ?? 0;
  const isLabelled = ["shipped", "completed", "voided"].includes(status);
  const bought = isLabelled ? store.bought.get(boughtAt) : undefined;
  const all = past.find((entry) => entry.sequence === boughtAt)?.details["tracking_numbers"];
  const numbers = bought === undefined
    ? []
    : Array.isArray(all)
    ? all.map(String)
    : [bought.number];
  const changedMs = moment.changed[number] ?? 0;
  return {
    ...about,
    isNow: false,
    status,
    numbers,
    costMinor: bought?.costMinor ?? null,
    currency: bought?.currency ?? "",
    generation: moment.attempts[number] ?? 0,
    changedAt: changedMs > 0 ? new Date(changedMs).toISOString() : "not yet",
    attempts: row.attempts.flatMap((attempt) => attemptAt(attempt, past, moment.atMs)),
    // One that was fetched later may not have been there.
    hasLabel: numbers.length > 0 && numbers[0] === row.tracking_numbers[0] &&
      !row.entries.some(({ type, sequence: at }) => type === "label_fetched" && at > sequence),
  };
}

/**
 * What was known of an attempt; nothing of one that was not made yet.
 *
 * @param {Attempt} attempt
 * @param {Entry[]} past What was entered of its row by then.
 * @param {number} atMs
 * @returns {Attempt[]}
 */
function attemptAt(attempt, past, atMs) {
  const own = past.filter(({ details }) => details["key"] === attempt.key);
  const sent = own.find(({ to_status: to }) => to === "in_flight");
  if (!sent) return [];
  const isFoundOut =
    own.some(({ type, details }) => type === "attempt_absent" || details["adopted"] === true) ||
    // A person's word names no attempt.
    past.some(({ sequence, from_status: from }) =>
      from === "needs_review" && sequence > sent.sequence
    );
  const isAnswered = isFoundOut || own.some((entry) => entry !== sent);
  return [{
    ...attempt,
    outcome: isAnswered ? attempt.outcome : null,
    answer: isAnswered ? attempt.answer : null,
    answered_at: isAnswered ? attempt.answered_at : null,
    resolution: isFoundOut ? attempt.resolution : null,
    look_ups: attempt.look_ups.filter(({ at }) => Date.parse(at) <= atMs),
    duplicate: own.some(({ type }) => type === "duplicate_found") ? attempt.duplicate : null,
  }];
}
