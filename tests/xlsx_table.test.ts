import { describe, expect, it } from "vitest";
import { openXlsxTable } from "../src/servers/source/xlsx/xlsx_table.ts";
import { rejectedBy } from "./helpers/csv.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import {
  link,
  openParts,
  type Parts,
  plainParts,
  plainRows,
  sheetXml,
  workbookParts,
  writeZip,
} from "./helpers/xlsx.ts";

/** A sheet of these rows, and what stands after them. */
function sheet(rows: string, after = ""): Parts {
  return workbookParts({ sheets: [{ name: "Orders", xml: sheetXml(rows, after) }] });
}

/** The error of a workbook. */
async function faultOf(parts: Parts, name?: string) {
  using folder = temporaryFolder();
  await using table = await openParts(folder.path, parts, name);
  return await rejectedBy(table.current());
}

const orders = [["order_id", "zip"], ["A-1", 30005], ["A-2", 30006]];

describe("a worksheet as a table", () => {
  it("has the columns of its first row that is not empty, and rows below it", async () => {
    using folder = temporaryFolder();
    const rows = '<row r="1"/><row r="3"><c r="B3" s="1"/><c r="C3" t="str"><v>id</v></c>' +
      '<c r="D3"><v>2026</v></c></row>' +
      '<row r="5"><c r="D5"><v>1.5</v></c></row><row r="6"><c r="A6" s="2"/></row>' +
      '<row r="9" hidden="1"><c r="C9" t="str"><v>A-2</v></c><c r="D9"><v>2</v></c></row>';
    await using table = await openParts(folder.path, sheet(rows));
    const { columns, rowCount } = await table.current();
    expect(columns).toEqual([
      { name: "id", type: "string" },
      { name: "2026", type: "decimal" },
    ]);
    expect(rowCount).toBe(2);
    expect((await table.read(1, 2)).map(({ row_number, data }) => [row_number, data])).toEqual([
      [1, { id: "", "2026": 1.5 }],
      [2, { id: "A-2", "2026": 2 }],
    ]);
  });

  it("tells the types of its columns from all cells", async () => {
    using folder = temporaryFolder();
    const styles = { cells: '<xf numFmtId="0"/><xf numFmtId="14"/>' };
    const names = ["int", "dec", "date", "bool", "mixed", "empty", "error"];
    const header = names.map((name) => `<c t="str"><v>${name}</v></c>`).join("");
    const row = (dec: string, mixed: string) =>
      `<row><c><v>1</v></c><c><v>${dec}</v></c><c s="1"><v>46352</v></c><c t="b"><v>1</v></c>` +
      `${mixed}<c/><c t="e"><v>#N/A</v></c></row>`;
    const xml = sheetXml(
      `<row>${header}</row>${row("2", '<c t="b"><v>1</v></c>')}${row("2.5", "<c><v>1</v></c>")}`,
    );
    const parts = workbookParts({ sheets: [{ name: "S", xml }], styles });
    await using table = await openParts(folder.path, parts);
    const { columns } = await table.current();
    expect(columns.map(({ type }) => type)).toEqual(
      ["integer", "decimal", "date", "boolean", "string", "string", "string"],
    );
  });

  it("keeps checksums and fingerprint whatever our own columns hold", async () => {
    using folder = temporaryFolder();
    const bare = await (await openParts(folder.path, plainParts(orders))).current();
    const withOwn = orders.map((row, at) => [
      at === 0 ? "tracking_number" : `1Z${at}`,
      ...row,
      at === 0 ? "voided_at" : "",
    ]);
    await using table = await openParts(folder.path, plainParts(withOwn));
    const filled = await table.current();
    expect(filled.fingerprint).toBe(bare.fingerprint);
    const [first] = await table.read(1, 1);
    expect(first?.data).toEqual({
      tracking_number: "1Z1",
      order_id: "A-1",
      zip: 30005,
      voided_at: "",
    });
    const checksums: string[] = [];
    for await (const checksum of table.checksums()) checksums.push(checksum);
    expect(checksums).toEqual((await table.read(1, 9)).map(({ checksum }) => checksum));
    expect(new Set(checksums).size).toBe(2);
  });

  it("is read again when the file was changed", async () => {
    using folder = temporaryFolder();
    await using table = await openParts(folder.path, plainParts(orders));
    expect((await table.current()).rowCount).toBe(2);
    await writeZip(table.path, plainParts([...orders, ["A-3", 30007]]));
    expect((await table.current()).rowCount).toBe(3);
    expect((await table.read(3, 3))[0]?.data.order_id).toBe("A-3");
  });

  it("gives fewer rows at once when they are large, and none beyond the last", async () => {
    using folder = temporaryFolder();
    const long = "x".repeat(30_000);
    const many = Array.from({ length: 60 }, (_, at) => [`A-${at}`, `${at}${long}`]);
    await using table = await openParts(folder.path, plainParts([["id", "note"], ...many]));
    const page = await table.read(1, 60);
    expect(page.length).toBeGreaterThan(5);
    expect(page.length).toBeLessThan(20);
    for (let row = 1; row <= 60; row++) {
      const [found] = await table.read(row, row);
      expect(found?.data.note === `${row - 1}${long}`).toBe(true);
    }
    expect(await table.read(61, 70)).toEqual([]);
  });

  it("is named by its sheet; the first one that is shown if none is named", async () => {
    using folder = temporaryFolder();
    const of = (id: string) => sheetXml(plainRows([["id"], [id]]));
    const parts = workbookParts({
      sheets: [
        { name: "Secret", xml: of("very"), state: "veryHidden" },
        { name: "Orders &amp; more", xml: of("shown") },
        { name: "Second", xml: of("second") },
      ],
      extra: { "xl/chart.xml": "<chartsheet/>" },
    });
    const idIn = async (name?: string) => {
      await using table = await openParts(folder.path, parts, name);
      return [(await table.read(1, 1))[0]?.data.id, table.uri.split("/").at(-1)];
    };
    expect(await idIn()).toEqual(["shown", "orders.xlsx#Orders%20%26%20more"]);
    expect(await idIn("Second")).toEqual(["second", "orders.xlsx#Second"]);
    expect(await idIn("second")).toEqual(["second", "orders.xlsx#second"]);
    expect(await idIn("Secret")).toEqual(["very", "orders.xlsx#Secret"]);
    const error = await faultOf(parts, "Third");
    expect(error.code).toBe("E-1012");
    expect(error).toMatchObject({
      remedy: 'Name one of its sheets: "Secret", "Orders & more", "Second"',
    });
  });

  it("has no chart sheet for a table", async () => {
    const parts = plainParts(orders);
    parts["xl/_rels/book.xml.rels"] = `<Relationships>${
      link("s0", "chartsheet", "tabs/tab0.xml")
    }</Relationships>`;
    expect((await faultOf(parts)).code).toBe("E-1012");
    expect((await faultOf(parts, "Orders")).code).toBe("E-1012");
  });
});

