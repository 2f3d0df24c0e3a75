/** Numbers that are only in the journal, and a user who changes the file: no row is bought a second time. */
import { describe, expect, it } from "vitest";
import { openCsvSource, openCsvTable } from "../src/servers/source/csv/csv_table.ts";
import { openFileSource } from "../src/servers/source/files/file_source.ts";
import type { Source } from "../src/servers/source/source.ts";
import { writeText } from "./helpers/csv.ts";
import { temporaryFolder } from "./helpers/folders.ts";

const shipped_at = "2026-11-26T10:00:00Z";

async function write(source: Source, row_number: number) {
  const { checksum } = await source.getRow(row_number);
  const tracking_number = `1Z${row_number}`;
  const idempotency_key = `K${row_number}`;
  await source.writeBack({ row_number, tracking_number, shipped_at, checksum, idempotency_key });
}

async function numbersIn(source: Source, limit = 9) {
  const { rows } = await source.getRows(0, limit);
  const numbers = rows.map(({ data }) => data["tracking_number"] ?? "");
  const alone = await Promise.all(rows.map(({ row_number }) => source.getRow(row_number)));
  expect(alone.map(({ data }) => data["tracking_number"] ?? "")).toEqual(numbers);
  return numbers;
}

/** What whoever ships the file next sees, when it was changed before its numbers came into it. */
async function shownAfter(before: string, rows: readonly number[], after: string) {
  using folder = temporaryFolder();
  const path = writeText(folder.path, before);
  {
    await using source = openCsvSource(path);
    for (const row of rows) await write(source, row);
  }
  writeText(folder.path, after);
  await using next = openCsvSource(path, { isForShipping: true });
  return await numbersIn(next);
}

describe("a source that is opened for shipping while numbers are owed to it", () => {
  it("shows them where the rows are now", async () => {
    expect(await shownAfter("id\na\nb\nc\n", [1, 3], "id\nnew\nnewer\na\nb\nc\n"))
      .toEqual(["", "", "1Z1", "", "1Z3"]);
    expect(await shownAfter("id\na\nb\n", [1, 2], "id,tracking_number\nb,1ZMINE\na,\n"))
      .toEqual(["1ZMINE", "1Z1"]);
  });

  it("shows them when the user has put columns in as well", async () => {
    expect(await shownAfter("id\na\nb\n", [2], "note,id\n,new\nx,b\ny,a\n")).toEqual([
      "",
      "1Z2",
      "",
    ]);
    expect(await shownAfter("id\na\na\n", [1], "id,note\na,x\na,\n")).toEqual(["1Z1", ""]);
  });

  it("shows one in each row that may be the one, and in no row beside one that is where it was", async () => {
    expect(await shownAfter("id\nx\na\n", [1], "id\nnew\nx\nx\n")).toEqual(["", "1Z1", "1Z1"]);
    expect(await shownAfter("id\nx\nx\n", [1], "id\nx\nx\n")).toEqual(["1Z1", ""]);
  });

  it("is not misled by a row of the same content whose own label was voided", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\nx\nx\n");
    await using source = openCsvSource(path, { isForShipping: true });
    for (const row of [1, 2]) await write(source, row);
    const voided = { tracking_number: null, replaces: "1Z1", voided_at: shipped_at };
    await source.writeBack({ row_number: 1, ...voided, idempotency_key: "V" });
    expect(await numbersIn(source)).toEqual(["", "1Z2"]);
    writeText(folder.path, "id\nx\n");
    expect(await numbersIn(source)).toEqual(["1Z2"]);
  });

  it("sees at once what is acknowledged for a row that has moved, and what the user saves", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id\na\nb\n");
    await using source = openCsvSource(path, { isForShipping: true });
    const { checksum } = await source.getRow(2);
    await write(source, 1);
    writeText(folder.path, "id\nb\na\n");
    expect(await numbersIn(source)).toEqual(["", "1Z1"]);
    const moved = { row_number: 2, tracking_number: "1Z2", shipped_at, idempotency_key: "K2" };
    await source.writeBack({ ...moved, checksum });
    expect(await numbersIn(source)).toEqual(["1Z2", "1Z1"]);
    writeText(folder.path, "id\na\nc\nd\nb\n");
    expect(await numbersIn(source)).toEqual(["1Z1", "", "", "1Z2"]);
  });

  it("looks for them once, however many rows are asked for", async () => {
    using folder = temporaryFolder();
    const count = 3000;
    const rows = Array.from({ length: count }, (_, row) => `${row}\n`).join("");
    const path = writeText(folder.path, `id\n${rows}`);
    {
      await using source = openCsvSource(path);
      for (let row = 1; row <= 300; row++) await write(source, row);
    }
    writeText(folder.path, `id\nnew\n${rows}`);
    const table = openCsvTable(path);
    let read = 0;
    const counting = {
      ...table,
      async read(...range: Parameters<typeof table.read>) {
        const found = await table.read(...range);
        read += found.length;
        return found;
      },
    };
    await using source = openFileSource(counting, { isForShipping: true });
    for (let row = 1; row <= count; row++) await source.getRow(row);
    expect(read).toBeLessThan(count + 1000);
  });
});
