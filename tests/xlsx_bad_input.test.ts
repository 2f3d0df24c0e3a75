import { TextReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { describe, expect, it } from "vitest";
import { openArchive } from "../src/servers/source/xlsx/archive.ts";
import { indexXlsx } from "../src/servers/source/xlsx/xlsx_index.ts";
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

const orders = [["order_id", "zip"], ["A-1", 30005], ["A-2", 30006]];
const tab = "xl/tabs/tab0.xml";

async function faultOfBytes(bytes: Uint8Array) {
  using folder = temporaryFolder();
  const path = `${folder.path}/orders.xlsx`;
  await Deno.writeFile(path, bytes);
  await using table = openXlsxTable(path);
  const error = await rejectedBy(table.current());
  expect(error.message).toContain(path);
  return error;
}

async function faultOf(parts: Parts) {
  using folder = temporaryFolder();
  await using table = await openParts(folder.path, parts);
  return await rejectedBy(table.current());
}

async function bytesOf(parts: Parts): Promise<Uint8Array> {
  using folder = temporaryFolder();
  return await Deno.readFile(await writeZip(`${folder.path}/x`, parts));
}

/** An OLE2 file with a stream of this name. */
function compoundFile(stream: string): Uint8Array {
  const bytes = new Uint8Array(4_096);
  bytes.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
  [...stream].forEach((letter, at) => bytes[1_024 + at * 2] = letter.charCodeAt(0));
  return bytes;
}

/** Text without its last piece. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return Uint8Array.from(text.replaceAll(from, to), (letter) => letter.charCodeAt(0));
}

/** Where an archive says of a part that it has this size: before the part and in the list of parts. */
function sizesIn(bytes: Uint8Array, size: number): number[] {
  const view = new DataView(bytes.buffer);
  const places = Array.from({ length: bytes.length - 4 }, (_, at) => at);
  return places.filter((at) => view.getUint32(at, true) === size);
}

describe("a file that is no .xlsx workbook", () => {
  it("is told of by what it is", async () => {
    const text = (content: string) => new TextEncoder().encode(content);
    const cases: [Uint8Array, string, string][] = [
      [new Uint8Array(0), "E-1002", "it is empty"],
      [text("order_id,zip\nA-1,30005\n"), "E-1013", "it is no Excel workbook"],
      [compoundFile("Workbook"), "E-1013", "it is an old Excel file (.xls)"],
      [compoundFile("EncryptedPackage"), "E-1013", "it has a password"],
      [await bytesOf({ "mimetype": "x", "content.xml": "<a/>" }), "E-1013", "(.ods)"],
      [await bytesOf({ "Index/Document.iwa": "x" }), "E-1013", "it is a Numbers file"],
      [await bytesOf({ "photo.jpg": "x" }), "E-1013", "another kind of zip archive"],
    ];
    for (const [bytes, code, why] of cases) {
      const error = await faultOfBytes(bytes);
      expect(error.code).toBe(code);
      expect(error.message).toContain(why);
    }
  });

  it("is told of by its parts: a binary workbook, a letter, one with parts missing", async () => {
    const rels = (target: string) =>
      `<Relationships>${link("r1", "officeDocument", target)}</Relationships>`;
    const binary = await faultOf({
      "_rels/.rels": rels("xl/workbook.bin"),
      "xl/workbook.bin": "x",
    });
    expect(binary.message).toContain("(.xlsb)");
    const letter = await faultOf({ "_rels/.rels": rels("w/d.xml"), "w/d.xml": "<w:document/>" });
    expect(letter.message).toContain("another Office document");
    const { [tab]: _, ...without } = plainParts(orders);
    const missing = await faultOf(without);
    expect(missing.code).toBe("E-1013");
    expect(missing.message).toContain(`${tab} is missing`);
  });

  it("is told of when its parts are encrypted", async () => {
    using folder = temporaryFolder();
    const writer = new ZipWriter(new Uint8ArrayWriter(), { password: "secret" });
    for (const [name, content] of Object.entries(plainParts(orders))) {
      await writer.add(name, new TextReader(String(content)));
    }
    await Deno.writeFile(`${folder.path}/orders.xlsx`, await writer.close());
    const error = await rejectedBy(openXlsxTable(`${folder.path}/orders.xlsx`).current());
    expect(error.code).toBe("E-1013");
    expect(error.message).toContain("its parts are encrypted");
  });

  it("is told of when it is cut off or damaged, wherever that is", async () => {
    const bytes = await bytesOf(plainParts(Array.from({ length: 50 }, (_, n) => [`c${n}`, n])));
    for (const length of [30, bytes.length >> 1, bytes.length - 20]) {
      expect((await faultOfBytes(bytes.subarray(0, length))).code).toBe("E-1013");
    }
    const flipped = bytes.slice();
    const from = new TextDecoder("latin1").decode(bytes).indexOf(tab) + tab.length + 40;
    flipped.fill(0x55, from, from + 20);
    const damaged = await faultOfBytes(flipped);
    expect(damaged.code).toBe("E-1013");
    expect(damaged.message).toContain(`${tab} cannot be unpacked`);
    // A change that leaves it readable is noticed by its checksum.
    using folder = temporaryFolder();
    const stored = await writeZip(`${folder.path}/stored.xlsx`, plainParts(orders), 0);
    const changed = replaced(await Deno.readFile(stored), "A-1", "A-9");
    expect((await faultOfBytes(changed)).message).toContain(`${tab} cannot be unpacked`);
  });
});

describe("a hostile workbook", () => {
  it("is refused when it unpacks without end, before anything is unpacked", async () => {
    using folder = temporaryFolder();
    for (const piece of ["\0", " ", "x"]) {
      const xml = piece.repeat(20_000_000 / piece.length);
      const path = await writeZip(`${folder.path}/bomb.xlsx`, {
        ...plainParts(orders),
        [tab]: xml,
      });
      expect((await Deno.stat(path)).size).toBeLessThan(100_000);
      const error = await rejectedBy(openXlsxTable(path).current());
      expect(error.code).toBe("E-1013");
      expect(error.message).toContain(`${tab} unpacks to more than any sheet of orders holds`);
    }
  });

  it.each([{ partBytes: 1e6 }, { totalBytes: 1e6 }, { ratio: 10 }])(
    "is refused where a limit says so (%o)",
    async (limit) => {
      using folder = temporaryFolder();
      const part = new Uint8Array(2_000_000);
      const path = await writeZip(`${folder.path}/bomb.xlsx`, { [tab]: part, "other": part });
      const none = { partBytes: 1e9, totalBytes: 1e9, ratio: 1e9, freeBytes: 0 };
      const read = async (limits: typeof none) => {
        using file = await Deno.open(path);
        await using archive = await openArchive(file, limits);
        let length = 0;
        const entry = archive.find(tab);
        if (!entry) throw new Error("the part is gone");
        await archive.readText(entry, (text) => void (length += text.length));
        return length;
      };
      expect(await read(none)).toBe(2_000_000);
      expect(await rejectedBy(read({ ...none, ...limit }))).toMatchObject({ code: "E-1013" });
    },
  );

  it("is read no further than it says that it goes, and takes little memory up to there", async () => {
    using folder = temporaryFolder();
    const parts = { ...plainParts(orders), [tab]: sheetXml(" ".repeat(200_000_000)) };
    const bytes = await Deno.readFile(await writeZip(`${folder.path}/bomb.xlsx`, parts));
    const size = new TextEncoder().encode(sheetXml("")).length + 200_000_000;
    const at = sizesIn(bytes, size);
    expect(at).toHaveLength(2);
    for (const place of at) new DataView(bytes.buffer).setUint32(place, 1_000_000, true);
    const before = Deno.memoryUsage().rss;
    const error = await faultOfBytes(bytes);
    expect(error.message).toContain(`${tab} cannot be unpacked`);
    expect(Deno.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  it("is refused when many cells share one long text", async () => {
    using folder = temporaryFolder();
    const shared = `<si><t>${"x".repeat(10_000)}</t></si>`;
    const cells = '<row><c t="s"><v>0</v></c></row>'.repeat(12);
    const xml = sheetXml(`<row><c t="str"><v>id</v></c></row>${cells}`);
    const parts = workbookParts({ sheets: [{ name: "S", xml }], shared });
    using file = await Deno.open(await writeZip(`${folder.path}/orders.xlsx`, parts));
    expect((await indexXlsx(file, "S", 120_100)).rowCount).toBe(12);
    const error = await rejectedBy(indexXlsx(file, "S", 100_000));
    expect(error.code).toBe("E-1013");
    expect(error.message).toContain("the sheet holds more than any sheet of orders");
  });

  it("is refused when a tag or a cell is longer than any", async () => {
    const long = " ".repeat(2 ** 24 + 10);
    const rows = plainRows(orders);
    const tag = {
      ...plainParts(orders),
      [tab]: sheetXml(rows.replace("<row ", `<row x="${long}" `)),
    };
    using folder = temporaryFolder();
    // Not to be taken for a bomb, it is kept as it is.
    const path = await writeZip(`${folder.path}/orders.xlsx`, tag, 0);
    const error = await rejectedBy(openXlsxTable(path).current());
    expect(error.code).toBe("E-1003");
    expect(error.message).toContain("its XML is broken");
    const text = "x".repeat(2 ** 20 + 1);
    const shared = `<si><t>${text}</t></si>`;
    const xml = sheetXml('<row><c t="str"><v>id</v></c></row>');
    for (
      const parts of [
        workbookParts({ sheets: [{ name: "S", xml }], shared }),
        plainParts([["id"], [text]]),
        { ...plainParts(orders), [tab]: sheetXml(`<row><c t="str"><v>${text}</v></c></row>`) },
      ]
    ) {
      expect((await faultOf(parts)).message).toContain("a cell's text is longer than 1 MB");
    }
  });

  it("is refused with a document type, so that no entity is ever expanded or fetched", async () => {
    const doctype = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>';
    const xml = sheetXml(plainRows([["id"], ["&a;"]])).replace("?>", `?>${doctype}`);
    const error = await faultOf({ ...plainParts(orders), [tab]: xml });
    expect(error.code).toBe("E-1003");
    expect(error.message).toContain("DOCTYPE");
  });

  it("is refused with names that stand twice or lead outside", async () => {
    const other = "xl/tabs/tab9.xml";
    const bytes = await bytesOf({ ...plainParts(orders), [other]: "<a/>" });
    const twice = await faultOfBytes(replaced(bytes, other, tab));
    expect(twice.code).toBe("E-1013");
    expect(twice.message).toContain(`${tab} twice`);
    const outside = await faultOfBytes(replaced(bytes, other, "../../etc/passwd"));
    expect(outside.code).toBe("E-1013");
  });

  it("has parts that lie elsewhere: they are not fetched", async () => {
    const elsewhere = link(
      "s0",
      "worksheet",
      "http://127.0.0.1:9/tab.xml",
      ' TargetMode="External"',
    );
    const parts = plainParts(orders);
    parts["xl/_rels/book.xml.rels"] = `<Relationships>${elsewhere}</Relationships>`;
    const error = await faultOf(parts);
    expect(error.code).toBe("E-1013");
    expect(error.message).toContain("lies elsewhere");
  });
});

describe("a row or cell without a place of its own", () => {
  it("is named by the place that it would have", async () => {
    const late = await faultOf({
      ...plainParts(orders),
      [tab]: sheetXml('<row r="1048576"/><row/>'),
    });
    expect(late.message).toContain("row 1048577 is out of its place");
    const wide = await faultOf({
      ...plainParts(orders),
      [tab]: sheetXml('<row r="3"><c r="XFD3"/><c/></row>'),
    });
    expect(wide.message).toContain("cell XFE3 of row 3 is out of its place");
  });
});

describe("broken XML", () => {
  it("is told of with its place, and nothing of a cell is quoted", async () => {
    const xml = sheetXml(plainRows([["id"], ["SECRET"]])).replace("</is>", "</si>");
    const error = await faultOf({ ...plainParts(orders), [tab]: xml });
    expect(error.code).toBe("E-1003");
    expect(error.message).toMatch(
      /tab0\.xml of the workbook: its XML is broken at line 2, character \d+/,
    );
    expect(error.message).not.toContain("SECRET");
    const cut = await faultOf({ ...plainParts(orders), [tab]: sheetXml("").slice(0, -5) });
    expect(cut.message).toContain("its XML is broken");
  });

  it("is told of when it is not UTF-8", async () => {
    const utf16 = new Uint8Array([0xff, 0xfe, 0x3c, 0x00]);
    expect((await faultOf({ ...plainParts(orders), [tab]: utf16 })).code).toBe("E-1005");
    const latin = sheetXml("").replace("UTF-8", "ISO-8859-1");
    expect((await faultOf({ ...plainParts(orders), [tab]: latin })).code).toBe("E-1005");
  });
});
