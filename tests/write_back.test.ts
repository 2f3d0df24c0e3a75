import { describe, expect, it } from "vitest";
import { csvFile } from "../src/servers/source/csv/csv_file.ts";
import { mergeRows } from "../src/servers/source/csv/csv_merge.ts";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import type { Source } from "../src/servers/source/source.ts";
import { faultOf } from "../src/servers/tool_result.ts";
import { rejectedBy, thrownBy, writeText } from "./helpers/csv.ts";
import { projectFolder } from "./helpers/cli.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";

const orders = "id,name\n1,Ann\n2,Bob\n3,Cyd\n";
const shippedAt = "2026-11-23T08:00:00Z";

function write(source: Source, row: number, number = `1Z${row}`) {
  return source.writeBack({
    row_number: row,
    tracking_number: number,
    shipped_at: shippedAt,
    idempotency_key: `KEY-${row}-${number}`,
  });
}

function merged(...rows: number[]): string {
  const lines = ["1,Ann", "2,Bob", "3,Cyd"].map((line, at) =>
    rows.includes(at + 1) ? `${line},1Z${at + 1},${shippedAt}` : `${line},,`
  );
  return ["id,name,tracking_number,shipped_at", ...lines, ""].join("\n");
}

describe("write_back", () => {
  it("acknowledges what survives the process, and leaves the file alone until flush", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const journal = `${path}.waybill-journal`;
    {
      await using source = openCsvSource(path);
      expect(await write(source, 2)).toBe("written");
      expect(await Deno.readTextFile(path)).toBe(orders);
      const [head = "", line = ""] = (await Deno.readTextFile(journal)).split("\n");
      expect(JSON.parse(head)).toEqual({ columns: ["id", "name"] });
      expect(JSON.parse(line)).toMatchObject({
        row_number: 2,
        tracking_number: "1Z2",
        checksum: (await source.getRow(2)).checksum,
      });
    }
    await using next = openCsvSource(path);
    expect(await write(next, 2)).toBe("already_written");
    await next.flush();
    expect(await Deno.readTextFile(path)).toBe(merged(2));
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
    expect(await write(next, 2)).toBe("already_written");
  });

  it("takes a number whose row has moved, and writes it to where the row is now", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using source = openCsvSource(path);
    const { checksum } = await source.getRow(3);
    await Deno.writeTextFile(path, "id,name\n3,Cyd\n1,Ann\n");
    const moved = {
      row_number: 3,
      tracking_number: "1Z3",
      shipped_at: shippedAt,
      idempotency_key: "KEY",
      checksum,
    };
    expect(await source.writeBack(moved)).toBe("written");
    expect(await source.writeBack(moved)).toBe("already_written");
    expect(faultOf(await rejectedBy(source.writeBack({ ...moved, tracking_number: "1Z4" }))))
      .toMatchObject({ code: "conflict", row_number: 3 });
    await source.flush();
    expect(await Deno.readTextFile(path)).toBe(
      `id,name,tracking_number,shipped_at\n3,Cyd,1Z3,${shippedAt}\n1,Ann,,\n`,
    );
  });

  it("is a conflict when another number is in the journal or in the cell, and changes nothing", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id,tracking_number\n1,\n2,1ZOTHER\n");
    await using source = openCsvSource(path);
    await write(source, 1);
    const journal = await Deno.readTextFile(`${path}.waybill-journal`);
    for (const row of [1, 2]) {
      const error = await rejectedBy(write(source, row, "1ZNEW"));
      expect(faultOf(error)).toMatchObject({ code: "conflict", row_number: row });
    }
    expect(await Deno.readTextFile(`${path}.waybill-journal`)).toBe(journal);
    await source.flush();
    expect((await rejectedBy(write(source, 1, "1ZNEW"))).message).toContain("it holds 1Z1");
  });

  it("ignores a line that a crash cut off, and writes the next one where it began", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const journal = `${path}.waybill-journal`;
    {
      await using source = openCsvSource(path);
      await write(source, 1);
      await write(source, 2);
    }
    const whole = await Deno.readTextFile(journal);
    const first = whole.split("\n").slice(0, 2).join("\n") + "\n";
    for (let cut = first.length; cut < whole.length; cut++) {
      await Deno.writeTextFile(journal, whole.slice(0, cut));
      await using source = openCsvSource(path);
      expect(await write(source, 1)).toBe("already_written");
      expect(await Deno.readTextFile(journal)).toBe(first);
      expect(await write(source, 2)).toBe("written");
      expect(await Deno.readTextFile(journal)).toBe(whole);
    }
  });

  it("refuses a journal that is damaged in the middle instead of losing a number", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await Deno.writeTextFile(`${path}.waybill-journal`, "{broken\n{}\n");
    await using source = openCsvSource(path);
    expect(await rejectedBy(source.flush())).toMatchObject({ code: "E-4014" });
    expect((await rejectedBy(write(source, 1))).message).toContain("line 1 of 2 is damaged");
  });

  it("lets one process write at a time", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using one = openCsvSource(path);
    await using other = openCsvSource(path);
    await write(one, 1);
    expect(await rejectedBy(write(other, 2))).toMatchObject({ code: "E-4007" });
    expect((await rejectedBy(other.flush())).message).toContain("another process is writing");
    await one.flush();
    expect(await write(other, 2)).toBe("written");
    expect((await other.getRow(1)).data.tracking_number).toBe("1Z1");
    await other.flush();
    expect(await Deno.readTextFile(path)).toBe(merged(1, 2));
  });

  it("lets go of the lock though a program is just being started", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const starter = new Worker(new URL("./fixtures/starts_programs.ts", import.meta.url), {
      type: "module",
    });
    try {
      await new Promise((resolve) => (starter.onmessage = resolve));
      for (let time = 1; time <= 100; time++) {
        await using source = openCsvSource(path);
        expect(await write(source, 1)).toBe(time === 1 ? "written" : "already_written");
      }
    } finally {
      starter.terminate();
    }
  });

  it("leaves no journal behind when nothing was acknowledged", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id,tracking_number\n1,1ZOTHER\n");
    {
      await using source = openCsvSource(path);
      await rejectedBy(write(source, 1));
    }
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });
});

