import { describe, expect, it } from "vitest";
import { csvFile } from "../src/servers/source/csv/csv_file.ts";
import { mergeRows } from "../src/servers/source/csv/csv_merge.ts";
import { type CsvSource, openCsvSource } from "../src/servers/source/files/file_source.ts";
import { faultOf } from "../src/servers/tool_result.ts";
import { thrownBy, writeText } from "./helpers/csv.ts";
import { projectFolder } from "./helpers/cli.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";

const orders = "id,name\n1,Ann\n2,Bob\n3,Cyd\n";
const shippedAt = "2026-11-23T08:00:00Z";

function write(source: CsvSource, row: number, number = `1Z${row}`) {
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
  it("acknowledges what survives the process, and leaves the file alone until flush", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const journal = `${path}.waybill-journal`;
    {
      using source = openCsvSource(path);
      expect(write(source, 2)).toBe("written");
      expect(Deno.readTextFileSync(path)).toBe(orders);
      expect(JSON.parse(Deno.readTextFileSync(journal))).toMatchObject({
        row_number: 2,
        tracking_number: "1Z2",
        checksum: source.getRow(2).checksum,
      });
    }
    using next = openCsvSource(path);
    expect(write(next, 2)).toBe("already_written");
    next.flush();
    expect(Deno.readTextFileSync(path)).toBe(merged(2));
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
    expect(write(next, 2)).toBe("already_written");
  });

  it("refuses a row that holds another order than the one that was bought", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    using source = openCsvSource(path);
    const { checksum } = source.getRow(2);
    Deno.writeTextFileSync(path, "id,name\n3,Cyd\n1,Ann\n2,Bob\n");
    const error = thrownBy(() =>
      source.writeBack({
        row_number: 2,
        tracking_number: "1Z2",
        shipped_at: shippedAt,
        idempotency_key: "KEY",
        checksum,
      })
    );
    expect(error).toMatchObject({ code: "E-4007", rowNumber: 2 });
    expect(source.getRow(2).data["name"]).toBe("Ann");
  });

  it("is a conflict when another number is in the journal or in the cell, and changes nothing", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id,tracking_number\n1,\n2,1ZOTHER\n");
    using source = openCsvSource(path);
    write(source, 1);
    const journal = Deno.readTextFileSync(`${path}.waybill-journal`);
    for (const row of [1, 2]) {
      const error = thrownBy(() => write(source, row, "1ZNEW"));
      expect(faultOf(error)).toMatchObject({ code: "conflict", row_number: row });
    }
    expect(Deno.readTextFileSync(`${path}.waybill-journal`)).toBe(journal);
    source.flush();
    expect(thrownBy(() => write(source, 1, "1ZNEW")).message).toContain("it holds 1Z1");
  });

  it("ignores a line that a crash cut off, and writes the next one where it began", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const journal = `${path}.waybill-journal`;
    {
      using source = openCsvSource(path);
      write(source, 1);
      write(source, 2);
    }
    const whole = Deno.readTextFileSync(journal);
    const first = whole.slice(0, whole.indexOf("\n") + 1);
    for (let cut = first.length; cut < whole.length; cut++) {
      Deno.writeTextFileSync(journal, whole.slice(0, cut));
      using source = openCsvSource(path);
      expect(write(source, 1)).toBe("already_written");
      expect(Deno.readTextFileSync(journal)).toBe(first);
      expect(write(source, 2)).toBe("written");
      expect(Deno.readTextFileSync(journal)).toBe(whole);
    }
  });

  it("refuses a journal that is damaged in the middle instead of losing a number", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    Deno.writeTextFileSync(`${path}.waybill-journal`, "{broken\n{}\n");
    using source = openCsvSource(path);
    expect(thrownBy(() => source.flush())).toMatchObject({ code: "E-4014" });
    expect(thrownBy(() => write(source, 1)).message).toContain("line 1 of 2 is damaged");
  });

  it("lets one process write at a time", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    using one = openCsvSource(path);
    using other = openCsvSource(path);
    write(one, 1);
    expect(thrownBy(() => write(other, 2))).toMatchObject({ code: "E-4007" });
    expect(thrownBy(() => other.flush()).message).toContain("another process is writing");
    one.flush();
    expect(write(other, 2)).toBe("written");
    expect(other.getRow(1).data.tracking_number).toBe("1Z1");
    other.flush();
    expect(Deno.readTextFileSync(path)).toBe(merged(1, 2));
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
        using source = openCsvSource(path);
        expect(write(source, 1)).toBe(time === 1 ? "written" : "already_written");
      }
    } finally {
      starter.terminate();
    }
  });

  it("leaves no journal behind when nothing was acknowledged", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id,tracking_number\n1,1ZOTHER\n");
    {
      using source = openCsvSource(path);
      thrownBy(() => write(source, 1));
    }
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });
});