describe("a worksheet that is no table", () => {
  it("is told of with the cells: names that are missing, twice, or errors", async () => {
    const text = (ref: string, value: string) => `<c r="${ref}" t="str"><v>${value}</v></c>`;
    const blank = await faultOf(sheet(`<row r="2">${text("B2", "id")}${text("E2", "zip")}</row>`));
    expect(blank).toMatchObject({ code: "E-1003" });
    expect(blank.message).toContain("no name in C2, D2");
    const twice = await faultOf(sheet(plainRows([["id", "zip", "id"]])));
    expect(twice.message).toContain("C1 repeats another column's name");
    const error = await faultOf(sheet('<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>'));
    expect(error.message).toContain("A1 shows no name");
  });

  it("is told of with the cells: values beside the table", async () => {
    const ragged = await faultOf(
      sheet(plainRows([["id", "zip"], ["A-1", 1, "note"], ["A-2", 2, "", "x"]])),
    );
    expect(ragged.code).toBe("E-1003");
    expect(ragged.message).toContain("stands in A1 to B1, but C2, D3 beside it are not empty");
    const formula = await faultOf(
      sheet(
        '<row r="1"><c t="str"><v>id</v></c></row><row r="2"><c><v>1</v></c>' +
          '<c t="str"><f>""</f><v></v></c></row>',
      ),
    );
    expect(formula.message).toContain("B2 beside it is not empty");
  });

  it("is told of with the cells: formulas that nobody worked out", async () => {
    const rows = '<row r="1"><c t="str"><v>id</v></c></row>' +
      Array.from({ length: 12 }, (_, at) => `<row r="${at + 2}"><c><f>1+1</f><v></v></c></row>`)
        .join("");
    const error = await faultOf(sheet(rows));
    expect(error.code).toBe("E-1003");
    expect(error.message).toContain("A2, A3, A4, A5, A6, A7, A8, A9, A10, A11 and 2 more");
  });

  it("is told of with the cells: merged ones, unless they lie elsewhere", async () => {
    const merged = (ref: string) => `<mergeCells count="1"><mergeCell ref="${ref}"/></mergeCells>`;
    const rows = plainRows(orders);
    for (const ref of ["A2:A3", "A1:B1", "B3:C3", "C1:D1", "A3:A9"]) {
      const error = await faultOf(sheet(rows, merged(ref)));
      expect(error.code).toBe("E-1003");
      expect(error.message).toContain(ref);
    }
    using folder = temporaryFolder();
    await using table = await openParts(folder.path, sheet(rows, merged("A5:B6")));
    expect((await table.current()).rowCount).toBe(2);
  });

  it("is told of when it is empty; a header alone has no rows", async () => {
    expect((await faultOf(sheet(""))).code).toBe("E-1002");
    expect((await faultOf(sheet('<row r="1"><c r="A1" s="1"/></row>'))).code).toBe("E-1002");
    using folder = temporaryFolder();
    await using table = await openParts(folder.path, plainParts([["id", "zip"]]));
    expect((await table.current()).rowCount).toBe(0);
  });

  it("is told of when rows or cells are out of order", async () => {
    const rows = '<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>';
    expect((await faultOf(sheet(rows))).message).toContain("row 2 is out of its place");
    const cells = '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>';
    expect((await faultOf(sheet(cells))).message).toContain("cell A1 of row 1 is out of its place");
    const far = '<row r="1"><c r="XFE1"><v>1</v></c></row>';
    expect((await faultOf(sheet(far))).message).toContain("cell XFE1");
  });
});

