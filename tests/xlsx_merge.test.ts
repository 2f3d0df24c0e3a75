import { describe, expect, it } from "vitest";
import type { RowCells } from "../src/servers/source/files/table_file.ts";
import { indexXlsx } from "../src/servers/source/xlsx/xlsx_index.ts";
import { mergeXlsx } from "../src/servers/source/xlsx/xlsx_merge.ts";
import { openXlsxTable } from "../src/servers/source/xlsx/xlsx_table.ts";
import { rejectedBy } from "./helpers/csv.ts";
import { namesIn, temporaryFolder, writeText } from "./helpers/folders.ts";
import {
  link,
  openParts,
  type Parts,
  partText,
  plainParts,
  plainRows,
  rawEntries,
  sheetXml,
  workbookParts,
  writeZip,
} from "./helpers/xlsx.ts";

const at = "2026-11-26T10:00:00Z";
const shipped = (tracking_number: string): RowCells => ({ tracking_number, shipped_at: at });
const orders = [["order_id", "zip"], ["A-1", 30005], ["A-2", 30006]];
const tab = "xl/tabs/tab0.xml";

/** A new cell as it is written. */
function cell(ref: string, text: string, style = ""): string {
  return `<c r="${ref}"${style} t="inlineStr"><is><t>${text}</t></is></c>`;
}

/** The worksheet after a write-back, and the workbook's own part. */
async function merged(parts: Parts, rows: [number, RowCells][]) {
  using folder = temporaryFolder();
  await using table = await openParts(folder.path, parts);
  expect(await table.merge(new Map(rows), await table.current())).toBe(true);
  expect(namesIn(folder.path)).toEqual(["orders.xlsx"]);
  // What the table knows of the new file is what a fresh look finds.
  await using fresh = openXlsxTable(table.path);
  const [known, found] = [await table.current(), await fresh.current()];
  expect(known.columns).toEqual(found.columns);
  expect(known.fingerprint).toBe(found.fingerprint);
  expect(await table.read(1, 100)).toEqual(await fresh.read(1, 100));
  return {
    xml: await partText(table.path, tab),
    book: await partText(table.path, "xl/book.xml"),
    rows: await fresh.read(1, 100),
  };
}

function sheet(rows: string, after = "", before = ""): Parts {
  return workbookParts({ sheets: [{ name: "Orders", xml: sheetXml(rows, after, before) }] });
}

