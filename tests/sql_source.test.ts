import { describe, expect, it } from "vitest";
import type { SourceRow } from "../src/contracts/source.ts";
import { parseSource, sourceUri } from "../src/contracts/source_location.ts";
import type { Source } from "../src/servers/source/source.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { databases, settledName, sourceOf, testTable, untried } from "./helpers/sql_tables.ts";

const shippedAt = "2026-11-26T10:11:12.000Z";

const write = (row: SourceRow, tracking_number: string) => ({
  row_number: row.row_number,
  tracking_number,
  shipped_at: shippedAt,
  checksum: row.checksum,
  idempotency_key: `key-${row.row_number}`,
});

async function allRows(source: Source, limit = 2): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  let after: number | undefined | null = 0;
  while (typeof after === "number") {
    const page = await source.getRows(after, limit);
    rows.push(...page.rows);
    after = page.next_after;
  }
  return rows;
}

async function faultOf(
  work: () => unknown,
): Promise<{ code?: unknown; message: string; remedy?: unknown }> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("Nothing was thrown");
}

if (untried.length > 0) {
  describe("a table of a database server as a source", () => {
    it.each(untried)("is not tried: %s names none", () => {});
  });
}

if (databases.includes("postgres")) {
  describe("a connection that breaks", () => {
    it("is made again, and whoever has the table meanwhile keeps it", async () => {
      await using table = await testTable("postgres");
      await table.sql("insert into ORDERS (id) values (1)");
      const options = { isForShipping: true, rows: "key", reserveWaitMs: 0 } as const;
      const cut = () =>
        table.sql(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waybill' " +
            "and pid in (select pid from pg_locks where locktype = 'advisory') " +
            `and query like '%${table.location.table}%'`,
        );
      await using source = sourceOf(table, options);
      const row = await source.getRow(1);
      expect(await cut()).toHaveLength(1);
      expect(await source.writeBack(write(row, "1Z1"))).toBe("written");
      expect(await cut()).toHaveLength(1);
      await using other = sourceOf(table, options);
      await other.getRow(1);
      expect((await faultOf(() => source.getRow(1))).code).toBe("E-4007");
    });
  });
}

