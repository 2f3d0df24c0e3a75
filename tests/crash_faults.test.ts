/**
 * The faults of a carrier and of the network between, met by the whole program: every one of the
 * sandbox's plan, and servers that stand still and go on when everybody believes them dead. Nobody is
 * asked where the carrier can tell what it did, and nobody buys twice where it cannot.
 */
import process from "node:process";
import { describe, expect } from "vitest";
import { openDatabase } from "../src/db/open.ts";
import type { Lab } from "./helpers/crash_lab.ts";
import { type KillableStore, killableStores, withLab } from "./helpers/crash_matrix.ts";
import {
  expectExactlyOnce,
  expectNothingTwice,
  journalOf,
  rowsOf,
} from "./helpers/exactly_once.ts";
import { writeText } from "./helpers/folders.ts";
import { doneKills } from "./helpers/kill_plan.ts";
import { ledgerIn } from "./helpers/ledger.ts";
import { orderOf } from "./helpers/orders.ts";
import { itSideBySide, type Scenario } from "./helpers/side_by_side.ts";

/** Faults that a run gets over by itself; `hang-then-commit` and `lag` end within the quiet period. */
const passing: readonly { ship: unknown[]; find?: unknown[] }[] = [
  { ship: ["commit-then-drop"] },
  { ship: ["commit-then-503"] },
  { ship: ["commit-then-hang"] },
  { ship: ["commit-then-truncate"] },
  { ship: ["no-label"] },
  { ship: [{ fault: "hang-then-commit", ms: 600 }] },
  { ship: ["503"] },
  { ship: ["reset"] },
  { ship: ["429", "429", "429"] },
  { ship: ["token-expired"] },
  { ship: ["commit-then-drop"], find: [{ fault: "lag", ms: 400 }] },
  { ship: ["commit-then-drop"], find: [{ fault: "outage", times: 2 }] },
  { ship: ["503"], find: [{ fault: "outage", times: 2, as: "9800000", of: "track" }] },
];

/** What the carrier answers to look-ups where only a person can decide. */
const undecidable: readonly { name: string; find: Record<string, unknown[]> }[] = [
  {
    name: "looks with the eyes of another account",
    find: { "SO-1001": ["wrong-account"], "SO-1002": ["wrong-account"] },
  },
  { name: "has a shipment without a label", find: { "SO-1002": ["no-label"] } },
  { name: "has several shipments", find: { "SO-1002": ["many"] } },
];

/** Longer than the quiet period: whoever wakes after it finds the next attempt made. */
const pauseMs = 1_500;

/** Where the UPS server stands still when its runner dies, and goes on later. */
const suspended: readonly { where: string; at: string }[] = [
  { where: "before its journal", at: "ups:journal-sending:before" },
  { where: "before the send", at: "ups:post:before" },
  { where: "before the carrier has the request", at: "sandbox:ledger-request:before" },
  { where: "after the answer", at: "ups:label-fsync:before" },
  { where: "before the answer is in the journal", at: "ups:journal-answer:before" },
];

/** Where a runner stands still until another one has done its work. */
const overtaken: readonly { where: string; at: string; nth: number }[] = [
  { where: "after its claim", at: "runner:commit-claim:after", nth: 2 },
  { where: "before its write-back", at: "runner:commit-shipped:after", nth: 1 },
  { where: "between an attempt given up and the next", at: "runner:commit-absent:after", nth: 1 },
];

/** Longer than another runner needs for the batch. */
const overtakenMs = 6_000;

/** A batch in which every row meets another fault. */
function everyFault(store: KillableStore): Scenario {
  const by = (which: "ship" | "find") =>
    Object.fromEntries(passing.flatMap((fault, index) => {
      const faults = fault[which];
      return faults ? [[orderOf(index + 1), faults]] : [];
    }));
  const faults = { ship: by("ship"), find: by("find") };
  const options = { rows: passing.length, faults, env: { WAYBILL_QUIET_MS: "1000" } };
  return {
    name: `gets over every fault of the carrier, one to a row, on ${store}`,
    body: () =>
      withLab(store, options, async (lab) => {
        expect((await lab.run()).code).toBe(0);
        await lab.settle();
        await expectExactlyOnce(lab);
        const acted = ledgerIn(lab.sandbox, "fault");
        passing.forEach(({ ship }, index) => {
          const order = orderOf(index + 1);
          const seen = acted.filter((fault) => fault.order === order && fault.of === "ship");
          expect({ order, seen: seen.length }).toEqual({ order, seen: ship.length });
        });
      }),
  };
}