describe("a journal that was left behind", () => {
  it("does not stand in the way of another file of the same name, and loses nothing", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    {
      await using source = openCsvSource(path);
      await write(source, 1, "1ZMONDAY");
    }
    await Deno.writeTextFile(path, "id,name\n9,Zoe\n2,Bob\n");
    await using source = openCsvSource(path, { isForShipping: true });
    expect((await source.getRow(1)).data["tracking_number"]).toBeUndefined();
    expect(await write(source, 1, "1ZTUESDAY")).toBe("written");
    expect(await rejectedBy(source.flush())).toMatchObject({ code: "E-4007" });
    expect(await Deno.readTextFile(path)).toContain("9,Zoe,1ZTUESDAY");
    expect(await Deno.readTextFile(`${path}.waybill-journal`)).toContain("1ZMONDAY");
    expect(await Deno.readTextFile(`${path}.waybill-journal`)).not.toContain("1ZTUESDAY");
  });
});

describe("a source that is opened for shipping", () => {
  it("shows the numbers that are owed to the file, to nobody else", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const checksum = async (row: number) => {
      await using source = openCsvSource(path);
      if (row === 2) await write(source, 2);
      return (await source.getRow(row)).checksum;
    };
    const checksums = [await checksum(1), await checksum(2)];
    await using reader = openCsvSource(path);
    expect((await reader.getRow(2)).data).not.toHaveProperty("tracking_number");
    await using source = openCsvSource(path, { isForShipping: true });
    expect((await source.getRow(2)).data["tracking_number"]).toBe("1Z2");
    const numbers = (await source.getRows(0, 3)).rows.map(({ data }) => data["tracking_number"]);
    expect(numbers).toEqual([undefined, "1Z2", undefined]);
    expect([(await source.getRow(1)).checksum, (await source.getRow(2)).checksum]).toEqual(
      checksums,
    );
  });

  it("is for one process at a time, from its first row on, and leaves nothing behind", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    {
      await using one = openCsvSource(path, { isForShipping: true });
      await one.describe();
      await one.getRow(1);
      await using other = openCsvSource(path, { isForShipping: true }, { reserveWaitMs: 60 });
      expect(await rejectedBy(other.getRow(1))).toMatchObject({ code: "E-4007" });
      await using reader = openCsvSource(path);
      expect((await reader.getRow(1)).data["name"]).toBe("Ann");
    }
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });
});

