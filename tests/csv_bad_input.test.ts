/** Files that are no table, or hardly one: each is told what is wrong, where, and how to mend it. */
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { rejectedBy, thrownBy, writeText } from "./helpers/csv.ts";
import { namesIn, readText, temporaryFolder } from "./helpers/folders.ts";

const at = "2026-11-23T08:00:00Z";

async function faultOf(content: string | Uint8Array) {
  using folder = temporaryFolder();
  await using source = openCsvSource(writeText(folder.path, content));
  const error = await rejectedBy(source.describe());
  expect(error.message).toContain(`(${folder.path}/orders.csv)`);
  return error;
}

async function written(content: string, row: number) {
  using folder = temporaryFolder();
  const path = writeText(folder.path, content);
  await using source = openCsvSource(path);
  await source.writeBack({
    row_number: row,
    tracking_number: "1Z",
    shipped_at: at,
    idempotency_key: "K",
  });
  await source.flush();
  return readText(path);
}

describe("a CSV file with faults", () => {
  it.each([
    ["an empty file", "", "E-1002", "it is empty"],
    ["only a byte order mark", "\ufeff", "E-1002", "it is empty"],
    ["only blank lines", "\n\r\n\r", "E-1002", "it is empty"],
    ["only a separator line", "sep=;\n", "E-1002", "it is empty"],
    ["a NUL byte", "id,name\n1,a\0b\n", "E-1005", "line 2 holds a NUL byte"],
    ["two names alike", "id,name,id\n", "E-1003", '"id" more than once'],
    ["names alike but for spaces", "id, id\n", "E-1003", '"id" more than once'],
    ["a name missing", "id,,name\n", "E-1003", "1 column without a name, at place 2"],
    ["no name at all", ",,\n1,2,3\n", "E-1003", "3 columns without a name, at place 1, 2, 3"],
    ["ragged rows", "id,name\n1\n2,b,c\n", "E-1003", "line 2 has 1, line 3 has 3"],
    ["a quote without end", 'id\n1\n"2\n3\n', "E-1003", "the quote on line 3 has no end"],
    ["a stray quote", 'id,name\n1,2" pipe, 3"\n', "E-1003", "a quote is out of place"],
    ["too many columns", `${columns(16_385)}\n`, "E-1003", "at most 16384"],
  ])("%s is told", async (_what = "", content = "", code = "", message = "") => {
    const error = await faultOf(content);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it("tells of columns without a name at the end, and whether they hold anything", async () => {
    const empty = await faultOf("id,name,,\n1,a,,\n2,b,,\n");
    expect(empty.message).toContain(
      "ends in 2 columns without a name, at place 3, 4; nothing stands",
    );
    expect(empty).toMatchObject({ remedy: expect.stringContaining("Delete these columns") });
    const full = await faultOf("id,name,\n1,a,\n2,b,secret\n");
    expect(full.message).toContain("line 3 has a value there");
    expect(full.message).not.toContain("secret");
  });

  it("gives up on a cell of ten megabytes, quoted or not", async () => {
    const large = "x".repeat(10 << 20);
    const plain = await faultOf(`id,name\n1,a\n2,${large}\n`);
    expect(plain.message).toContain("the record on line 3 is longer than 1 MiB");
    const quoted = await faultOf(`id,name\n1,"${large}"\n`);
    expect(quoted.message).toContain("the quote on line 2 has no end within 1 MiB");
  });
});

describe("a path that is no file", () => {
  it("is told what it is", async () => {
    using folder = temporaryFolder();
    const path = (name: string) => `${folder.path}/${name}`;
    await Deno.mkdir(path("folder"));
    await Deno.symlink(path("nowhere"), path("dangling"));
    await Deno.symlink(path("circle"), path("circle"));
    for (
      const [name = "", why = ""] of [
        ["none.csv", "there is no such file"],
        ["dangling", "it is a link that leads to nothing"],
        ["circle", "it is a link that leads to no end"],
      ]
    ) {
      const error = thrownBy(() => openCsvSource(path(name)));
      expect(error).toMatchObject({ code: "E-4002" });
      expect(error.message).toContain(`${path(name)}: ${why}`);
    }
    for (
      const [name = "", why = ""] of [[path("folder"), "a folder"], ["/dev/null", "a pipe or"]]
    ) {
      await using source = openCsvSource(name);
      expect((await rejectedBy(source.describe())).message).toContain(`${name}: it is ${why}`);
    }
    expect(namesIn(folder.path)).toEqual(["circle", "dangling", "folder"]);
  });
});

describe("a CSV file that is unusual, and fine", () => {
  it.each([
    ["no last line break", "id\n1\n2", `id,tracking_number,shipped_at\n1,,\n2,1Z,${at}`],
    ["CR alone", "id\r1\r2\r", `id,tracking_number,shipped_at\r1,,\r2,1Z,${at}\r`],
    [
      "mixed line ends",
      "id\r\n1\n\r\n2\r3\n",
      `id,tracking_number,shipped_at\r\n1,,\n\r\n2,1Z,${at}\r3,,\n`,
    ],
    [
      "Excel's separator line",
      "sep=;\r\na,b;c\r\n1;2\r\n3;4\r\n",
      "sep=;\r\na,b;c;tracking_number",
    ],
    [
      "any separator",
      'sep=:\na:b\n1:2\n"x:y":4\n',
      `sep=:\na:b:tracking_number:shipped_at\n1:2::\n`,
    ],
    [
      "spaces around names",
      "id , tracking_number ,shipped_at\n1,,\n2,,\n",
      `id , tracking_number ,shipped_at\n1,,\n2,1Z,${at}\n`,
    ],
  ])("%s: is kept as it is", async (_what = "", content = "", after = "") => {
    expect(await written(content, 2)).toContain(after);
  });

  it("reads rows behind a separator line by their number, and finds them when they move", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "\ufeffsep=;\nid;name\n1;Ann\n2;Bob\n");
    await using source = openCsvSource(path);
    expect((await source.describe()).row_count).toBe(2);
    expect((await source.getRow(2)).data).toEqual({ id: "2", name: "Bob" });
    await source.writeBack({
      row_number: 2,
      tracking_number: "1Z",
      shipped_at: at,
      idempotency_key: "K",
    });
    writeText(folder.path, "sep=;\nid;name\n2;Bob\n");
    await source.flush();
    expect(readText(path)).toBe(
      `sep=;\nid;name;tracking_number;shipped_at\n2;Bob;1Z;${at}\n`,
    );
  });

  it("has five thousand columns", async () => {
    const row = Array.from({ length: 5000 }, (_, at) => at).join(",");
    const after = await written(`${columns(5000)}\n${row}\n${row}\n`, 2);
    expect(after).toBe(
      `${columns(5000)},tracking_number,shipped_at\n${row},,\n${row},1Z,${at}\n`,
    );
  });
});

function columns(count: number): string {
  return Array.from({ length: count }, (_, at) => `column${at}`).join(",");
}
