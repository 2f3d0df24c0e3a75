import { describe, expect, it } from "vitest";
import { WaybillError } from "../src/errors.ts";
import { openSqlSource } from "../src/servers/source/sql/sql_source.ts";
import type { Source } from "../src/servers/source/source.ts";
import { told as toldOfMysql } from "../src/servers/source/sql/mysql_errors.ts";
import { databases, sourceOf, type TestTable, testTable } from "./helpers/sql_tables.ts";

/** A trigger that refuses every number, and quotes the customer. */
const trigger = {
  sqlite: [
    "create trigger ORDERS_t before update on ORDERS when new.tracking_number is not null begin " +
    "select raise(abort, 'the order of Tom is frozen'); end",
  ],
  postgres: [
    "create function ORDERS_f() returns trigger language plpgsql as $$ begin " +
    "if new.tracking_number is null then return new; end if; " +
    "raise exception 'the order of % is frozen', old.name; end $$",
    "create trigger ORDERS_t before update on ORDERS for each row execute function ORDERS_f()",
  ],
  mysql: [
    "create trigger ORDERS_t before update on ORDERS for each row " +
    "if new.tracking_number is not null then " +
    "signal sqlstate '45000' set message_text = 'the order of Tom is frozen'; end if",
  ],
};

const told = {
  trigger: {
    sqlite: "a trigger of the table refused it",
    postgres: "SQLSTATE P0001",
    mysql: "ER_SIGNAL_EXCEPTION (1644)",
  },
  twin: {
    sqlite: /: UNIQUE constraint failed: orders_\w+.tracking_number$/,
    postgres: /: SQLSTATE 23505, constraint "orders_\w+_tracking_number_key", table "orders_\w+"$/,
    mysql: /: ER_DUP_ENTRY \(1062\)$/,
  },
};

const change = {
  row_number: 1,
  tracking_number: "1ZTOM",
  shipped_at: "2026-11-26T10:11:12.000Z",
  idempotency_key: "1",
};

function logged(table: TestTable): { source: Source; log: string[] } {
  const log: string[] = [];
  return { source: openSqlSource(table.open((line) => log.push(line)), table.location), log };
}

async function faultOf(work: () => unknown): Promise<WaybillError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof WaybillError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown");
}

for (const kind of databases) {
  describe(`what ${kind} says`, () => {
    it("is not told where a trigger quotes a cell, but logged", async () => {
      await using table = await testTable(kind);
      await table.sql("insert into ORDERS (id, name) values (1, 'Tom')");
      for (const sql of trigger[kind]) await table.sql(sql);
      try {
        const { source, log } = logged(table);
        await using _ = source;
        const { code, message } = await faultOf(() => source.writeBack(change));
        expect([code, message]).toEqual(["E-4006", expect.stringContaining(told.trigger[kind])]);
        expect(message).not.toContain("Tom");
        expect(log).toEqual([expect.stringMatching(/ said: .*the order of Tom is frozen/)]);
      } finally {
        if (kind === "postgres") await table.sql("drop function ORDERS_f cascade");
      }
    });

    it("is told by names alone where a number is in another row already", async () => {
      await using table = await testTable(
        kind,
        "id integer primary key, tracking_number varchar(40) unique, shipped_at varchar(40)",
      );
      await table.sql("insert into ORDERS values (1, null, null), (2, '1ZTOM', null)");
      await using source = sourceOf(table);
      const { message } = await faultOf(() => source.writeBack(change));
      expect(message).toMatch(told.twin[kind]);
      expect(message).not.toContain("1ZTOM");
    });

    it("is told of a table that is not there, and of a query that it refuses", async () => {
      await using table = await testTable(kind);
      await using missing = sourceOf(table, { table: "nothing_here" });
      expect((await faultOf(() => missing.describe())).code).toBe("E-1014");
      await using refused = sourceOf(table, { query: "select nonsense from nothing_here" });
      const { code, message } = await faultOf(() => refused.describe());
      expect(code).toBe("E-1014");
      expect(message).toMatch(
        /^Cannot use the query beside the table "orders_\w+": .*(nothing_here|nonsense)/,
      );
    });
  });
}

if (databases.includes("postgres")) {
  describe("a query of PostgreSQL", () => {
    it("that fails on a cell is refused, and the cell not quoted", async () => {
      await using table = await testTable("postgres");
      await table.sql("insert into ORDERS (id, name) values (1, 'Tom')");
      const query = `select id, name::integer as number from ${table.location.table}`;
      await using source = sourceOf(table, { query });
      const { code, message } = await faultOf(() => source.describe());
      expect([code, message.replace(/orders_\w+/, "orders")]).toEqual([
        "E-1014",
        'Cannot use the query beside the table "orders": SQLSTATE 22P02',
      ]);
    });

    it("may be asked again when somebody locks the table", async () => {
      await using table = await testTable("postgres");
      const db = table.open();
      await db.run({ sql: "set lock_timeout = 20", values: [] });
      await using source = openSqlSource(db, table.location);
      await table.sql("begin");
      try {
        await table.sql("lock table ORDERS");
        expect((await faultOf(() => source.describe())).code).toBe("E-4006");
      } finally {
        // Or the table would stay: dropping it would be part of the transaction.
        await table.sql("commit");
      }
      expect((await source.describe()).row_count).toBe(0);
    });
  });
}

describe("what is told of an error of MySQL", () => {
  const server = (code: string, errno: number, message: string) =>
    Object.assign(new Error(message), { code, errno, sqlState: "HY000" });

  it("is told in its own words where they hold names, and may be asked again where it may pass", () => {
    expect([
      toldOfMysql(server("ER_BAD_FIELD_ERROR", 1054, "Unknown column 'x'")),
      toldOfMysql(server("ER_LOCK_WAIT_TIMEOUT", 1205, "Lock wait timeout exceeded")),
      toldOfMysql(server("ER_TRUNCATED_WRONG_VALUE", 1292, "Incorrect DATE value: 'Tom'")),
      toldOfMysql(new Error("The server does not answer")),
    ]).toEqual([
      { reason: "Unknown column 'x'", mayPass: false },
      { reason: "Lock wait timeout exceeded", mayPass: true },
      { reason: "ER_TRUNCATED_WRONG_VALUE (1292)", mayPass: false },
      { reason: "The server does not answer", mayPass: true },
    ]);
  });
});
