import * as sheetjs from "@e965/xlsx";
import { describe, expect, it } from "vitest";
import { openFileSource } from "../src/servers/source/files/file_source.ts";
import { openXlsxTable } from "../src/servers/source/xlsx/xlsx_table.ts";
import { rejectedBy } from "./helpers/csv.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";
import { partText, rawEntries } from "./helpers/xlsx.ts";

/**
 * Made with ExcelJS 4.4.0, which is not a dependency: hidden sheet, frozen panes, styles, widths, a
 * hidden column and row, formulas, comments, data validation, conditional formatting, an image, a
 * link, rich text, an autofilter, a defined name, a table, merged cells and a protected sheet.
 */
const sample = new URL("./fixtures/orders.xlsx", import.meta.url);
const at = "2026-11-26T10:00:00Z";

async function copyOf(folder: string): Promise<string> {
  const path = `${folder}/orders.xlsx`;
  await Deno.copyFile(sample, path);
  return path;
}

/** All that another program sees in a workbook, our cells and the used range left out. */
async function seenBy(path: string) {
  const book = sheetjs.read(await Deno.readFile(path), {
    type: "array",
    cellStyles: true,
    cellFormula: true,
    cellNF: true,
    sheetStubs: true,
    bookVBA: true,
  });
  const sheets = Object.fromEntries(book.SheetNames.map((name) => {
    const sheet = Object.entries(book.Sheets[name] ?? {});
    return [name, sheet.filter(([key]) => !/^[IJ]\d+$/.test(key) && key !== "!ref")];
  }));
  // That formulas are to be worked out is ours to say.
  const workbook = Object.entries(book.Workbook ?? {}).filter(([key]) => key !== "CalcPr");
  return { sheets, workbook, props: book.Props, names: book.SheetNames };
}

/** The text of a cell, as another program reads it. */
async function cellIn(path: string, sheet: string, ref: string): Promise<unknown> {
  return sheetjs.read(await Deno.readFile(path), { type: "array" }).Sheets[sheet]?.[ref]?.v;
}

describe("a workbook as people make them", () => {
  it("gives its orders as they are shown", async () => {
    using folder = temporaryFolder();
    await using table = openXlsxTable(await copyOf(folder.path));
    const { columns, rowCount, warnings } = await table.current();
    expect(rowCount).toBe(12);
    expect(warnings).toEqual([expect.stringContaining("The orders have a filter (A1:H13)")]);
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "order_id string",
      "name string",
      "zip string",
      "ship_date date",
      "weight decimal",
      "fragile boolean",
      "cost decimal",
      "total decimal",
    ]);
    const rows = await table.read(1, 12);
    expect(rows[0]?.data).toEqual({
      order_id: "A-1",
      name: "Customer 1 <1>",
      zip: "02101",
      ship_date: "2026-11-21",
      weight: 1.25,
      fragile: false,
      cost: 3.5,
      total: 4.375,
    });
    expect(rows[2]?.data.name).toBe("Zoë Müller & Söhne");
    expect(rows[4]?.data.name).toBe("Shop");
    expect(rows[4]?.data.order_id).toBe("A-5");
  });

  it("keeps everything else, byte for byte and to another program's eyes", async () => {
    using folder = temporaryFolder();
    const path = await copyOf(folder.path);
    await using table = openXlsxTable(path);
    const [entries, seen] = [await rawEntries(path), await seenBy(path)];
    const rows = new Map(
      [1, 2, 5, 12].map((row) => [row, { tracking_number: `1Z${row}`, shipped_at: at }]),
    );
    expect(await table.merge(rows, await table.current())).toBe(true);

    const changed = ["xl/worksheets/sheet2.xml", "xl/workbook.xml"];
    const others = (all: typeof entries) => all.filter(({ name }) => !changed.includes(name));
    const after = await rawEntries(path);
    expect(after.map(({ name }) => name)).toEqual(entries.map(({ name }) => name));
    expect(others(after)).toEqual(others(entries));
    for (const name of changed) {
      const [was, is] = [
        await partText(sample.pathname, name),
        await partText(path, name),
      ];
      const ours = /<c r="[IJ]\d+"[^>]*><is><t>[^<]*<\/t><\/is><\/c>| fullCalcOnLoad="1"/g;
      expect(is).not.toBe(was);
      const undone = is.replaceAll(ours, "").replace('ref="A1:J13"', 'ref="A1:H13"')
        .replaceAll('spans="1:10"', 'spans="1:8"');
      expect(undone).toBe(was.replace(/ fullCalcOnLoad="1"/, ""));
    }
    expect(await seenBy(path)).toEqual(seen);
    expect(await cellIn(path, "Orders", "I1")).toBe("tracking_number");
    expect(await cellIn(path, "Orders", "I13")).toBe("1Z12");
    expect(await cellIn(path, "Orders", "J2")).toBe(at);
    expect(await cellIn(path, "Orders", "I5")).toBeUndefined();
  });

  it("is read from whatever sheet is named, and a protected one is not written to", async () => {
    using folder = temporaryFolder();
    await using table = openXlsxTable(await copyOf(folder.path), { sheet: "Prices" });
    // The sheet has merged cells beside its table.
    expect((await rejectedBy(table.current())).code).toBe("E-1003");
    await using notes = openXlsxTable(table.path, { sheet: "Notes" });
    expect((await notes.current()).columns).toEqual([{ name: "not orders", type: "string" }]);
  });
});

