/** A file that its user changes between a write-back and the flush: what finds its row, and what does not. */
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import type { Source } from "../src/servers/source/source.ts";
import { rejectedBy, writeText } from "./helpers/csv.ts";
import { namesIn, readText, temporaryFolder } from "./helpers/folders.ts";

const at = "2026-11-23T08:00:00Z";
const results = "orders.waybill-results.csv";

/** Writes numbers back to the rows of a file, lets its user change it, and flushes. */
async function change(before: string, rows: readonly number[], after: string) {
  const folder = temporaryFolder();
  const path = writeText(folder.path, before);
  await using source = openCsvSource(path, { isForShipping: true });
  for (const row of rows) await write(source, row);
  writeText(folder.path, after);
  const flushed = await Promise.resolve(source.flush()).then(() => undefined, (error) => error);
  const listed = namesIn(folder.path).includes(results)
    ? readText(`${folder.path}/${results}`)
    : "";
  folder[Symbol.dispose]();
  return { flushed, listed };
}

function write(source: Source, row: number, number = `1Z${row}`) {
  return source.writeBack({
    row_number: row,
    tracking_number: number,
    shipped_at: at,
    idempotency_key: `K${row}${number}`,
  });
}

/** What a file holds after its user has changed it and it was flushed. */
async function flushedTo(before: string, rows: readonly number[], after: string) {
  using folder = temporaryFolder();
  const path = writeText(folder.path, before);
  await using source = openCsvSource(path);
  for (const row of rows) await write(source, row);
  writeText(folder.path, after);
  await source.flush();
  expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  return readText(path);
}

describe("a flush into a file that was changed meanwhile", () => {
  it("finds rows that were sorted, and rows around which others came and went", async () => {
    expect(await flushedTo("id\na\nb\nc\n", [1, 3], "id\nc\nb\na\n")).toBe(
      `id,tracking_number,shipped_at\nc,1Z3,${at}\nb,,\na,1Z1,${at}\n`,
    );
    expect(await flushedTo("id\na\nb\nc\n", [2, 3], "id\nnew\nc\nnew\nnew\nb\n")).toBe(
      `id,tracking_number,shipped_at\nnew,,\nc,1Z3,${at}\nnew,,\nnew,,\nb,1Z2,${at}\n`,
    );
  });

  it("finds them when columns were put in another order, and adds our own again", async () => {
    const before = "id,tracking_number,name\n1,,Ann\n2,,Bob\n";
    expect(await flushedTo(before, [1], "name,id\nBob,2\nAnn,1\n")).toBe(
      `name,id,tracking_number,shipped_at\nBob,2,,\nAnn,1,1Z1,${at}\n`,
    );
  });

  it("gives each of several rows of one content a number, if each has one", async () => {
    expect(await flushedTo("id\na\nx\nx\n", [2, 3], "id\nx\nx\na\n")).toBe(
      `id,tracking_number,shipped_at\nx,1Z3,${at}\nx,1Z2,${at}\na,,\n`,
    );
  });

  it("places nothing where it cannot know: rows of one content, fewer or more than numbers", async () => {
    const fewer = await change("id\na\nx\nx\n", [2], "id\nx\nb\nx\n");
    expect(fewer.flushed).toMatchObject({ code: "E-4007" });
    expect(fewer.listed).toContain("2 rows of the file hold this order, and 1 numbers are owed");
    const more = await change("id\na\nx\nx\n", [2, 3], "id\nx\na\nb\n");
    expect(more.listed.split("\n")).toHaveLength(4);
  });

  it("tells of orders that are gone, renamed columns included, in message and results file", async () => {
    for (const after of ["id\na\n", "number\na\nb\n"]) {
      const { flushed, listed } = await change("id\na\nb\n", [2], after);
      expect(flushed.message).toContain("row 2 changed since the label was bought");
      expect(flushed.message).toContain(results);
      expect(listed).toBe(
        "row_number,tracking_number,shipped_at,voided_at,why\n" +
          `2,1Z2,${at},,no row of the file holds this order any more\n`,
      );
    }
  });

  it("puts nothing over another number, where the row was and where it is now", async () => {
    const after = "id,tracking_number\nb,1ZMINE\na,\n";
    const { listed } = await change("id,tracking_number\na,\nb,\n", [1, 2], after);
    expect(listed).toContain(`2,1Z2,${at},,another tracking number stands in the row`);
    expect(listed).not.toContain("1Z1");
  });

  it("knows a number that is in the file already, wherever its row is now", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\na\nb\n");
    await using source = openCsvSource(path);
    await write(source, 1);
    const journal = readText(`${path}.waybill-journal`);
    await source.flush();
    const sorted = `id,tracking_number,shipped_at\nb,,\na,1Z1,${at}\n`;
    writeText(folder.path, sorted);
    await Deno.writeTextFile(`${path}.waybill-journal`, journal);
    await source.flush();
    expect(readText(path)).toBe(sorted);
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });
});

describe("the results file", () => {
  it("goes when nothing is owed any more", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\na\nb\n");
    await using source = openCsvSource(path);
    await write(source, 1);
    writeText(folder.path, "id\nb\n");
    await rejectedBy(source.flush());
    expect(namesIn(folder.path)).toContain(results);
    writeText(folder.path, "id\nb\na\n");
    await source.flush();
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
    expect(readText(path)).toContain(`a,1Z1,${at}`);
  });

  it("replaces no file of the user's own", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\na\n");
    await Deno.writeTextFile(`${folder.path}/${results}`, "my own\n");
    await using source = openCsvSource(path);
    await write(source, 1);
    writeText(folder.path, "id\nb\n");
    expect((await rejectedBy(source.flush())).message).toContain("there is another file of that");
    writeText(folder.path, "id\na\n");
    await source.flush();
    expect(readText(`${folder.path}/${results}`)).toBe("my own\n");
  });

  it.each([
    [".~lock.orders.csv#", "LibreOffice"],
    ["~$orders.csv", "Excel"],
  ])("lists what is owed while %s is there", async (lock = "", program = "") => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\na\n");
    await using source = openCsvSource(path);
    await write(source, 1, "=1Z");
    await Deno.writeTextFile(`${folder.path}/${lock}`, "somebody");
    const error = await rejectedBy(source.flush());
    expect(error).toMatchObject({ code: "E-4014" });
    expect(error.message).toContain(`it is open in ${program}`);
    expect(error.message).not.toContain("somebody");
    expect(readText(path)).toBe("id\na\n");
    expect(readText(`${folder.path}/${results}`)).toContain(`1,'=1Z,${at},,Cannot write to`);
    await Deno.remove(`${folder.path}/${lock}`);
    await source.flush();
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });
});

describe("a number that a spreadsheet would take for a formula", () => {
  it.each(["=1+1", "+49", "-5", "@x", "'=1"])(
    "%s is written as text and read as itself",
    async (number) => {
      using folder = temporaryFolder();
      const path = writeText(folder.path, "id\na\n");
      await using source = openCsvSource(path);
      await write(source, 1, number);
      await source.flush();
      expect(readText(path)).toBe(`id,tracking_number,shipped_at\na,'${number},${at}\n`);
      expect(await write(source, 1, number)).toBe("already_written");
      expect((await source.getRow(1)).data["tracking_number"]).toBe(number);
      await source.writeBack({
        row_number: 1,
        tracking_number: null,
        replaces: number,
        voided_at: at,
        idempotency_key: "V",
      });
      await source.flush();
      expect(readText(path)).toBe(`id,tracking_number,shipped_at,voided_at\na,,${at},${at}\n`);
    },
  );
});
