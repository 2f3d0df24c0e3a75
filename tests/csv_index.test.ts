import { describe, expect, it } from "vitest";
import { type CsvIndex, indexCsv, namesOf } from "../src/servers/source/csv/csv_index.ts";
import { openText, thrownBy } from "./helpers/csv.ts";
import { temporaryFolder } from "./helpers/folders.ts";

describe("indexCsv()", () => {
  it.each([",", ";", "\t", "|"])("recognises the delimiter %s", (delimiter) => {
    const text = [`id`, `"a, b; c"`, `x`].join(delimiter) + "\n" + ["1", "2", "3"].join(delimiter);
    const index = indexOf(text);
    expect(index.style.delimiter).toBe(delimiter);
    expect(namesOf(index)).toEqual(["id", "a, b; c", "x"]);
    expect(index.rowCount).toBe(1);
  });

  it("lets the rows decide between two delimiters that split the header alike", () => {
    expect(indexOf("id,a;b\n1;2\n3;4\n").style.delimiter).toBe(";");
  });

  it("takes LF, CRLF, CR, a byte order mark, blank lines and a missing last line break", () => {
    for (const lineBreak of ["\n", "\r\n", "\r"]) {
      for (const mark of ["", "\ufeff"]) {
        const text = mark + ["", "a,b", "", "1,2", "", "", "3,4"].join(lineBreak);
        const index = indexOf(text);
        expect([namesOf(index), index.rowCount]).toEqual([["a", "b"], 2]);
      }
    }
  });

  it("takes a file with only a header as a source of no rows", () => {
    expect(indexOf("a,b").rowCount).toBe(0);
    expect(indexOf("a,b\n").rowCount).toBe(0);
  });

  it("keeps the fingerprint when our own columns change, and only then", () => {
    const base = indexOf("a,b\n1,2\n").fingerprint;
    expect(indexOf("a,b,tracking_number,shipped_at\r\n1,2,1Z9,now\r\n").fingerprint).toBe(base);
    expect(indexOf("a,b\n1,3\n").fingerprint).not.toBe(base);
    expect(indexOf("a,c\n1,2\n").fingerprint).not.toBe(base);
    expect(indexOf("a,b\n1,2\n1,2\n").fingerprint).not.toBe(base);
  });

  it("tells what the values of each column look like, all of them", () => {
    const typesOf = (...cells: string[]) =>
      indexOf(["c,x", ...cells.map((cell) => `${cell},`), ""].join("\n")).columns[0]?.type;
    expect(typesOf("1", "", "-20", "0")).toBe("integer");
    expect(typesOf("1", "2.50")).toBe("decimal");
    expect(typesOf("2026-11-23", "2026-11-23T08:00:00Z")).toBe("date");
    expect(typesOf("true", "FALSE")).toBe("boolean");
    expect(typesOf("2139", "02139")).toBe("string");
    expect(typesOf("1", "2026-11-23")).toBe("string");
    expect(typesOf("1234567890123456")).toBe("string");
    expect(typesOf("1", "x", "2")).toBe("string");
    expect(typesOf("", "")).toBe("string");
    const own = indexOf("tracking_number,id\n123,1\n").columns.map(({ type }) => type);
    expect(own).toEqual(["string", "integer"]);
  });

  const tooFew = "a,b\n" + "1,2\n1\n".repeat(12);
  it.each([
    ["", "E-1002", "it is empty"],
    ["\n\r\n", "E-1002", "it is empty"],
    ["a,b\n1,2\n1,2,3\n\n1\n", "E-1003", "2 columns, but line 3 has 3, line 5 has 1"],
    [tooFew, "E-1003", "line 21 has 1 and 2 more"],
    ['a,b\n1,2\n"x\ny",3"\n', "E-1003", "the quote on line 4 has no end"],
    ['a,b\n1,2\n"x\ny",3"4"\n', "E-1003", "a quote is out of place in the record on line 3"],
    ["a,b,a,b\n", "E-1003", 'names "a", "b" more than once'],
    ["a,,c, \n", "E-1003", "2 columns without a name, at place 2, 4"],
    ["a,b\n1,\0\n", "E-1005", "line 2 holds a NUL byte"],
  ])("tells what is wrong: %s", (text = "", code = "", message = "") => {
    const error = thrownBy(() => indexOf(text));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it("refuses what is not UTF-8, naming the line", () => {
    const bytes = (...values: number[]) => Uint8Array.from(values);
    const latin = new Uint8Array([...new TextEncoder().encode("a,b\n1,2\n"), 0x5a, 0x6f, 0xeb]);
    expect(thrownBy(() => indexOf(latin)).message).toContain(
      "line 3 has 0xEB at byte 3, which may be Windows-1252",
    );
    expect(thrownBy(() => indexOf(bytes(0xff, 0xfe, 0x61, 0))).message).toContain("UTF-16 LE");
    expect(thrownBy(() => indexOf(bytes(0xfe, 0xff, 0, 0x61))).message).toContain("UTF-16 BE");
    expect(thrownBy(() => indexOf(bytes(0x61, 0, 0x22, 0))).code).toBe("E-1005");
  });
});

function indexOf(content: string | Uint8Array): CsvIndex {
  using folder = temporaryFolder();
  using file = openText(folder.path, content);
  return indexCsv(file);
}