describe("merge() of a worksheet", () => {
  it("adds our columns right of the table, and nothing else", async () => {
    const { xml, rows } = await merged(plainParts(orders), [[2, shipped("1Z2")]]);
    expect(xml).toBe(
      sheetXml(plainRows(orders))
        .replace("</row>", `${cell("C1", "tracking_number")}${cell("D1", "shipped_at")}</row>`)
        .replace(/(?=<\/row><\/sheetData>)/, `${cell("C3", "1Z2")}${cell("D3", at)}`),
    );
    expect(rows.map(({ data }) => [data.tracking_number, data.shipped_at])).toEqual([
      ["", ""],
      ["1Z2", at],
    ]);
  });

  it("sets cells that are there, keeping how they look, and puts others in their places", async () => {
    const rows = '<row r="1"><c r="A1" t="str"><v>tracking_number</v></c>' +
      '<c r="B1" t="str"><v>id</v></c><c r="C1" t="str"><v>shipped_at</v></c></row>' +
      '<row r="4" spans="1:3"><c r="A4" s="7" t="str"><v>old</v></c><c r="B4"><v>1</v></c></row>' +
      '<row r="5"><c r="B5"><v>2</v></c><c r="C5" s="3"/><c r="D5" s="9"/></row>';
    const { xml } = await merged(sheet(rows), [[1, shipped("1Z1")], [2, shipped("1Z2")]]);
    expect(xml).toBe(sheetXml(
      rows.replace('<c r="A4" s="7" t="str"><v>old</v></c>', cell("A4", "1Z1", ' s="7"'))
        .replace("<v>1</v></c>", `<v>1</v></c>${cell("C4", at)}`)
        .replace('<c r="B5">', `${cell("A5", "1Z2")}<c r="B5">`)
        .replace('<c r="C5" s="3"/>', cell("C5", at, ' s="3"')),
    ));
  });

  it("takes a number out of its cell when a label was voided", async () => {
    const table = [["id", "tracking_number", "shipped_at"], ["A", "1Z1", at], ["B", "1Z2", at]];
    const voided = { tracking_number: null, voided_at: "2026-11-27T10:00:00Z" };
    const { xml, rows } = await merged(plainParts(table), [[1, voided]]);
    expect(xml).toContain(
      `<c r="B2"/><c r="C2" t="inlineStr"><is><t>${at}</t></is></c>${cell("D2", voided.voided_at)}`,
    );
    expect(rows[0]?.data).toEqual({
      id: "A",
      tracking_number: "",
      shipped_at: at,
      voided_at: voided.voided_at,
    });
    expect(rows[1]?.data).toMatchObject({ tracking_number: "1Z2", voided_at: "" });
  });

  it("needs no column for a number when there is only a void", async () => {
    const voided = { tracking_number: null, voided_at: at };
    const { rows } = await merged(plainParts(orders), [[1, voided]]);
    expect(Object.keys(rows[0]?.data ?? {})).toEqual(["order_id", "zip", "voided_at"]);
  });

  it("gives new cells the look of their neighbours, but not a number's format", async () => {
    const styles = {
      cells: '<xf numFmtId="0"/><xf numFmtId="49"/><xf numFmtId="14"/>',
    };
    const rows = '<row r="1"><c r="A1" s="2" t="str"><v>id</v></c></row>' +
      '<row r="2"><c r="A2" s="1" t="str"><v>A</v></c></row>' +
      '<row r="3"><c r="A3" s="2"><v>46352</v></c></row>';
    const parts = workbookParts({ sheets: [{ name: "S", xml: sheetXml(rows) }], styles });
    const { xml } = await merged(parts, [[1, shipped("1Z1")], [2, shipped("1Z2")]]);
    expect(xml).toContain(cell("B1", "tracking_number", ' s="2"'));
    expect(xml).toContain(cell("B2", "1Z1", ' s="1"'));
    expect(xml).toContain(cell("B3", "1Z2"));
  });

  it("widens what the sheet says of its size, and only that", async () => {
    const rows = plainRows(orders).replace('<row r="1">', '<row r="1" ht="30" spans=\'1:2\'>');
    const size = '<dimension ref="A1:B3"/><sheetViews><sheetView/></sheetViews>';
    const { xml } = await merged(sheet(rows, "", size), [[1, shipped("1Z1")]]);
    expect(xml).toContain('<dimension ref="A1:D3"/><sheetViews><sheetView/></sheetViews>');
    expect(xml).toContain('<row r="1" ht="30" spans=\'1:4\'>');
  });

  it("never overwrites a formula, which counts as somebody else's number", async () => {
    const rows = '<row r="1"><c t="str"><v>id</v></c><c t="str"><v>tracking_number</v></c>' +
      '<c t="str"><v>shipped_at</v></c></row>' +
      '<row r="2"><c><v>1</v></c><c t="str"><f>X1</f><v>1Z7</v></c><c t="str"><f>Y1</f><v></v></c></row>' +
      '<row r="3"><c><v>2</v></c><c><f>X2</f></c></row><row r="4"><c r="B4"><f>X3</f></c></row>';
    using folder = temporaryFolder();
    await using table = await openParts(folder.path, sheet(rows));
    expect((await table.current()).rowCount).toBe(2);
    const numbers = (await table.read(1, 2)).map(({ data }) => data.tracking_number);
    expect(numbers).toEqual(["=1Z7", "="]);
    const both = new Map([[1, shipped("1Z9")], [2, shipped("1Z9")]]);
    await table.merge(both, await table.current());
    expect(await partText(table.path, tab)).toBe(
      sheetXml(rows.replace('</c></row><row r="4">', `</c>${cell("C3", at)}</row><row r="4">`)),
    );
    expect((await table.read(1, 1))[0]?.data.tracking_number).toBe("=1Z7");
  });

  it("keeps a prefix of the sheet's elements, and text that is like a tag", async () => {
    const rows = "<x:row><!-- <x:c> --><x:c t='str'><x:v>id</x:v></x:c></x:row>" +
      "<x:row\n><x:c t = 'inlineStr'><x:is><x:t><![CDATA[</x:row>]]></x:t></x:is></x:c ></x:row >";
    const xml = '<x:worksheet xmlns:x="urn:x"><x:sheetData>' + rows +
      "</x:sheetData></x:worksheet>";
    const parts = workbookParts({ sheets: [{ name: "S", xml }] });
    const after = await merged(parts, [[1, shipped("1Z1")]]);
    const ours = (ref: string, text: string) => cell(ref, text).replaceAll(/<(\/?)/g, "<$1x:");
    expect(after.xml).toBe(
      xml.replace("</x:row>", `${ours("B1", "tracking_number")}${ours("C1", "shipped_at")}</x:row>`)
        .replace("</x:row >", `${ours("B2", "1Z1")}${ours("C2", at)}</x:row >`),
    );
    expect(after.rows[0]?.data.id).toBe("</x:row>");
  });

  it("writes a number as text, whatever it looks like", async () => {
    const odd = "=1+2&<_x000D_>";
    const { rows, xml } = await merged(plainParts(orders), [[1, shipped(odd)]]);
    expect(rows[0]?.data.tracking_number).toBe(odd);
    expect(xml).toContain("<t>=1+2&amp;&lt;_x005F_x000D_&gt;</t>");
  });
});

