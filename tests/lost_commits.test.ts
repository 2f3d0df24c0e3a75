/**
 * Commits that fail, each of a run in turn: what happened is not done again, what did not is, and a
 * label that was paid for is recorded as soon as it can be. The real engine on SQLite, in this process;
 * `database_away` does the same to a PostgreSQL server.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventBus } from "../src/actors/event_bus.ts";
import { AuditLog, JobStore } from "../src/actors/job_store.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { startRunner } from "../src/actors/runner.ts";
import { type Clock, systemClock } from "../src/actors/world.ts";
import { openDialect } from "../src/db/open.ts";
import { createSqliteDialect } from "../src/db/sqlite.ts";
import { childSpecs } from "../src/machines/child_specs.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import {
  type CommitFault,
  type CommitPlan,
  connectionLost,
  withFailingCommits,
} from "./helpers/failing_commits.ts";
import { policy } from "./helpers/policies.ts";
import {
  type MemoryCarrier,
  memoryCarrier,
  memorySource,
  serversOf,
  shipper,
  template,
} from "./helpers/tools.ts";

const rows = 3;

/** The strategy, with waits that nobody notices. */
const database = { ...childSpecs.database, backoffMs: 1, maxBackoffMs: 1 };

/** Waits that an answer makes before it is tried to be recorded again are over at once. */
const hasty: Clock = {
  now: systemClock.now,
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal),
};

describe("a run whose commits fail", () => {
  let templates: TemplateEnvironment;
  let compiled: Awaited<ReturnType<TemplateEnvironment["compile"]>>;

  beforeAll(async () => {
    templates = openTemplateEnvironment();
    compiled = await templates.compile({ name: "t", text: template });
  });
  afterAll(async () => {
    await templates[Symbol.asyncDispose]();
  });

  /** Ships three rows; the plan begins to count with the run. */
  async function ship(
    plan: (carrier: MemoryCarrier) => CommitPlan,
    restarts = childSpecs.database.maxRestarts,
  ) {
    const faults: { plan: CommitPlan | undefined; commits: number } = {
      plan: undefined,
      commits: 0,
    };
    const db = await openDialect(withFailingCommits(createSqliteDialect(":memory:"), faults));
    try {
      const store = new JobStore(db);
      const [source, carrier] = [memorySource(rows), memoryCarrier()];
      carrier.find = () => undefined;
      await store.importJob({ id: "j", source: source.call });
      Object.assign(faults, { plan: plan(carrier), commits: 0 });
      const bus = new EventBus();
      const told: string[] = [];
      bus.subscribe((event) => void ("message" in event && told.push(String(event.message))));
      const { outcomes } = await startRunner({
        db,
        jobIds: ["j"],
        open: serversOf(source.call, carrier.call, policy),
        templates: { ...templates, compile: () => Promise.resolve(compiled) },
        inputs: inputsOf({ name: "t", text: template }, shipper),
        bus,
        specs: { ...childSpecs, database: { ...database, maxRestarts: restarts } },
        clock: hasty,
      }).done;
      await bus.drain(1_000);
      const audit = await new AuditLog(store).list("j");
      expect(await new AuditLog(store).verify("j")).toBe(undefined);
      const changes = audit.filter(({ type }) => type.endsWith("_transition"))
        .map(({ row_number, from_status, to_status }) =>
          `${row_number ?? "job"} ${from_status}>${to_status}`
        );
      return {
        outcome: outcomes["j"],
        commits: faults.commits,
        keys: carrier.calls.map(({ args }) => args["idempotency_key"]),
        sold: [...carrier.sold.values()],
        written: [...source.written],
        rows: await store.listRows("j"),
        changes,
        told,
        exits: audit.filter(({ type }) => type === "child_exited").length,
      };
    } finally {
      await db.destroy();
    }
  }

  const once = (at: number, fault: CommitFault): CommitPlan => (commit) =>
    commit === at ? fault : undefined;

  it.each<[string, boolean]>([["before it happened", false], ["with its answer alone", true]])(
    "ships every row once, whichever of them is lost %s",
    async (_, isDone) => {
      const whole = await ship(() => () => undefined);
      expect(whole).toMatchObject({ outcome: { type: "completed" }, exits: 0 });
      expect(whole.sold).toHaveLength(rows);
      // With the first, the database is reached at all: what is wrong then is wrong for good.
      for (let at = 2; at <= whole.commits; at++) {
        const cut = await ship(() => once(at, { isDone, error: connectionLost() }));
        // What a run does is what it does, however often a connection breaks.
        expect([at, cut]).toEqual([at, {
          ...whole,
          commits: expect.any(Number),
          keys: cut.keys,
          rows: expect.any(Array),
          exits: expect.any(Number),
        }]);
        expect(cut.rows.map(({ status, trackingNumber }) => [status, trackingNumber])).toEqual(
          whole.rows.map(({ status, trackingNumber }) => [status, trackingNumber]),
        );
        expect(new Set(cut.keys).size).toBe(rows);
      }
    },
    60_000,
  );

  it("tells in the trail that the database was away, though that very commit was the one that failed", async () => {
    const plan = once(4, { isDone: false, error: connectionLost() });
    expect((await ship(() => plan)).exits).toBe(1);
  });

  it("tells of it all the same, where the commit that was to tell of it fails as well", async () => {
    const { outcome, exits } = await ship(({ sold }) => {
      const seen = { claims: 0, records: 0 };
      return () => {
        // The claim of row 2 is the second commit after the first sale; its record is tried twice.
        if (sold.size === 1 && ++seen.claims === 2) {
          return { isDone: false, error: connectionLost() };
        }
        if (sold.size === 2 && ++seen.records === 1) {
          return { isDone: false, error: new Error("out of order") };
        }
        return undefined;
      };
    });
    expect([outcome, exits]).toEqual([{ type: "completed" }, 1]);
  });

  /** Fails the commits that record a label, so many of them. */
  const atRecord = (times: number, isDone: boolean) => (carrier: MemoryCarrier): CommitPlan => {
    let left = times;
    return () => {
      if (carrier.sold.size < 2 || left === 0) return undefined;
      left--;
      return { isDone, error: new Error("out of order") };
    };
  };

  it.each<[string, boolean]>([["did not happen", false], ["happened", true]])(
    "records a label again where its record failed for a reason that nobody knows, and %s",
    async (_, isDone) => {
      const { outcome, keys, rows: now, changes, exits } = await ship(
        atRecord(isDone ? 1 : 5, isDone),
      );
      // The job itself goes on: nothing is started again.
      expect([outcome, exits]).toEqual([{ type: "completed" }, 0]);
      expect(new Set(keys).size).toBe(rows);
      expect(now.map(({ status }) => status)).toEqual(Array(rows).fill("completed"));
      expect(changes.filter((each) => each === "2 in_flight>shipped")).toHaveLength(1);
    },
  );

  it("says which label it could not record, once it has tried for long, and buys no other one", async () => {
    const { outcome, told, sold, keys } = await ship(atRecord(Infinity, false));
    expect(outcome).toMatchObject({ type: "crashed" });
    expect(told[0]).toContain(`bought ${sold[1]} (reference ${keys[1]})`);
    expect(keys).toHaveLength(2);
  });

  it("ends where the database was given up, and says so", async () => {
    const plan: CommitPlan = (commit) =>
      commit > 4 ? { isDone: false, error: connectionLost() } : undefined;
    const { outcome, keys } = await ship(() => plan, 2);
    expect(outcome).toMatchObject({ type: "crashed", problem: { code: "E-4001" } });
    expect(keys.length).toBeLessThan(rows);
  });
});
