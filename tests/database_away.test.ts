/**
 * The database goes away while a batch is shipped, for real: a server that is stopped and started again,
 * connections that are cut, commits whose answer is lost, a file that somebody has locked, a disk that
 * is full. The runner waits, buys nothing that it cannot record, and goes on.
 */
import { execFileSync, spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Kysely } from "kysely";
import { isOutage, outageError } from "../src/db/outage.ts";
import type { Database } from "../src/db/schema.ts";
import { createSqliteDialect } from "../src/db/sqlite.ts";
import { projectFolder } from "./helpers/cli.ts";
import { makeCluster, postgresPrograms } from "./helpers/postgres_cluster.ts";
import { cuttingSlowCommit, losingCommits } from "./helpers/postgres_proxy.ts";
import { createPostgresDatabase, postgresUrl } from "./helpers/stores.ts";
import { expectShippedOnce, makeBatch, type Shipped } from "./helpers/third_party_batch.ts";

const exited = "child_exited database unreachable";
/** The row whose label is being bought when the database goes away: its answer must not be lost. */
const holdAt = 4;
const isHeld = (event: Record<string, unknown>) =>
  event["type"] === "row_started" && event["row_number"] === holdAt;

/** Its carrier takes as long as it takes to stop a database. */
const patient = { WAYBILL_CALL_TIMEOUT_MS: "20000", WAYBILL_QUIET_MS: "21000" };
const isAway = ({ type, child }: Record<string, unknown>) =>
  type === "child_exited" && child === "database";

/** What was bought while nothing could be recorded: at most the one purchase that was under way. */
function expectNoPurchaseWhileAway({ events }: Shipped): void {
  const told = events.map((event) => isAway(event) ? "away" : String(event["type"]));
  const away = told.indexOf("away");
  const back = told.indexOf("child_restarted", away);
  const between = told.slice(away, back < 0 ? undefined : back);
  expect(between.filter((type) => type === "row_started")).toEqual([]);
}

// Where the machine has the programs of a server, or one at hand; CI has both.
const describeWhere = (isThere: boolean) => isThere ? describe : () => {};

describeWhere(postgresPrograms !== undefined)("a PostgreSQL server", () => {
  it("that is stopped and started again is waited for, and nothing is bought twice", async () => {
    await using cluster = await makeCluster(postgresPrograms ?? "");
    using batch = await makeBatch({ env: { ...patient, DATABASE_URL: cluster.url }, holdAt });
    let stopped: Promise<void> | undefined;
    let started: Promise<void> | undefined;
    const run = await batch.run((event) => {
      if (isHeld(event)) stopped = cluster.stop("immediate").then(() => batch.letGo());
      // Once for each time that it is seen to be away.
      if (isAway(event)) started ??= stopped?.then(() => cluster.start());
    }, () => started);
    expectShippedOnce(run);
    expect(run.news).toContain(exited);
    expect(run.news).toContain("child_restarted database");
    expect(run.audit).toContain("child_exited");
    expectNoPurchaseWhileAway(run);
  }, 60_000);

  it(
    "that does not come back ends the run with a plain reason, and the next run goes on",
    async () => {
      await using cluster = await makeCluster(postgresPrograms ?? "");
      const env = { DATABASE_URL: cluster.url, WAYBILL_DATABASE_RESTARTS: "2" };
      using batch = await makeBatch({ env });
      let stopped: Promise<void> | undefined;
      let started: Promise<void> | undefined;
      const run = await batch.run((event) => {
        if (isHeld(event)) stopped = cluster.stop("fast").then(() => batch.letGo());
        if (event["type"] === "escalated") started = stopped?.then(() => cluster.start());
      });
      await started;
      expect(run.code).toBe(1);
      expect(run.news).toContain("escalated database did_not_start");
      expect(JSON.stringify(run.events.at(-1)) + run.stderr).toMatch(/E-4001/);
      expectShippedOnce(await batch.run());
    },
    60_000,
  );
});

