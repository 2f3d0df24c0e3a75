/**
 * A runner that is suspended in the middle of a transaction must not lock its job for ever. On a real
 * PostgreSQL only: PGlite is one process's own.
 */
import { Kysely, sql } from "kysely";
import { describe, expect, it } from "vitest";
import { insertJob } from "../src/db/jobs.ts";
import { acquireLease, findLease, type Runner } from "../src/db/leases.ts";
import { openDialect } from "../src/db/open.ts";
import { isOutage } from "../src/db/outage.ts";
import { createPostgresDialect } from "../src/db/postgres.ts";
import type { Database } from "../src/db/schema.ts";
import { jobOf } from "./helpers/jobs.ts";
import { fallingSilent, losingCommits } from "./helpers/postgres_proxy.ts";
import { createPostgresDatabase, postgresUrl } from "./helpers/stores.ts";

const runner: Runner = { id: "r-1", host: "depot-1", pid: 4711, pidStartedAt: "17" };
const isDead = () => Promise.resolve("gone" as const);

describe("a connection to PostgreSQL", () => {
  it("that falls silent is broken, which is an outage, and the next one works", async () => {
    if (!postgresUrl) return;
    await using proxy = await fallingSilent(postgresUrl);
    const db = await openDialect(createPostgresDialect(proxy.url, { silenceMs: 400 }));
    try {
      proxy.fallSilent();
      const broken = await sql`select 1`.execute(db).catch((error: unknown) => error);
      expect(isOutage(broken)).toBe(true);
      proxy.speakAgain();
      expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    } finally {
      await db.destroy();
    }
  }, 20_000);
});

describe("a PostgreSQL pool", () => {
  it(
    "loses no place to connections that break before they are used, and ends all the same",
    async () => {
      if (!postgresUrl) return;
      // The first thing that is said on a connection names `synchronous_commit`: all of them break.
      await using proxy = await losingCommits(postgresUrl, 1);
      const db = new Kysely<Database>({ dialect: createPostgresDialect(proxy.url) });
      proxy.isArmed = true;
      // More than it has places.
      for (let time = 1; time <= 6; time++) {
        const broken = await sql`select 1`.execute(db).catch((error: unknown) => error);
        expect(isOutage(broken)).toBe(true);
        expect(String(broken)).not.toContain("timeout");
      }
      proxy.isArmed = false;
      expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
      const { promise: late, resolve } = Promise.withResolvers<string>();
      const timer = setTimeout(() => resolve("it hangs"), 10_000);
      expect(await Promise.race([db.destroy(), late])).toBe(undefined);
      clearTimeout(timer);
    },
    60_000,
  );
});

describe("a transaction on PostgreSQL", () => {
  it("that does nothing for too long is ended, and another runner takes the job", async () => {
    if (!postgresUrl) return;
    const { url, drop } = await createPostgresDatabase(postgresUrl);
    const limits = { idleTransactionMs: 300, lockTimeoutMs: 20_000 };
    const [one, two] = await Promise.all(
      [1, 2].map(() => openDialect(createPostgresDialect(url, limits))),
    );
    if (!one || !two) throw new TypeError("no databases");
    try {
      const now = new Date();
      await one.transaction().execute((trx) => insertJob(trx, now, jobOf("j", 0)));
      const { promise: wake, resolve } = Promise.withResolvers<void>();
      const { promise: taken, resolve: take } = Promise.withResolvers<void>();
      const suspended = one.transaction().execute(async (trx) => {
        await acquireLease(trx, "j", runner, now, isDead);
        take();
        await wake;
        return await findLease(trx, "j");
      });
      const failure = suspended.then(() => "committed", () => "ended");
      await taken;
      const { lease } = await two.transaction().execute((trx) =>
        acquireLease(trx, "j", { ...runner, id: "r-2" }, now, isDead)
      );
      resolve();
      expect(await failure).toBe("ended");
      expect(lease.epoch).toBe(1);
      expect((await findLease(two, "j"))?.epoch).toBe(1);
    } finally {
      await one.destroy();
      await two.destroy();
      await drop();
    }
  }, 30_000);

  it("is on the disk when it is committed, even where the database is set to be quicker", async () => {
    if (!postgresUrl) return;
    const { url, drop } = await createPostgresDatabase(postgresUrl);
    const settingOf = async () => {
      const db = await openDialect(createPostgresDialect(url));
      const { rows } = await sql<{ value: string }>`
        select current_setting('synchronous_commit') as value`.execute(db);
      const name = new URL(url).pathname.slice(1);
      await sql`alter database ${sql.ref(name)} set synchronous_commit = off`.execute(db);
      await db.destroy();
      return rows[0]?.value;
    };
    try {
      expect([await settingOf(), await settingOf()]).toEqual(["on", "on"]);
    } finally {
      await drop();
    }
  });
});
