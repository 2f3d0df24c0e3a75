// @ts-check
/**
 * Numbers, times and statuses in words. Each status has a glyph: colour is never the only sign.
 */

/** @type {Record<string, string>} */
const glyphs = {
  pending: "○",
  in_flight: "◐",
  shipped: "◕",
  completed: "●",
  failed: "✕",
  needs_review: "?",
  skipped: "⊘",
  voided: "⊗",
  running: "▶",
  paused: "‖",
  cancelled: "■",
};

/**
 * A status with its glyph.
 *
 * @param {string} status
 * @returns {string}
 */
export function statusWords(status) {
  return `${glyphs[status] ?? "·"} ${status.replaceAll("_", " ")}`;
}

/**
 * Money, in the currency's own minor units.
 *
 * @param {number} minor
 * @param {string} currency
 * @returns {string}
 */
export function moneyWords(minor, currency) {
  let digits = 2;
  try {
    digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions()
      .maximumFractionDigits ?? 2;
  } catch {
    // A carrier may name a currency that is none.
  }
  return `${(minor / 10 ** digits).toFixed(digits)} ${currency}`;
}

/**
 * How long something took.
 *
 * @param {number} ms
 * @returns {string}
 */
export function durationWords(ms) {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round(ms / 1_000) % 60} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.round(ms / 60_000) % 60} min`;
}

/**
 * A moment in UTC, as the trail has it.
 *
 * @param {number} ms
 * @returns {string}
 */
export function timeWords(ms) {
  return new Date(ms).toISOString().replace("T", " ");
}

/**
 * Which lines of a list are seen.
 *
 * @param {string} name
 * @param {{ first: number, last: number }} range
 * @param {number} count How many there are.
 * @returns {string} Such as `rows 12–40 of 100,000`.
 */
export function rangeWords(name, { first, last }, count) {
  const [from, to, all] = [first, last, count].map((each) => each.toLocaleString("en"));
  return `${name} ${from}–${to} of ${all}`;
}

/**
 * What an entry says, in a few words.
 *
 * @param {string} type
 * @param {string} to
 * @returns {string}
 */
export function eventWords(type, to) {
  return to === "" || type !== "row_transition" && type !== "job_transition"
    ? type.replaceAll("_", " ")
    : `${type === "row_transition" ? "row" : "job"} → ${statusWords(to)}`;
}