describeWhere(postgresUrl !== undefined)("a PostgreSQL connection", () => {
  it("that is cut again and again is made again, and nothing is bought twice", async () => {
    const { url, drop } = await createPostgresDatabase(postgresUrl ?? "");
    try {
      using batch = await makeBatch({ env: { DATABASE_URL: url } });
      const { Client } = (await import("pg")).default;
      const admin = new Client({ connectionString: postgresUrl });
      await admin.connect();
      const name = new URL(url).pathname.slice(1);
      let cuts = 0;
      const run = await batch.run((event) => {
        if (event["type"] !== "row_started" || cuts >= 4) return;
        cuts++;
        admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [
          name,
        ]);
      });
      await admin.end();
      expectShippedOnce(run);
      expect(cuts).toBe(4);
    } finally {
      await drop();
    }
  }, 60_000);

  it(
    "that breaks after a commit and before its answer loses nothing: what happened is not done again",
    async () => {
      const { url, drop } = await createPostgresDatabase(postgresUrl ?? "");
      try {
        await using proxy = await losingCommits(url, 5);
        using batch = await makeBatch({
          env: { DATABASE_URL: proxy.url, WAYBILL_DATABASE_RESTARTS: "50" },
        });
        const run = await batch.run((event) => {
          if (event["type"] === "row_started") proxy.isArmed = true;
          if (event["type"] === "result") proxy.isArmed = false;
        });
        expectShippedOnce(run);
        expect(run.sends.length).toBe(run.sales.length);
        expect(proxy.lost).toBeGreaterThan(2);
        expect(run.news.filter((each) => each === exited).length).toBeGreaterThan(1);
      } finally {
        await drop();
      }
    },
    60_000,
  );
});

describeWhere(postgresUrl !== undefined)("a PostgreSQL commit", () => {
  it.each([
    ["the claim of row 3", "new.to_status = 'in_flight' and new.row_number = 3"],
    ["row 6 written back", "new.to_status = 'completed' and new.row_number = 6"],
    ["the end of the job", "new.type = 'job_transition' and new.to_status = 'completed'"],
  ])(
    "that is still under way when its connection breaks is not made twice: %s",
    async (_, slow) => {
      const { url, drop } = await createPostgresDatabase(postgresUrl ?? "");
      try {
        await using proxy = await cuttingSlowCommit(url, 300);
        using batch = await makeBatch({ env: { ...patient, DATABASE_URL: proxy.url } });
        const { Client } = (await import("pg")).default;
        const admin = new Client({ connectionString: url });
        await admin.connect();
        await admin.query(`create function slow() returns trigger language plpgsql as $$
        begin if ${slow} then perform pg_sleep(1.2); end if; return null; end $$;
        create constraint trigger slow after insert on audit_events deferrable initially deferred
        for each row execute function slow()`);
        const run = await batch.run();
        await admin.end();
        expectShippedOnce(run);
        expect(proxy.cuts).toBe(1);
        expect(run.sends.length).toBe(run.sales.length);
      } finally {
        await drop();
      }
    },
    60_000,
  );
});

