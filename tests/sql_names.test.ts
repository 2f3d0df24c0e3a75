import { basename, dirname } from "node:path";
import { describe, expect, it } from "vitest";
import type { SqliteLocation } from "../src/contracts/source_location.ts";
import { openSqlite } from "../src/servers/source/sql/sqlite.ts";
import { openSqlSource } from "../src/servers/source/sql/sql_source.ts";
import {
  databases,
  settledName,
  sourceOf,
  type TestTable,
  testTable,
} from "./helpers/sql_tables.ts";

/** Other names of the same table. */
function spellings({ location }: TestTable): string[] {
  const { kind, table } = location;
  switch (kind) {
    case "sqlite":
      return [`main.${table}`, table.toUpperCase()];
    case "postgres":
      return [`public.${table}`];
    case "mysql":
      return [`${location.database}.${table}`];
    default:
      return kind satisfies never;
  }
}

for (const kind of databases) {
  describe(`a table of ${kind} by other names`, () => {
    it("is the same source, and shipped from by one program at a time", async () => {
      await using table = await testTable(kind);
      await table.sql("insert into ORDERS (id) values (1)");
      const options = { isForShipping: true, rows: "key", reserveWaitMs: 0 } as const;
      await using shipping = sourceOf(table, options);
      const { uri } = await shipping.describe();
      expect(new URL(uri).searchParams.get("table")).toBe(settledName(table));
      for (const name of spellings(table)) {
        await using other = sourceOf(table, { ...options, table: name });
        await expect(other.describe()).rejects.toMatchObject({ code: "E-4007" });
        await using reader = sourceOf(table, { rows: "key", table: name });
        expect((await reader.describe()).uri).toBe(uri);
      }
    });
  });
}

describe("a SQLite file behind a link", () => {
  it("is the same source, and shipped from by one program at a time", async () => {
    await using table = await testTable("sqlite");
    const { path } = table.location.kind === "sqlite" ? table.location : { path: "" };
    const link = `${dirname(path)}/link-to-${basename(path)}`;
    await Deno.symlink(path, link);
    const location: SqliteLocation = {
      kind: "sqlite",
      path: link,
      table: table.location.table,
      rows: "key",
    };
    const options = { isForShipping: true, reserveWaitMs: 0 };
    await using shipping = sourceOf(table, { ...options, rows: "key" });
    const { uri } = await shipping.describe();
    await using other = openSqlSource(openSqlite(link), location, options);
    await expect(other.describe()).rejects.toMatchObject({ code: "E-4007" });
    await using reader = openSqlSource(openSqlite(link), location);
    expect((await reader.describe()).uri).toBe(uri);
  });
});

for (const kind of databases.filter((name) => name !== "postgres")) {
  describe(`columns of ${kind} in upper case`, () => {
    const definition = "ID integer primary key, NAME varchar(20), TRACKING_NUMBER varchar(40), " +
      "Shipped_At varchar(40), VOIDED_AT varchar(40)";
    const change = {
      row_number: 5,
      tracking_number: "1Z5",
      shipped_at: "2026-11-26T10:11:12.000Z",
      idempotency_key: "5",
    };

    it("are ours, and no part of what identifies a row", async () => {
      await using table = await testTable(kind, definition);
      await table.sql("insert into ORDERS (ID) values (5)");
      const name = table.location.table;
      const uris = new Set<string>();
      for (const key of [["id"], ["Id"]]) {
        for (const query of [undefined, `select id, name from ${name}`]) {
          await using source = sourceOf(table, { key, query });
          if (query === undefined) uris.add((await source.describe()).uri);
          const before = await source.getRow(5);
          expect(before.data).toMatchObject({ tracking_number: null, shipped_at: null });
          await source.writeBack(change);
          const { data, checksum } = (await source.getRows(0, 9)).rows[0] ?? before;
          expect(data).toMatchObject({ tracking_number: "1Z5", shipped_at: change.shipped_at });
          expect(Object.keys(data)).toHaveLength(5);
          expect(checksum).toBe(before.checksum);
          await table.sql("update ORDERS set tracking_number = null, shipped_at = null");
        }
      }
      expect(uris.size).toBe(1);
    });

    it("are added only where they are missing", async () => {
      await using table = await testTable(
        kind,
        "id integer primary key, TRACKING_NUMBER varchar(40)",
      );
      await using source = sourceOf(table, { mayAddColumns: true });
      expect((await source.describe()).columns.map(({ name }) => name).sort())
        .toEqual(["id", "shipped_at", "tracking_number", "voided_at"]);
    });
  });
}

if (databases.includes("postgres")) {
  describe("columns of PostgreSQL in upper case", () => {
    it("are other columns", async () => {
      await using table = await testTable(
        "postgres",
        '"ID" integer primary key, "TRACKING_NUMBER" text, tracking_number text, shipped_at text',
      );
      await table.sql("insert into ORDERS values (1, 'theirs', null, null)");
      await using source = sourceOf(table);
      expect((await source.getRow(1)).data).toMatchObject({
        TRACKING_NUMBER: "theirs",
        tracking_number: null,
      });
      await using other = sourceOf(table, { key: ["id"] });
      await expect(other.describe()).rejects.toMatchObject({ code: "E-1011" });
    });
  });
}
