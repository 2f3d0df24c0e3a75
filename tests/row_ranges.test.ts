/** The rows that a person names after `--rows`: read as meant, or refused in plain words. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInRanges } from "../src/actors/named_rows.ts";
import { formatRowRanges, parseRowRanges } from "../src/cli/row_ranges.ts";
import { UsageError } from "../src/errors.ts";

describe("parseRowRanges()", () => {
  it.each<[string, { first: number; last: number }[]]>([
    ["3", [{ first: 3, last: 3 }]],
    ["3,7-9", [{ first: 3, last: 3 }, { first: 7, last: 9 }]],
    [" 7 - 9 , 3 ", [{ first: 3, last: 3 }, { first: 7, last: 9 }]],
    ["1-4,3-6,7,7", [{ first: 1, last: 7 }]],
    ["1-9,3", [{ first: 1, last: 9 }]],
  ])("reads %j", (text, ranges) => {
    expect(parseRowRanges(text)).toEqual(ranges);
  });

  it.each([
    ["", "a row is missing"],
    ["3,,4", "a row is missing"],
    ["3-", '"3-" names no rows'],
    ["-3", '"-3" names no rows'],
    ["1.5", '"1.5" names no rows'],
    ["all", '"all" names no rows'],
    ["0", "rows begin at 1"],
    ["9-7", "9-7 ends before it begins"],
    ["1-2147483648", "is too large"],
    ["99999999999999999999", "is too large"],
  ])("refuses %j and says why", (text, why) => {
    expect(() => parseRowRanges(text)).toThrow(UsageError);
    expect(() => parseRowRanges(text)).toThrow(why);
  });

  it("names exactly the rows that were formatted", () => {
    const rows = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
    fc.assert(fc.property(rows, (rowNumbers) => {
      const ranges = parseRowRanges(formatRowRanges(rowNumbers));
      const named = Array.from({ length: 42 }, (_, row) => row).filter((row) =>
        isInRanges(ranges, row)
      );
      expect(named).toEqual(rowNumbers.toSorted((a, b) => a - b));
    }));
  });
});