describe("a journal that was left behind", () => {
  it("does not stand in the way of another file of the same name, and loses nothing", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    {
      using source = openCsvSource(path);
      write(source, 1, "1ZMONDAY");
    }
    Deno.writeTextFileSync(path, "id,name\n9,Zoe\n2,Bob\n");
    using source = openCsvSource(path, { isForShipping: true });
    expect(source.getRow(1).data["tracking_number"]).toBeUndefined();
    expect(write(source, 1, "1ZTUESDAY")).toBe("written");
    expect(thrownBy(() => source.flush())).toMatchObject({ code: "E-4007" });
    expect(Deno.readTextFileSync(path)).toContain("9,Zoe,1ZTUESDAY");
    expect(Deno.readTextFileSync(`${path}.waybill-journal`)).toContain("1ZMONDAY");
    expect(Deno.readTextFileSync(`${path}.waybill-journal`)).not.toContain("1ZTUESDAY");
  });
});

describe("a source that is opened for shipping", () => {
  it("shows the numbers that are owed to the file, to nobody else", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const checksum = (row: number) => {
      using source = openCsvSource(path);
      if (row === 2) write(source, 2);
      return source.getRow(row).checksum;
    };
    const checksums = [checksum(1), checksum(2)];
    using reader = openCsvSource(path);
    expect(reader.getRow(2).data).not.toHaveProperty("tracking_number");
    using source = openCsvSource(path, { isForShipping: true });
    expect(source.getRow(2).data["tracking_number"]).toBe("1Z2");
    const numbers = source.getRows(0, 3).rows.map(({ data }) => data["tracking_number"]);
    expect(numbers).toEqual([undefined, "1Z2", undefined]);
    expect([1, 2].map((row) => source.getRow(row).checksum)).toEqual(checksums);
  });

  it("is for one process at a time, from its first row on, and leaves nothing behind", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    {
      using one = openCsvSource(path, { isForShipping: true });
      one.describe();
      one.getRow(1);
      using other = openCsvSource(path, { isForShipping: true });
      expect(thrownBy(() => other.getRow(1))).toMatchObject({ code: "E-4007" });
      using reader = openCsvSource(path);
      expect(reader.getRow(1).data["name"]).toBe("Ann");
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
        using next = openCsvSource(path, { isForShipping: true });
        if (how === "flushes") next.flush();
        else write(next, 1);
        next.flush();
      }
      if (how !== "flushes") expect(await Deno.readTextFile(path)).toBe(merged(1));
      expect(namesIn(folder.path)).toEqual(["orders.csv"]);
      await holder.status;
    },
    20_000,
  );
});

