/** A disk without room: nothing is lost, nothing is half written, and it goes on when there is room. */
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import type { Source } from "../src/servers/source/source.ts";
import { rejectedBy, writeText } from "./helpers/csv.ts";
import { namesIn, readText, temporaryFolder } from "./helpers/folders.ts";

const at = "2026-11-23T08:00:00Z";

function write(source: Source, row: number) {
  return source.writeBack({
    row_number: row,
    tracking_number: `1Z${row}`,
    shipped_at: at,
    idempotency_key: `K${row}`,
  });
}

/** A disk of 256 KiB with orders of 150 KB on it. */
function smallDisk() {
  const folder = temporaryFolder();
  if (!mount(folder.path)) throw new Error("Cannot make a small disk");
  const dispose = () => {
    unmount(folder.path);
    folder[Symbol.dispose]();
  };
  const rows = Array.from({ length: 1500 }, (_, row) => `${row + 1},${"x".repeat(94)}\n`);
  const path = writeText(folder.path, `id,note\n${rows.join("")}`);
  return { folder: folder.path, path, [Symbol.dispose]: dispose };
}

/** Takes all the room there is. */
function fill(folder: string): void {
  using file = Deno.openSync(`${folder}/filler`, { write: true, create: true });
  try {
    for (;;) file.writeSync(new Uint8Array(4096));
  } catch {
    // Now it is full.
  }
}

function mount(path: string): boolean {
  return run("mount", "-t", "tmpfs", "-o", "size=256k", "none", path);
}

/** Lazily: the folder that was synced last stays open. */
function unmount(path: string): void {
  run("umount", "-l", path);
}

/** Only root may make a disk, and not everywhere. */
function canMount(): boolean {
  using folder = temporaryFolder();
  const isMounted = mount(folder.path);
  if (isMounted) unmount(folder.path);
  return isMounted;
}

function run(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

describe("a disk without room", () => {
  if (!canMount()) return it("is not tried: no disk may be mounted here", () => {});

  it("for the new file: what is owed is listed, kept, and written when there is room", async () => {
    using disk = smallDisk();
    const before = readText(disk.path);
    await using source = openCsvSource(disk.path);
    await write(source, 2);
    const error = await rejectedBy(source.flush());
    expect(error).toMatchObject({ code: "E-4014" });
    expect(error.message).toMatch(/the disk is full.*listed in .*orders\.waybill-results\.csv/);
    expect(readText(disk.path)).toBe(before);
    expect(namesIn(disk.folder)).toEqual(
      ["orders.csv", "orders.csv.waybill-journal", "orders.waybill-results.csv"],
    );
    run("mount", "-o", "remount,size=1m", disk.folder);
    await source.flush();
    expect(readText(disk.path).split("\n")[2]).toContain(`,1Z2,${at}`);
    expect(namesIn(disk.folder)).toEqual(["orders.csv"]);
  });

  it("for the results file, and for the journal: no number is taken that is not safe", async () => {
    using disk = smallDisk();
    await using source = openCsvSource(disk.path);
    await write(source, 1);
    fill(disk.folder);
    const flushed = await rejectedBy(source.flush());
    expect(flushed.message).toMatch(/results\.csv cannot be written either: the disk is full/);
    expect(namesIn(disk.folder)).toEqual(["filler", "orders.csv", "orders.csv.waybill-journal"]);
    // The journal's last page has room for some more.
    let row = 2;
    while (row < 100 && await Promise.resolve(write(source, row)).then(() => true, () => false)) {
      row++;
    }
    const refused = await rejectedBy(write(source, row));
    expect(refused).toMatchObject({ code: "E-4014", remedy: expect.stringContaining("Make room") });
    run("mount", "-o", "remount,size=1m", disk.folder);
    expect(await write(source, row)).toBe("written");
    await source.flush();
    const numbers = readText(disk.path).split("\n").filter((line) => line.endsWith(`,${at}`));
    expect(numbers).toHaveLength(row);
    expect(namesIn(disk.folder)).toEqual(["filler", "orders.csv"]);
  });
});
