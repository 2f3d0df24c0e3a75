/**
 * How long to wait for what, when a label's fate is not known: the safe values, those for the
 * sandbox, and what the environment says.
 *
 * | variable | meaning | default | sandbox |
 * |---|---|---|---|
 * | `WAYBILL_QUIET_MS` | after sending, "not found" says nothing for so long | 120000 | 4000 |
 * | `WAYBILL_APART_MS` | so far apart must two "not found" be | 60000 | 500 |
 * | `WAYBILL_LOOKUP_FAILURES` | so many failed look-ups, and a person is asked | 6 | 6 |
 * | `WAYBILL_LOOKUP_RETRY_MS` | wait after the first failed look-up; doubles | 5000 | 250 |
 * | `WAYBILL_AGE_LIMIT_MS` | of an older attempt "not found" is not believed | 7 days | 7 days |
 * | `WAYBILL_TRUST_NOT_FOUND` | `1`: believe it before another purchase proves the look-up | no | yes |
 * | `WAYBILL_MAX_ATTEMPTS` | attempts for a row in one run | 5 | 5 |
 * | `WAYBILL_RETRY_MS` | wait before the second attempt; doubles | 2000 | 250 |
 *
 * The times are in one order, each above the one before: the carrier's HTTP request (45 s), the MCP
 * call (75 s), the quiet period (ups.md, section 4).
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { PurchasePolicy } from "../machines/purchase.ts";

/** The least time between the end of the longest request and the end of the quiet period. */
const marginMs = 1_000;

const week = 7 * 24 * 60 * 60 * 1_000;

/** The safe values: for carriers that bill. */
export const safePolicy: PurchasePolicy = {
  maxAttempts: 5,
  retryMs: 2_000,
  reconcile: {
    quietMs: 120_000,
    apartMs: 60_000,
    ageLimitMs: week,
    trustNotFound: false,
    maxFailures: 6,
    retryMs: 5_000,
  },
};

/** For the bundled sandbox, whose requests end after three seconds and whose look-ups lag by none. */
export const sandboxPolicy: PurchasePolicy = {
  maxAttempts: 5,
  retryMs: 250,
  reconcile: {
    quietMs: 4_000,
    apartMs: 500,
    ageLimitMs: week,
    trustNotFound: true,
    maxFailures: 6,
    retryMs: 250,
  },
};

/**
 * A policy with what the environment says in its place.
 *
 * @param base Where it says nothing.
 * @param get Looks up a name in the environment.
 * @returns The policy.
 * @throws {UsageError} If a value is no number, or "not found" would be believed while a request may
 * be on its way.
 */
export function policyFrom(
  base: PurchasePolicy,
  get: (name: string) => string | undefined,
): PurchasePolicy {
  const number = (name: string, fallback: number, least = 0) => {
    const text = get(name);
    if (text === undefined || text === "") return fallback;
    const value = Number(text);
    if (Number.isFinite(value) && value >= least) return value;
    throw new UsageError(`Cannot use ${name}: "${text}" is no number of at least ${least}`);
  };
  const { reconcile } = base;
  const timeoutMs = number("UPS_TIMEOUT_MS", 0);
  const quietMs = number("WAYBILL_QUIET_MS", Math.max(reconcile.quietMs, timeoutMs + marginMs));
  if (quietMs <= timeoutMs) {
    throw new UsageError(
      `Cannot use WAYBILL_QUIET_MS=${quietMs}: a request may be on its way for ${timeoutMs} ms`,
      "Set it above UPS_TIMEOUT_MS",
    );
  }
  const trust = get("WAYBILL_TRUST_NOT_FOUND");
  return {
    maxAttempts: number("WAYBILL_MAX_ATTEMPTS", base.maxAttempts, 1),
    retryMs: number("WAYBILL_RETRY_MS", base.retryMs),
    reconcile: {
      quietMs,
      apartMs: number("WAYBILL_APART_MS", reconcile.apartMs),
      ageLimitMs: number("WAYBILL_AGE_LIMIT_MS", reconcile.ageLimitMs),
      trustNotFound: trust ? trust === "1" : reconcile.trustNotFound,
      maxFailures: number("WAYBILL_LOOKUP_FAILURES", reconcile.maxFailures, 1),
      retryMs: number("WAYBILL_LOOKUP_RETRY_MS", reconcile.retryMs),
    },
  };
}
