/** Money is counted in minor units and read without floats: no cent is ever made or lost. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCosts, formatMinorUnits, parseMinorUnits } from "../src/money.ts";

describe("parseMinorUnits()", () => {
  it("reads every amount from 0.00 to 999.99 exactly", () => {
    for (let minor = 0; minor <= 99_999; minor++) {
      const text = `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, "0")}`;
      if (parseMinorUnits(text, "USD") !== minor) expect([text, minor]).toEqual([]);
    }
  });

  it.each<[string, string, number]>([
    ["12.36", "USD", 1236],
    ["12.3", "USD", 1230],
    ["12.", "USD", 1200],
    ["12", "USD", 1200],
    ["12.360", "USD", 1236],
    ["12.36000000", "EUR", 1236],
    ["007.10", "USD", 710],
    [" 1.00 ", "USD", 100],
    ["1236", "JPY", 1236],
    ["1236.00", "JPY", 1236],
    ["1.234", "KWD", 1234],
    ["1.2", "KWD", 1200],
    ["9999999999999.99", "USD", 999_999_999_999_999],
  ].map(([text, code, minor]) => [`${text} ${code}`, `${text}|${code}`, Number(minor)]))(
    "reads %s",
    (_, parts, minor) => {
      const [text = "", code = ""] = parts.split("|");
      expect(parseMinorUnits(text, code)).toBe(minor);
    },
  );

  it.each([
    "12.365|USD",
    "0.001|USD",
    "12.5|JPY",
    "1.2345|KWD",
    "-1.00|USD",
    "+1.00|USD",
    "1e2|USD",
    "1,000.00|USD",
    "1.2.3|USD",
    ".50|USD",
    "|USD",
    " |USD",
    "0x10|USD",
    "NaN|USD",
    "Infinity|USD",
    "12 36|USD",
    "$12.36|USD",
    "١٢|USD",
    "9999999999999.999|KWD",
    "99999999999999|USD",
    "1.00|usd",
    "1.00|US",
    "1.00|",
    "1.00|DOLLARS",
  ])("would rather not know than be wrong: %s", (parts) => {
    const [text = "", code = ""] = parts.split("|");
    expect(parseMinorUnits(text, code)).toBe(undefined);
  });

  it("reads back what was written, in every currency", () => {
    const minors = fc.integer({ min: 0, max: 9_999_999_999_999 });
    const codes = fc.constantFrom("USD", "CAD", "EUR", "JPY", "KRW", "KWD", "BHD", "CLP");
    fc.assert(fc.property(minors, codes, (minor, code) => {
      const [amount = ""] = formatMinorUnits(minor, code).split(" ");
      expect(parseMinorUnits(amount, code)).toBe(minor);
    }));
  });

  it("reads a number or nothing, and never throws, whatever it is given", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (text, code) => {
      const minor = parseMinorUnits(text, code);
      expect(minor === undefined || (Number.isSafeInteger(minor) && minor >= 0)).toBe(true);
    }));
  });
});

describe("formatMinorUnits()", () => {
  it("writes as many decimals as the currency has", () => {
    expect(formatMinorUnits(1236, "USD")).toBe("12.36 USD");
    expect(formatMinorUnits(5, "USD")).toBe("0.05 USD");
    expect(formatMinorUnits(0, "USD")).toBe("0.00 USD");
    expect(formatMinorUnits(1236, "JPY")).toBe("1236 JPY");
    expect(formatMinorUnits(1, "KWD")).toBe("0.001 KWD");
  });
});

describe("formatCosts()", () => {
  it("keeps currencies apart", () => {
    expect(formatCosts({ CAD: 900, USD: 1236 })).toBe("9.00 CAD + 12.36 USD");
    expect(formatCosts({})).toBe("0");
  });
});
