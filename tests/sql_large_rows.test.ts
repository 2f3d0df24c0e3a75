import { describe, expect, it } from "vitest";
import type { SqlDatabase } from "../src/servers/source/sql/database.ts";
import { openSqlSource } from "../src/servers/source/sql/sql_source.ts";
import type { Source } from "../src/servers/source/source.ts";
import { databases, sourceOf, type TestTable, testTable } from "./helpers/sql_tables.ts";

const columns = "id integer primary key, note TEXT, tracking_number varchar(40), " +
  "shipped_at varchar(40)";

const definition = {
  sqlite: columns,
  postgres: columns,
  mysql: columns.replace("TEXT", "longtext"),
};

/** The source, and how many rows each statement gave. */
function counted({ open, location }: TestTable): { source: Source; fetched: number[] } {
  const db = open();
  const fetched: number[] = [];
  const run: SqlDatabase["run"] = async (statement) => {
    const result = await db.run(statement);
    if (/limit|\bor\b/.test(statement.sql)) fetched.push(result.rows.length);
    return result;
  };
  return { source: openSqlSource({ ...db, run }, location), fetched };
}

const row = (id: number, length: number) => `(${id}, '${"x".repeat(length)}', null, null)`;

for (const kind of databases) {
  describe(`large rows of ${kind}`, () => {
    it("come alone where one is larger than a page", async () => {
      await using table = await testTable(kind, definition[kind]);
      for (const id of [1, 2, 3]) {
        await table.sql(`insert into ORDERS values ${row(id, id === 3 ? 9 : 2 << 20)}`);
      }
      await using source = sourceOf(table);
      const first = await source.getRows(0, 100);
      expect([first.rows.map(({ row_number }) => row_number), first.next_after]).toEqual([[1], 1]);
      expect((await source.getRows(1, 100)).next_after).toBe(2);
      expect((await source.getRows(2, 100)).rows.map(({ row_number }) => row_number)).toEqual([3]);
    });

    it("are refused above 4 MB, by their number", async () => {
      await using table = await testTable(kind, definition[kind]);
      await table.sql(`insert into ORDERS values ${row(1, 9)}`);
      // Quotes are sent as four bytes each.
      await table.sql(`insert into ORDERS values (2, '${'"'.repeat(1.2 * 2 ** 20)}', null, null)`);
      await using source = sourceOf(table);
      expect((await source.getRows(0, 100)).next_after).toBe(1);
      for (const read of [() => source.getRows(1, 100), () => source.getRow(2)]) {
        await expect(read()).rejects.toMatchObject({
          code: "E-1003",
          rowNumber: 2,
          message: "Cannot read row 2: it has 5 MB, and 4 MB can be sent",
        });
      }
      await using narrow = sourceOf(table, { query: `select id from ${table.location.table}` });
      expect((await narrow.getRows(0, 100)).rows).toHaveLength(2);
    });
  });
}

describe("how many rows are fetched at once", () => {
  it("follows their size, at describing and at paging", async () => {
    await using table = await testTable("sqlite", definition.sqlite);
    for (let id = 1; id <= 40; id++) {
      await table.sql(`insert into ORDERS values ${row(id, 200_000)}`);
    }
    const { source, fetched } = counted(table);
    await using _ = source;
    expect((await source.describe()).row_count).toBe(40);
    // At most 1 MB at once.
    expect(Math.max(...fetched)).toBe(5);
    fetched.length = 0;
    let after: number | null | undefined = 0;
    while (typeof after === "number") after = (await source.getRows(after, 500)).next_after;
    // What the first fetch has too many of is fetched again, and nothing else.
    expect(fetched.reduce((sum, rows) => sum + rows)).toBeLessThan(46);
  });

  it("becomes large where rows are small, and is never more than was asked for", async () => {
    await using table = await testTable("sqlite", definition.sqlite);
    await table.sql(
      "insert into ORDERS with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) " +
        "select i, 'x', null, null from n",
    );
    const { source, fetched } = counted(table);
    await using _ = source;
    await source.describe();
    expect(fetched.length).toBeLessThan(12);
    fetched.length = 0;
    expect((await source.getRows(0, 700)).rows).toHaveLength(700);
    expect(fetched.length).toBeLessThan(6);
    expect(fetched.reduce((sum, rows) => sum + rows)).toBe(700);
  });
});
