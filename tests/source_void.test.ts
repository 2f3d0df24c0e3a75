/** A void on its way into a CSV file: as safe as a write-back, and never over anybody's own number. */
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import type { Source } from "../src/servers/source/source.ts";
import { faultOf } from "../src/servers/tool_result.ts";
import { rejectedBy, writeText } from "./helpers/csv.ts";
import { namesIn, readText, temporaryFolder } from "./helpers/folders.ts";
import { startSource } from "./helpers/servers.ts";

const shippedAt = "2026-11-23T08:00:00Z";
const voidedAt = "2026-11-24T09:30:00.000Z";
const orders = "id,name\n1,Ann\n2,Bob\n3,Cyd\n";

function write(source: Source, row: number, number = `1Z${row}`) {
  return source.writeBack({
    row_number: row,
    tracking_number: number,
    shipped_at: shippedAt,
    idempotency_key: `KEY-${row}-${number}`,
  });
}

function takeBack(source: Source, row: number, replaces = `1Z${row}`, at = voidedAt) {
  return source.writeBack({
    row_number: row,
    tracking_number: null,
    replaces,
    voided_at: at,
    idempotency_key: `KEY-${row}-${replaces}-void`,
  });
}

describe("write_back of a void", () => {
  it("takes the number out of the cell, says when, and leaves every other byte as it was", async () => {
    using folder = temporaryFolder();
    const before = '\ufeffid;"na""me";tracking_number;shipped_at;note\r\n' +
      `1;"Ann;x";1Z1;${shippedAt};" keep "\r\n\r\n2;Bob;"1Z2";${shippedAt};=1+1\r\n3;Cyd;;;`;
    const path = writeText(folder.path, before);
    await using source = openCsvSource(path);
    const { checksum } = await source.getRow(2);
    expect(await takeBack(source, 2)).toBe("written");
    expect(readText(path)).toBe(before);
    await source.flush();
    expect(readText(path)).toBe(
      '\ufeffid;"na""me";tracking_number;shipped_at;note;voided_at\r\n' +
        `1;"Ann;x";1Z1;${shippedAt};" keep ";\r\n\r\n2;Bob;"";${shippedAt};=1+1;${voidedAt}\r\n` +
        "3;Cyd;;;;",
    );
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
    expect((await source.getRow(2)).checksum).toBe(checksum);
  });

  it("survives the process, and is the same void however often it comes", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    {
      await using source = openCsvSource(path);
      await write(source, 2);
      expect(await takeBack(source, 2)).toBe("written");
    }
    await using next = openCsvSource(path);
    expect(await takeBack(next, 2)).toBe("already_written");
    await next.flush();
    const after = readText(path);
    expect(after.split("\n")[2]).toBe(`2,Bob,${voidedAt}`);
    expect(await takeBack(next, 2)).toBe("already_written");
    await next.flush();
    expect(readText(path)).toBe(after);
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });

  it("is a conflict when the cell or the journal has another number, and changes nothing", async () => {
    using folder = temporaryFolder();
    const before = "id,tracking_number\n1,1ZMINE\n2,\n";
    const path = writeText(folder.path, before);
    await using source = openCsvSource(path);
    await write(source, 2, "1ZNEW");
    for (const row of [1, 2]) {
      const error = await rejectedBy(takeBack(source, row, "1ZOLD"));
      expect(faultOf(error)).toMatchObject({ code: "conflict", row_number: row });
    }
    await source.flush();
    expect(readText(path)).toBe(
      `id,tracking_number,shipped_at\n1,1ZMINE,\n2,1ZNEW,${shippedAt}\n`,
    );
  });

  it("leaves a number alone that was typed in after it was acknowledged, and owes it nothing", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, `id,tracking_number\n1,1Z1\n2,1Z2\n`);
    await using source = openCsvSource(path);
    await takeBack(source, 1);
    await takeBack(source, 2);
    const typed = `id,tracking_number\n1,1ZTYPED\n2,1Z2\n`;
    writeText(folder.path, typed);
    await source.flush();
    expect(readText(path)).toBe(`id,tracking_number,voided_at\n1,1ZTYPED,\n2,,${voidedAt}\n`);
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });

  it("finds the row that it is for where a user has moved it", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, "id,tracking_number\n1,1Z1\n2,1Z2\n");
    await using source = openCsvSource(path);
    const { checksum } = await source.getRow(2);
    writeText(folder.path, "id,tracking_number\n2,1Z2\n3,\n1,1Z1\n");
    const aVoid = {
      row_number: 2,
      tracking_number: null,
      replaces: "1Z2",
      voided_at: voidedAt,
      idempotency_key: "KEY",
      checksum,
    };
    expect(await source.writeBack(aVoid)).toBe("written");
    await source.flush();
    expect(readText(path)).toBe(
      `id,tracking_number,voided_at\n2,,${voidedAt}\n3,,\n1,1Z1,\n`,
    );
  });

  it("lets the row be shipped again, before a flush and after it", async () => {
    for (const isFlushedBetween of [false, true]) {
      using folder = temporaryFolder();
      const path = writeText(
        folder.path,
        `id,tracking_number,shipped_at,voided_at\n1,1ZA,${shippedAt},\n2,,,\n`,
      );
      await using source = openCsvSource(path, { isForShipping: true });
      const settle = async () => isFlushedBetween && await source.flush();
      await takeBack(source, 1, "1ZA");
      await settle();
      // Whoever ships it sees that there is no number any more.
      expect((await source.getRow(1)).data["tracking_number"]).toBe("");
      expect(await write(source, 1, "1ZB")).toBe("written");
      await settle();
      expect((await source.getRow(1)).data["tracking_number"]).toBe("1ZB");
      await takeBack(source, 1, "1ZB", "2026-11-25T00:00:00Z");
      await settle();
      expect(await write(source, 1, "1ZC")).toBe("written");
      await source.flush();
      // The third label lives: the row is voided no longer.
      expect(readText(path)).toBe(
        `id,tracking_number,shipped_at,voided_at\n1,1ZC,${shippedAt},\n2,,,\n`,
      );
    }
  });

  it("is a tool's argument like any other: what is missing or beside it is told", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using server = await startSource(path, folder.path);
    const common = { row_number: 2, tracking_number: null, idempotency_key: "K" };
    for (const args of [{ replaces: "1Z2" }, { voided_at: voidedAt }]) {
      const { isError, text } = await server.call("write_back", { ...common, ...args });
      expect(isError).toBe(true);
      expect(text).toMatchObject({ code: "E-2100" });
    }
    const aVoid = { ...common, replaces: "1Z2", voided_at: voidedAt };
    expect((await server.call("write_back", aVoid)).structured).toEqual({ status: "written" });
    expect((await server.call("flush")).isError).toBe(false);
    expect(readText(path)).toBe(`id,name,voided_at\n1,Ann,\n2,Bob,${voidedAt}\n3,Cyd,\n`);
  });
});
