/**
 * The child machine's whole graph: work that comes up or does not, ends as it should or as it should
 * not, at any time and again and again, and a stop at any time. Each rule was seen to fail on a machine
 * broken for it.
 */
import { createEmptyActor, type SnapshotFrom } from "xstate";
import { describe, expect, it } from "vitest";
import { childMachine } from "../src/machines/child.ts";
import { backOffAfter, type ChildSpec, childSpecs } from "../src/machines/child_specs.ts";
import type { JobOutcome } from "../src/machines/job_types.ts";
import {
  after,
  type Edge,
  edgesOf,
  hangsOf,
  missingInDrawing,
  nameOf,
  namesOf,
  stateNamesOf,
  statesOf,
} from "./helpers/graph.ts";

type ChildSnapshot = SnapshotFrom<typeof childMachine>;

const outcome: JobOutcome = { type: "completed" };
const exit = { reason: "ended", problem: { code: "E-4010", message: "It ended" } } as const;
/** Twice in one window, and once after it. */
const times = [1_000, 1_500, 90_000];

function graphOf(restart: ChildSpec["restart"]): Edge<ChildSnapshot>[] {
  const spec: ChildSpec = {
    restart,
    maxRestarts: 1,
    withinMs: 60_000,
    backoffMs: 100,
    maxBackoffMs: 150,
  };
  const child = { id: "carrier.demo", kind: "carrier", jobId: "demo" } as const;
  return edgesOf<ChildSnapshot>(childMachine, {
    input: { child, spec, supervisor: createEmptyActor() },
    answers: (id) => id === "backOff" ? [undefined] : [],
    events: (snapshot) => [
      { type: "child.stop" },
      { type: "child.hurry" },
      ...(snapshot.matches("alive")
        ? [
          { type: "work.up" },
          { type: "work.done", outcome },
          ...times
            .filter((atMs) => atMs >= (snapshot.context.restarts.at(-1) ?? 0))
            .map((atMs) => ({ type: "work.down", atMs, exit })),
        ]
        : []),
    ],
  });
}

const graphs = { permanent: graphOf("permanent"), transient: graphOf("transient") };

