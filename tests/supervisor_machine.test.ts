/**
 * The supervisor machine's whole graph for two jobs: parts that open and close or do not, jobs that
 * end in any order, and a stop at any time. Each rule was seen to fail on a machine broken for it.
 */
import fc from "fast-check";
import { type AnyStateMachine, initialTransition, type SnapshotFrom, transition } from "xstate";
import { describe, expect, it } from "vitest";
import type { JobOutcome } from "../src/machines/job_types.ts";
import { supervisorMachine } from "../src/machines/supervisor.ts";
import {
  after,
  edgesOf,
  hangsOf,
  missingInDrawing,
  nameOf,
  namesOf,
  stateNamesOf,
  statesOf,
} from "./helpers/graph.ts";

type SupervisorSnapshot = SnapshotFrom<typeof supervisorMachine>;

const jobIds = ["north", "south"];
const outcomes: readonly JobOutcome[] = [
  { type: "completed" },
  { type: "crashed", problem: { code: "E-4001", message: "The database is away" } },
];

/** A job ends once; its actor may stay for a while. */
function atWorkIn({ children, context }: SupervisorSnapshot): string[] {
  return jobIds.filter((jobId) =>
    `job.${jobId}` in children && !Object.hasOwn(context.outcomes, jobId)
  );
}

const edges = edgesOf<SupervisorSnapshot>(supervisorMachine, {
  input: { jobIds },
  // A job tells of its end by an event; it never ends as an actor does.
  answers: (id) => id.startsWith("job.") ? [] : [undefined],
  isAtWork: (id, snapshot) => !id.startsWith("job.") || atWorkIn(snapshot).includes(id.slice(4)),
  events: (snapshot) => [
    { type: "supervisor.stop" },
    { type: "supervisor.hurry" },
    ...atWorkIn(snapshot).flatMap((jobId) =>
      outcomes.map((outcome) => ({ type: "job.ended", jobId, outcome }))
    ),
  ],
});
const states = statesOf(edges);
const finals = states.filter(({ status }) => status === "done");
const from = (name: string) => edges.filter((edge) => nameOf(edge.from) === name);
const stops = edges.filter(({ event }) =>
  event.type === "supervisor.stop" || event.type === "supervisor.hurry"
);
const isError = ({ event }: (typeof edges)[number]) => event.type.startsWith("xstate.error.");

