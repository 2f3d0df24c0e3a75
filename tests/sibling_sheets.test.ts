/** Two sheets of one workbook are two sources: each has its journal, and no merge undoes another's. */
import { describe, expect, it } from "vitest";
import { openSource } from "../src/servers/source/open_source.ts";
import { openFileSource } from "../src/servers/source/files/file_source.ts";
import { openXlsxTable, sheetNameOf } from "../src/servers/source/xlsx/xlsx_table.ts";
import { rejectedBy } from "./helpers/csv.ts";
import { namesIn, readText, temporaryFolder } from "./helpers/folders.ts";
import { plainRows, sheetXml, workbookParts, writeZip } from "./helpers/xlsx.ts";

const shipped_at = "2026-11-26T10:00:00.000Z";

async function workbook(folder: string, rows: number): Promise<string> {
  // The same orders in both: not even their content tells the sheets apart.
  const table = [["id"], ...Array.from({ length: rows }, (_, at) => [`SO-${at + 1}`])];
  const sheet = (name: string) => ({ name, xml: sheetXml(plainRows(table)) });
  const sheets = [sheet("Mo"), sheet('Di "<2>" é')];
  return await writeZip(`${folder}/orders.xlsx`, workbookParts({ sheets: sheets.map(escaped) }));
}

const escaped = ({ name, xml }: { name: string; xml: string }) => ({
  name: name.replaceAll("<", "&lt;").replaceAll('"', "&quot;"),
  xml,
});

function open(path: string, sheet: string) {
  return openFileSource(openXlsxTable(path, { sheet }), { isForShipping: true });
}

const change = (row_number: number, tracking_number: string) => ({
  row_number,
  tracking_number,
  shipped_at,
  idempotency_key: `${tracking_number}`,
});

describe("a sheet that is named in capitals or in small letters", () => {
  const named = (path: string, sheet?: string) =>
    openSource({ kind: "xlsx", path, sheet }, {
      isForShipping: true,
      mayAddColumns: false,
      dataFolder: undefined,
      owner: undefined,
      password: undefined,
      log: () => {},
    });

  it("is one source, with one journal", async () => {
    using folder = temporaryFolder();
    const path = await workbook(folder.path, 2);
    await using first = await named(path, "mo");
    const { uri } = await first.describe();
    expect(uri).toMatch(/orders\.xlsx#Mo$/);
    await first.writeBack(change(1, "1ZMO1"));
    expect(namesIn(folder.path)).toEqual(["orders.xlsx", "orders.xlsx.Mo.waybill-journal"]);
    await first[Symbol.asyncDispose]();
    for (const name of ["MO", "Mo", undefined]) {
      await using next = await named(path, name);
      expect((await next.describe()).uri).toBe(uri);
      expect((await next.getRow(1)).data["tracking_number"]).toBe("1ZMO1");
    }
    expect(await rejectedBy(named(path, "Mi"))).toMatchObject({ code: "E-1012" });
  });
});

describe("two sheets of a workbook", () => {
  it("have journals and results of their own", async () => {
    using folder = temporaryFolder();
    const path = await workbook(folder.path, 2);
    const [one, two] = [await sheetNameOf(path), 'Di "<2>" é'];
    expect(one).toBe("Mo");
    await using first = open(path, one);
    {
      await using second = open(path, two);
      await first.writeBack(change(1, "1ZMO1"));
      await second.writeBack(change(2, "1ZDI2"));
      expect(namesIn(folder.path)).toEqual([
        "orders.xlsx",
        "orders.xlsx.Di %22%3C2%3E%22 é.waybill-journal",
        "orders.xlsx.Mo.waybill-journal",
      ]);
      await second.flush();
      expect((await second.getRow(2)).data["tracking_number"]).toBe("1ZDI2");
    }
    // What the other one is owed was neither written here nor forgotten.
    expect(readText(`${path}.Mo.waybill-journal`)).toContain("1ZMO1");
    await first.flush();
    const numbers = async (sheet: string) => {
      await using source = openFileSource(openXlsxTable(path, { sheet }));
      return (await source.getRows(0, 9)).rows.map(({ data }) => data["tracking_number"] ?? "");
    };
    expect(await numbers(one)).toEqual(["1ZMO1", ""]);
    expect(await numbers(two)).toEqual(["", "1ZDI2"]);
  });

  it("lose no number when both are merged at the same time", async () => {
    using folder = temporaryFolder();
    const rows = 12;
    const path = await workbook(folder.path, rows);
    const ship = async (sheet: string) => {
      await using source = open(path, sheet);
      for (let row = 1; row <= rows; row++) {
        await source.writeBack(change(row, `1Z${sheet.slice(0, 2)}${row}`));
        await source.flush();
      }
    };
    const sheets = ["Mo", 'Di "<2>" é'];
    await Promise.all(sheets.map(ship));
    for (const sheet of sheets) {
      await using source = openFileSource(openXlsxTable(path, { sheet }));
      const shown = (await source.getRows(0, 99)).rows.map(({ data }) => data["tracking_number"]);
      expect(shown).toEqual(
        Array.from({ length: rows }, (_, at) => `1Z${sheet.slice(0, 2)}${at + 1}`),
      );
    }
    expect(namesIn(folder.path)).toEqual(["orders.xlsx"]);
  });
});
