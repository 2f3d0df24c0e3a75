import { describe, expect, it } from "vitest";
import { formatUsZip, truncateAddress } from "../src/templates/filters/address.ts";
import { toUpsDate } from "../src/templates/filters/date.ts";
import { defaultValue } from "../src/templates/filters/default_value.ts";
import { FilterError } from "../src/templates/filters/filter_error.ts";
import { splitName } from "../src/templates/filters/name.ts";
import { toUpsPhone } from "../src/templates/filters/phone.ts";
import { lookupServiceCode } from "../src/templates/filters/service_code.ts";
import { convertWeight, roundWeight } from "../src/templates/filters/weight.ts";

type Filter = (value: unknown, ...settings: unknown[]) => unknown;
type Case = [args: [unknown, ...unknown[]], result: unknown];

/** One test for each call: `[arguments, result]`, or arguments alone where they are refused. */
function table(filter: Filter, takes: Case[], refuses: [unknown, ...unknown[]][] = []): void {
  for (const [args, result] of takes) {
    it(`makes ${shown(result)} of ${args.map(shown).join(", ")}`, () => {
      expect(filter(...args)).toBe(result);
    });
  }
  for (const args of refuses) {
    it(`refuses ${args.map(shown).join(", ")}`, () => {
      expect(() => filter(...args)).toThrow(FilterError);
    });
  }
}

function shown(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  return JSON.stringify(value);
}

function refusal(call: () => unknown): FilterError {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof FilterError) return thrown;
  }
  throw new Error("nothing was refused");
}

describe("truncate_address", () => {
  table(truncateAddress, [
    [["123 Main Street Suite 400", 20], "123 Main Street"],
    [["ab cde fgh", 6], "ab cde"],
    [["ab cde fgh", 5], "ab"],
    [["abcdefghij klm", 10], "abcdefghij"],
    [["abcdefghij", 4], "abcd"],
    [["  12 Elm  "], "12 Elm"],
    [[12345, 3], "123"],
    [["x", 0], ""],
    [[null], ""],
    [[undefined], ""],
    [[""], ""],
    [["😀😀😀", 3], "😀😀😀"],
    [["😀😀😀", 2], "😀😀"],
    [["x".repeat(40)], "x".repeat(35)],
  ], [["x", -1], ["x", 1.5], ["x", "5"], [["x"]], [{}]]);
});

describe("format_us_zip", () => {
  table(formatUsZip, [
    [["12345"], "12345"],
    [["123456789"], "12345-6789"],
    [["12345-6789"], "12345-6789"],
    [["12345 6789"], "12345-6789"],
    [["2139"], "02139"],
    [[2139], "02139"],
    [[501], "00501"],
    [["2139.0"], "02139"],
    [["90001.0"], "90001"],
    [["21391234"], "02139-1234"],
    [["2139-1234"], "02139-1234"],
    [[" 90210 "], "90210"],
  ], [
    [""],
    [null],
    ["K1A 0B1"],
    ["12"],
    ["123456"],
    ["1234567"],
    ["1234567890"],
    [-2139],
    [
      "2139.5",
    ],
    ["12345-"],
    [true],
  ]);
});

describe("round_weight", () => {
  table(roundWeight, [
    [["2.25"], 2.3],
    [[2.25], 2.3],
    [["2.35"], 2.4],
    [["1.005", 2], 1.01],
    [[1.005, 2], 1.01],
    [[5.678], 5.7],
    [[5], 5],
    [["0.02"], 0.1],
    [[0.02, 2], 0.02],
    [["0.4", 0], 1],
    [[".5"], 0.5],
    [["3."], 3],
    [[1e-7], 0.1],
    [[" 7 "], 7],
  ], [
    ["0"],
    [0],
    ["0.000"],
    [-3],
    ["-3"],
    [NaN],
    [Infinity],
    ["x"],
    [""],
    [null],
    ["1,5"],
    [
      "2 lb",
    ],
    ["1e3"],
    ["."],
    ["5", 7],
    ["5", "1"],
  ]);
});

describe("convert_weight", () => {
  table(convertWeight, [
    [[1, "kg", "lbs"], 2.204623],
    [[1, "lb", "kg"], 0.453592],
    [[16, "oz", "lbs"], 1],
    [["1000", "g", "kg"], 1],
    [["2.5", " KGS ", "kg"], 2.5],
    [[1, "LB", "oz"], 16],
    [[1, "g", "lb"], 0.002205],
    [["0.0000001", "g", "lb"], 0.000001],
  ], [[1, "stone", "lb"], [1, "lb", ""], [1, "lb", undefined], ["x", "lb", "kg"], [0, "lb", "kg"], [
    1,
    "constructor",
    "kg",
  ]]);

  it("names the known units", () => {
    expect(refusal(() => convertWeight(1, "stone", "lb")).remedy).toContain("lb, lbs, kg");
  });
});