function askedWhere({ name, find }: typeof undecidable[number]): Scenario {
  const faults = { ship: { "SO-1002": ["commit-then-drop"] }, find };
  // "Not found" is believed only where another purchase proves the look-up.
  const env = { WAYBILL_TRUST_NOT_FOUND: "0" };
  return {
    name: `asks a person, and buys nothing again, where the carrier ${name}`,
    body: () =>
      withLab("sqlite", { rows: 3, faults, env }, async (lab) => {
        expect((await lab.run()).code).toBe(4);
        expect((await lab.run()).code).toBe(4);
        await lab.settle();
        expect(expectNothingTwice(lab)).toMatchObject({ labels: 2, sends: 2 });
        expect((await rowsOf(lab)).map(({ status }) => status))
          .toEqual(["completed", "needs_review", "pending"]);
      }),
  };
}

function serverSuspended({ where, at }: typeof suspended[number]): Scenario {
  return {
    name: `buys no second label where the UPS server is suspended ${where}, and its runner dies`,
    body: () =>
      withLab("sqlite", { rows: 2 }, async (lab) => {
        lab.plan([{ at, victims: ["runner"], pauseMs }]);
        await lab.runUntilDone(3);
        await lab.settle();
        expect(doneKills(lab.path)).toEqual([0]);
        await expectExactlyOnce(lab);
      }),
  };
}

function runnerOvertaken({ where, at, nth }: typeof overtaken[number]): Scenario {
  const faults = { ship: { "SO-1002": ["503"] } };
  return {
    name: `is left alone by a runner that was suspended ${where}, and overtaken from elsewhere`,
    body: () =>
      withLab("sqlite", { rows: 3, faults }, async (lab) => {
        lab.plan([{ at, nth, victims: [], pauseMs: overtakenMs }]);
        const first = lab.run();
        await until(() => doneKills(lab.path).length > 0);
        const commits = () => lab.story().match(/passes runner:commit-\S+:after/g)?.length ?? 0;
        await forgetRunner(lab);
        expect((await lab.run({ PATH: elsewhere(lab) })).code).toBe(0);
        const before = commits();
        expect((await first).code).not.toBe(0);
        expect(commits()).toBe(before);
        await lab.settle();
        await expectExactlyOnce(lab);
      }),
  };
}

const serverOutlives: Scenario = {
  name: "has its answer in the journal where the runner was killed: the UPS server finishes",
  body: () =>
    withLab("sqlite", { rows: 2 }, async (lab) => {
      lab.plan([{ at: "ups:post:before", victims: ["runner"] }]);
      expect((await lab.run()).signal).toBe("SIGKILL");
      await lab.untilServersEnd();
      expect([...journalOf(lab).values()]).toEqual([expect.stringContaining('"outcome":"bought"')]);
      expect((await lab.run()).code).toBe(0);
      await lab.settle();
      expect(expectNothingTwice(lab)).toMatchObject({ labels: 2, sends: 2 });
      expect(lab.story()).not.toContain("ups:recovery");
      await expectExactlyOnce(lab);
    }),
};

/** As if the first runner were on a host that nobody can look at: its lease runs out, its source is free. */
async function forgetRunner(lab: Lab): Promise<void> {
  lab.kill(["source"]);
  const db = await openDatabase(lab.databaseUrl);
  await db.updateTable("job_leases").set({ expires_at: new Date(0).toISOString() }).execute();
  await db.destroy();
}

/** A PATH on which pids belong to another namespace, as in a container of the same host name. */
function elsewhere({ path }: Lab): string {
  Deno.mkdirSync(`${path}/bin`);
  writeText(`${path}/bin/readlink`, "#!/bin/sh\necho 'pid:[1]'\n");
  Deno.chmodSync(`${path}/bin/readlink`, 0o755);
  return `${path}/bin:${process.env["PATH"] ?? ""}`;
}

async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error("It did not happen within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a batch", () => {
  itSideBySide([
    ...killableStores.map(everyFault),
    ...undecidable.map(askedWhere),
    ...suspended.map(serverSuspended),
    ...overtaken.map(runnerOvertaken),
    serverOutlives,
  ], 3);
});