describe("a source that is opened for shipping again", () => {
  it.each(["brings a number", "flushes"])(
    "waits for the server of a runner that was killed, when it %s",
    async (how) => {
      using folder = temporaryFolder();
      const path = writeText(folder.path, orders);
      const holder = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--quiet", "--no-prompt", `--allow-read=${folder.path}`],
          ...[`--allow-write=${folder.path}`, `${projectFolder}tests/fixtures/holds_lock.ts`],
          ...[`${path}.waybill-journal`, "300"],
        ],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      await holder.stdout.getReader().read();
      await holder.stdin.close();
      {
        await using next = openCsvSource(path, { isForShipping: true });
        if (how === "flushes") await next.flush();
        else await write(next, 1);
        await next.flush();
      }
      if (how !== "flushes") expect(await Deno.readTextFile(path)).toBe(merged(1));
      expect(namesIn(folder.path)).toEqual(["orders.csv"]);
      await holder.status;
    },
    20_000,
  );
});

describe("flush", () => {
  it("is the identity when a crash came between the merge and the end of the journal", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const journal = `${path}.waybill-journal`;
    await using source = openCsvSource(path);
    await write(source, 1);
    await write(source, 3);
    const owed = await Deno.readFile(journal);
    await source.flush();
    const before = await Deno.stat(path);
    await Deno.writeFile(journal, owed);
    await Deno.writeTextFile(`${path}.waybill-tmp`, "half a fi");
    await Deno.writeTextFile(`${journal}.tmp`, "half a jour");
    await using next = openCsvSource(path);
    await next.flush();
    expect(await Deno.readTextFile(path)).toBe(merged(1, 3));
    expect((await Deno.stat(path)).ino).toBe(before.ino);
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });

  it("writes the other rows when the user changed some, and names and keeps those", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using source = openCsvSource(path);
    for (const row of [1, 2, 3]) await write(source, row);
    await Deno.writeTextFile(path, "id,name,tracking_number\n1,Ann,\n2,Bobby,\n3,Cyd,1ZMINE\n");
    const error = await rejectedBy(source.flush());
    expect(error).toMatchObject({ code: "E-4007" });
    expect(error.message).toContain("Cannot write 2 tracking numbers");
    expect(error.message).toContain("rows 2, 3 changed");
    expect(await Deno.readTextFile(path)).toBe(
      `id,name,tracking_number,shipped_at\n1,Ann,1Z1,${shippedAt}\n2,Bobby,,\n3,Cyd,1ZMINE,\n`,
    );
    expect((await rejectedBy(source.flush())).message).toContain("rows 2, 3 changed");
    await using other = openCsvSource(path);
    expect((await rejectedBy(other.flush())).message).toContain("another process is writing");
    // The user undoes the change: what was kept is written, by whoever comes.
    await Deno.writeTextFile(path, orders);
    await source[Symbol.asyncDispose]();
    await using next = openCsvSource(path);
    await next.flush();
    expect(await Deno.readTextFile(path)).toBe(merged(2, 3));
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });

  it("names twenty rows and counts the rest when rows are gone", async () => {
    using folder = temporaryFolder();
    const rows = Array.from({ length: 30 }, (_, at) => `${at}\n`);
    const path = writeText(folder.path, `id\n${rows.join("")}`);
    await using source = openCsvSource(path);
    for (const at of rows.keys()) await write(source, at + 1);
    await Deno.writeTextFile(path, "id\n0\n");
    expect((await rejectedBy(source.flush())).message).toContain(" 20, 21 and 9 more changed");
  });

  it("keeps the journal when the file is read-only", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using source = openCsvSource(path);
    await write(source, 1);
    await Deno.chmod(path, 0o444);
    expect(await rejectedBy(source.flush())).toMatchObject({ code: "E-4014" });
    expect(await Deno.readTextFile(path)).toBe(orders);
    expect(namesIn(folder.path)).toEqual(
      ["orders.csv", "orders.csv.waybill-journal", "orders.waybill-results.csv"],
    );
    await Deno.chmod(path, 0o640);
    await source.flush();
    expect(await Deno.readTextFile(path)).toBe(merged(1));
    expect(((await Deno.stat(path)).mode ?? 0) & 0o777).toBe(0o640);
  });

  it("writes through a symbolic link, and leaves the link a link", async () => {
    using folder = temporaryFolder();
    await Deno.mkdir(`${folder.path}/real`);
    const path = writeText(`${folder.path}/real`, orders);
    const link = `${folder.path}/link.csv`;
    await Deno.symlink(path, link);
    await using source = openCsvSource(link);
    await write(source, 2);
    await source.flush();
    expect((await Deno.lstat(link)).isSymlink).toBe(true);
    expect(await Deno.readTextFile(path)).toBe(merged(2));
    expect(namesIn(folder.path)).toEqual(["link.csv", "real"]);
  });
});

