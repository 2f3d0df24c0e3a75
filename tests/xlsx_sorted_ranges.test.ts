/** Excel tables and filters: their rows are sorted without what stands beside them. */
import { describe, expect, it } from "vitest";
import { openFileSource } from "../src/servers/source/files/file_source.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import {
  link,
  openParts,
  partText,
  plainRows,
  sheetXml,
  workbookParts,
  writeZip,
} from "./helpers/xlsx.ts";
import { openXlsxTable } from "../src/servers/source/xlsx/xlsx_table.ts";

const plain = [["id", "name"], ["A-1", "Ann"], ["A-2", "Bob"]];
const withOurs = [
  ["id", "tracking_number", "shipped_at", "name"],
  ["A-1", "", "", "Ann"],
  ["A-2", "", "", "Bob"],
];

function parts(rows: string[][], table?: string, filter?: string) {
  const xml = sheetXml(
    plainRows(rows),
    (filter === undefined ? "" : `<autoFilter ref="${filter}"/>`) +
      (table === undefined ? "" : `<tableParts count="1"><tablePart r:id="t1"/></tableParts>`),
  ).replace("<worksheet ", '<worksheet xmlns:r="urn:r" ');
  const sheet = { name: "Orders", xml };
  if (table === undefined) return workbookParts({ sheets: [sheet] });
  return workbookParts({
    sheets: [{ ...sheet, rels: link("t1", "table", "../tables/table1.xml") }],
    extra: { "xl/tables/table1.xml": `<table id="1" name="T" ref="${table}"/>` },
  });
}

async function warningsOf(...args: Parameters<typeof parts>) {
  using folder = temporaryFolder();
  await using table = await openParts(folder.path, parts(...args));
  return (await table.current()).warnings;
}

describe("orders in an Excel table", () => {
  it("are warned of while our columns are not in it", async () => {
    expect(await warningsOf(plain, "A1:B3")).toEqual([
      "The orders are in a table (A1:B3) that has no tracking_number and no shipped_at: numbers " +
      "written beside it stay where they are when it is sorted. Put columns named " +
      "tracking_number and shipped_at into the table before you ship",
    ]);
    expect(await warningsOf(withOurs, "A1:D3")).toEqual([]);
    expect(await warningsOf(plain, "H20:I25")).toEqual([]);
  });

  it("are warned of while one of them lies beside it", async () => {
    const beside = plain.map((row, at) => [...row, at === 0 ? "tracking_number" : ""]);
    const both = beside.map((row, at) => [...row, at === 0 ? "shipped_at" : ""]);
    const [warning, ...others] = await warningsOf(both, "A1:C3") ?? [];
    expect(warning).toContain("that has no shipped_at:");
    expect(warning).toContain("Put a column named shipped_at into the table");
    expect(others).toEqual([]);
  });

  it("get their numbers inside of it when the columns are there", async () => {
    using folder = temporaryFolder();
    const spec = parts(withOurs, "A1:D3");
    const path = await writeZip(`${folder.path}/orders.xlsx`, spec);
    await using source = openFileSource(openXlsxTable(path));
    await source.writeBack({
      row_number: 2,
      tracking_number: "1Z2",
      shipped_at: "2026-11-26T10:00:00Z",
      idempotency_key: "K",
    });
    await source.flush();
    const sheet = await partText(path, "xl/tabs/tab0.xml");
    expect(sheet).toMatch(/<c r="B3"[^>]*><is><t>1Z2<\/t>/);
    expect(sheet).toMatch(/<c r="C3"[^>]*>/);
    expect(sheet).not.toMatch(/r="[E-Z]\d/);
    expect(await partText(path, "xl/tables/table1.xml")).toBe(spec["xl/tables/table1.xml"]);
    expect((await source.describe()).warnings).toBeUndefined();
  });
});

describe("orders under a filter", () => {
  it("are warned of while our columns are not in its range", async () => {
    const [warning, ...others] = await warningsOf(plain, undefined, "A1:B3") ?? [];
    expect(warning).toContain(
      "have a filter (A1:B3) that has no tracking_number and no shipped_at",
    );
    expect(warning).toContain("into the range of the filter");
    expect(others).toEqual([]);
    expect(await warningsOf(withOurs, undefined, "A1:D3")).toEqual([]);
  });
});
