/** A key is made of what it buys for, and of nothing else: it can be made again after any crash. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idempotencyKeyOf, type Purpose } from "../src/actors/idempotency_key.ts";

const purpose: Purpose = { installationId: "i", jobId: "demo", rowNumber: 7, generation: 1 };

const purposes = fc.record({
  installationId: fc.string({ maxLength: 5 }),
  jobId: fc.string({ maxLength: 5 }),
  rowNumber: fc.integer({ min: 1, max: 200 }),
  generation: fc.integer({ min: 1, max: 20 }),
});

describe("idempotencyKeyOf()", () => {
  it("is 26 characters A–Z and 0–9, whatever it is made of", () => {
    fc.assert(fc.property(purposes, (each) => {
      expect(idempotencyKeyOf(each)).toMatch(/^[A-Z0-9]{26}$/);
    }));
  });

  it("is the same for the same purpose, today and in a later version", () => {
    expect(idempotencyKeyOf({ ...purpose })).toBe(idempotencyKeyOf(purpose));
    // Written down: another key for an attempt that is in flight would be another label.
    expect(idempotencyKeyOf(purpose)).toBe("WBKSBRHV020R1C6JB3FLFQFAC9");
  });

  it("differs where the installation, the job, the row or the generation differs", () => {
    const keys = [
      purpose,
      { ...purpose, installationId: "j" },
      { ...purpose, jobId: "demo2" },
      { ...purpose, rowNumber: 8 },
      { ...purpose, generation: 2 },
    ].map(idempotencyKeyOf);
    expect(new Set(keys).size).toBe(5);
  });

  it("does not mistake one part's end for the next one's beginning", () => {
    const keys = [
      { installationId: "a", jobId: "bc", rowNumber: 1, generation: 11 },
      { installationId: "ab", jobId: "c", rowNumber: 1, generation: 11 },
      { installationId: "a", jobId: "bc", rowNumber: 11, generation: 1 },
      { installationId: `a","b`, jobId: "c", rowNumber: 1, generation: 1 },
      { installationId: "a", jobId: `b","c`, rowNumber: 1, generation: 1 },
    ].map(idempotencyKeyOf);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("has no two purposes with one key, over a hundred thousand of them", () => {
    const keys = new Set<string>();
    for (let rowNumber = 1; rowNumber <= 25_000; rowNumber++) {
      for (const generation of [1, 2]) {
        for (const jobId of ["a", "b"]) {
          keys.add(idempotencyKeyOf({ ...purpose, jobId, rowNumber, generation }));
        }
      }
    }
    expect(keys.size).toBe(100_000);
    fc.assert(fc.property(fc.uniqueArray(purposes, { selector: JSON.stringify }), (many) => {
      expect(new Set(many.map(idempotencyKeyOf)).size).toBe(many.length);
    }));
  });
});
