/**
 * How purchases are pursued in tests: with waits that nobody notices.
 *
 * @module
 */
import type { PurchasePolicy } from "../../src/machines/purchase.ts";

/** The strict conditions, in milliseconds instead of minutes. */
export const policy: PurchasePolicy = {
  maxAttempts: 3,
  retryMs: 1,
  reconcile: {
    quietMs: 20,
    apartMs: 10,
    ageLimitMs: 60_000,
    trustNotFound: false,
    maxFailures: 3,
    retryMs: 1,
  },
};