describe("a workbook that SheetJS writes", () => {
  for (const bookSST of [true, false]) {
    for (const bookType of ["xlsx", "xlsm"] as const) {
      it(`comes back with our cells and all others: ${bookType}, shared texts ${bookSST}`, async () => {
        using folder = temporaryFolder();
        const path = `${folder.path}/orders.${bookType}`;
        const rows = [
          ["id", "when", "zip", "ok", "text"],
          ["A-1", new Date(Date.UTC(2026, 10, 26)), 30005, true, " é😀\n<&> "],
          ["A-2", null, 1.5, false, "x".repeat(32_000)],
        ];
        const sheet = sheetjs.utils.aoa_to_sheet(rows, { UTC: true });
        const book = sheetjs.utils.book_new();
        sheetjs.utils.book_append_sheet(book, sheetjs.utils.aoa_to_sheet([["other"]]), "Other");
        sheetjs.utils.book_append_sheet(book, sheet, "Orders");
        const bytes: Uint8Array = sheetjs.write(book, {
          type: "array",
          bookType,
          bookSST,
          compression: true,
        });
        await Deno.writeFile(path, new Uint8Array(bytes));
        const before = sheetjs.utils.sheet_to_json<unknown[]>(await sheetIn(path), { header: 1 });
        await using table = openXlsxTable(path, { sheet: "Orders" });
        expect((await table.read(1, 1))[0]?.data).toEqual({
          id: "A-1",
          when: "2026-11-26",
          zip: 30005,
          ok: true,
          text: " é😀\n<&> ",
        });
        expect((await table.read(2, 2))[0]?.data).toMatchObject({ when: "", zip: 1.5, ok: false });
        const shipped = new Map([[2, { tracking_number: "1Z2", shipped_at: at }]]);
        expect(await table.merge(shipped, await table.current())).toBe(true);
        const after = sheetjs.utils.sheet_to_json<unknown[]>(await sheetIn(path), { header: 1 });
        expect(after.map((cells) => cells.slice(0, 5))).toEqual(before);
        expect(after.map((cells) => cells.slice(5))).toEqual([
          ["tracking_number", "shipped_at"],
          [],
          ["1Z2", at],
        ]);
      });
    }
  }
});

async function sheetIn(path: string): Promise<sheetjs.WorkSheet> {
  const { Sheets } = sheetjs.read(await Deno.readFile(path), { type: "array" });
  return Sheets.Orders ?? {};
}

