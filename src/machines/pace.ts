/**
 * How fast one carrier account is bought from: a token bucket that holds one token, whose rate halves
 * when the carrier says that it is too much and recovers step by step. Pure arithmetic of values; the
 * time is handed in.
 *
 * @module
 */

/** The pace of one account. */
export interface Pace {
  /** Purchases a second that a person allows; `undefined` for as many as there are. */
  readonly limit: number | undefined;
  /** Purchases a second that are made now; `undefined` while nothing slows them down. */
  readonly rate: number | undefined;
  /** What the rate recovers to after a carrier has slowed it down. */
  readonly target: number | undefined;
  /** When the next token is there, in milliseconds. */
  readonly nextAtMs: number;
  /** Before that time the carrier wants no purchase, in milliseconds. */
  readonly notBeforeMs: number;
  /** When the rate was last halved: what was sent before says nothing about the rate since. */
  readonly halvedAtMs: number;
  /** When the last purchases were sent, oldest first. */
  readonly sentAtMs: readonly number[];
}

/** How many of the last purchases tell how fast they were. */
const remembered = 10;

/** Purchases of longer ago do not count as lately, in milliseconds. */
const latelyMs = 10_000;

/** Below this rate, one a minute, nothing is slowed down further. */
const slowest = 1 / 60;

/** How many successes bring the whole rate back. */
const steps = 10;

/**
 * The pace before the first purchase.
 *
 * @param limit Purchases a second that a person allows; `undefined` for as many as there are.
 * @returns The pace.
 */
export function startPace(limit: number | undefined): Pace {
  return {
    limit,
    rate: limit,
    target: limit,
    nextAtMs: 0,
    notBeforeMs: 0,
    halvedAtMs: 0,
    sentAtMs: [],
  };
}

/**
 * Whether a purchase may have to wait for its turn.
 *
 * @param pace The pace.
 * @param nowMs The time.
 * @returns Whether a limit is in force.
 */
export function isPaced({ rate, notBeforeMs }: Pace, nowMs: number): boolean {
  return rate !== undefined || notBeforeMs > nowMs;
}

/**
 * Takes the next token, in the order of those who ask. It is taken for good: whoever does not wait for
 * it leaves a gap, which is on the safe side.
 *
 * @param pace The pace.
 * @param nowMs The time.
 * @returns The pace after it, and how long to wait for the token, in milliseconds.
 */
export function takeTurn(pace: Pace, nowMs: number): { pace: Pace; waitMs: number } {
  const { rate, nextAtMs, notBeforeMs } = pace;
  const atMs = Math.max(nowMs, notBeforeMs, rate === undefined ? 0 : nextAtMs);
  const after = rate === undefined ? 0 : atMs + 1_000 / rate;
  return { pace: { ...pace, nextAtMs: after }, waitMs: atMs - nowMs };
}

/**
 * Notes that a purchase is sent.
 *
 * @param pace The pace.
 * @param nowMs The time.
 * @returns The pace after it.
 */
export function noteSent(pace: Pace, nowMs: number): Pace {
  return { ...pace, sentAtMs: [...pace.sentAtMs, nowMs].slice(-remembered) };
}

/**
 * The carrier says that it is too much: the rate halves, once for all that was sent before.
 *
 * @param pace The pace.
 * @param nowMs The time.
 * @param refused When the purchase was sent that it refused, and how long it wants to be left alone.
 * @returns The pace after it.
 */
export function slowDown(
  pace: Pace,
  nowMs: number,
  refused: { sentAtMs: number; retryAfterMs: number },
): Pace {
  const notBeforeMs = Math.max(pace.notBeforeMs, nowMs + refused.retryAfterMs);
  if (refused.sentAtMs < pace.halvedAtMs) return { ...pace, notBeforeMs };
  const before = pace.rate ?? rateLately(pace, nowMs);
  const rate = Math.max(before / 2, Math.min(slowest, before));
  return {
    ...pace,
    notBeforeMs,
    rate,
    target: pace.target ?? before,
    halvedAtMs: nowMs,
    // A token that was promised at the old rate comes later.
    nextAtMs: Math.max(pace.nextAtMs, nowMs + 1_000 / rate),
  };
}

/**
 * A purchase went well: the rate comes back a step. Without a limit of a person's, nothing is in force
 * any more once it is what it was.
 *
 * @param pace The pace.
 * @returns The pace after it.
 */
export function speedUp(pace: Pace): Pace {
  const { rate, target, limit } = pace;
  if (rate === undefined || target === undefined || rate === limit) return pace;
  const next = rate + target / steps;
  if (next < target) return { ...pace, rate: next };
  return { ...pace, rate: limit, target: limit };
}

/** One a second where nothing is known: a carrier that refuses the first purchase is not in a hurry. */
function rateLately({ sentAtMs }: Pace, nowMs: number): number {
  const lately = sentAtMs.filter((at) => at > nowMs - latelyMs);
  const [first] = lately;
  const last = lately.at(-1);
  if (first === undefined || last === undefined || last <= first) return 1;
  return (lately.length - 1) / ((last - first) / 1_000);
}
