import { describe, expect, it } from "vitest";
import { openFileSource } from "../src/servers/source/files/file_source.ts";
import { openCsvTable } from "../src/servers/source/csv/csv_table.ts";
import { writeText } from "./helpers/csv.ts";
import { namesIn, readText, temporaryFolder } from "./helpers/folders.ts";

const rows = 1000;

/** A source on a clock of ours: a write-back takes a second, a merge as long as it is told. */
function lab(mergeMs: number) {
  const folder = temporaryFolder();
  const path = writeText(
    folder.path,
    `id\n${Array.from({ length: rows }, (_, at) => `${at}\n`).join("")}`,
  );
  const said: string[] = [];
  const table = openCsvTable(path);
  let clock = 0;
  let spent = 0;
  let merges = 0;
  const timed = {
    ...table,
    merge(...args: Parameters<typeof table.merge>) {
      clock += mergeMs;
      spent += mergeMs;
      merges++;
      return table.merge(...args);
    },
  };
  const source = openFileSource(timed, { isForShipping: true }, {
    now: () => clock,
    log: (message) => void said.push(message),
  });
  const write = async (row: number) => {
    clock += 1000;
    return await source.writeBack({
      row_number: row,
      tracking_number: `1Z${row}`,
      shipped_at: "2026-11-23T08:00:00Z",
      idempotency_key: `K${row}`,
    });
  };
  return {
    ...{ path, source, write, said, folder: folder.path },
    spent: () => spent / clock,
    merges: () => merges,
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

describe("merging now and then", () => {
  it.each([[100, 30], [10_000, 4]])(
    "takes less than a twentieth of the run, if a merge takes %s ms",
    async (mergeMs = 0, merges = 0) => {
      await using run = lab(mergeMs);
      for (let row = 1; row <= rows; row++) await run.write(row);
      await run.source.describe();
      expect(run.spent()).toBeLessThan(0.05);
      expect(run.merges()).toBeGreaterThanOrEqual(merges);
      expect(readText(run.path)).toContain("\n3,1Z4,");
    },
  );

  it("holds on to the file meanwhile, and leaves nothing behind", async () => {
    await using run = lab(1);
    for (let row = 1; row <= 30; row++) await run.write(row);
    await run.source.describe();
    expect(readText(run.path)).toContain("1Z30");
    const other = openFileSource(openCsvTable(run.path));
    await expect(other.flush()).rejects.toThrow("another process is writing");
    await other[Symbol.asyncDispose]();
    await run.source[Symbol.asyncDispose]();
    expect(namesIn(run.folder)).toEqual(["orders.csv"]);
  });

  it("fails no write-back: what went wrong is logged without a value, and tried again", async () => {
    await using run = lab(1);
    await run.write(1);
    const text = readText(run.path);
    await Deno.writeTextFile(run.path, text.replace("\n0\n", "\nsecret\n"));
    for (let row = 2; row <= 60; row++) expect(await run.write(row)).toBe("written");
    await run.source.describe();
    expect(run.said).toHaveLength(1);
    expect(run.said[0]).toContain("row 1 changed since");
    expect(run.said[0]).not.toContain("secret");
    await Deno.writeTextFile(run.path, readText(run.path).replace("secret", "0"));
    await run.write(61);
    await run.source.describe();
    expect(readText(run.path)).toContain("\n0,1Z1,");
    expect(namesIn(run.folder)).not.toContain("orders.waybill-results.csv");
  });
});