describe("a worksheet as a source", () => {
  const number = (row_number: number) => ({
    row_number,
    tracking_number: `1Z${row_number}`,
    shipped_at: at,
    idempotency_key: `K${row_number}`,
  });

  it("acknowledges numbers before they are in the file, and brings them after a restart", async () => {
    using folder = temporaryFolder();
    const path = await copyOf(folder.path);
    {
      await using source = openFileSource(openXlsxTable(path), { isForShipping: true });
      const { kind, fingerprint } = await source.describe();
      expect(kind).toBe("xlsx");
      expect(await source.writeBack(number(2))).toBe("written");
      expect(await source.writeBack(number(7))).toBe("written");
      expect((await source.getRow(2)).data.tracking_number).toBe("1Z2");
      expect(await cellIn(path, "Orders", "I3")).toBeUndefined();
      expect((await source.describe()).fingerprint).toBe(fingerprint);
    }
    expect(namesIn(folder.path)).toEqual(["orders.xlsx", "orders.xlsx.waybill-journal"]);
    await using source = openFileSource(openXlsxTable(path), { isForShipping: true });
    await source.flush();
    expect(namesIn(folder.path)).toEqual(["orders.xlsx"]);
    expect(await cellIn(path, "Orders", "I3")).toBe("1Z2");
    expect(await cellIn(path, "Orders", "I8")).toBe("1Z7");
    expect(await source.writeBack(number(2))).toBe("already_written");
    await source.writeBack({
      row_number: 2,
      tracking_number: null,
      replaces: "1Z2",
      voided_at: at,
      idempotency_key: "V2",
    });
    await source.flush();
    expect(await cellIn(path, "Orders", "I3")).toBeUndefined();
    expect(await cellIn(path, "Orders", "K3")).toBe(at);
    expect(await cellIn(path, "Orders", "K8")).toBeUndefined();
  });

  it("keeps the numbers when the sheet is protected meanwhile, and brings them afterwards", async () => {
    using folder = temporaryFolder();
    const path = await copyOf(folder.path);
    const book = sheetjs.utils.book_new();
    const sheet = sheetjs.utils.aoa_to_sheet([["id"], ["A-1"]]);
    const save = async () => {
      const bytes: Uint8Array = sheetjs.write(book, { type: "array", bookType: "xlsx" });
      await Deno.writeFile(path, new Uint8Array(bytes));
    };
    sheetjs.utils.book_append_sheet(book, sheet, "Orders");
    await save();
    await using source = openFileSource(openXlsxTable(path), { isForShipping: true });
    await source.writeBack(number(1));
    sheet["!protect"] = { password: "secret" };
    await save();
    expect((await rejectedBy(source.flush())).code).toBe("E-4014");
    expect(namesIn(folder.path)).toEqual([
      "orders.xlsx",
      "orders.xlsx.waybill-journal",
      "orders.xlsx.waybill-results.csv",
    ]);
    delete sheet["!protect"];
    await save();
    await source.flush();
    expect(await cellIn(path, "Orders", "B2")).toBe("1Z1");
    expect(namesIn(folder.path)).toEqual(["orders.xlsx"]);
  });

  it("brings a number to its own order when the sheet was sorted meanwhile", async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/orders.xlsx`;
    const save = async (rows: unknown[][]) => {
      const book = sheetjs.utils.book_new();
      sheetjs.utils.book_append_sheet(book, sheetjs.utils.aoa_to_sheet(rows), "Orders");
      const bytes: Uint8Array = sheetjs.write(book, { type: "array", bookType: "xlsx" });
      await Deno.writeFile(path, new Uint8Array(bytes));
    };
    await save([["id", "zip"], ["A-1", 30005], ["A-2", 30006], ["A-3", 30007]]);
    await using source = openFileSource(openXlsxTable(path), { isForShipping: true });
    const { checksum } = await source.getRow(1);
    await source.writeBack({ ...number(1), checksum });
    await save([["zip", "id"], [30007, "A-3"], [], [30006, "A-2"], [30005, "A-1"]]);
    await source.flush();
    expect(await cellIn(path, "Orders", "C5")).toBe("1Z1");
    expect(await cellIn(path, "Orders", "C2")).toBeUndefined();
    expect(namesIn(folder.path)).toEqual(["orders.xlsx"]);
  });
});
