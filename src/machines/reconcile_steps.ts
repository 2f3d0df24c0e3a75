/**
 * The reconcile machine's arithmetic: how long to wait, and what a look-up is in words. Pure functions
 * of values.
 *
 * @module
 */
import {
  type Attempt,
  backoffMs,
  type Found,
  longestWaitMs,
  type ReconcilePolicy,
} from "./purchase.ts";

/** What is known of a time by which something is over. */
export interface Waiting {
  /** The attempt. */
  readonly attempt: Attempt;
  /** The conditions. */
  readonly policy: ReconcilePolicy;
  /** The first "not found" that counts: when it was, and how long had been waited by then. */
  readonly firstNone: { readonly atMs: number; readonly waitedMs: number } | undefined;
  /** How long was really waited: a clock may be set back. */
  readonly waitedMs: number;
  /** How many look-ups have failed. */
  readonly failures: number;
}

/**
 * Whether a look-up shows that a shipment is there.
 *
 * @param found What it said.
 * @returns Whether it does.
 */
export function shows(found: Found): boolean {
  return found.type === "one" || found.type === "exists";
}

/**
 * What is left of the quiet period, by the clock or, if that was set back, by what was really waited.
 *
 * @param waiting Since when.
 * @param found The look-up, and when it was.
 * @returns Milliseconds; 0 when it is over.
 */
export function quietLeftMs({ attempt, policy, waitedMs }: Waiting, { atMs }: Found): number {
  const byClock = attempt.sentAtMs + policy.quietMs - atMs;
  return Math.max(Math.min(byClock, policy.quietMs - waitedMs), 0);
}

/**
 * What is left of the time between two "not found".
 *
 * @param waiting Since when.
 * @param found The look-up, and when it was.
 * @returns Milliseconds; 0 when they are far enough apart.
 */
export function apartLeftMs(
  { policy, waitedMs, firstNone: first }: Waiting,
  { atMs }: Found,
): number {
  if (!first) return policy.apartMs;
  const apart = Math.max(atMs - first.atMs, waitedMs - first.waitedMs);
  return Math.max(policy.apartMs - apart, 0);
}

/**
 * When to ask again. What is heard in the quiet period counts only if it is a hit.
 *
 * @param waiting Since when.
 * @param found The look-up, and when it was.
 * @returns How long to wait in milliseconds, and what else is known now.
 */
export function nextStep(
  waiting: Waiting,
  found: Found,
): Partial<Pick<Waiting, "firstNone" | "failures">> & { readonly waitMs: number } {
  const { policy, failures, waitedMs } = waiting;
  if (found.type === "unknown") {
    const askedForMs = Math.min(found.retryAfterMs, longestWaitMs);
    const waitMs = backoffMs(policy.retryMs, failures + 1, askedForMs);
    return { failures: failures + 1, waitMs };
  }
  const quiet = quietLeftMs(waiting, found);
  if (quiet > 0) return { waitMs: quiet };
  const firstNone = waiting.firstNone ?? { atMs: found.atMs, waitedMs };
  return { firstNone, waitMs: apartLeftMs({ ...waiting, firstNone }, found) };
}

/** The carrier's verdicts in words. */
const existence: Readonly<Record<string, string>> = {
  many: "several shipments",
  voided: "a voided shipment",
  exists_no_label: "a shipment without its label",
  one_without_number: "a shipment without its number",
  none: "none, and yet a number",
};

/**
 * A look-up in words.
 *
 * @param found What it said.
 * @returns Such as `not found`.
 */
export function wordsOf(found: Found): string {
  switch (found.type) {
    case "one":
      return `found ${found.label.trackingNumbers.join(", ")}`;
    case "none":
      return "not found";
    case "exists":
      return [existence[found.as] ?? found.as, ...found.trackingNumbers].join(" ");
    case "unknown":
      return `${found.problem.code} ${found.problem.message}`;
    case "unsupported":
      return "no look-up";
    default:
      return found satisfies never;
  }
}
