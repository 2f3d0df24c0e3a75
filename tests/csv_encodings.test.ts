/** CSV files that are not UTF-8: what they are is said, and told it, they are read and written back as they are. */
import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { rejectedBy, writeText } from "./helpers/csv.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";

const at = "2026-11-23T08:00:00Z";

/** Ships the rows of a file and gives what it is afterwards. */
async function shipped(bytes: Uint8Array, encoding: string, rows: readonly number[]) {
  using folder = temporaryFolder();
  const path = writeText(folder.path, bytes);
  const cacheFolder = `${folder.path}/cache`;
  const options = { encoding, cacheFolder };
  await using source = openCsvSource(path, options);
  const { fingerprint } = await source.describe();
  const [first] = (await source.getRows(0, 1)).rows;
  for (const row of rows) {
    await source.writeBack({
      row_number: row,
      tracking_number: `1Z${row}`,
      shipped_at: at,
      idempotency_key: `K${row}`,
    });
  }
  await source.flush();
  expect((await source.describe()).fingerprint).toBe(fingerprint);
  for (const row of rows) {
    expect((await source.getRow(row)).data["tracking_number"]).toBe(`1Z${row}`);
  }
  // No copy of anybody's address is left behind.
  expect(namesIn(cacheFolder)).toEqual([]);
  return { first, after: new Uint8Array(await Deno.readFile(path)) };
}

function encoded(text: string, encoding: string): Uint8Array {
  return new Uint8Array(iconv.encode(text, encoding, { addBOM: false }));
}

describe("--encoding", () => {
  it.each([
    ["windows-1252", "Zoë – “Ann” €", ""],
    ["utf-16le", "Zoë 東京 😀", "\ufeff"],
    ["utf-16be", "Zoë 東京 😀", ""],
    ["utf-16", "Zoë 東京", "\ufeff"],
    ["shift_jis", "東京都", ""],
    ["gb18030", "北京 😀", ""],
  ])("reads %s, and writes it back byte for byte", async (encoding = "", name = "", mark = "") => {
    // More than a chunk, so that characters are cut in two.
    const rows = Array.from(
      { length: 9000 },
      (_, row) => `${row}${";x".repeat(row % 3)},"${name}"`,
    );
    const text = (ours: (row: number) => string) =>
      `${mark}id,name${ours(-1)}\r\n${rows.map((row, at) => row + ours(at)).join("\r\n")}`;
    const real = encoding === "utf-16" ? "utf-16le" : encoding;
    const { first, after } = await shipped(encoded(text(() => ""), real), encoding, [1, 9000]);
    expect(first?.data["name"]).toBe(name);
    const ours = (row: number) => {
      if (row === -1) return ",tracking_number,shipped_at";
      return row === 0 || row === 8999 ? `,1Z${row + 1},${at}` : ",,";
    };
    expect(after).toEqual(encoded(text(ours), real));
  });

  it("is refused where the bytes are none of that encoding, naming the line", async () => {
    using folder = temporaryFolder();
    const bytes = new Uint8Array([...encoded("id,name\n1,Zoë\n2,", "windows-1252"), 0x81, 0x0a]);
    await using source = openCsvSource(writeText(folder.path, bytes), { encoding: "windows-1252" });
    const error = await rejectedBy(source.describe());
    expect(error).toMatchObject({ code: "E-1005" });
    expect(error.message).toContain("line 3 holds bytes that are no text in windows-1252");
    expect(error.message).toContain("orders.csv");
  });

  it.each([
    ["klingon", "id\n1\n", 'in the encoding "klingon": there is none', "windows-1252, iso-8859-1"],
    ["base64", "id\n1\n", "there is none of that name", "windows-1252"],
    ["windows-1252", "\ufeffid\n1\n", "begins with the mark of UTF-8", "Leave --encoding out"],
    ["utf-16be", "\ufffe", "begins with the mark of UTF-16 LE", "Give --encoding utf-16le"],
    ["utf-16", "東京都\n東京都\n", "nothing in it tells which", "--encoding utf-16le, as Windows"],
  ])(
    "%s is refused where it cannot be",
    async (encoding = "", text = "", message = "", remedy = "") => {
      using folder = temporaryFolder();
      const bytes = text === "\ufffe" ? Uint8Array.of(0xff, 0xfe, 0x61, 0) : text;
      await using source = openCsvSource(writeText(folder.path, bytes), { encoding });
      const error = await rejectedBy(source.describe());
      expect(error).toMatchObject({ code: "E-2100", remedy: expect.stringContaining(remedy) });
      expect(error.message).toContain(message);
    },
  );

  it.each(["utf-16le", "utf-16be"])("utf-16 finds out that it is %s", async (real = "") => {
    const bytes = encoded("id,name\n1,Zoë\n2,Ann\n", real);
    const { first, after } = await shipped(bytes, "UTF-16", [2]);
    expect(first?.data).toEqual({ id: "1", name: "Zoë" });
    expect(iconv.decode(after, real)).toContain(`2,Ann,1Z2,${at}\n`);
    using folder = temporaryFolder();
    const encoding = real === "utf-16le" ? "utf-16be" : "utf-16le";
    await using source = openCsvSource(writeText(folder.path, bytes), { encoding });
    expect(await rejectedBy(source.describe())).toMatchObject({
      code: "E-2100",
      remedy: `Give --encoding ${real}`,
    });
  });

  it("utf-8 changes nothing", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "\ufeffid\n1\n");
    await using source = openCsvSource(path, { encoding: "UTF-8" });
    expect((await source.getRow(1)).data).toEqual({ id: "1" });
  });
});

describe("a file that is not UTF-8", () => {
  it.each([
    ["utf-16le", "", "it is UTF-16 LE", "--encoding utf-16le"],
    ["utf-16be", "", "it is UTF-16 BE", "--encoding utf-16be"],
    ["utf-16le", "\ufeff", "it is UTF-16 LE", "--encoding utf-16le"],
    [
      "windows-1252",
      "",
      "line 2 has 0xEB at byte 5, which may be Windows",
      "--encoding windows-1252",
    ],
  ])("is called by its name: %s", async (encoding = "", mark = "", message = "", remedy = "") => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, encoded(`${mark}id,name\n1,Zoë\n`, encoding));
    await using source = openCsvSource(path);
    const error = await rejectedBy(source.describe());
    expect(error).toMatchObject({ code: "E-1005", remedy: expect.stringContaining(remedy) });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("Zo");
  });
});
