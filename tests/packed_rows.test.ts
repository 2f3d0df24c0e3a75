import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PackedRows } from "../src/actors/packed_rows.ts";

describe("packed rows", () => {
  it("give back what was put in, whatever the checksums look like", () => {
    const hex = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.toHex());
    const checksum = fc.oneof(hex, hex.map((text) => text + "0"), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.array(checksum, { minLength: 1, maxLength: 9 }), (checksums) => {
        const rows = new PackedRows();
        // Several blocks and a rest.
        const given = Array.from({ length: 9_000 }, (_, at) => ({
          rowNumber: at * 3 + 1,
          checksum: checksums[at % checksums.length] ?? "",
        }));
        for (const row of given) rows.add(row);
        expect(rows.length).toBe(given.length);
        expect([...rows]).toEqual(given);
      }),
      { numRuns: 10 },
    );
  });
});