describe("flush", () => {
  it("is the identity when a crash came between the merge and the end of the journal", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const journal = `${path}.waybill-journal`;
    using source = openCsvSource(path);
    write(source, 1);
    write(source, 3);
    const owed = Deno.readFileSync(journal);
    source.flush();
    const before = Deno.statSync(path);
    Deno.writeFileSync(journal, owed);
    Deno.writeTextFileSync(`${path}.waybill-tmp`, "half a fi");
    Deno.writeTextFileSync(`${journal}.tmp`, "half a jour");
    using next = openCsvSource(path);
    next.flush();
    expect(Deno.readTextFileSync(path)).toBe(merged(1, 3));
    expect(Deno.statSync(path).ino).toBe(before.ino);
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });

  it("writes the other rows when the user changed some, and names and keeps those", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    using source = openCsvSource(path);
    for (const row of [1, 2, 3]) write(source, row);
    Deno.writeTextFileSync(path, "id,name,tracking_number\n1,Ann,\n2,Bobby,\n3,Cyd,1ZMINE\n");
    const error = thrownBy(() => source.flush());
    expect(error).toMatchObject({ code: "E-4007" });
    expect(error.message).toContain("Cannot write 2 tracking numbers");
    expect(error.message).toContain("rows 2, 3 changed");
    expect(Deno.readTextFileSync(path)).toBe(
      `id,name,tracking_number,shipped_at\n1,Ann,1Z1,${shippedAt}\n2,Bobby,,\n3,Cyd,1ZMINE,\n`,
    );
    expect(thrownBy(() => source.flush()).message).toContain("rows 2, 3 changed");
    using other = openCsvSource(path);
    expect(thrownBy(() => other.flush()).message).toContain("another process is writing");
    // The user undoes the change: what was kept is written, by whoever comes.
    Deno.writeTextFileSync(path, orders);
    source[Symbol.dispose]();
    using next = openCsvSource(path);
    next.flush();
    expect(Deno.readTextFileSync(path)).toBe(merged(2, 3));
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });

  it("names twenty rows and counts the rest when rows are gone", () => {
    using folder = temporaryFolder();
    const rows = Array.from({ length: 30 }, (_, at) => `${at}\n`);
    const path = writeText(folder.path, `id\n${rows.join("")}`);
    using source = openCsvSource(path);
    rows.forEach((_, at) => write(source, at + 1));
    Deno.writeTextFileSync(path, "id\n0\n");
    expect(thrownBy(() => source.flush()).message).toContain(" 20, 21 and 9 more changed");
  });

  it("keeps the journal when the file is read-only", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    using source = openCsvSource(path);
    write(source, 1);
    Deno.chmodSync(path, 0o444);
    expect(thrownBy(() => source.flush())).toMatchObject({ code: "E-4014" });
    expect(Deno.readTextFileSync(path)).toBe(orders);
    expect(namesIn(folder.path)).toEqual(["orders.csv", "orders.csv.waybill-journal"]);
    Deno.chmodSync(path, 0o640);
    source.flush();
    expect(Deno.readTextFileSync(path)).toBe(merged(1));
    expect((Deno.statSync(path).mode ?? 0) & 0o777).toBe(0o640);
  });

  it("writes through a symbolic link, and leaves the link a link", () => {
    using folder = temporaryFolder();
    Deno.mkdirSync(`${folder.path}/real`);
    const path = writeText(`${folder.path}/real`, orders);
    const link = `${folder.path}/link.csv`;
    Deno.symlinkSync(path, link);
    using source = openCsvSource(link);
    write(source, 2);
    source.flush();
    expect(Deno.lstatSync(link).isSymlink).toBe(true);
    expect(Deno.readTextFileSync(path)).toBe(merged(2));
    expect(namesIn(folder.path)).toEqual(["link.csv", "real"]);
  });
});

describe("mergeRows()", () => {
  it("leaves the file alone when somebody saved it meanwhile", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    using file = csvFile(path);
    const rows = new Map([[1, { tracking_number: "1Z1", shipped_at: shippedAt }]]);
    expect(mergeRows({ path, ...file.current() }, rows, () => false)).toBeUndefined();
    expect(Deno.readTextFileSync(path)).toBe(orders);
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });
});

describe("reading", () => {
  it("sees what the user saved since", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    using source = openCsvSource(path);
    const { checksum } = source.getRow(2);
    Deno.writeTextFileSync(path, orders.replace("Bob", "Robert"));
    expect(source.getRow(2).data.name).toBe("Robert");
    expect(source.getRow(2).checksum).not.toBe(checksum);
    Deno.removeSync(path);
    expect(thrownBy(() => source.getRow(2))).toMatchObject({ code: "E-4002" });
  });

  it("refuses what is not a file", () => {
    using folder = temporaryFolder();
    expect(thrownBy(() => openCsvSource(`${folder.path}/none.csv`)).message).toContain(
      "no such file",
    );
    using source = openCsvSource(folder.path);
    expect(thrownBy(() => source.describe())).toMatchObject({ code: "E-4002" });
  });

  it("gives pages that join to the whole, and rows by their own number", () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    using source = openCsvSource(path);
    const first = source.getRows(0, 2);
    expect(first.next_after).toBe(2);
    const last = source.getRows(2, 2);
    expect(last).not.toHaveProperty("next_after");
    expect([...first.rows, ...last.rows]).toEqual([1, 2, 3].map((row) => source.getRow(row)));
    expect(source.getRows(3, 2)).toEqual({ rows: [] });
    expect(thrownBy(() => source.getRow(4))).toMatchObject({ code: "E-1006" });
  });

  it("cuts a page of large rows short", () => {
    using folder = temporaryFolder();
    const row = `${"x".repeat(200_000)}\n`;
    const path = writeText(folder.path, `a\n${row.repeat(10)}`);
    using source = openCsvSource(path);
    const page = source.getRows(0, 10);
    expect(page.rows.length).toBe(2);
    expect(page.next_after).toBe(2);
  });
});