describe("supervisor machine", () => {
  it("starts one actor to a job, once the parts are open, and never again", () => {
    const starting = edges.filter(({ started }) => started.some((id) => id.startsWith("job.")));
    expect(starting.map(({ started }) => started)).toEqual([["job.north", "job.south"]]);
    expect(starting.map(({ event }) => event.type)).toEqual(["xstate.done.actor.openParts"]);
  });

  it("closes the parts when the last job has ended, and only then", () => {
    const closing = from("supervising").filter(({ started }) => started.includes("closeParts"));
    expect(closing.length).toBeGreaterThan(0);
    const early = closing.filter(({ to }) => Object.keys(to.context.outcomes).length < 2);
    expect(namesOf(early)).toEqual([]);
    const late = from("supervising").filter(({ to, started }) =>
      Object.keys(to.context.outcomes).length === 2 && !started.includes("closeParts")
    );
    expect(namesOf(late)).toEqual([]);
  });

  it("closes the parts once, whatever happened, before it ends", () => {
    const closing = edges.filter(({ started }) => started.includes("closeParts"));
    const again = after(edges, closing).filter(({ started }) => started.length > 0);
    expect(namesOf(again)).toEqual([]);
    const unclosed = edges.filter((edge) =>
      edge.to.status === "done" && nameOf(edge.from) !== "closing"
    );
    expect(namesOf(unclosed)).toEqual([]);
  });

  it("starts no job when it is stopped while the parts open", () => {
    const early = stops.filter((edge) => nameOf(edge.from) === "opening");
    expect(early.length).toBeGreaterThan(0);
    const started = after(edges, early).flatMap((edge) => edge.started);
    expect(new Set(started)).toEqual(new Set(["closeParts"]));
  });

  it("tells each job that is at work to pause or to hurry, once for each, and stops none itself", () => {
    const told = stops.filter((edge) => nameOf(edge.from) === "supervising");
    expect(told.length).toBeGreaterThan(2);
    for (const { from, event, sent } of told) {
      const atWork = jobIds.filter((jobId) => !(jobId in from.context.outcomes));
      const command = event.type === "supervisor.hurry" ? "job.hurry" : "job.pause";
      expect(sent).toEqual(atWork.map((jobId) => `job.${jobId} ${command}`));
    }
    const others = edges.filter((edge) => !told.includes(edge) && edge.sent.length > 0);
    expect(namesOf(others)).toEqual([]);
    expect(namesOf(told.filter(({ to }) => nameOf(to) !== "supervising"))).toEqual([]);
    // A job that is stopped from outside loses the row that is under way.
    const killed = edges.filter(({ stopped, to }) => to.status === "active" && stopped.length > 0);
    expect(namesOf(killed)).toEqual([]);
  });

  it("closes and tells the problem when the parts do not open", () => {
    const broken = from("opening").filter(isError);
    expect(broken.length).toBeGreaterThan(0);
    expect(new Set(broken.map(({ to }) => nameOf(to)))).toEqual(new Set(["closing"]));
    const ends = after(edges, broken).filter(({ to }) => to.status === "done");
    expect(new Set(ends.map(({ to }) => to.output?.problem?.message))).toEqual(
      new Set(["connection lost", "another runner took the job over"]),
    );
  });

  it("keeps the first problem: what closing says after it hides nothing", () => {
    const replaced = edges.filter(({ from, to }) =>
      from.context.problem !== undefined && to.context.problem !== from.context.problem
    );
    expect(namesOf(replaced)).toEqual([]);
  });

  it("ends with how each job ended", () => {
    const lying = finals.filter(({ output, context }) => output?.outcomes !== context.outcomes);
    expect(lying).toEqual([]);
    const ended = edges.filter(({ event }) => event.type === "job.ended");
    const lost = ended.filter(({ event, to }) =>
      to.context.outcomes[event["jobId"]] !== event["outcome"]
    );
    expect(namesOf(lost)).toEqual([]);
  });

  it("takes a job actor that breaks for a job that crashed, and closes its parts", () => {
    const broken = from("supervising").filter(isError);
    expect(new Set(broken.map(({ event }) => event.type)))
      .toEqual(new Set(jobIds.map((jobId) => `xstate.error.actor.job.${jobId}`)));
    const wrong = broken.filter(({ event, to }) =>
      to.context.outcomes[event.type.slice("xstate.error.actor.job.".length)]?.type !== "crashed"
    );
    expect(namesOf(wrong)).toEqual([]);
  });

  it("waits for every job, whatever its id is", () => {
    const ids = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom("constructor", "toString", "__proto__", "hasOwnProperty", "a.b"),
    );
    fc.assert(fc.property(fc.uniqueArray(ids, { minLength: 1, maxLength: 4 }), (jobIds) => {
      const machine: AnyStateMachine = supervisorMachine;
      const [opening] = initialTransition(machine, { jobIds });
      let [state] = transition(machine, opening, { type: "xstate.done.actor.openParts" });
      for (const [index, jobId] of jobIds.entries()) {
        expect(state.value).toBe("supervising");
        const outcome = { type: "failed", halt: { status: "failed", rowNumber: index } } as const;
        [state] = transition(machine, state, { type: "job.ended", jobId, outcome });
        expect(state.context.outcomes[jobId]).toEqual(outcome);
      }
      expect(state.value).toBe("closing");
    }));
  });

  it("reaches every state, and leaves every state that is not final in every case", () => {
    const reached = new Set(states.map(nameOf));
    expect(stateNamesOf(supervisorMachine).leaves.filter((name) => !reached.has(name))).toEqual([]);
    expect(hangsOf(edges)).toEqual([]);
  });

  it("is drawn with all its states", async () => {
    expect(await missingInDrawing("supervisor.ts", supervisorMachine)).toEqual([]);
  });
});