describe("what is odd about a worksheet", () => {
  const warningsOf = async (parts: Parts) => {
    using folder = temporaryFolder();
    await using table = await openParts(folder.path, parts);
    return (await table.current()).warnings ?? [];
  };

  it("is said with columns and rows: lost digits, errors", async () => {
    const rows = '<row r="1"><c t="str"><v>upc</v></c></row>' +
      Array.from({ length: 12 }, () => "<row><c><v>12345678901234500</v></c></row>").join("") +
      '<row><c t="e"><v>#N/A</v></c></row>';
    const [lost, errors] = await warningsOf(sheet(rows));
    expect(lost).toContain('"upc"');
    expect(lost).toContain("rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more");
    expect(errors).toBe('Column "upc": an error such as #N/A in row 13 is read as no value');
  });

  it("is said where a formula looks into another workbook; that is never opened", async () => {
    const xml = sheetXml(
      '<row><c t="str"><v>id</v></c></row><row><c><f>[1]Prices!A1</f><v>7</v></c></row>' +
        "<row><c><f>Table1[[#This Row],[2]]</f><v>8</v></c></row>",
    );
    const external = link("x1", "externalLink", "links/link1.xml");
    const parts = workbookParts({
      sheets: [{ name: "S", xml }],
      links: external,
      extra: { "xl/links/link1.xml": "<externalLink/>" },
    });
    expect(await warningsOf(workbookParts({ sheets: [{ name: "S", xml }] }))).toEqual([]);
    const warnings = await warningsOf(parts);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("Cells A2 look into another workbook");
  });

  it("is said where numbers cannot be written back", async () => {
    const [locked] = await warningsOf(sheet(plainRows(orders), '<sheetProtection sheet="1"/>'));
    expect(locked).toContain("protected");
    const signed = workbookParts({
      sheets: [{ name: "S", xml: sheetXml(plainRows(orders)) }],
      rootLinks: link("d1", "digital-signature/origin", "_xmlsignatures/origin.sigs"),
    });
    expect((await warningsOf(signed))[0]).toContain("signed");
    expect(await warningsOf(plainParts(orders))).toEqual([]);
  });
});

describe("openXlsxTable()", () => {
  it("follows a symbolic link, and says where there is no file", async () => {
    using folder = temporaryFolder();
    await writeZip(`${folder.path}/real.xlsx`, plainParts(orders));
    await Deno.symlink("real.xlsx", `${folder.path}/link.xlsx`);
    await using table = openXlsxTable(`${folder.path}/link.xlsx`);
    expect(table.path).toBe(`${folder.path}/real.xlsx`);
    const missing = await rejectedBy(Promise.try(() => openXlsxTable(`${folder.path}/no.xlsx`)));
    expect(missing.code).toBe("E-4002");
    const directory = await rejectedBy(openXlsxTable(folder.path).current());
    expect(directory.code).toBe("E-4002");
  });
});
