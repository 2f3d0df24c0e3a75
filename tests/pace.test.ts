/** The pace of a carrier account on a clock of the test's own, and one for all jobs of a runner. */
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { Pacers } from "../src/actors/pacers.ts";
import type { Clock } from "../src/actors/world.ts";
import {
  isPaced,
  noteSent,
  type Pace,
  slowDown,
  speedUp,
  startPace,
  takeTurn,
} from "../src/machines/pace.ts";
import type { Answer } from "../src/machines/purchase.ts";

/** Takes turns as fast as it may, and tells when each came. */
function turns(pace: Pace, count: number, startMs = 0): { pace: Pace; atMs: number[] } {
  const atMs: number[] = [];
  let nowMs = startMs;
  for (let turn = 0; turn < count; turn++) {
    const taken = takeTurn(pace, nowMs);
    pace = taken.pace;
    nowMs += taken.waitMs;
    atMs.push(nowMs);
  }
  return { pace, atMs };
}

const refused = (sentAtMs: number, retryAfterMs = 0) => ({ sentAtMs, retryAfterMs });

describe("takeTurn()", () => {
  it("gives as many turns a second as are allowed, and no burst after a rest", () => {
    expect(turns(startPace(4), 5).atMs).toEqual([0, 250, 500, 750, 1_000]);
    const rested = turns(turns(startPace(4), 5).pace, 3, 60_000);
    expect(rested.atMs).toEqual([60_000, 60_250, 60_500]);
    expect(turns(startPace(0.5), 3).atMs).toEqual([0, 2_000, 4_000]);
  });

  it("waits for nothing where no limit is in force", () => {
    expect(turns(startPace(undefined), 4).atMs).toEqual([0, 0, 0, 0]);
    expect(isPaced(startPace(undefined), 0)).toBe(false);
    expect(isPaced(startPace(2), 0)).toBe(true);
  });

  it("gives each who asks at the same time a turn of its own", () => {
    let pace = startPace(10);
    const waits = [0, 0, 0].map(() => {
      const taken = takeTurn(pace, 0);
      pace = taken.pace;
      return taken.waitMs;
    });
    expect(waits).toEqual([0, 100, 200]);
  });
});

describe("slowDown()", () => {
  it("halves the rate, and leaves the carrier alone for as long as it wants", () => {
    const pace = slowDown(startPace(4), 1_000, refused(900, 5_000));
    expect(pace.rate).toBe(2);
    expect(turns(pace, 3, 1_000).atMs).toEqual([6_000, 6_500, 7_000]);
  });

  it("halves once for all that was sent before, however many are refused", () => {
    let pace = slowDown(startPace(8), 1_000, refused(900));
    pace = slowDown(pace, 1_010, refused(950, 3_000));
    expect([pace.rate, pace.notBeforeMs]).toEqual([4, 4_010]);
    expect(slowDown(pace, 5_000, refused(4_500)).rate).toBe(2);
  });

  it("takes half of what was seen lately where nobody set a limit", () => {
    let pace = startPace(undefined);
    // Ten a second, after something slow of long ago.
    for (const at of [0, 50_000, 50_100, 50_200, 50_300, 50_400]) pace = noteSent(pace, at);
    pace = slowDown(pace, 50_450, refused(50_400));
    expect(pace.rate).toBeCloseTo(5);
    expect(isPaced(pace, 50_500)).toBe(true);
    // Nothing is known of a first purchase.
    expect(slowDown(startPace(undefined), 0, refused(0)).rate).toBe(0.5);
  });

  it("never comes to a standstill", () => {
    let pace = startPace(1);
    for (let n = 1; n < 50; n++) pace = slowDown(pace, n, refused(n));
    expect(pace.rate).toBeCloseTo(1 / 60);
    expect(slowDown(startPace(0.001), 0, refused(0)).rate).toBe(0.001);
  });
});

