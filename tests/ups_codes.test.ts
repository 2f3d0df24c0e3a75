/** The carrier's codes: what kind each is, and what nobody knows. */
import { describe, expect, it } from "vitest";
import { codeRanges, codes } from "../src/contracts/ups_code_list.ts";
import { isJobWide, upsCode, type UpsCodeKind } from "../src/contracts/ups_codes.ts";

const kindOf = (code: string, status = 400) => upsCode(code, status).kind;

/** Every code that `ups.md`, section 5, names, as it classes it. */
const named: Record<string, string> = {
  retryable: "10429 251004",
  ambiguous: "10004 20001 120001 250050 9800000 9800001 9801027 300000 190001 190002",
  credentials: "10401 UJ0001 250001-250009",
  account: "120100 120113 120120 120121 120122 120101-120119 120412 120413 120415 120416 120400 " +
    "120410 129201-129204",
  bug: "10001 10002 10003 10007 10013 120050 120051 120700-120705 9801030 9801050",
  row: "120200-120218 120300-120318 120801 120802 120803 120500 120124 121100 121185 121208 " +
    "121210 121215 111210 120512 120503 120600-120609 120616 121030 121050 121055 121056 120501 " +
    "120506 120603 120607 120541 120542 120543 120544 120502 120504 120526 120539 128000 128999 " +
    "120020 120081 120082 120528 120529 120548",
  warning: "120900 120901 126098 120971 120804-120806 121943 129001",
  voided: "190117 9801040",
  not_voided: "190100 190109 190101 190102 190113",
  not_found: "9801031",
  exists: "9800020 9801028 9801039 9801041 9801042 300001 300035",
};

describe("upsCode()", () => {
  it.each(Object.entries(named))("has every code of the kind %s", (kind, list) => {
    const others = list.split(" ").flatMap(each).filter((code) => kindOf(code) !== kind);
    expect(others).toEqual([]);
  });

  it("takes an unknown code of six digits as the row's at HTTP 400 and nowhere else", () => {
    expect(kindOf("129999")).toBe("row");
    for (const [code, status] of [["129999", 500], ["129999", 403], ["9809999", 400], ["X", 400]]) {
      expect(kindOf(String(code), Number(status))).toBe("ambiguous");
    }
    expect(upsCode("129999").kind).toBe("ambiguous");
  });

  it("says of each what it means and what to do, in sentences", () => {
    for (const code of [...Object.keys(codes), ...codeRanges.map(([from]) => String(from))]) {
      const { title, remedy } = upsCode(code);
      expect(title).toMatch(/^[A-Z].+[^.]$/);
      expect(remedy).toMatch(/^[A-Z].+[^.]$/);
    }
  });

  it("stops a job for who asks and how, not for what is shipped", () => {
    const jobWide = (["credentials", "account", "bug"] satisfies UpsCodeKind[]).map(isJobWide);
    expect([...jobWide, isJobWide("row"), isJobWide("retryable")])
      .toEqual([true, true, true, false, false]);
  });
});

function each(range: string): string[] {
  const [from = "", to] = range.split("-");
  if (to === undefined) return [from];
  return Array.from(
    { length: Number(to) - Number(from) + 1 },
    (_, at) => String(Number(from) + at),
  );
}
