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
