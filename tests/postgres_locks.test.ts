/**
 * A runner that is suspended in the middle of a transaction must not lock its job for ever. On a real
 * PostgreSQL only: PGlite is one process's own.
 */
import { describe, expect, it } from "vitest";
import { insertJob } from "../src/db/jobs.ts";
import { acquireLease, findLease, type Runner } from "../src/db/leases.ts";
import { openDialect } from "../src/db/open.ts";
import { createPostgresDialect } from "../src/db/postgres.ts";
import { jobOf } from "./helpers/jobs.ts";
import { createPostgresDatabase, postgresUrl } from "./helpers/stores.ts";

const runner: Runner = { id: "r-1", host: "depot-1", pid: 4711, pidStartedAt: "17" };
const isDead = () => Promise.resolve("gone" as const);

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
      const suspended = one.transaction().execute(async (trx) => {
        await acquireLease(trx, "j", runner, now, isDead);
        await wake;
        return await findLease(trx, "j");
      });
      const failure = suspended.then(() => "committed", () => "ended");
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
});
