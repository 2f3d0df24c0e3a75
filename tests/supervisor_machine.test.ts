/**
 * The supervisor machine's whole graph for two jobs: children that come up or do not, end in any order,
 * are given up, and a stop at any time. Each rule was seen to fail on a machine broken for it.
 */
import fc from "fast-check";
import { type AnyStateMachine, initialTransition, type SnapshotFrom, transition } from "xstate";
import { describe, expect, it } from "vitest";
import { childSpecs, stopOrder } from "../src/machines/child_specs.ts";
import type { JobOutcome } from "../src/machines/job_types.ts";
import { supervisorMachine } from "../src/machines/supervisor.ts";
import {
  after,
  edgesOf,
  exceptions,
  missingInDrawing,
  nameOf,
  namesOf,
  stateNamesOf,
  statesOf,
} from "./helpers/graph.ts";

type SupervisorSnapshot = SnapshotFrom<typeof supervisorMachine>;

const jobIds = ["north", "south"];
const jobs = ["job.north", "job.south"];
const servers = ["source.north", "source.south", "carrier.north", "carrier.south"];
const crash = { code: "E-9001", message: "It broke" };
const outcomes: readonly JobOutcome[] = [
  { type: "completed" },
  { type: "crashed", problem: crash },
];
const exit = { reason: "ended", problem: { code: "E-4010", message: "It ended" } } as const;

const startingIn = ({ context }: SupervisorSnapshot) => idsOf(context.children, ["starting"]);
const atWorkIn = ({ context }: SupervisorSnapshot) => idsOf(context.children, ["starting", "up"]);

function idsOf(children: Readonly<Record<string, string>>, states: readonly string[]): string[] {
  return Object.entries(children).filter(([, state]) => states.includes(state)).map(([id]) => id);
}

/** Those whose machine breaks. */
const breaking = ["carrier.south", "job.south"];

/** Those that something happens to: the graph of all would be too large. */
function mortalIn(snapshot: SupervisorSnapshot): string[] {
  const atWork = atWorkIn(snapshot);
  if (nameOf(snapshot) === "closing") return atWork;
  if (nameOf(snapshot) === "starting") return startingIn(snapshot);
  return atWork.filter((id) => ["templates", "carrier.south", ...jobs].includes(id));
}

const edges = edgesOf<SupervisorSnapshot>(supervisorMachine, {
  input: { jobIds, specs: childSpecs },
  // A child tells of its end by an event.
  answers: () => [],
  isAtWork: (id, snapshot) =>
    nameOf(snapshot) === "supervising" && breaking.includes(id) && atWorkIn(snapshot).includes(id),
  events: (snapshot) => [
    { type: "supervisor.stop" },
    { type: "supervisor.hurry" },
    ...startingIn(snapshot).map((id) => ({ type: "child.up", id, restarts: 0 })),
    ...mortalIn(snapshot).flatMap((id) => [
      { type: "child.up", id, restarts: 1 },
      { type: "child.exited", id, exit },
      { type: "child.escalated", id, exit, restarts: 5 },
      ...(jobs.includes(id)
        ? outcomes.slice(0, id === "job.north" ? 1 : 2).map((outcome) => ({
          type: "child.ended",
          id,
          outcome,
          problem: undefined,
        }))
        : [
          ...(nameOf(snapshot) === "closing"
            ? [{ type: "child.ended", id, outcome: undefined, problem: undefined }]
            : [{ type: "child.ended", id, outcome: undefined, problem: exit.problem }]),
        ]),
    ]),
  ],
});
const states = statesOf(edges);
const from = (name: string) => edges.filter((edge) => nameOf(edge.from) === name);
const on = (type: string) => edges.filter(({ event }) => event.type === type);
const isError = ({ event }: (typeof edges)[number]) => event.type.startsWith("xstate.error.");

