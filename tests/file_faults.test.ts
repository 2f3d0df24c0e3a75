/** What the system refuses is told in words that a person can do something with. */
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { fileFault } from "../src/servers/source/files/file_fault.ts";
import { projectFolder } from "./helpers/cli.ts";
import { rejectedBy, writeText } from "./helpers/csv.ts";
import { readText, temporaryFolder } from "./helpers/folders.ts";

const orders = "id\n1\n2\n";

function write(source: ReturnType<typeof openCsvSource>, row_number: number) {
  const number = { tracking_number: `1Z${row_number}`, shipped_at: "2026-11-26T10:00:00Z" };
  return source.writeBack({ row_number, ...number, idempotency_key: `K${row_number}` });
}

describe("a file whose name is too long for what is put beside it", () => {
  it("is refused before anything is bought, and told so", async () => {
    using folder = temporaryFolder();
    // The journal has room, and the copy that takes its place has none.
    for (const length of [236, 245]) {
      const path = `${folder.path}/${"x".repeat(length - 4)}.csv`;
      await Deno.writeTextFile(path, orders);
      await using source = openCsvSource(path, { isForShipping: true });
      for (const call of [() => source.getRow(1), () => write(source, 1)]) {
        const error = await rejectedBy(call());
        expect(error).toMatchObject({
          code: "E-4014",
          message: "Cannot write beside the source: the file's name is too long",
          remedy: expect.stringContaining("Give the file a shorter name"),
        });
      }
    }
  });
});

describe("a file that cannot be replaced", () => {
  it("is told of in the results file without the words of the system", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using source = openCsvSource(path);
    for (const row of [1, 2]) await write(source, row);
    await Deno.mkdir(`${path}.waybill-tmp/in the way`, { recursive: true });
    const error = await rejectedBy(source.flush());
    expect(error).toMatchObject({ code: "E-4014" });
    const listed = readText(`${folder.path}/orders.waybill-results.csv`);
    for (const text of [error.message, listed]) {
      expect(text).toContain(`Cannot write the tracking numbers into ${path}: Is a directory`);
      expect(text).not.toContain("os error");
    }
  });

  it.each([
    ["EPERM", "the system does not allow it"],
    ["ENOSPC", "the disk is full"],
    ["EROFS", "its disk is read-only"],
  ])("has a reason: %s", (code = "", words = "") => {
    const error = Object.assign(new Error(`So it is (os error 1): open '/home/me/x'`), { code });
    expect(fileFault(error)).toContain(words);
    expect(fileFault(new Error(error.message))).toBe("So it is");
  });
});

describe("the source server without a client", () => {
  it.each([["nope.csv", "there is no such file"], ["orders.csv", "it is empty"]])(
    "says what is wrong with %s",
    async (name = "", why = "") => {
      using folder = temporaryFolder();
      writeText(folder.path, "");
      const { stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--quiet", "--no-prompt", `--allow-read=${folder.path}`],
          ...[`${projectFolder}src/servers/source/main.ts`, `${folder.path}/${name}`],
        ],
        stdin: "null",
      }).output();
      expect(new TextDecoder().decode(stderr)).toContain(`${folder.path}/${name}`);
      expect(new TextDecoder().decode(stderr)).toContain(why);
    },
  );
});
