/** What a flush owes no more: numbers that a user typed in, voids without a row, what other jobs are owed. */
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { readOptions } from "../src/servers/source/options.ts";
import type { Source } from "../src/servers/source/source.ts";
import { rejectedBy, writeText } from "./helpers/csv.ts";
import { namesIn, readText, temporaryFolder } from "./helpers/folders.ts";

const at = "2026-11-26T10:00:00Z";
const results = "orders.waybill-results.csv";
const journal = "orders.csv.waybill-journal";

async function write(source: Source, row_number: number) {
  const { checksum } = await source.getRow(row_number);
  const number = { tracking_number: `1Z${row_number}`, shipped_at: at };
  await source.writeBack({ row_number, ...number, checksum, idempotency_key: `K${row_number}` });
}

async function takeBack(source: Source, row_number: number) {
  const { checksum } = await source.getRow(row_number);
  const aVoid = { tracking_number: null, replaces: `1Z${row_number}`, voided_at: at };
  await source.writeBack({ row_number, ...aVoid, checksum, idempotency_key: `V${row_number}` });
}

/** Has numbers noted, or taken back where they stand in the file, and lets its user change it. */
async function changed(before: string, rows: readonly number[], after: string) {
  const folder = temporaryFolder();
  const path = writeText(folder.path, before);
  {
    await using source = openCsvSource(path);
    const change = before.includes("1Z") ? takeBack : write;
    for (const row of rows) await change(source, row);
  }
  writeText(folder.path, after);
  const source = openCsvSource(path);
  return { folder, path, source };
}

/** Flushes, and expects that nothing is owed and the file as its user left it. */
async function expectSettled(before: string, rows: readonly number[], after: string) {
  const { folder, path, source } = await changed(before, rows, after);
  await source.flush();
  expect(readText(path)).toBe(after);
  expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  folder[Symbol.dispose]();
}

/** Flushes, and expects the row to be owed still. */
async function expectOwed(before: string, rows: readonly number[], after: string) {
  const { folder, path, source } = await changed(before, rows, after);
  expect(await rejectedBy(source.flush())).toMatchObject({ code: "E-4007" });
  expect(readText(path)).toBe(after);
  expect(namesIn(folder.path)).toEqual(["orders.csv", journal, results]);
  folder[Symbol.dispose]();
}

describe("a number whose order was changed in the file", () => {
  it("is written where its user typed it in, wherever that row is now", async () => {
    const before = "id,tracking_number\na,\nb,\n";
    await expectSettled(before, [2], "id,tracking_number\na,\nb mended,1Z2\n");
    await expectSettled(before, [2], "id,tracking_number\nb mended, 1Z2\na,\n");
    await expectSettled(before, [1, 2], "id,tracking_number\nx,1Z2\ny,1Z1\n");
  });

  it("is owed while it is nowhere, or its order shows another one", async () => {
    const before = "id,tracking_number\na,\nb,\n";
    await expectOwed(before, [2], "id,tracking_number\na,\nb mended,\n");
    await expectOwed(before, [2], "id,tracking_number\na,1Z2\nb,1ZMINE\n");
  });

  it("goes to its order all the same where it was typed into the row of another one", async () => {
    const { folder, path, source } = await changed(
      "id,tracking_number,shipped_at\na,,\nb,,\n",
      [2],
      "id,tracking_number,shipped_at\nb,,\na,1Z2,\n",
    );
    await source.flush();
    expect(readText(path)).toBe(`id,tracking_number,shipped_at\nb,1Z2,${at}\na,1Z2,\n`);
    folder[Symbol.dispose]();
  });
});

describe("a void whose row was changed in the file", () => {
  const before = "id,tracking_number\na,1Z1\nb,1Z2\n";

  it("is owed to no row that is gone, and to none that shows another number", async () => {
    await expectSettled(before, [2], "id,tracking_number\na,1Z1\n");
    await expectSettled(before, [2], "id,tracking_number\na,1Z1\nb,1ZMINE\n");
    await expectSettled(before, [2], "id,tracking_number\na,1Z1\nb mended,\n");
  });

  it("is owed while any row shows the number", async () => {
    await expectOwed(before, [2], "id,tracking_number\nb mended,1Z2\na,1Z1\n");
  });
});

describe("a flush for one job", () => {
  it("is of the job that the server was started for", () => {
    expect(readOptions(["orders.csv", "--owner", "job-1"]).owner).toBe("job-1");
    expect(readOptions(["orders.csv"]).owner).toBeUndefined();
  });

  it("keeps and lists what another job is owed, and does not answer for it", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\na\nb\nc\n");
    for (const owner of ["one", "two"]) {
      await using source = openCsvSource(path, { owner });
      await write(source, owner === "one" ? 1 : 2);
    }
    writeText(folder.path, "id\nb\nc\n");
    const told: string[] = [];
    const parts = { log: (message: string) => void told.push(message) };
    {
      await using source = openCsvSource(path, { owner: "two" }, parts);
      await source.flush();
    }
    const after = `id,tracking_number,shipped_at\nb,1Z2,${at}\nc,,\n`;
    expect(readText(path)).toBe(after);
    expect(readText(`${folder.path}/${journal}`)).toContain("1Z1");
    expect(readText(`${folder.path}/${results}`)).toContain(`1,1Z1,${at},,no row`);
    expect(told).toEqual([expect.stringContaining("1 tracking number of other jobs has no place")]);
    for (const options of [{ owner: "one" }, {}]) {
      await using source = openCsvSource(path, options);
      expect(await rejectedBy(source.flush())).toMatchObject({ code: "E-4007" });
    }
  });

  it("answers for what has nobody's name on it", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\na\n");
    {
      await using source = openCsvSource(path);
      await write(source, 1);
    }
    writeText(folder.path, "id\nb\n");
    await using source = openCsvSource(path, { owner: "two" });
    expect(await rejectedBy(source.flush())).toMatchObject({ code: "E-4007" });
  });
});
