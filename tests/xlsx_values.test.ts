import { describe, expect, it } from "vitest";
import { numberFormat } from "../src/servers/source/xlsx/number_format.ts";
import { digitsText, timeText } from "../src/servers/source/xlsx/number_text.ts";
import { rejectedBy } from "./helpers/csv.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { openParts, sheetXml, workbookParts, type WorkbookSpec } from "./helpers/xlsx.ts";

/** The value that one cell is read as; `A1` is the header `id`, `B1` the header `x`. */
async function valueOf(cell: string, spec: Partial<WorkbookSpec> = {}): Promise<unknown> {
  using folder = temporaryFolder();
  const header = '<row r="1"><c t="str"><v>id</v></c><c t="str"><v>x</v></c></row>';
  const xml = sheetXml(`${header}<row r="2"><c><v>1</v></c>${cell}</row>`);
  const parts = workbookParts({ sheets: [{ name: "S", xml }], ...spec });
  await using table = await openParts(folder.path, parts);
  const [row] = await table.read(1, 1);
  return row?.data.x;
}

/** The value of a number in a format of the user's. */
function formatted(value: number, code: string, properties = ""): Promise<unknown> {
  const format = code.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const styles = {
    formats: `<numFmt numFmtId="164" formatCode="${format}"/>`,
    cells: '<xf numFmtId="0"/><xf numFmtId="164"/>',
  };
  return valueOf(`<c s="1"><v>${value}</v></c>`, { styles, properties });
}

describe("a cell of a workbook", () => {
  it("is the text that it shows, whichever way it is kept", async () => {
    const shared = "<si><t>plain</t></si><si><r><rPr><b/></rPr><t>Jo</t></r><r><t> Doe</t></r>" +
      '<rPh sb="0" eb="1"><t>hint</t></rPh><phoneticPr fontId="1"/></si>' +
      '<si><t xml:space="preserve">  two  \nlines_x000D_ &amp; _x005F_x000D_</t></si><si/>';
    const at = (index: number) => valueOf(`<c t="s"><v>${index}</v></c>`, { shared });
    expect(await at(0)).toBe("plain");
    expect(await at(1)).toBe("Jo Doe");
    expect(await at(2)).toBe("  two  \nlines\r & _x000D_");
    expect(await at(3)).toBe("");
    const inline = '<c t="inlineStr"><is><r><t>a</t></r><r><t><![CDATA[<b>]]></t></r></is></c>';
    expect(await valueOf(inline)).toBe("a<b>");
    expect(await valueOf('<c t="str"><f>A1&amp;"!"</f><v>id!</v></c>')).toBe("id!");
    expect(await valueOf('<c t="str"><f>""</f><v></v></c>')).toBe("");
    expect(await valueOf("<c s='0'/>")).toBe("");
  });

  it("is a number, yes or no, or nothing", async () => {
    const number = (text: string) => valueOf(`<c><v>${text}</v></c>`);
    expect(await number("0.10000000000000001")).toBe(0.1);
    expect(await number("-7")).toBe(-7);
    expect(await number("1.2E+11")).toBe(120_000_000_000);
    expect(await number("999999999999999")).toBe(999_999_999_999_999);
    expect(await valueOf('<c t="b"><v>1</v></c>')).toBe(true);
    expect(await valueOf('<c t="b"><v>0</v></c>')).toBe(false);
    expect(await valueOf('<c t="e"><v>#N/A</v></c>')).toBe(null);
  });

  it("that holds more digits than Excel keeps is text without an exponent", async () => {
    expect(await valueOf("<c><v>1.23456789012345E+17</v></c>")).toBe("123456789012345000");
    expect(await valueOf("<c><v>1000000000000000</v></c>")).toBe("1000000000000000");
    expect(await valueOf("<c><v>-12345678901234567</v></c>")).toBe("-12345678901234567");
    expect(await valueOf("<c><v>1.00E+15</v></c>")).toBe("1000000000000000");
  });

  it("that is a date is ISO text, in both ways to count days", async () => {
    expect(await formatted(46_352, "dd/mm/yyyy")).toBe("2026-11-26");
    expect(await formatted(46_352.604166666664, "m/d/yy h:mm")).toBe("2026-11-26T14:30:00");
    expect(await formatted(46_352.604166666664, "d. mmm")).toBe("2026-11-26");
    expect(await formatted(0.604166666666667, "h:mm AM/PM")).toBe("14:30:00");
    expect(await formatted(1.5, "[h]:mm")).toBe("36:00:00");
    expect(await formatted(44_890, "yyyy-mm-dd", 'date1904="1"')).toBe("2026-11-26");
    expect(await formatted(0, "yyyy-mm-dd", 'date1904="1"')).toBe("1904-01-01");
    expect(await valueOf('<c t="d"><v>2026-11-26T00:00:00</v></c>')).toBe("2026-11-26");
  });

  it("with leading zeros keeps them, as its format shows it", async () => {
    expect(await formatted(2139, "00000")).toBe("02139");
    expect(await formatted(21_391_234, "00000-0000")).toBe("02139-1234");
    expect(await formatted(21_391_234, "00000\\-0000")).toBe("02139-1234");
    expect(await formatted(2139, "[<=99999]00000;00000-0000")).toBe("02139");
    expect(await formatted(21_391_234, "[<=99999]00000;00000-0000")).toBe("02139-1234");
    expect(await formatted(1067, '"D-"00000')).toBe("D-01067");
    expect(await formatted(123_456, "00000")).toBe("123456");
  });

  it("whose format only rounds or decorates is the number itself", async () => {
    for (const code of ["0.00", "#,##0", "0", "0%", "0.00E+00", '0 "days"', "[Red]-0;0", "@"]) {
      expect(await formatted(12.5, code)).toBe(12.5);
    }
    expect(await formatted(0.25, "0%")).toBe(0.25);
    expect(await formatted(7, "_($* #,##0.00_);_($* (#,##0.00)")).toBe(7);
  });

  it("is refused where its value is none, and never quoted", async () => {
    const shared = "<si><t>x</t></si>";
    expect((await rejectedBy(valueOf("<c><v>0x10</v></c>"))).code).toBe("E-1003");
    for (
      const cell of ['<c t="s"><v>1</v></c>', '<c t="n"><v>SECRET</v></c>', '<c t="z"><v>1</v></c>']
    ) {
      const error = await rejectedBy(valueOf(cell, { shared }));
      expect(error.code).toBe("E-1003");
      expect(error.message).toContain("cell B2");
      expect(error.message).not.toContain("SECRET");
    }
  });
});