describe("merge() of a workbook", () => {
  const formula = '<row r="1"><c r="A1"><f>SUM(Orders!C:C)</f><v>0</v></c></row>';
  const withFormula = (after: string) =>
    workbookParts({
      sheets: [
        { name: "Orders", xml: sheetXml(plainRows(orders)) },
        { name: "Sums", xml: sheetXml(formula) },
      ],
      after,
    });

  it("copies every other entry as it is, still compressed", async () => {
    using folder = temporaryFolder();
    const parts: Parts = {
      "docProps/thumb.bin": crypto.getRandomValues(new Uint8Array(5_000)),
      ...plainParts(orders),
      "xl/vbaProject.bin": crypto.getRandomValues(new Uint8Array(5_000)),
      "xl/media/": "",
      "xl/ünïcode 名.xml": "<a/>".repeat(1_000),
    };
    await using table = await openParts(folder.path, parts);
    const before = await rawEntries(table.path);
    expect(await table.merge(new Map([[1, shipped("1Z1")]]), await table.current())).toBe(true);
    const after = await rawEntries(table.path);
    expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
    for (const [place, entry] of before.entries()) {
      if (entry.name !== tab) expect(after[place]).toEqual(entry);
      else expect(after[place]?.raw).not.toEqual(entry.raw);
    }
    const text = new TextDecoder().decode(await Deno.readFile(table.path));
    expect(text.endsWith("kept comment")).toBe(true);
  });

  it("asks Excel to work out formulas anew, if there are any on any sheet", async () => {
    const rows: [number, RowCells][] = [[1, shipped("1Z1")]];
    const plain = await merged(plainParts(orders), rows);
    expect(plain.book).not.toContain("calcPr");
    const cases: [string, string][] = [
      ["", '<calcPr fullCalcOnLoad="1"/>'],
      ['<calcPr calcId="1"/>', '<calcPr calcId="1" fullCalcOnLoad="1"/>'],
      ['<calcPr fullCalcOnLoad="0" a="b"></calcPr>', '<calcPr a="b" fullCalcOnLoad="1"></calcPr>'],
      ['<calcPr fullCalcOnLoad="true"/>', '<calcPr fullCalcOnLoad="true"/>'],
      [
        "<definedNames/><extLst><ext/></extLst>",
        '<definedNames/><calcPr fullCalcOnLoad="1"/><extLst><ext/></extLst>',
      ],
    ];
    for (const [before, after] of cases) {
      const { book } = await merged(withFormula(before), rows);
      expect(book).toContain(`</sheets>${after}</workbook>`);
    }
  });

  it("is refused, with nothing changed, where the user does not want it", async () => {
    const locked = sheet(plainRows(orders), '<sheetProtection password="CC1A" sheet="1"/>');
    const signed = workbookParts({
      sheets: [{ name: "S", xml: sheetXml(plainRows(orders)) }],
      rootLinks: link("d1", "digital-signature/origin", "_xmlsignatures/origin.sigs"),
    });
    for (const [parts, why] of [[locked, "protected"], [signed, "signed"]] as const) {
      using folder = temporaryFolder();
      await using table = await openParts(folder.path, parts);
      const before = await Deno.readFile(table.path);
      const error = await rejectedBy(
        table.merge(new Map([[1, shipped("1Z1")]]), await table.current()),
      );
      expect(error.code).toBe("E-4014");
      expect(error.message).toContain(why);
      expect(await Deno.readFile(table.path)).toEqual(before);
      expect(namesIn(folder.path)).toEqual(["orders.xlsx"]);
    }
  });

  it("keeps the file's mode", async () => {
    using folder = temporaryFolder();
    await using table = await openParts(folder.path, plainParts(orders));
    await Deno.chmod(table.path, 0o640);
    await table.merge(new Map([[1, shipped("1Z1")]]), await table.current());
    expect((await Deno.stat(table.path)).mode ?? 0).toBe(0o100640);
  });

  it("is refused where the sheet has no column left", async () => {
    using folder = temporaryFolder();
    const rows =
      '<row r="1"><c r="XFC1" t="str"><v>id</v></c></row><row r="2"><c r="XFC2"/></row>' +
      '<row r="3"><c r="XFC3"><v>1</v></c></row>';
    await using table = await openParts(folder.path, sheet(rows));
    const index = await table.current();
    const error = await rejectedBy(table.merge(new Map([[1, shipped("1Z1")]]), index));
    expect(error.code).toBe("E-4014");
    expect(error.message).toContain("no free column");
    const voided = new Map([[1, { tracking_number: null, voided_at: at }]]);
    expect(await table.merge(voided, index)).toBe(true);
    expect(await partText(table.path, tab)).toContain(cell("XFD3", at));
  });

  it("does nothing for rows that were chosen in another state of the file", async () => {
    using folder = temporaryFolder();
    await using table = await openParts(folder.path, plainParts(orders));
    const old = await table.current();
    const sorted = [["order_id", "zip"], ["A-2", 30006], ["A-10", 30005]];
    await writeZip(table.path, plainParts(sorted));
    const before = await Deno.readFile(table.path);
    expect(await table.merge(new Map([[1, shipped("1Z1")]]), old)).toBe(false);
    expect(await Deno.readFile(table.path)).toEqual(before);
  });

  it("leaves a file alone that was changed meanwhile, however late", async () => {
    for (const late of [1, 2]) {
      using folder = temporaryFolder();
      const { path } = await openParts(folder.path, plainParts(orders));
      using file = await Deno.open(path);
      const index = await indexXlsx(file);
      let asked = 0;
      const isUnchanged = () => {
        if (++asked < late) return true;
        writeText(path, "somebody saved this");
        return false;
      };
      expect(await mergeXlsx(path, index, new Map([[2, shipped("1Z2")]]), isUnchanged)).toBe(
        undefined,
      );
      expect(asked).toBe(late);
      expect(await Deno.readTextFile(path)).toBe("somebody saved this");
      expect(namesIn(folder.path)).toEqual(["orders.xlsx"]);
    }
  });
});
