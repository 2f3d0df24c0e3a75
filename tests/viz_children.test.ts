/**
 * What `viz` tells of a runner's children, up to the one that is given up: the supervisor and child
 * machines with work that does what the test says, and their news as a trail gets them.
 */
import { describe, expect, it } from "vitest";
import { createActor, fromCallback, fromPromise } from "xstate";
import { JobNews } from "../src/actors/child_news.ts";
import { EventBus } from "../src/actors/event_bus.ts";
import { systemClock } from "../src/actors/world.ts";
import { childMachine } from "../src/machines/child.ts";
import { type ChildKind, childSpecs } from "../src/machines/child_specs.ts";
import type { Child, ExitReason, WorkCommand, WorkEvent } from "../src/machines/child_types.ts";
import { supervisorMachine } from "../src/machines/supervisor.ts";
import { nothingTold, toldAfter } from "../src/viz/contexts.ts";
import type { TrailEntry } from "../src/viz/step.ts";
import { StepReader } from "../src/viz/steps.ts";
import { toldBy, unfitting, Watcher } from "./helpers/viz_told.ts";

/** An entry of a trail. */
function entry(type: string, details: Readonly<Record<string, unknown>>): TrailEntry {
  return {
    ...{ at: "0", type, row: undefined, from: undefined, to: undefined },
    details: () => details,
  };
}

const lease = entry("lease_acquired", { epoch: 1, host: "here", pid: 7 });

const up: WorkEvent = { type: "work.up" };
const down = (reason: ExitReason): WorkEvent => ({
  type: "work.down",
  atMs: 0,
  exit: { reason, problem: { code: "E-4010", message: "It is gone" } },
});

/** Runs a supervisor whose children do, start by start, what is written here; the rest stay up. */
async function trailOfChildren(starts: Partial<Record<ChildKind, readonly WorkEvent[][]>>) {
  const watcher = new Watcher();
  const news = new JobNews("demo", new EventBus(), systemClock);
  const begun = new Map<string, number>();
  const machine = supervisorMachine.provide({
    actors: {
      child: childMachine.provide({
        actors: {
          work: fromCallback<WorkCommand, Child>(({ input: { id, kind }, sendBack }) => {
            const at = begun.get(id) ?? 0;
            begun.set(id, at + 1);
            for (const event of starts[kind]?.[at] ?? [up]) sendBack(event);
          }),
          backOff: fromPromise(() => Promise.resolve()),
        },
      }),
    },
  });
  const specs = { ...childSpecs, carrier: { ...childSpecs.carrier, maxRestarts: 3 } };
  const supervisor = createActor(machine, {
    input: { jobIds: ["demo"], specs },
    inspect: (event) => watcher.see(event, 7),
  });
  supervisor.on("*", (emitted) => news.tellOfChild(emitted));
  supervisor.start();
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  const trail = [lease, ...news.notes.map(({ type, details = {} }) => entry(type, details))];
  supervisor.stop();
  return { watcher, trail };
}

describe("what the trail tells of children", () => {
  it("is what they did and knew, up to the one that is given up", async () => {
    const { watcher, trail } = await trailOfChildren({
      // It ends, comes back, ends, does not start, and does not start again.
      carrier: [[up, down("ended")], [up, down("hung")], [down("did_not_start")], [
        down("did_not_start"),
      ]],
    });
    const told = toldBy(trail).filter(({ machine }) => machine !== "job");
    expect(unfitting(told, watcher.actors)).toEqual([]);
    const carrier = told.find(({ child }) => child === "carrier.demo");
    expect(carrier?.steps.map(({ state }) => state)).toEqual([
      ...["alive.starting", "alive.up", "deciding", "backing_off"],
      ...["alive.starting", "alive.up", "deciding", "backing_off"],
      ...["alive.starting", "deciding", "backing_off", "alive.starting", "deciding"],
      ...["escalated", "ended"],
    ]);
    expect(carrier?.contexts.at(-1)?.context).toEqual({
      child: "carrier.demo",
      state: "ended",
      exit: { reason: "did_not_start", code: "E-4010" },
    });
    // Each entry says something of one of the supervisor's children.
    const supervisor = told.find(({ machine }) => machine === "supervisor");
    expect(supervisor?.contexts).toHaveLength(trail.length - 1);
  });

  it("is of one supervisor, though a job of it was started again and took its lease anew", async () => {
    const { watcher, trail } = await trailOfChildren({ job: [[up, down("crashed")], [up]] });
    const at = trail.findIndex(({ type }) => type === "child_exited");
    const told = toldBy(trail.toSpliced(at, 0, lease)).filter(({ machine }) => machine !== "job");
    expect(unfitting(told, watcher.actors)).toEqual([]);
    expect(told.filter(({ machine }) => machine === "supervisor")).toHaveLength(1);
  });

  it("is of another child, where only its end is told of another runner's", async () => {
    const { trail } = await trailOfChildren({});
    const other = entry("lease_acquired", { epoch: 2, host: "there", pid: 8 });
    const end = { child: "carrier.demo", reason: "hung", code: "E-4010" };
    const told = toldBy([...trail, other, entry("child_exited", end)]);
    const last = told.findLast(({ child }) => child === "carrier.demo");
    expect(last?.pid).toBe(8);
    expect(last?.steps.map(({ state }) => state)).toEqual([
      ...["alive.starting", "deciding", "backing_off"],
    ]);
  });

  it("counts restarts, and forgets the children of another runner", async () => {
    const { trail } = await trailOfChildren({ source: [[up, down("ended")], [up]] });
    const reader = new StepReader();
    const all = [...trail, entry("lease_acquired", { epoch: 2, host: "there", pid: 8 })];
    let known = nothingTold;
    const seen = all.map((each, at) => {
      known = toldAfter(known, each, reader.read(each, all[at + 1]));
      return known.contexts;
    });
    const { supervisor, child } = seen.at(-2) ?? {};
    expect(supervisor?.restarted).toBe(1);
    expect(Object.keys(supervisor?.children ?? {})).toHaveLength(5);
    expect(child?.child).toBe("source.demo");
    expect(supervisor?.children["source.demo"]).toMatchObject({ state: "alive.up", restarts: 1 });
    expect(seen.at(-1)).toMatchObject({ supervisor: undefined, child: undefined });
    expect(seen.at(-1)?.job?.epoch).toBe(2);
  });
});
