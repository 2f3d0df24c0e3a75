/**
 * The scenarios of the crash matrix on one database.
 *
 * @module
 */
import process from "node:process";
import { expect } from "vitest";
import { type Lab, type LabOptions, openLab } from "./crash_lab.ts";
import { type CrashPoint, crashPoints, endPoints, someVictims, victims } from "./crash_points.ts";
import { expectExactlyOnce, withStory } from "./exactly_once.ts";
import { doneKills, type Kill, type Role } from "./kill_plan.ts";
import type { Scenario } from "./side_by_side.ts";
import { orderOf } from "./orders.ts";
import { killAtAnyMoment, randomOf, randomPlan } from "./random_kills.ts";
import { createPostgresDatabase, postgresUrl } from "./stores.ts";

/** The databases; a kill needs one that other processes can reach, which PGlite is not. */
export type KillableStore = "sqlite" | "postgres";

/** Those that are there. */
export const killableStores: readonly KillableStore[] = postgresUrl
  ? ["sqlite", "postgres"]
  : ["sqlite"];

/** Makes a lab with a database of its own, and takes both away. */
export async function withLab(
  store: KillableStore,
  options: LabOptions,
  body: (lab: Lab) => Promise<void>,
): Promise<void> {
  const database = store === "postgres" && postgresUrl
    ? await createPostgresDatabase(postgresUrl)
    : undefined;
  try {
    await using lab = await openLab({ ...options, databaseUrl: database?.url });
    await withStory(lab, () => body(lab));
  } finally {
    await database?.drop();
  }
}

/** A point, and who is killed at it: each in turn. */
interface KillsAt {
  readonly point: CrashPoint;
  readonly victims: readonly (readonly Role[])[];
}

/**
 * The scenarios: on SQLite a batch to each point, with two kills; on PostgreSQL a batch to three points,
 * with one each. If `WAYBILL_TEST_KILLS` is `all`, everybody is killed at every point on both.
 */
export function crashMatrix(store: KillableStore): Scenario[] {
  const isWhole = process.env["WAYBILL_TEST_KILLS"] === "all";
  const chosen = crashPoints.map((point, place): KillsAt => ({
    point,
    victims: isWhole ? victims : someVictims(place, store),
  }));
  const perBatch = isWhole || store === "sqlite" ? 1 : 3;
  const batches = Array.from(
    { length: Math.ceil(chosen.length / perBatch) },
    (_, at) => chosen.slice(at * perBatch, (at + 1) * perBatch),
  );
  return [
    ...batches.map((each) => batchKilledAt(store, each)),
    ...(isWhole ? victims : [victims[store === "sqlite" ? 0 : victims.length - 1] ?? []])
      .map((each) => batchKilledAtItsEnd(store, each)),
    batchKilledAnywhere(store, store === "sqlite" ? 1 : 2),
  ];
}

function batchKilledAt(store: KillableStore, batch: readonly KillsAt[]): Scenario {
  const kills = batch.flatMap(({ point: { at }, victims }) =>
    victims.map((each): Kill => ({ at, victims: each }))
  );
  const rows = Math.max(kills.length, 2);
  const isReconciled = batch.some(({ point }) => point.isReconciled);
  const ship = Array.from({ length: rows }, (_, index) => [orderOf(index + 1), ["503"]]);
  return {
    name: `buys every row once, killed ${batch.map(({ point }) => point.where).join("; ")}`,
    body: () =>
      withLab(
        store,
        { rows, ...(isReconciled ? { faults: { ship: Object.fromEntries(ship) } } : {}) },
        (lab) => expectSurvived(lab, kills),
      ),
  };
}

/** At points that a batch passes once: the same runner, or what takes its place, meets all of them. */
function batchKilledAtItsEnd(store: KillableStore, victims: readonly Role[]): Scenario {
  return {
    name: `buys every row once, killed ${
      endPoints.map(({ where }) => where).join("; ")
    } (${victims})`,
    body: () =>
      withLab(
        store,
        { rows: 2 },
        (lab) => expectSurvived(lab, endPoints.map(({ at }) => ({ at, victims }))),
      ),
  };
}

async function expectSurvived(lab: Lab, kills: readonly Kill[]): Promise<void> {
  lab.plan(kills);
  await lab.runUntilDone(2 * kills.length + 2);
  await lab.settle();
  expect(doneKills(lab.path).length).toBe(kills.length);
  await expectExactlyOnce(lab);
}

/** A batch in which a seed chooses who is killed, and where. */
function batchKilledAnywhere(store: KillableStore, seed: number): Scenario {
  const rows = 6;
  return {
    name: `buys every row once, killed anywhere (seed ${seed})`,
    body: () => {
      const random = randomOf(seed);
      return withLab(store, { rows }, async (lab) => {
        lab.plan(randomPlan(random, rows / 2, 20));
        await lab.runUntilDone(30, killAtAnyMoment(lab, random, 0.3));
        await lab.settle();
        await expectExactlyOnce(lab);
      });
    },
  };
}
