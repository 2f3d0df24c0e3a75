/**
 * The index of a CSV file that is kept between starts. That a file is not read again is seen by changing
 * it in its middle behind the index's back: whoever reads it finds another fingerprint.
 */
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { writeText } from "./helpers/csv.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";

const minutesAgo = new Date(Date.now() - 120_000);

/** A file of some 400 KB that was saved a while ago, and where its index is kept. */
function lab() {
  const folder = temporaryFolder();
  const rows = Array.from({ length: 4000 }, (_, at) => `${at + 1},${"n".repeat(90)}\n`);
  const path = writeText(folder.path, `id,name\n${rows.join("")}`);
  Deno.utimeSync(path, minutesAgo, minutesAgo);
  const cacheFolder = `${folder.path}/cache`;
  const look = async () => {
    await using source = openCsvSource(path, { cacheFolder });
    const { fingerprint } = await source.describe();
    return { fingerprint, name: (await source.getRow(2000)).data["name"] };
  };
  const kept = () => `${cacheFolder}/${namesIn(cacheFolder)[0]}`;
  return { path, cacheFolder, look, kept, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** Changes one byte of a file, and nothing that its index could see. */
function changeBehindItsBack(path: string, at: number): void {
  const { mtime } = Deno.statSync(path);
  using file = Deno.openSync(path, { write: true });
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode("M"));
  if (mtime) file.utimeSync(mtime, mtime);
}

describe("the index of a CSV file", () => {
  it("is kept for the next start, which does not read the file again", async () => {
    using files = lab();
    const first = await files.look();
    changeBehindItsBack(files.path, 200_000);
    expect(await files.look()).toEqual(first);
    expect(((await Deno.stat(files.kept())).mode ?? 0) & 0o777).toBe(0o600);
  });

  it("is made again when the file was saved, or either end of it is another", async () => {
    using files = lab();
    const prints = new Set([(await files.look()).fingerprint]);
    for (const at of [50, (await Deno.stat(files.path)).size - 50]) {
      changeBehindItsBack(files.path, at);
      prints.add((await files.look()).fingerprint);
    }
    changeBehindItsBack(files.path, 200_000);
    await Deno.utime(files.path, minutesAgo, new Date(minutesAgo.getTime() + 1));
    prints.add((await files.look()).fingerprint);
    expect(prints.size).toBe(4);
  });

  it("is made again without a word when it is damaged, cut off or foreign", async () => {
    using files = lab();
    const first = await files.look();
    const whole = await Deno.readFile(files.kept());
    const flipped = (at: number) => whole.map((byte, place) => place === at ? byte ^ 1 : byte);
    const damaged = [
      ...[0, 10, 30, 60, 400, whole.length - 1].map(flipped),
      ...[0, 15, 40, 300, whole.length - 8].map((length) => whole.slice(0, length)),
      new TextEncoder().encode("{}\n"),
    ];
    for (const bytes of damaged) {
      await Deno.writeFile(files.kept(), bytes);
      expect(await files.look()).toEqual(first);
      expect(await Deno.readFile(files.kept())).toEqual(whole);
    }
  });

  it("is not relied on when the file was saved in the moment that it was read", async () => {
    using files = lab();
    const soon = new Date(Date.now() + 60_000);
    await Deno.utime(files.path, soon, soon);
    const first = await files.look();
    changeBehindItsBack(files.path, 200_000);
    expect(await files.look()).not.toEqual(first);
  });

  it("goes with the file when it is written back to", async () => {
    using files = lab();
    const { fingerprint } = await files.look();
    {
      await using source = openCsvSource(files.path, { cacheFolder: files.cacheFolder });
      for (const row of [1, 3000]) {
        await source.writeBack({
          row_number: row,
          tracking_number: "1Z",
          shipped_at: "2026-11-23T08:00:00Z",
          idempotency_key: `K${row}`,
        });
      }
      await source.flush();
      const before = (await Deno.readFile(files.kept())).length;
      // It takes the file system's clock a tick to be sure.
      const end = Date.now() + 2_000;
      const isOld = async () => (await Deno.readFile(files.kept())).length === before;
      while (Date.now() < end && await isOld()) await source.describe();
    }
    changeBehindItsBack(files.path, 200_000);
    expect((await files.look()).fingerprint).toBe(fingerprint);
  });

  it("is removed when its file is gone or nobody asked for it in ninety days", async () => {
    using files = lab();
    using other = temporaryFolder();
    const gone = writeText(other.path, "id\n1\n");
    await Deno.utime(gone, minutesAgo, minutesAgo);
    await using source = openCsvSource(gone, { cacheFolder: files.cacheFolder });
    await source.describe();
    await Deno.remove(gone);
    const old = `${files.cacheFolder}/${"0".repeat(32)}.csv-index`;
    await Deno.writeTextFile(old, "whatever");
    const longAgo = new Date(Date.now() - 91 * 24 * 3_600_000);
    await Deno.utime(old, longAgo, longAgo);
    await Deno.writeTextFile(`${files.cacheFolder}/not-ours`, "");
    expect(namesIn(files.cacheFolder)).toHaveLength(3);
    await files.look();
    expect(namesIn(files.cacheFolder)).toHaveLength(2);
    expect(namesIn(files.cacheFolder)).toContain("not-ours");
  });

  it("is not needed: a folder that cannot be written to is no error", async () => {
    using files = lab();
    await Deno.writeTextFile(files.cacheFolder, "a file");
    expect((await files.look()).name).toBe("n".repeat(90));
  });
});
