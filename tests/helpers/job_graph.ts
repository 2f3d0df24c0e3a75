/**
 * The job machine's whole graph for a job of two rows: the world is replaced by every answer that an
 * actor may give, and a pause, a cancel and a hurry may come at any time.
 *
 * @module
 */
import { jobMachine, type JobSnapshot } from "../../src/machines/job.ts";
import { type Edge, edgesOf, nameOf, statesOf } from "./graph.ts";
import { answersOf, lostLease } from "./job_answers.ts";

export const signal = { type: "job.pause", reason: "signal" };
export const request = { type: "job.pause", reason: "request" };
export const cancel = { type: "job.cancel" };
export const hurry = { type: "job.hurry" };
export const run = { type: "job.run", skipPreflight: false };

/** How a run may begin, and what may come at any time: all at once would be too many states. */
export const worlds = [
  { runs: [run, { ...run, skipPreflight: true }], wishes: [signal], isFull: true, rows: 2 },
  { runs: [run], wishes: [signal, hurry], isFull: false, rows: 1 },
  { runs: [run], wishes: [request, cancel], isFull: false, rows: 1 },
  {
    runs: [{ ...run, skipPreflight: true, keepGoing: { maxFailures: 2 } }],
    wishes: [cancel],
    isFull: false,
    rows: 2,
  },
];

export const edges = worlds.flatMap(({ runs, wishes, isFull, rows }) =>
  edgesOf<JobSnapshot>(jobMachine, {
    input: { jobId: "j" },
    // What only differs in an error's code, or in the number of rows, is tried once.
    answers: (id, snapshot) =>
      answersOf(id, snapshot, rows).filter((each) =>
        isFull || !JSON.stringify(each)?.includes(lostLease.code)
      ),
    events: (snapshot) => [
      ...wishes,
      ...(snapshot.matches("pending") ? runs : []),
      ...(snapshot.matches({ running: "between_rows" }) ? [{ type: "job.next" }] : []),
    ],
  })
);
export const states = statesOf(edges);
export const finals = states.filter(({ status }) => status === "done");
/** Those that begin to ship a row; clearing up a lost one is another thing. */
export const startsRow = ({ started, to }: Edge<JobSnapshot>): boolean =>
  started.includes("row") && to.matches({ running: "working" });
export const starting = edges.filter(startsRow);
export const isWish = ({ event }: { event: { type: string } }): boolean =>
  ["job.pause", "job.cancel", "job.hurry"].includes(event.type);
export const wished = edges.filter(isWish);
/** A failed row that a run was told to carry on past. */
export const isKept = ({ event, from: { context } }: Edge<JobSnapshot>): boolean =>
  event["output"]?.type === "failed" && context.keepGoing !== undefined && context.failures === 0;

export const from = (name: string): Edge<JobSnapshot>[] =>
  edges.filter((edge) => nameOf(edge.from) === name);
export const into = (name: string): Edge<JobSnapshot>[] =>
  edges.filter((edge) => nameOf(edge.to) === name);
export const isError = ({ event }: Edge<JobSnapshot>): boolean =>
  event.type.startsWith("xstate.error.");