describe("a SQLite file", () => {
  it("that another program has locked is waited for, and nothing is bought meanwhile", async () => {
    using batch = await makeBatch({ env: patient, holdAt });
    let letGo = () => {};
    const run = await batch.run((event) => {
      if (isHeld(event)) letGo = holdLock(`${batch.path}/waybill.db`, () => batch.letGo());
      if (isAway(event)) letGo();
    });
    letGo();
    expectShippedOnce(run);
    expect(run.news).toContain(exited);
    expectNoPurchaseWhileAway(run);
  }, 60_000);

  it("that is locked from the start is told as that, by run and by what only asks", async () => {
    using batch = await makeBatch({ env: patient });
    const path = `${batch.path}/waybill.db`;
    const { promise: held, resolve } = Promise.withResolvers<void>();
    const letGo = holdLock(path, resolve);
    await held;
    const run = await batch.run();
    expect(run.code).toBe(1);
    expect(run.events.at(-1)).toMatchObject({
      problem: { code: "E-4001", message: expect.stringContaining("has it locked") },
      // It does not take itself for a runner at work.
      run: { bought_rows: 0 },
    });
    expect(run.events.at(-1)).not.toHaveProperty("runner");
    const dialect = createSqliteDialect(path, 1);
    const db = new Kysely<Database>({ dialect });
    const thrown: unknown = await db.transaction().execute(() => Promise.resolve())
      .catch((error) => error);
    await db.destroy();
    letGo();
    expect(outageError(thrown)).toMatchObject({
      code: "E-4001",
      message: "Cannot use the database: another program has it locked",
    });
    expect(outageError(new Error("no such table: jobs"))).toBe(undefined);
  }, 60_000);

  (canMount() ? it : () => {})("on a full disk is waited for until there is room", async () => {
    const disk = await Deno.makeTempDir({ prefix: "waybill-disk-" });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
    try {
      using batch = await makeBatch({
        env: { ...patient, DATABASE_URL: `sqlite:${disk}/waybill.db` },
        holdAt,
      });
      const run = await batch.run((event) => {
        if (isHeld(event)) {
          fill(`${disk}/others`);
          batch.letGo();
        }
        if (isAway(event)) Deno.removeSync(`${disk}/others`);
      });
      expectShippedOnce(run);
      expect(run.news).toContain(exited);
      expectNoPurchaseWhileAway(run);
    } finally {
      execFileSync("umount", [disk]);
      await Deno.remove(disk);
    }
  }, 60_000);
});

describe("isOutage()", () => {
  const withCode = (code: string) => Object.assign(new Error("it said"), { code });
  const ofSqlite = (errcode: number) => Object.assign(new Error("it said"), { errcode });

  it.each(["08006", "57P01", "57P03", "53100", "53300", "40001", "25006", "ECONNREFUSED"])(
    "waits after %s, wrapped or not",
    (code) => {
      expect(isOutage(withCode(code))).toBe(true);
      expect(isOutage(new Error("wrapped", { cause: withCode(code) }))).toBe(true);
    },
  );

  it.each(["23505", "42P01", "P0001", "57014", "28P01"])("does not wait after %s", (code) => {
    expect(isOutage(withCode(code))).toBe(false);
  });

  it("knows SQLite's codes, extended ones too, and takes nothing else for one", () => {
    expect([5, 6, 13, 14, 10, 5 | (1 << 8)].map(ofSqlite).map(isOutage)).toEqual(
      Array(6).fill(true),
    );
    expect([1, 19, 11, 26].map(ofSqlite).map(isOutage)).toEqual(Array(4).fill(false));
    expect(isOutage(undefined)).toBe(false);
    const inWords = (message: string) =>
      isOutage(Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR" }));
    expect(["database is locked", "database or disk is full"].map(inWords)).toEqual([true, true]);
    expect(inWords("no such table: jobs")).toBe(false);
  });
});

/** Locks a database file in another process, and says when; returns how it is let go. */
function holdLock(file: string, onLocked: () => void): () => void {
  const child = spawn(Deno.execPath(), [
    ...["run", "--quiet", "--allow-read", "--allow-write"],
    ...[`${projectFolder}tests/fixtures/holds_database.ts`, file],
  ], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdout.once("data", onLocked);
  return () => child.stdin.end();
}

function canMount(): boolean {
  const folder = Deno.makeTempDirSync({ prefix: "waybill-disk-" });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    Deno.removeSync(folder);
  }
}

/** Leaves not a byte. */
function fill(path: string): void {
  const file = Deno.openSync(path, { write: true, create: true });
  const block = new Uint8Array(4_096);
  try {
    for (;;) file.writeSync(block);
  } catch {
    // Full.
  } finally {
    file.close();
  }
}
