import { describe, expect, it } from "vitest";
import { databases, sourceOf, testTable } from "./helpers/sql_tables.ts";

const shipped_at = "2026-11-26T10:11:12.000Z";
const voided_at = "2026-11-27T10:11:12.000Z";

const change = { row_number: 1, tracking_number: "1ZABC", shipped_at, idempotency_key: "1" };

const taken = {
  row_number: 1,
  tracking_number: null,
  replaces: "1ZABC",
  voided_at,
  idempotency_key: "2",
};

/** Takes every number out again. */
const undoing = {
  sqlite: "create trigger ORDERS_t after update on ORDERS when new.tracking_number <> '' begin " +
    "update ORDERS set tracking_number = null where id = new.id; end",
  // A trigger needs a function; a rule does not.
  postgres: "create rule ORDERS_t as on update to ORDERS do instead nothing",
  mysql: "create trigger ORDERS_t before update on ORDERS for each row " +
    "set new.tracking_number = old.tracking_number",
};

/** A table whose numbers are the same to the database when only their case differs. */
async function caseless(kind: (typeof databases)[number]) {
  const collation = `${crypto.randomUUID()}`;
  const type = {
    sqlite: "varchar(40) collate nocase",
    postgres: `varchar(40) collate "${collation}"`,
    mysql: "varchar(40) collate utf8mb4_general_ci",
  }[kind];
  const definition = `id integer primary key, tracking_number ${type}, shipped_at varchar(40)`;
  if (kind !== "postgres") return await testTable(kind, definition);
  const table = await testTable(kind, definition.replace(type, "varchar(40)"));
  await table.sql(
    `create collation "${collation}" (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
  );
  await table.sql(`alter table ORDERS alter column tracking_number type ${type}`);
  const sql = table.sql;
  return {
    ...table,
    async [Symbol.asyncDispose]() {
      await sql("alter table ORDERS drop column tracking_number");
      await sql(`drop collation "${collation}"`);
      await table[Symbol.asyncDispose]();
    },
  };
}

for (const kind of databases) {
  describe(`a number in a table of ${kind}`, () => {
    it("is not overwritten by one that differs in case alone", async () => {
      await using table = await caseless(kind);
      await table.sql("insert into ORDERS values (1, '1zabc', null)");
      expect(await table.sql("select id from ORDERS where tracking_number = '1ZABC'"))
        .toHaveLength(1);
      await using source = sourceOf(table);
      for (const each of [change, taken]) {
        await expect(source.writeBack(each)).rejects.toMatchObject({
          code: "E-4007",
          message: expect.stringContaining("it holds 1zabc"),
        });
      }
      expect(await table.sql("select tracking_number as n from ORDERS")).toEqual([{ n: "1zabc" }]);
    });

    it("that the table does not keep is told, and not as another's", async () => {
      await using table = await testTable(kind);
      await table.sql("insert into ORDERS (id) values (1)");
      await table.sql(undoing[kind]);
      await using source = sourceOf(table);
      await expect(source.writeBack(change)).rejects.toMatchObject({
        code: "E-4007",
        message: "Cannot write 1ZABC to row 1: the table does not keep it",
        remedy: expect.stringContaining("trigger"),
      });
    });

    it("goes into a cell of blanks, and out of one with blanks around it", async () => {
      await using table = await testTable(kind);
      await table.sql("insert into ORDERS (id, tracking_number) values (1, '  ')");
      await using source = sourceOf(table);
      expect(await source.writeBack(change)).toBe("written");
      await table.sql("update ORDERS set tracking_number = ' 1ZABC '");
      expect(await source.writeBack(change)).toBe("already_written");
      expect(await source.writeBack(taken)).toBe("written");
      expect((await source.getRow(1)).data["tracking_number"]).toBe(null);
    });
  });
}