describe("speedUp()", () => {
  it("comes back step by step to the limit, and no further", () => {
    let pace = slowDown(startPace(10), 0, refused(0));
    const rates: (number | undefined)[] = [];
    for (let n = 0; n < 6; n++) {
      pace = speedUp(pace);
      rates.push(pace.rate);
    }
    expect(rates).toEqual([6, 7, 8, 9, 10, 10]);
  });

  it("leaves nothing in force where nobody set a limit, once it is as fast as it was", () => {
    let pace = startPace(undefined);
    for (const at of [0, 100, 200]) pace = noteSent(pace, at);
    pace = slowDown(pace, 300, refused(200));
    for (let n = 0; n < 4; n++) pace = speedUp(pace);
    expect(pace.rate).toBeCloseTo(9);
    pace = speedUp(pace);
    expect(isPaced(pace, 10_000)).toBe(false);
    expect(takeTurn(pace, 10_000).waitMs).toBe(0);
  });
});

describe("a pace", () => {
  it("never exceeds its limit, whatever the carrier says between", () => {
    const step = fc.record({
      restMs: fc.nat(2_000),
      said: fc.constantFrom("bought", "too much", "nothing"),
      retryAfterMs: fc.nat(3_000),
    });
    fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.array(step), (limit, steps) => {
      let pace = startPace(limit);
      let nowMs = 0;
      const atMs: number[] = [];
      for (const { restMs, said, retryAfterMs } of steps) {
        nowMs += restMs;
        const taken = takeTurn(pace, nowMs);
        nowMs += taken.waitMs;
        atMs.push(nowMs);
        pace = noteSent(taken.pace, nowMs);
        if (said === "bought") pace = speedUp(pace);
        if (said === "too much") {
          pace = slowDown(pace, nowMs, { sentAtMs: nowMs, retryAfterMs });
          const next = takeTurn(pace, nowMs);
          expect(next.waitMs).toBeGreaterThanOrEqual(retryAfterMs - 1e-6);
        }
        expect(pace.rate).toBeLessThanOrEqual(limit);
      }
      const gaps = atMs.slice(1).map((at, n) => at - (atMs[n] ?? 0));
      expect(gaps.every((gap) => gap >= 1_000 / limit - 1e-6)).toBe(true);
    }));
  });
});

describe("Pacers", () => {
  const problem = { code: "10429", message: "Too Many Requests" };
  const tooMuch: Answer = { type: "rejected", problem, retryAfterMs: 2_000, evidence: {} };
  let nowMs = 1_000_000;
  const clock: Clock = { now: () => new Date(nowMs), sleep: () => Promise.resolve() };

  it("shares one pace among the jobs of a carrier's account, and no other", () => {
    const pacers = new Pacers(clock, 10);
    expect([1, 2, 3].map(() => pacers.takeTurn("bundled", undefined))).toEqual([0, 100, 200]);
    expect(pacers.takeTurn("bundled", "B1B2C3")).toBe(0);
    expect(pacers.takeTurn("/other.json", undefined)).toBe(0);
    expect(pacers.isPaced("bundled")).toBe(true);
  });

  it("costs nothing until the carrier says that it is too much", () => {
    const pacers = new Pacers(clock);
    expect(pacers.isPaced("bundled")).toBe(false);
    for (let n = 0; n < 3; n++) {
      pacers.begin("bundled", undefined);
      nowMs += 100;
    }
    const tell = pacers.begin("bundled", undefined);
    tell(tooMuch);
    expect(pacers.isPaced("bundled")).toBe(true);
    expect(pacers.isPaced("/other.json")).toBe(false);
    expect(pacers.takeTurn("bundled", undefined)).toBe(2_000);
    expect(pacers.takeTurn("bundled", undefined)).toBeCloseTo(2_200);
  });

  it("does not take an expired token or a refusal for too much", () => {
    const pacers = new Pacers(clock);
    const others: Answer[] = [
      { ...tooMuch, problem: { code: "251004", message: "expired" }, retryAfterMs: 0 },
      { ...tooMuch, retryAfterMs: undefined },
      { type: "not_sent", problem, retryAfterMs: 0, evidence: {} },
    ];
    for (const answer of others) pacers.begin("bundled", undefined)(answer);
    expect(pacers.isPaced("bundled")).toBe(false);
    pacers.begin("bundled", undefined)({ ...tooMuch, retryAfterMs: 0 });
    expect(pacers.isPaced("bundled")).toBe(true);
  });
});
