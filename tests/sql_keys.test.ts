import { describe, expect, it } from "vitest";
import type { SqlDatabase } from "../src/servers/source/sql/database.ts";
import { openSqlSource } from "../src/servers/source/sql/sql_source.ts";
import type { Source } from "../src/servers/source/source.ts";
import { databases, sourceOf, type TestTable, testTable } from "./helpers/sql_tables.ts";

const ours = "tracking_number varchar(40), shipped_at varchar(40)";

const numbersTo = (last: number) =>
  `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${last})`;

/** The source of a database whose statements are seen, and may be followed by others. */
function seen(
  { open, location }: TestTable,
  see: (sql: string) => Promise<unknown>,
  types?: (type: string) => "string",
): Source {
  const db = open();
  const run: SqlDatabase["run"] = async (statement) => {
    const result = await db.run(statement);
    await see(statement.sql);
    if (!types) return result;
    return {
      ...result,
      columns: result.columns.map(({ name, type }) => ({ name, type: types(type) })),
    };
  };
  return openSqlSource({ ...db, run }, location);
}

async function importedRows(source: Source): Promise<unknown[]> {
  const rows: unknown[] = [];
  let after: number | null | undefined = 0;
  while (typeof after === "number") {
    const page = await source.getRows(after, 500);
    rows.push(...page.rows.map(({ data }) => data["id"]));
    after = page.next_after;
  }
  return rows;
}

if (databases.includes("mysql")) {
  describe("a key of ENUM or SET", () => {
    const definition = (type: string) =>
      `channel ${type}('web', 'amazon') not null, id integer not null, ${ours}, primary key (channel, id)`;
    const filled = async (type: string) => {
      const table = await testTable("mysql", definition(type));
      await table.sql(
        `insert into ORDERS (channel, id) ${
          numbersTo(20)
        } select if(i <= 12, 'web', 'amazon'), i from n`,
      );
      return table;
    };
    for (const type of ["enum", "set"]) {
      it(`of the type ${type} is refused: rows would be left out`, async () => {
        await using table = await filled(type);
        for (const query of [undefined, `select * from ${table.location.table}`]) {
          await using source = sourceOf(table, { query });
          await expect(source.describe()).rejects.toMatchObject({
            code: "E-1011",
            message: expect.stringContaining('its key "channel" is an ENUM or SET'),
          });
        }
      });
    }

    it("would be told if its type were not known", async () => {
      await using table = await filled("enum");
      await using source = seen(table, () => Promise.resolve(), () => "string");
      await expect(source.describe()).rejects.toMatchObject({
        code: "E-1011",
        message: expect.stringContaining('"channel, id" does not put its rows into one order'),
      });
    });

    it("is nothing that a number is written to", async () => {
      await using table = await testTable(
        "mysql",
        "id integer primary key, tracking_number enum('', '1Z'), shipped_at datetime",
      );
      await using source = sourceOf(table);
      await expect(source.describe()).rejects.toMatchObject({ code: "E-1010" });
    });
  });
}

if (databases.includes("postgres")) {
  describe("a key of fractions", () => {
    it("is refused where the server gives it in so few digits that its row is not found", async () => {
      await using table = await testTable("postgres", `id float8 primary key, ${ours}`);
      await table.sql("insert into ORDERS (id) values (0.1::float8 + 0.2), (0.1), (7)");
      const db = table.open();
      await db.run({ sql: "set extra_float_digits = 0", values: [] });
      await using source = openSqlSource(db, table.location);
      await expect(source.describe()).rejects.toMatchObject({
        code: "E-1011",
        message: expect.stringContaining("finds no row for a value"),
      });
    });
  });
}

describe("columns of SQLite that have no type", () => {
  const rows = "insert into ORDERS (id) values (1), (2), (10), ('10'), ('abc'), (1.5)";

  it("keep integers and texts apart, in a table and in a query", async () => {
    await using table = await testTable(
      "sqlite",
      "id primary key, tracking_number text, shipped_at text",
    );
    await table.sql(rows);
    const name = table.location.table;
    for (const query of [undefined, `select max(id) as id from ${name} group by id`]) {
      await using source = sourceOf(table, { query });
      expect((await source.describe()).row_count).toBe(6);
      expect(await importedRows(source)).toEqual([1, 1.5, 2, 10, "10", "abc"]);
    }
    await using source = sourceOf(table);
    const { checksum } = await source.getRow(4);
    const change = { tracking_number: "1Z4", shipped_at: "2026-11-26T10:11:12.000Z" };
    await source.writeBack({ row_number: 4, checksum, idempotency_key: "4", ...change });
    expect(await table.sql("select id from ORDERS where tracking_number = '1Z4'"))
      .toEqual([{ id: 10 }]);
  });

  it("are refused where an integer is too large to be found again", async () => {
    await using table = await testTable("sqlite", "id, tracking_number text, shipped_at text");
    await table.sql("insert into ORDERS (id) values (9007199254740993)");
    await using source = sourceOf(table, { key: ["id"] });
    await expect(source.describe()).rejects.toMatchObject({
      code: "E-1011",
      message: expect.stringContaining('"id" finds no row for a value that was just read from one'),
    });
  });
});

for (const kind of databases) {
  describe(`a key of ${kind}`, () => {
    it("is refused if two rows far apart share it, in the column's own sense", async () => {
      const text =
        { sqlite: "text collate nocase", postgres: "integer", mysql: "varchar(20)" }[kind];
      const twins = { sqlite: "'a', 'A'", postgres: "7, 7", mysql: "'a', 'A'" }[kind].split(", ");
      await using table = await testTable(kind, `id ${text}, ${ours}`);
      await table.sql(
        `insert into ORDERS (id) ${numbersTo(2)} select ${twins[0]} from n where i = 1`,
      );
      await using source = sourceOf(table, { key: ["id"] });
      expect((await source.describe()).row_count).toBe(1);
      await table.sql(`insert into ORDERS (id) values (${twins[1]})`);
      await using later = sourceOf(table, { key: ["id"] });
      await expect(later.describe()).rejects.toMatchObject({
        code: "E-1011",
        message: expect.stringContaining('its key "id" does not tell its rows apart'),
      });
    });

    it("may get rows while it is read, before and behind", async () => {
      await using table = await testTable(kind);
      await table.sql(`insert into ORDERS (id) ${numbersTo(40)} select 2 * i from n`);
      let odd = 1;
      await using source = seen(table, async (sql) => {
        if (!sql.endsWith("limit 16")) return;
        odd += 2;
        await table.sql(`insert into ORDERS (id) values (${odd}), (${100 + odd})`);
      });
      expect((await source.describe()).row_count).toBe(41);
    });

    it("tells rows that leave its order while it is read, the second time", async () => {
      await using table = await testTable(kind);
      await table.sql(`insert into ORDERS (id) ${numbersTo(40)} select i from n`);
      let scans = 0;
      await using source = seen(table, async (sql) => {
        if (!sql.endsWith("limit 16")) return;
        const last = 40 - 3 * scans++;
        await table.sql(`update ORDERS set id = -id where id in (${last}, ${last - 1})`);
        await table.sql(`delete from ORDERS where id = ${last - 2}`);
      });
      await expect(source.describe()).rejects.toMatchObject({
        code: "E-1011",
        message: expect.stringContaining("its rows change while they are read"),
      });
      expect(scans).toBe(2);
    });
  });
}