describe("supervisor machine", () => {
  it("starts the children step by step, each once, when those of the step before are up", () => {
    const starts = edges.filter(({ started }) => started.length > 0);
    expect(new Set(starts.map(({ started }) => started.toSorted().join()))).toEqual(
      new Set(["templates", servers.toSorted().join(), jobs.join()]),
    );
    for (const { name, from, to, started } of starts) {
      const others = Object.keys(to.context.children).filter((id) => !started.includes(id));
      const notUp = others.filter((id) => to.context.children[id] !== "up");
      expect([name, notUp]).toEqual([name, []]);
      expect([name, started.filter((id) => id in from.context.children)]).toEqual([name, []]);
    }
    const [initial] = states.filter(({ context }) => Object.keys(context.children).length === 1);
    expect(initial?.context.children).toEqual({ database: "starting" });
  });

  it("starts no job when it is stopped, or a child does not start, before", () => {
    const early = from("starting").filter(({ to }) => nameOf(to) === "closing");
    expect(early.length).toBeGreaterThan(1);
    expect(after(edges, early).flatMap(({ started }) => started)).toEqual([]);
    const failed = on("child.ended").filter(({ event, from }) =>
      nameOf(from) === "starting" && event["problem"] !== undefined
    );
    expect(failed.length).toBeGreaterThan(1);
    const goingOn = failed.filter(({ to }) => !nameOf(to).startsWith("clos"));
    expect(namesOf(goingOn)).toEqual([]);
    const unkept = failed.filter(({ to }) => to.context.problem === undefined);
    expect(namesOf(unkept)).toEqual([]);
  });

  it("stops the children in the opposite order: a step only when the one after it has ended", () => {
    const stops = edges.filter(({ sent }) => sent.some((each) => each.endsWith(" child.stop")));
    expect(stops.length).toBeGreaterThan(3);
    const order = ["database", "templates", "source", "carrier", "job"];
    const stepOf = (id: string) => order.indexOf(id.split(".")[0] ?? "");
    for (const { name, to, sent } of stops) {
      const told = sent.map((each) => each.split(" ")[0] ?? "");
      const step = Math.min(...told.map(stepOf));
      const later = atWorkIn(to).filter((id) => stepOf(id) > step);
      expect([name, later]).toEqual([name, []]);
      // All of that step that are at work, and none besides.
      expect([name, told.toSorted()])
        .toEqual([name, atWorkIn(to).filter((id) => stepOf(id) === step).toSorted()]);
    }
  });

  it("tells every child to stop when its turn comes", () => {
    const turns = edges.filter(({ from, to }) =>
      nameOf(to) === "closing" &&
      (nameOf(from) !== "closing" || from.context.stopped !== to.context.stopped)
    );
    expect(turns.length).toBeGreaterThan(5);
    for (const { name, to, sent } of turns) {
      const kind = stopOrder[to.context.stopped];
      const due = atWorkIn(to).filter((id) => id.split(".")[0] === kind);
      expect([name, due.length]).not.toEqual([name, 0]);
      expect([name, sent]).toEqual([
        name,
        expect.arrayContaining(due.map((id) => `${id} child.stop`)),
      ]);
    }
  });

  it("never stops a child itself: what is under way comes to its end", () => {
    const killed = edges.filter(({ stopped, to }) => to.status === "active" && stopped.length > 0);
    expect(namesOf(killed)).toEqual([]);
  });

  it("leaves no child behind", () => {
    const finals = edges.filter(({ to }) => to.status === "done");
    expect(finals.length).toBeGreaterThan(0);
    expect(namesOf(finals.filter(({ to }) => atWorkIn(to).length > 0))).toEqual([]);
  });

  it("tells each job that is at work to pause, and in a hurry to wait for nothing", () => {
    for (const [type, command] of [["stop", "child.stop"], ["hurry", "child.hurry"]]) {
      const told = on(`supervisor.${type}`).filter((edge) => nameOf(edge.from) === "supervising");
      expect(told.length).toBeGreaterThan(2);
      for (const { name, from, to, sent } of told) {
        const atWork = jobs.filter((id) => atWorkIn(from).includes(id));
        expect([name, sent]).toEqual([name, atWork.map((id) => `${id} ${command}`)]);
        expect([name, nameOf(to)]).toEqual([name, "supervising"]);
      }
    }
  });

  it("closes when the last job has ended, and only then", () => {
    const closing = from("supervising").filter(({ to }) => nameOf(to) === "closing");
    expect(closing.length).toBeGreaterThan(0);
    const isOver = ({ to }: (typeof edges)[number]) =>
      Object.keys(to.context.outcomes).length === jobIds.length;
    expect(namesOf(closing.filter((edge) => !isOver(edge)))).toEqual([]);
    const staying = from("supervising").filter(({ to }) => nameOf(to) === "supervising");
    expect(namesOf(staying.filter(isOver))).toEqual([]);
  });

  it("ends with how each job ended", () => {
    const ended = on("child.ended").filter(({ event }) => jobs.includes(event["id"]));
    const lost = ended.filter(({ event, to }) =>
      to.context.outcomes[String(event["id"]).slice(4)] !== event["outcome"]
    );
    expect(ended.length).toBeGreaterThan(0);
    expect(namesOf(lost)).toEqual([]);
    const lying = edges.filter(({ to }) =>
      to.status === "done" && to.output?.outcomes !== to.context.outcomes
    );
    expect(namesOf(lying)).toEqual([]);
  });

  it("takes a child that breaks for one that ended, and a job for one that crashed", () => {
    const broken = edges.filter(isError).filter(({ from }) => nameOf(from) === "supervising");
    const ids = new Set(broken.map(({ event }) => String(event["actorId"])));
    expect(ids).toEqual(new Set(breaking));
    for (const { name, event, to } of broken) {
      const id = String(event["actorId"]);
      expect([name, to.context.children[id]]).toEqual([name, "ended"]);
      if (!jobs.includes(id)) continue;
      const messages = exceptions.map(({ message }) => message);
      const outcome = to.context.outcomes[id.slice(4)];
      expect(outcome).toMatchObject({ type: "crashed" });
      if (outcome?.type === "crashed") expect(messages).toContain(outcome.problem.message);
    }
  });

  it("keeps the first problem: what comes after it hides nothing", () => {
    const replaced = edges.filter(({ from, to }) =>
      from.context.problem !== undefined && to.context.problem !== from.context.problem
    );
    expect(namesOf(replaced)).toEqual([]);
  });

  it("tells of every start, end, restart and of what was given up", () => {
    const isKnown = ({ from, event }: (typeof edges)[number]) => from.status === "active" && event;
    const toldOn = (
      type: string,
      extra: (event: Record<string, unknown>) => boolean = () => true,
    ) =>
      new Set(
        on(type).filter(isKnown).filter(({ event }) => extra(event))
          .map(({ told }) => told.map((each) => each.type).join()),
      );
    expect(toldOn("child.up", ({ restarts }) => restarts === 0)).toEqual(
      new Set(["child_started"]),
    );
    expect(toldOn("child.up", ({ restarts }) => restarts === 1))
      .toEqual(new Set(["child_restarted"]));
    expect(toldOn("child.exited")).toEqual(new Set(["child_exited"]));
    expect(toldOn("child.escalated")).toEqual(new Set(["escalated"]));
  });

  it("waits for every job, whatever its id is", () => {
    const ids = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom("constructor", "toString", "__proto__", "hasOwnProperty", "a.b"),
    );
    fc.assert(fc.property(fc.uniqueArray(ids, { minLength: 1, maxLength: 4 }), (jobIds) => {
      const machine: AnyStateMachine = supervisorMachine;
      let [state] = initialTransition(machine, { jobIds, specs: childSpecs });
      const up = (id: string) =>
        [state] = transition(machine, state, { type: "child.up", id, restarts: 0 });
      up("database");
      up("templates");
      for (const jobId of jobIds) {
        up(`source.${jobId}`);
        up(`carrier.${jobId}`);
      }
      for (const [index, jobId] of jobIds.entries()) {
        expect(state.value).toBe("supervising");
        const outcome = { type: "failed", halt: { status: "failed", rowNumber: index } } as const;
        const ended = { type: "child.ended", id: `job.${jobId}`, outcome };
        [state] = transition(machine, state, ended);
        expect(state.context.outcomes[jobId]).toEqual(outcome);
      }
      expect(state.value).toBe("closing");
    }));
  });

  it("reaches every state, and hangs in none", () => {
    const reached = new Set(states.map(nameOf));
    expect(stateNamesOf(supervisorMachine).leaves.filter((name) => !reached.has(name))).toEqual([]);
    const hanging = states.filter((state) =>
      state.status === "active" && nameOf(state) !== "closed" && atWorkIn(state).length === 0
    );
    expect(hanging.map(nameOf)).toEqual([]);
    expect(states.filter(({ status }) => status === "error")).toEqual([]);
  });

  it("is drawn with all its states", async () => {
    expect(await missingInDrawing("supervisor.ts", supervisorMachine)).toEqual([]);
  });
});
