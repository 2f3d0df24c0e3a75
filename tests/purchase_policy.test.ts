/** The waits: what the environment may change, and the order that they must keep. */
import { backoffMs } from "../src/machines/purchase.ts";
import { describe, expect, it } from "vitest";
import { policyFrom, safePolicy, sandboxPolicy } from "../src/actors/purchase_policy.ts";

const from = (env: Record<string, string>) => policyFrom(safePolicy, (name) => env[name]);

describe("policyFrom()", () => {
  it("leaves the policy as it is where nothing is said", () => {
    expect(from({})).toEqual(safePolicy);
    expect(policyFrom(sandboxPolicy, () => undefined)).toEqual(sandboxPolicy);
  });

  it("takes what is said", () => {
    const { reconcile, maxAttempts } = from({
      WAYBILL_QUIET_MS: "800",
      WAYBILL_TRUST_NOT_FOUND: "1",
      WAYBILL_MAX_ATTEMPTS: "2",
    });
    expect([reconcile.quietMs, reconcile.trustNotFound, maxAttempts]).toEqual([800, true, 2]);
  });

  it("keeps the quiet period above the longest request", () => {
    expect(from({ UPS_TIMEOUT_MS: "300000" }).reconcile.quietMs).toBe(301_000);
    expect(() => from({ UPS_TIMEOUT_MS: "800", WAYBILL_QUIET_MS: "800" }))
      .toThrow("a request may be on its way for 800 ms");
  });

  it.each(["soon", "-1", "1e999"])("refuses what is no time: %s", (text) => {
    expect(() => from({ WAYBILL_APART_MS: text })).toThrow("WAYBILL_APART_MS");
  });

  it("is in one order: request, MCP call, quiet period", () => {
    expect(safePolicy.reconcile.quietMs).toBeGreaterThan(75_000);
    // A request that is sent at the last moment that is allowed ends within the quiet period.
    for (
      const [{ reconcile: { quietMs } }, timeoutMs] of [
        [safePolicy, 45_000],
        [sandboxPolicy, 3_000],
      ] as const
    ) {
      expect(quietMs / 4 + timeoutMs).toBeLessThanOrEqual(quietMs);
    }
  });
});

describe("backoffMs()", () => {
  it("doubles up to a minute, and is never shorter than what the other side asked for", () => {
    expect([1, 2, 3, 20].map((failures) => backoffMs(1_000, failures, 0)))
      .toEqual([1_000, 2_000, 4_000, 60_000]);
    expect([1, 20].map((failures) => backoffMs(1_000, failures, 90_000))).toEqual([90_000, 90_000]);
    expect(backoffMs(1_000, 3, 10)).toBe(4_000);
  });
});