for (const kind of databases) {
  describe(`a table of ${kind} as a source`, () => {
    it("gives rows by their key, in values that templates and filters can use", async () => {
      await using table = await testTable(kind);
      await table.sql(
        `insert into ORDERS values (7, 'Zoë "Z" O''Neill', 12.50, '2026-11-01', null, null, null),
         (2, 'Ann', null, null, '', null, null), (1000000, 'Bob', 0.5, null, '1Z', null, null)`,
      );
      await using source = sourceOf(table);
      const rows = await allRows(source, 1);
      expect(rows.map(({ row_number }) => row_number)).toEqual([2, 7, 1_000_000]);
      expect(rows[1]?.data).toMatchObject({
        id: 7,
        name: `Zoë "Z" O'Neill`,
        weight: kind === "sqlite" ? 12.5 : "12.50",
        ordered: "2026-11-01",
        tracking_number: null,
      });
      expect(await source.getRow(7)).toEqual(rows[1]);
      const { uri, row_count, columns, fingerprint } = await source.describe();
      expect({ uri, row_count }).toEqual({
        uri: sourceUri({ ...table.location, table: settledName(table), rows: "key" }),
        row_count: 3,
      });
      expect(columns.slice(0, 4)).toEqual([
        { name: "id", type: "integer" },
        { name: "name", type: "string" },
        { name: "weight", type: "decimal" },
        { name: "ordered", type: "date" },
      ]);
      // What is read is not changed by what we write, and by anything else it is.
      await source.writeBack(write(rows[0] ?? await source.getRow(2), "1Z1"));
      expect((await source.describe()).fingerprint).toBe(fingerprint);
      expect((await source.getRow(2)).checksum).toBe(rows[0]?.checksum);
      await table.sql("update ORDERS set name = 'Anna' where id = 2");
      expect((await source.describe()).fingerprint).not.toBe(fingerprint);
      expect((await faultOf(() => source.getRow(3))).code).toBe("E-1006");
    });

    it("writes a number once, and never over another's", async () => {
      await using table = await testTable(kind);
      await table.sql(
        "insert into ORDERS (id, tracking_number) values (1, null), (2, ''), (3, 'OTHER'), (4, null)",
      );
      await using source = sourceOf(table, { isForShipping: true, rows: "key" });
      const rows = await allRows(source);
      const [one, two, three, four] = rows;
      if (!one || !two || !three || !four) throw new Error("Rows are missing");
      expect(await source.writeBack(write(one, "1Z1"))).toBe("written");
      expect(await source.writeBack(write(one, "1Z1"))).toBe("already_written");
      expect(await source.writeBack(write(two, "1Z2"))).toBe("written");
      const conflict = await faultOf(() => source.writeBack(write(three, "1Z3")));
      expect(conflict.message).toBe("Cannot write 1Z3 to row 3: it holds OTHER");
      expect((await faultOf(() => source.writeBack(write(one, "1Z9")))).code).toBe("E-4007");
      // Its key is who it is: the rest may have changed.
      await table.sql("update ORDERS set name = 'changed' where id = 4");
      expect(await source.writeBack(write(four, "1Z4"))).toBe("written");
      await table.sql("delete from ORDERS where id = 4");
      expect((await faultOf(() => source.writeBack(write(four, "1Z4")))).code).toBe("E-1006");
      await source.flush();
      expect(await table.sql("select id, tracking_number, shipped_at from ORDERS order by id"))
        .toEqual([
          {
            id: 1,
            tracking_number: "1Z1",
            shipped_at: expect.stringMatching(/^2026-11-26T10:11:12/),
          },
          {
            id: 2,
            tracking_number: "1Z2",
            shipped_at: expect.stringMatching(/^2026-11-26T10:11:12/),
          },
          { id: 3, tracking_number: "OTHER", shipped_at: null },
        ]);
    });

    it("takes the number of a voided label out, and puts the next one in", async () => {
      await using table = await testTable(kind);
      await table.sql("insert into ORDERS (id, tracking_number) values (1, null)");
      await using source = sourceOf(table);
      const row = await source.getRow(1);
      await source.writeBack(write(row, "1Z1"));
      const gone = {
        row_number: 1,
        tracking_number: null,
        replaces: "1Z1",
        voided_at: "2026-11-27T00:00:00.000Z",
        idempotency_key: "void-1",
      };
      expect((await faultOf(() => source.writeBack({ ...gone, replaces: "1Z2" }))).message)
        .toContain("it holds 1Z1");
      expect(await source.writeBack(gone)).toBe("written");
      expect(await source.writeBack(gone)).toBe("already_written");
      const { data } = await source.getRow(1);
      expect(data["tracking_number"]).toBe(null);
      expect(data["voided_at"]).toEqual(expect.stringMatching(/^2026-11-27T00:00:00/));
      expect(await source.writeBack(write(row, "1Z2"))).toBe("written");
      expect((await source.getRow(1)).data).toMatchObject({
        tracking_number: "1Z2",
        voided_at: null,
      });
      // A row that is gone shows no number: nothing is owed to it.
      await table.sql("delete from ORDERS");
      expect(await source.writeBack({ ...gone, replaces: "1Z2" })).toBe("already_written");
    });

    it("tells of missing columns before anything is bought, and adds them if told to", async () => {
      await using table = await testTable(kind, "id integer primary key, name varchar(10)");
      await table.sql("insert into ORDERS values (1, 'Ann')");
      await using source = sourceOf(table);
      const fault = await faultOf(() => source.describe());
      expect(fault.code).toBe("E-1010");
      expect(fault.message).toContain('has no columns "tracking_number" and "shipped_at"');
      expect(fault.remedy).toMatch(/alter table .* add column .tracking_number. .*--add-columns/s);
      expect(Object.keys((await table.sql("select * from ORDERS"))[0] ?? {})).toEqual([
        "id",
        "name",
      ]);
      await using adding = sourceOf(table, { mayAddColumns: true });
      expect(await adding.writeBack(write(await adding.getRow(1), "1Z1"))).toBe("written");
      // The first one works now as well.
      expect((await source.getRow(1)).data["tracking_number"]).toBe("1Z1");
    });

    it("refuses columns that a number does not fit into", async () => {
      await using table = await testTable(
        kind,
        "id integer primary key, tracking_number integer, shipped_at varchar(30)",
      );
      await using source = sourceOf(table);
      expect((await faultOf(() => source.describe())).message).toContain("holds no text");
    });

    it("numbers rows whose key is no number, at the import and for ever", async () => {
      await using table = await testTable(
        kind,
        "shop varchar(9), sku varchar(9), tracking_number varchar(40), shipped_at varchar(40), primary key (shop, sku)",
      );
      await table.sql("insert into ORDERS (shop, sku) values ('b', '1'), ('a', '9'), ('a', '10')");
      using folder = temporaryFolder();
      const options = { stateFolder: folder.path };
      await using first = sourceOf(table, options);
      const { uri } = await first.describe();
      expect(uri).toContain("rows=numbered");
      const before = await allRows(first);
      expect(before.map(({ row_number, data }) => [row_number, data["shop"], data["sku"]]))
        .toEqual([[1, "a", "10"], [2, "a", "9"], [3, "b", "1"]]);
      await table.sql("insert into ORDERS (shop, sku) values ('a', '0')");
      await table.sql("delete from ORDERS where sku = '9'");
      const location = parseSource(uri, "/");
      if (!("table" in location)) throw new Error(uri);
      await using shipping = sourceOf(table, {
        ...options,
        rows: location.rows,
        isForShipping: true,
      });
      expect((await allRows(shipping)).map(({ row_number }) => row_number)).toEqual([1, 3]);
      await using again = sourceOf(table, { ...options, rows: location.rows });
      expect((await allRows(again)).map(({ row_number, data }) => [row_number, data["sku"]]))
        .toEqual([[1, "10"], [3, "1"], [4, "0"]]);
      expect(await shipping.writeBack(write(before[2] ?? await again.getRow(3), "1Z3"))).toBe(
        "written",
      );
      expect(await table.sql("select sku from ORDERS where tracking_number = '1Z3'"))
        .toEqual([{ sku: "1" }]);
      // Elsewhere nobody knows which number is whose.
      await using elsewhere = sourceOf(table, { rows: location.rows, isForShipping: true });
      expect((await faultOf(() => elsewhere.getRow(1))).code).toBe("E-1011");
    });

    it("never writes to a row of another key, whatever became of the numbers", async () => {
      await using table = await testTable(kind);
      await table.sql("insert into ORDERS (id) values (1), (2)");
      await using source = sourceOf(table);
      const row = await source.getRow(1);
      const fault = await faultOf(() => source.writeBack({ ...write(row, "1Z1"), row_number: 2 }));
      expect(fault.message).toContain("its key is not that of the row that was shipped");
    });

    it("reads a query, and writes to the table beside it", async () => {
      await using table = await testTable(kind);
      await table.sql("insert into ORDERS (id, name) values (1, 'a'), (2, 'b'), (3, 'c')");
      const name = table.location.table;
      const query = `select id, upper(name) as who from ${name} where id <> 2 -- not that one;`;
      await using source = sourceOf(table, { query: `${query}` });
      const rows = await allRows(source, 1);
      expect(rows.map(({ row_number, data }) => [row_number, data["who"], data["tracking_number"]]))
        .toEqual([[1, "A", null], [3, "C", null]]);
      await source.writeBack(write(rows[1] ?? await source.getRow(3), "1Z3"));
      expect((await source.getRow(3)).data).toMatchObject({ who: "C", tracking_number: "1Z3" });
      await using without = sourceOf(table, { query: `select name from ${name}` });
      expect((await faultOf(() => without.describe())).message).toContain('no column "id"');
    });

    it("refuses a table without a key, or one that does not tell rows apart", async () => {
      await using table = await testTable(
        kind,
        "id integer, tracking_number varchar(40), shipped_at varchar(40)",
      );
      await table.sql("insert into ORDERS (id) values (1), (1)");
      await using keyless = sourceOf(table);
      expect((await faultOf(() => keyless.describe())).message).toContain("has no primary key");
      await using twins = sourceOf(table, { key: ["id"] });
      expect((await faultOf(() => twins.describe())).message).toContain(
        "does not tell its rows apart",
      );
      expect((await faultOf(() => allRows(twins))).code).toBe("E-1011");
      await using unknown = sourceOf(table, { key: ["number"] });
      expect((await faultOf(() => unknown.describe())).message).toContain('has no column "number"');
    });

    it("is shipped from by one program at a time", async () => {
      await using table = await testTable(kind);
      await table.sql("insert into ORDERS (id) values (1)");
      const options = { isForShipping: true, rows: "key", reserveWaitMs: 0 } as const;
      await using other = sourceOf(table, options);
      {
        await using source = sourceOf(table, options);
        await source.getRow(1);
        expect((await faultOf(() => other.getRow(1))).code).toBe("E-4007");
        await using reader = sourceOf(table);
        expect((await reader.getRow(1)).row_number).toBe(1);
      }
      expect((await other.getRow(1)).row_number).toBe(1);
    });

    it("is refused if it may not be changed, before anything is bought", async () => {
      await using table = await testTable(kind);
      await table.sql("insert into ORDERS (id) values (1)");
      const view = `${table.location.table}_view`;
      await table.sql(`create view ${view} as select distinct * from ORDERS`);
      try {
        await using source = sourceOf(table, { table: view, key: ["id"] });
        const fault = await faultOf(() => source.describe());
        expect(fault.code).toBe("E-1010");
        expect(fault.message).toContain("its rows may not be changed");
      } finally {
        await table.sql(`drop view ${view}`);
      }
    });

    it("may have any name, and so may its columns", async () => {
      const quote = kind === "mysql" ? "`" : '"';
      const quoted = (name: string) => quote + name.replaceAll(quote, quote + quote) + quote;
      const [key, text] = [`i${quote}d.x`, `sel'ect --${quote}`];
      await using table = await testTable(
        kind,
        `${quoted(key)} integer primary key, ${
          quoted(text)
        } varchar(9), tracking_number varchar(40), ` +
          "shipped_at varchar(40)",
      );
      await table.sql("insert into ORDERS values (5, 'x', null, null)");
      await using source = sourceOf(table);
      const row = await source.getRow(5);
      expect(row.data).toMatchObject({ [key]: 5, [text]: "x" });
      expect(await source.writeBack(write(row, "1Z5"))).toBe("written");
      expect(await allRows(source)).toHaveLength(1);
    });

    it("takes a hostile table name for a name", async () => {
      await using table = await testTable(kind);
      const hostile = 'x"; drop table y; --`';
      await using source = sourceOf(table, { table: hostile });
      expect((await faultOf(() => source.describe())).message).toContain(
        "there is none of that name",
      );
    });
  });
}