describe("lookup_service_code", () => {
  const codes = "01 02 03 07 08 11 12 13 14 54 59 65 17 72 74 70 75".split(" ");
  table(lookupServiceCode, [
    ...codes.map((code): Case => [[code], code]),
    [[3], "03"],
    [["3"], "03"],
    [["3.0"], "03"],
    [["ground"], "03"],
    [["UPS Ground"], "03"],
    [["UPS® Ground"], "03"],
    [["next day air"], "01"],
    [["Overnight "], "01"],
    [["2-day"], "02"],
    [["2nd Day Air"], "02"],
    [["2nd Day Air A.M."], "59"],
    [["saver"], "13"],
    [["3 day select"], "12"],
    [["3_DAY_SELECT"], "12"],
    [["worldwide express"], "07"],
    [["UPS Standard"], "11"],
    [["Worldwide Economy DDP"], "72"],
  ], [["standard"], ["express"], ["bogus"], ["99"], ["M4"], [""], [null], ["toString"]]);

  it("names the nearest service", () => {
    expect(refusal(() => lookupServiceCode("grond")).remedy).toBe('Did you mean "Ground" (03)?');
  });
  it("says what standard could mean", () => {
    expect(refusal(() => lookupServiceCode("Standard")).remedy).toContain('"UPS Standard" (11)');
  });
});

describe("to_ups_date", () => {
  table(toUpsDate, [
    [["2026-01-15"], "20260115"],
    [["20260115"], "20260115"],
    [[20260115], "20260115"],
    [["01/02/2026"], "20260102"],
    [["1/2/2026"], "20260102"],
    [["2026-01-15T23:59:00-08:00"], "20260115"],
    [["2026-01-15T23:59:59.123Z"], "20260115"],
    [["2026-01-15 08:00"], "20260115"],
    [[new Date("2026-03-01T00:00:00Z")], "20260301"],
    [["2028-02-29"], "20280229"],
  ], [
    ["2026-02-30"],
    ["2026-02-29"],
    ["15/01/2026"],
    ["2026-13-01"],
    ["2026-00-10"],
    [46000],
    [
      "46000.5",
    ],
    ["Jan 5"],
    ["1/2/26"],
    [""],
    [null],
    [new Date(NaN)],
    ["2026-1-5"],
  ]);

  it("says that with slashes the month comes first", () => {
    expect(refusal(() => toUpsDate("15/01/2026")).remedy).toContain("month comes first");
  });
  it("says what a serial number is", () => {
    expect(refusal(() => toUpsDate(46000)).message).toContain("serial number");
  });
});

describe("to_ups_phone", () => {
  table(toUpsPhone, [
    [["(555) 123-4567"], "5551234567"],
    [["+1 555 123 4567"], "5551234567"],
    [["1-555-123-4567"], "5551234567"],
    [[5551234567], "5551234567"],
    [["5551234567.0"], "5551234567"],
    [["+49 30 1234567", "DE"], "49301234567"],
    [["604.555.0123", "ca"], "6045550123"],
    [["5551234567", ""], "5551234567"],
    [["1234567", "FR"], "1234567"],
  ], [
    ["555-1234"],
    ["25551234567"],
    [""],
    [null],
    ["555-123-4567 x123"],
    ["5551234567 ext 5"],
    [
      "1-800-FLOWERS",
    ],
    ["+49 30 1234567"],
    ["123456", "DE"],
    ["1234567890123456", "DE"],
  ]);

  it("does not drop an extension silently", () => {
    expect(refusal(() => toUpsPhone("555-123-4567 x123")).message).toContain("extension");
  });
});

describe("default_value", () => {
  table(defaultValue, [
    [[null, "d"], "d"],
    [[undefined, "d"], "d"],
    [["", "d"], "d"],
    [["  ", "d"], "d"],
    [[NaN, "d"], "d"],
    [[0, "d"], 0],
    [[false, "d"], false],
    [["x", "d"], "x"],
    [[null], ""],
  ]);

  it("keeps an empty list", () => {
    expect(defaultValue([], "d")).toEqual([]);
  });
});

describe("split_name", () => {
  table(splitName, [
    [["Mary Ann Van Dyke", "first"], "Mary"],
    [["Mary Ann Van Dyke", "last"], "Van Dyke"],
    [["Ludwig van Beethoven", "last"], "van Beethoven"],
    [["Oscar de la Hoya", "last"], "de la Hoya"],
    [["Weird Al Yankovic", "last"], "Yankovic"],
    [["Van Morrison", "last"], "Morrison"],
    [["Robert Downey Jr.", "last"], "Downey Jr."],
    [["Smith, John Q", "first"], "John"],
    [["Smith, John Q", "last"], "Smith"],
    [["Cher", "first"], "Cher"],
    [["Cher", "last"], ""],
    [["  Ann   Lee ", "all"], "Ann Lee"],
    [[null, "first"], ""],
    [["", "last"], ""],
  ], [["Ann Lee", "middle"], ["Ann Lee", undefined]]);
});