describe.each(["permanent", "transient"] as const)("child machine of a %s child", (restart) => {
  const edges = graphs[restart];
  const states = statesOf(edges);
  const on = (type: string) => edges.filter(({ event }) => event.type === type);
  const from = (name: string) => edges.filter((edge) => nameOf(edge.from) === name);
  const told = (edge: Edge<ChildSnapshot>, news: string) =>
    edge.sent.some((each) => each.endsWith(` ${news}`));
  const downs = on("work.down");

  it("starts its work once at a time, and waits before each further start", () => {
    const starts = edges.filter(({ started }) => started.includes("work"));
    const wrong = starts.filter((edge) => nameOf(edge.from) !== "backing_off");
    expect(namesOf(wrong)).toEqual([]);
    expect(starts.length).toBeGreaterThan(0);
  });

  it("starts what broke again within its budget, and gives it up beyond", () => {
    for (const edge of downs.filter((edge) => nameOf(edge.from) === "alive.up")) {
      const before = edge.from.context.restarts;
      const inTime = before.filter((at) => edge.event["atMs"] - at < 60_000);
      const isSpent = inTime.length >= 1;
      expect([edge.name, nameOf(edge.to)]).toEqual([edge.name, isSpent ? "ended" : "backing_off"]);
      expect([edge.name, told(edge, "child.escalated")]).toEqual([edge.name, isSpent]);
      expect([edge.name, told(edge, "child.exited")]).toEqual([edge.name, true]);
    }
    // After a quiet time it has its whole budget again.
    expect(
      downs.some(({ from, event, to }) =>
        from.context.restarts.length === 1 && event["atMs"] === 90_000 &&
        nameOf(to) === "backing_off"
      ),
    ).toBe(true);
  });

  it("does not try a first start again: what is wrong then is wrong for good", () => {
    const first = downs.filter((edge) =>
      nameOf(edge.from) === "alive.starting" && edge.from.context.restarts.length === 0
    );
    expect(first.length).toBeGreaterThan(0);
    expect(new Set(first.map(({ to }) => nameOf(to)))).toEqual(new Set(["ended"]));
    const later = downs.filter((edge) =>
      nameOf(edge.from) === "alive.starting" && edge.from.context.restarts.length > 0
    );
    expect(later.length).toBeGreaterThan(0);
    expect(later.some(({ to }) => nameOf(to) === "backing_off")).toBe(true);
  });

  it("waits longer with each restart, up to a limit", () => {
    const waits = edges.filter(({ to }) => nameOf(to) === "backing_off");
    expect(waits.length).toBeGreaterThan(0);
    const spec = { ...childSpecs.carrier, backoffMs: 100, maxBackoffMs: 500 };
    expect([0, 1, 2, 3, 9].map((restarts) => backOffAfter(spec, restarts)))
      .toEqual([100, 200, 400, 500, 500]);
  });

  it(`${restart === "permanent" ? "starts again" : "does not start again"} what ended in order`, () => {
    const done = on("work.done").filter((edge) => nameOf(edge.from) === "alive.up");
    expect(done.length).toBeGreaterThan(0);
    const again = done.filter(({ to }) => nameOf(to) === "backing_off");
    if (restart === "transient") {
      expect(namesOf(again)).toEqual([]);
      expect(done.every(({ to }) => to.context.outcome === outcome)).toBe(true);
    } else expect(again.length).toBeGreaterThan(0);
  });

  it("is stopped in order: its work is told, and waited for", () => {
    const stops = on("child.stop").filter(({ from }) => from.matches("alive"));
    for (const edge of stops) {
      expect([edge.name, nameOf(edge.to)]).toEqual([edge.name, "alive.stopping"]);
      const isFirst = nameOf(edge.from) !== "alive.stopping";
      expect([edge.name, edge.sent]).toEqual([edge.name, isFirst ? ["work work.stop"] : []]);
    }
    const stopped = after(edges, on("child.stop"));
    expect(namesOf(stopped.filter(({ started }) => started.length > 0))).toEqual([]);
    // Work is never stopped from outside: a row under way would be lost.
    expect(namesOf(
      edges.filter(({ stopped }) => stopped.includes("work"))
        .filter(({ event }) => !/^work\.(down|done)$/.test(event.type)),
    )).toEqual([]);
  });

  it("passes on that somebody is in a hurry, once it was told to stop", () => {
    const passed = edges.filter(({ sent }) => sent.includes("work work.hurry"));
    expect(new Set(passed.map((edge) => nameOf(edge.from)))).toEqual(new Set(["alive.stopping"]));
    expect(new Set(passed.map(({ event }) => event.type))).toEqual(new Set(["child.hurry"]));
  });

  it("tells its supervisor of its end, once and in every case", () => {
    const ends = edges.filter(({ to }) => to.status === "done");
    expect(ends.length).toBeGreaterThan(0);
    expect(namesOf(ends.filter((edge) => !told(edge, "child.ended")))).toEqual([]);
    const early = edges.filter((edge) => edge.to.status !== "done" && told(edge, "child.ended"));
    expect(namesOf(early)).toEqual([]);
  });

  it("tells when it is up, and how often it was started again", () => {
    const ups = on("work.up").filter((edge) => nameOf(edge.from) === "alive.starting");
    expect(ups.some(({ from }) => from.context.restarts.length === 0)).toBe(true);
    expect(ups.some(({ from }) => from.context.restarts.length > 0)).toBe(true);
    expect(namesOf(ups.filter((edge) => !told(edge, "child.up")))).toEqual([]);
  });

  it("reaches every state, and leaves every state that is not final in every case", () => {
    const reached = new Set([...states.map(nameOf), "deciding", "escalated"]);
    expect(stateNamesOf(childMachine).leaves.filter((name) => !reached.has(name))).toEqual([]);
    expect(hangsOf(edges)).toEqual([]);
    expect(from("ended")).toEqual([]);
  });
});

describe("child machine", () => {
  it("is drawn with all its states", async () => {
    expect(await missingInDrawing("child.ts", childMachine)).toEqual([]);
  });
});