describe("numberFormat()", () => {
  const kindOf = (id: number, code?: string) => {
    const format = numberFormat(id, code);
    return format.kind === "time"
      ? `${format.hasDate ? "D" : ""}${format.hasTime ? "T" : ""}`
      : format.kind;
  };

  it("knows Excel's own dates and times by their ids", () => {
    const dates = [14, 15, 16, 17, 27, 36, 50, 58];
    const times = [18, 19, 20, 21, 45, 46, 47];
    const numbers = [0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 23, 26, 37, 40, 44, 48, 49, 59];
    expect(dates.map((id) => kindOf(id))).toEqual(dates.map(() => "D"));
    expect(times.map((id) => kindOf(id))).toEqual(times.map(() => "T"));
    expect(kindOf(22)).toBe("DT");
    expect(numbers.map((id) => kindOf(id))).toEqual(numbers.map(() => "number"));
  });

  it("tells months from minutes, and letters from text", () => {
    expect(kindOf(164, "mm")).toBe("D");
    expect(kindOf(164, "mm:ss")).toBe("T");
    expect(kindOf(164, "[mm]")).toBe("T");
    expect(kindOf(164, "[$-409]d\\-mmm\\-yyyy;@")).toBe("D");
    expect(kindOf(164, "[$-F400]h:mm:ss\\ AM/PM")).toBe("T");
    expect(kindOf(164, 'yyyy"年"m"月"d"日"')).toBe("D");
    expect(kindOf(164, '0.0 "days"')).toBe("number");
    expect(kindOf(164, "[Blue]General")).toBe("number");
    expect(kindOf(164, "\\d0")).toBe("number");
  });
});

describe("timeText()", () => {
  const day = { kind: "time", hasDate: true, hasTime: false, isElapsed: false } as const;
  const both = { ...day, hasTime: true } as const;

  it("counts the day that 1900 did not have, as Excel does", () => {
    expect([1, 59, 60, 61].map((serial) => timeText(serial, day, false))).toEqual([
      "1900-01-01",
      "1900-02-28",
      "1900-02-29",
      "1900-03-01",
    ]);
  });

  it("rounds to whole seconds, over midnight too", () => {
    expect(timeText(46_352.9999999, both, false)).toBe("2026-11-27T00:00:00");
    expect(timeText(46_352 + 1 / 86_400, both, false)).toBe("2026-11-26T00:00:01");
  });

  it("gives nothing for what is no day", () => {
    expect(timeText(-1, day, false)).toBeUndefined();
    expect(timeText(0, day, false)).toBeUndefined();
    expect(timeText(2_958_466, day, false)).toBeUndefined();
    expect(timeText(2_958_465, day, false)).toBe("9999-12-31");
  });
});

describe("digitsText()", () => {
  it("fits only whole numbers that are not negative", () => {
    const format = { kind: "digits", pattern: "000", limit: Infinity, longPattern: "000" } as const;
    expect(digitsText(7, format)).toBe("007");
    expect(digitsText(7.5, format)).toBeUndefined();
    expect(digitsText(-7, format)).toBeUndefined();
  });
});
