/** A file with two names: it would be shipped under each, and a merge would make two files of it. */
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { rejectedBy, writeText } from "./helpers/csv.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";

const orders = "id,name\n1,Ann\n2,Bob\n";
const shipped_at = "2026-11-26T10:00:00Z";

describe("a file that has a second name", () => {
  it("is not shipped, as it would be under each name, nor written to", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const other = `${folder.path}/same.csv`;
    await Deno.link(path, other);
    for (const each of [path, other]) {
      await using source = openCsvSource(each, { isForShipping: true });
      for (const rows of [source.getRow(1), source.getRows(0, 3)]) {
        const error = await rejectedBy(rows);
        expect(error).toMatchObject({ code: "E-4002" });
        expect(error.message).toContain(`${each}: the file has another name (hard links)`);
      }
      await using reader = openCsvSource(each);
      expect((await reader.getRow(1)).data["name"]).toBe("Ann");
    }
    await Deno.remove(other);
    await using source = openCsvSource(path, { isForShipping: true });
    expect((await source.getRow(1)).data["name"]).toBe("Ann");
    // What is bought already is kept until the second name is gone.
    await Deno.link(path, other);
    await source.writeBack({
      row_number: 2,
      tracking_number: "1Z2",
      shipped_at,
      idempotency_key: "K",
    });
    expect(await rejectedBy(source.flush())).toMatchObject({ code: "E-4014" });
    expect(await Deno.readTextFile(path)).toBe(orders);
    await Deno.remove(other);
    await source.flush();
    expect(await Deno.readTextFile(path)).toContain(`2,Bob,1Z2,${shipped_at}`);
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });
});
