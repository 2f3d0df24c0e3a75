/** A file that its user changes between a write-back and the flush: what finds its row, and what does not. */
import { describe, expect, it } from "vitest";
import { openCsvSource, openCsvTable } from "../src/servers/source/csv/csv_table.ts";
import { openFileSource } from "../src/servers/source/files/file_source.ts";
import { flushPass } from "../src/servers/source/files/flush_pass.ts";
import { writeBackJournal } from "../src/servers/source/files/write_back_journal.ts";
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

  it("finds them when columns were put in, and rows sorted as well", async () => {
    const before = "id,name\n1,Ann\n2,Bob\n3,Ann\n";
    expect(await flushedTo(before, [1, 2], "note,id,name\n,3,Ann\nfragile,2,Bob\n,1,Ann\n")).toBe(
      `note,id,name,tracking_number,shipped_at\n,3,Ann,,\nfragile,2,Bob,1Z2,${at}\n,1,Ann,1Z1,${at}\n`,
    );
  });

  it("remembers which columns there were, whoever puts the numbers in", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id,name\n1,Ann\n2,Bob\n");
    {
      await using source = openCsvSource(path);
      await write(source, 2);
    }
    writeText(folder.path, "id,name,note\n2,Bob,x\n1,Ann,\n");
    await using next = openCsvSource(path);
    await next.flush();
    expect(readText(path)).toBe(
      `id,name,note,tracking_number,shipped_at\n2,Bob,x,1Z2,${at}\n1,Ann,,,\n`,
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
    expect(fewer.listed).toContain(
      "rows that hold this order: 2; numbers that are owed to them: 1",
    );
    const more = await change("id\na\nx\nx\n", [2, 3], "id\nx\na\nb\n");
    expect(more.listed.split("\n")).toHaveLength(4);
  });

  it.each([["id", ""], ["id,note", ","]])(
    "does not take a row whose own label was voided for another of the same content (%s)",
    async (header, rest) => {
      using folder = temporaryFolder();
      const path = writeText(folder.path, "id\nx\nx\n");
      await using source = openCsvSource(path);
      for (const row of [1, 2]) await write(source, row);
      await source.writeBack({
        ...{ row_number: 1, tracking_number: null, replaces: "1Z1" },
        ...{ voided_at: at, idempotency_key: "V" },
      });
      writeText(folder.path, `${header}\nx${rest}\n`);
      expect(await rejectedBy(source.flush())).toMatchObject({ code: "E-4007" });
      expect(readText(path)).toBe(`${header},voided_at\nx${rest},${at}\n`);
      expect(readText(`${folder.path}/${results}`)).toContain("2,1Z2,");
    },
  );

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

describe("a flush that somebody saves the file in the middle of", () => {
  it("starts again with the file as it is then", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\na\nb\n");
    const table = openCsvTable(path);
    let saves = 0;
    const disturbed = {
      ...table,
      merge(...args: Parameters<typeof table.merge>) {
        if (saves++ === 0) writeText(folder.path, "id\nb\na\nc\n");
        return table.merge(...args);
      },
    };
    await using source = openFileSource(disturbed);
    await write(source, 1);
    await source.flush();
    expect(readText(path)).toBe(`id,tracking_number,shipped_at\nb,,\na,1Z1,${at}\nc,,\n`);
  });

  it("is so in parts too, and every part is true of the file that it is written to", async () => {
    const rows = Array.from({ length: 11 }, (_, row) => `${row < 9 ? row : "twin"}`);
    const shuffled = ["new", ...rows.slice(4, 8), ...rows.slice(8), ...rows.slice(0, 3), "late"];
    for (const after of [rows, shuffled]) {
      using folder = temporaryFolder();
      const path = writeText(folder.path, `id\n${rows.join("\n")}\n`);
      {
        await using source = openCsvSource(path);
        for (let row = 1; row <= 11; row++) await write(source, row);
      }
      writeText(folder.path, `id\n${after.join("\n")}\n`);
      await using table = openCsvTable(path);
      using journal = writeBackJournal(`${path}.waybill-journal`);
      const unplaced = await flushPass(table, journal, 2);
      const expected = after.map((id) => {
        const twins = after.filter((each) => each === "twin").length;
        const numbers = rows.flatMap((each, row) => (each === id ? [`1Z${row + 1}`] : []));
        return numbers.length > 0 && (id !== "twin" || twins === 2) ? numbers.sort() : [""];
      });
      const lines = readText(path).split("\n").slice(1, -1).map((line) => line.split(","));
      lines.forEach(([id, number = ""], row) => {
        expect([id, expected[row]]).toEqual([id, expect.arrayContaining([number])]);
      });
      const numbers = lines.map(([, number]) => number).filter(Boolean);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(numbers.length + (unplaced?.length ?? 0)).toBe(11);
    }
  });

  it("sees a number that is typed in between two parts", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id,tracking_number\na,\nb,\nc,\n");
    {
      await using source = openCsvSource(path);
      for (let row = 1; row <= 3; row++) await write(source, row);
    }
    await using table = openCsvTable(path);
    const disturbed = {
      ...table,
      async merge(...args: Parameters<typeof table.merge>) {
        const isDone = await table.merge(...args);
        writeText(folder.path, readText(path).replace("c,,", "c,1ZMINE,"));
        return isDone;
      },
    };
    using journal = writeBackJournal(`${path}.waybill-journal`);
    const unplaced = await flushPass(disturbed, journal, 2);
    expect(unplaced?.map(({ entry }) => entry.tracking_number)).toEqual(["1Z3"]);
    expect(readText(path)).toContain("\nc,1ZMINE,\n");
  });

  it("gives up on a part when the rows are not those that it chose from", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\na\nb\nc\nd\n");
    {
      await using source = openCsvSource(path);
      for (let row = 1; row <= 4; row++) await write(source, row);
    }
    await using table = openCsvTable(path);
    let isFirst = true;
    const disturbed = {
      ...table,
      async merge(...args: Parameters<typeof table.merge>) {
        const isDone = await table.merge(...args);
        if (isFirst) writeText(folder.path, readText(path).replace("c,,\nd,,", "d,,\nc,,"));
        isFirst = false;
        return isDone;
      },
    };
    using journal = writeBackJournal(`${path}.waybill-journal`);
    expect(await flushPass(disturbed, journal, 2)).toBeUndefined();
    expect(await flushPass(disturbed, journal, 2)).toEqual([]);
    expect(readText(path)).toContain(`\nb,1Z2,${at}\nd,1Z4,${at}\nc,1Z3,${at}\n`);
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
