/**
 * A database that nobody has opened yet: by several at once, and on both stores alike.
 */
import { describe, expect, it } from "vitest";
import { appendAudit, findBreak, listAudit } from "../src/db/audit.ts";
import { insertJob } from "../src/db/jobs.ts";
import { openDatabase, openDialect } from "../src/db/open.ts";
import { createSqliteDialect } from "../src/db/sqlite.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { jobOf } from "./helpers/jobs.ts";
import {
  createPostgresDatabase,
  describeSchema,
  openTestStore,
  postgresUrl,
} from "./helpers/stores.ts";

const now = new Date("2026-01-02T03:04:05.678Z");

describe("a new database", () => {
  it("is opened by several at once, in this process and others: on SQLite", async () => {
    using folder = temporaryFolder();
    await openAtOnce(`sqlite:${folder.path}/waybill.db`);
  });

  it("is migrated by two connections of this process that begin at the same time", async () => {
    using folder = temporaryFolder();
    const dialects = [1, 2].map(() => createSqliteDialect(`${folder.path}/waybill.db`));
    const opened = await Promise.all(dialects.map((dialect) => openDialect(dialect)));
    for (const db of opened) {
      expect((await db.selectFrom("installation").selectAll().execute()).length).toBe(1);
    }
    for (const db of opened) await db.destroy();
  });

  it("lets the transactions of two processes follow one another: on SQLite", async () => {
    using folder = temporaryFolder();
    const url = `sqlite:${folder.path}/waybill.db`;
    const db = await openDatabase(url);
    await db.transaction().execute((trx) => insertJob(trx, now, jobOf("j", 0)));
    const count = 150;
    // Each reads first and writes then: that fails at once where the lock is taken only to write.
    const program = `
      import { appendAudit } from "./src/db/audit.ts";
      import { openDatabase, openDialect } from "./src/db/open.ts";
      const db = await openDatabase(${JSON.stringify(url)});
      console.log("ready");
      for await (const _ of Deno.stdin.readable);
      for (let n = 0; n < ${count}; n++) {
        await db.transaction().execute((trx) => appendAudit(trx, "j", new Date(), [{ type: "b" }]));
      }
      await db.destroy();`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      cwd: new URL("..", import.meta.url),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await child.stdin.close();
    for (let n = 0; n < count; n++) {
      await db.transaction().execute((trx) => appendAudit(trx, "j", now, [{ type: "a" }]));
    }
    expect((await child.status).success).toBe(true);
    await reader.cancel();
    const trail = await listAudit(db, "j");
    await db.destroy();
    expect(trail.length).toBe(2 * count);
    expect(findBreak(trail)).toBe(undefined);
  });

  it("is opened by several at once, in this process and others: on PostgreSQL", async () => {
    // PGlite is one process's own.
    if (!postgresUrl) return;
    const { url, drop } = await createPostgresDatabase(postgresUrl);
    try {
      await openAtOnce(url);
    } finally {
      await drop();
    }
  });

  it("has the same tables and columns on both stores", async () => {
    const [one, two] = [await openTestStore("sqlite"), await openTestStore("postgres")];
    try {
      const tables = await describeSchema(one.db);
      expect(tables.filter(({ name }) => !name.startsWith("kysely_")).length).toBe(7);
      expect(tables).toEqual(await describeSchema(two.db));
    } finally {
      await one[Symbol.asyncDispose]();
      await two[Symbol.asyncDispose]();
    }
  });

  it.each(["mysql://x", "", "waybill.db"])(
    "is refused for a URL of another kind: %s",
    async (url) => {
      await expect(openDatabase(url)).rejects.toMatchObject({ code: "E-2100" });
    },
  );
});

/** Opens a database twice here and in two other processes, all at the same time. */
async function openAtOnce(url: string): Promise<void> {
  const program = `
    import { openDatabase, openDialect } from "./src/db/open.ts";
    const db = await openDatabase(${JSON.stringify(url)});
    const { id } = await db.selectFrom("installation").select("id").executeTakeFirstOrThrow();
    console.log(id);
    await db.destroy();`;
  const others = [1, 2].map(() =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      cwd: new URL("..", import.meta.url),
      env: { NO_COLOR: "1" },
    }).output()
  );
  const here = await Promise.all([openDatabase(url), openDatabase(url)]);
  const ids = await Promise.all(here.map(async (db) => {
    const { id } = await db.selectFrom("installation").select("id").executeTakeFirstOrThrow();
    return id;
  }));
  for (const { success, stdout, stderr } of await Promise.all(others)) {
    const decoder = new TextDecoder();
    expect([success, decoder.decode(stderr)]).toEqual([true, ""]);
    ids.push(decoder.decode(stdout).trim());
  }
  const [db] = here;
  expect(await db?.selectFrom("installation").selectAll().execute()).toEqual([{ id: ids[0] }]);
  for (const each of here) await each.destroy();
  expect(new Set(ids).size).toBe(1);
}