describe("mergeRows()", () => {
  it("leaves the file alone when somebody saved it meanwhile", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    using file = csvFile(path);
    const rows = new Map([[1, { tracking_number: "1Z1", shipped_at: shippedAt }]]);
    expect(mergeRows({ path, ...file.current() }, rows, () => false)).toBeUndefined();
    expect(await Deno.readTextFile(path)).toBe(orders);
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });
});

describe("reading", () => {
  it("sees what the user saved since", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using source = openCsvSource(path);
    const { checksum } = await source.getRow(2);
    await Deno.writeTextFile(path, orders.replace("Bob", "Robert"));
    expect((await source.getRow(2)).data.name).toBe("Robert");
    expect((await source.getRow(2)).checksum).not.toBe(checksum);
    await Deno.remove(path);
    expect(await rejectedBy(source.getRow(2))).toMatchObject({ code: "E-4002" });
  });

  it("refuses what is not a file", async () => {
    using folder = temporaryFolder();
    expect(thrownBy(() => openCsvSource(`${folder.path}/none.csv`)).message).toContain(
      "no such file",
    );
    await using source = openCsvSource(folder.path);
    expect(await rejectedBy(source.describe())).toMatchObject({ code: "E-4002" });
  });

  it("gives pages that join to the whole, and rows by their own number", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using source = openCsvSource(path);
    const first = await source.getRows(0, 2);
    expect(first.next_after).toBe(2);
    const last = await source.getRows(2, 2);
    expect(last).not.toHaveProperty("next_after");
    expect([...first.rows, ...last.rows]).toEqual(
      await Promise.all([1, 2, 3].map((row) => source.getRow(row))),
    );
    expect(await source.getRows(3, 2)).toEqual({ rows: [] });
    expect(await rejectedBy(source.getRow(4))).toMatchObject({ code: "E-1006" });
  });

  it("cuts a page of large rows short", async () => {
    using folder = temporaryFolder();
    const row = `${"x".repeat(200_000)}\n`;
    const path = writeText(folder.path, `a\n${row.repeat(10)}`);
    await using source = openCsvSource(path);
    const page = await source.getRows(0, 10);
    expect(page.rows.length).toBe(2);
    expect(page.next_after).toBe(2);
  });
});
