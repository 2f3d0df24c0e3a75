/**
 * The job machine's whole graph for a job of two rows: the world is replaced by every answer that an
 * actor may give, and a pause, a cancel and a hurry may come at any time. Each rule was seen to fail on a machine
 * broken for it.
 */
import { createActor, fromPromise, type Snapshot, toPromise } from "xstate";
import { describe, expect, it } from "vitest";
import { jobMachine, type JobSnapshot } from "../src/machines/job.ts";
import type {
  Choice,
  Drained,
  JobOutcome,
  PreflightProblems,
  Recovered,
  Swept,
} from "../src/machines/job_types.ts";
import type { Problem } from "../src/machines/port.ts";
import type { Answer, Attempt, RecordedLabel } from "../src/machines/purchase.ts";
import type { Fetched, RenderedRequest, RowOutcome, RowTask } from "../src/machines/row_types.ts";
import { rowMachine } from "../src/machines/row.ts";
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
import { policy } from "./helpers/policies.ts";

const problem = { code: "E-4006", message: "Cannot reach the source" };
const second = { code: "E-3011", message: "Row 1 has a second label" };
const lostLease = { code: "E-4005", message: "Another runner took the job over" };
const label: RecordedLabel = {
  shipmentId: "1Z1",
  trackingNumbers: ["1Z1"],
  labels: [],
  costMinor: 1236,
  currencyCode: "USD",
  shippedAt: "2026-01-02T03:04:05.000Z",
};

function recovered(found: Partial<Recovered>): Recovered {
  const figures = { total: 2, done: 0, failed: 0, costs: {} };
  return {
    isComplete: false,
    isCancelled: false,
    lost: undefined,
    hasSuperseded: false,
    duplicate: undefined,
    pending: 2,
    owed: 0,
    cursor: 0,
    figures,
    ...found,
  };
}

const recoveries: readonly Recovered[] = [
  recovered({}),
  recovered({ owed: 1 }),
  recovered({ pending: 0, owed: 1, figures: { total: 1, done: 1, failed: 0, costs: {} } }),
  recovered({ pending: 0 }),
  recovered({ isComplete: true, pending: 0, owed: 0 }),
  recovered({
    isComplete: true,
    pending: 0,
    owed: 1,
    figures: { total: 1, done: 1, failed: 0, costs: {} },
  }),
  recovered({ lost: { ...taskOf(1), purpose: "settle" } }),
  recovered({ hasSuperseded: true }),
  recovered({ isComplete: true, pending: 0, hasSuperseded: true }),
  recovered({ isCancelled: true, owed: 1, figures: { total: 2, done: 1, failed: 0, costs: {} } }),
  recovered({ isCancelled: true, lost: { ...taskOf(1), purpose: "settle" } }),
  recovered({ isComplete: true, pending: 0, duplicate: { rowNumber: 1, problem: second } }),
];

/** Every way a row may end; a carrier's own code may look like ours. */
function outcomesOf(rowNumber: number): readonly RowOutcome[] {
  return [
    { type: "completed", rowNumber, settled: true, label },
    { type: "shipped", rowNumber, settled: true, label, problem },
    { type: "shipped", rowNumber, settled: true, label, problem: lostLease },
    { type: "failed", rowNumber, settled: true, problem },
    { type: "failed", rowNumber, settled: true, problem: lostLease },
    { type: "needs_review", rowNumber, settled: true, problem },
    { type: "stopped", rowNumber, settled: false, problem },
    { type: "stopped", rowNumber, settled: false, problem: lostLease },
    { type: "unsent", rowNumber, settled: true, problem },
    { type: "absent", rowNumber, settled: false },
    { type: "interrupted", rowNumber, settled: false },
    { type: "unrecorded", rowNumber, settled: true, problem },
    { type: "unrecorded", rowNumber, settled: true, problem: lostLease },
  ];
}

function choicesAfter(cursor: number, rows: number): readonly Choice[] {
  const rowNumber = cursor + 1;
  return [
    ...(cursor < rows ? [{ type: "row", task: taskOf(rowNumber) } as const] : []),
    { type: "none" },
    { type: "halt", halt: { status: "failed", rowNumber: 1, problem } },
    { type: "halt", halt: { status: "paused", reason: "needs_review", rowNumber: 1, problem } },
  ];
}

function taskOf(rowNumber: number): Omit<RowTask, "settles"> {
  return {
    rowNumber,
    checksum: "c",
    from: "pending",
    generation: 0,
    lost: undefined,
    purpose: "ship",
    request: undefined,
    policy,
  };
}

const drains: readonly Drained[] = [{ written: 0, owed: 0 }, { written: 0, owed: 1, problem }];

const sweeps: readonly Swept[] = [
  { asked: 1, duplicates: [] },
  { asked: 2, duplicates: [{ rowNumber: 1, problem: second }, { rowNumber: 2, problem: second }] },
];

function answersOf(
  id: string,
  { context: { cursor } }: JobSnapshot,
  rows: number,
): readonly unknown[] {
  switch (id) {
    case "acquireLease":
      return [{ type: "acquired" }, { type: "held", problem }];
    case "recoverJob":
      return recoveries;
    case "preflight":
      return [{ count: 0, first: [] }, { count: 1, first: [{ rowNumber: 1, problem }] }];
    case "nextRow":
      return choicesAfter(cursor, rows);
    case "row":
      return outcomesOf(cursor);
    case "drainWriteBacks":
      return drains;
    case "sweepKeys":
      return sweeps;
    default:
      return [undefined];
  }
}

const signal = { type: "job.pause", reason: "signal" };
const request = { type: "job.pause", reason: "request" };
const cancel = { type: "job.cancel" };
const hurry = { type: "job.hurry" };
const run = { type: "job.run", skipPreflight: false };

/** How a run may begin, and what may come at any time: all at once would be too many states. */
const worlds = [
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

const edges = worlds.flatMap(({ runs, wishes, isFull, rows }) =>
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
const states = statesOf(edges);
const finals = states.filter(({ status }) => status === "done");
/** Those that begin to ship a row; clearing up a lost one is another thing. */
const startsRow = ({ started, to }: Edge<JobSnapshot>) =>
  started.includes("row") && to.matches({ running: "working" });
const starting = edges.filter(startsRow);
const isWish = ({ event }: { event: { type: string } }) =>
  ["job.pause", "job.cancel", "job.hurry"].includes(event.type);
const wished = edges.filter(isWish);
/** A failed row that a run was told to carry on past. */
const isKept = ({ event, from: { context } }: Edge<JobSnapshot>) =>
  event["output"]?.type === "failed" && context.keepGoing !== undefined && context.failures === 0;

const from = (name: string) => edges.filter((edge) => nameOf(edge.from) === name);
const into = (name: string) => edges.filter((edge) => nameOf(edge.to) === name);
const isError = ({ event }: Edge<JobSnapshot>) => event.type.startsWith("xstate.error.");

describe("job machine", () => {
  it("has at most one row actor, and starts the next only after the one before has ended", () => {
    expect(starting.length).toBeGreaterThan(0);
    expect(namesOf(starting.filter((edge) => nameOf(edge.from) !== "running.choosing")))
      .toEqual([]);
    const crowded = states.filter(({ status, children }) =>
      status === "active" && Object.keys(children).length > 1
    );
    expect(crowded.map(nameOf)).toEqual([]);
    expect(namesOf(edges.filter(({ started }) => started.length > 1))).toEqual([]);
  });

  it("works on the rows in order, each once", () => {
    const repeats = starting.filter((edge) => edge.to.context.cursor <= edge.from.context.cursor);
    expect(namesOf(repeats)).toEqual([]);
    const wrong = starting.filter(({ event, to }) =>
      to.context.task?.rowNumber !== event["output"].task.rowNumber
    );
    expect(namesOf(wrong)).toEqual([]);
  });

  it("starts no row after a halt: fail-fast", () => {
    const halts = edges.filter((edge) => {
      if (nameOf(edge.from) === "running.working") {
        if (isKept(edge)) return false;
        return isError(edge) || !["completed", "shipped"].includes(edge.event["output"]?.type);
      }
      // The source is brought up to date again at the end.
      if (nameOf(edge.from) === "preparing.flushing_owed") return false;
      // Asked again at the next start.
      if (nameOf(edge.from).includes(".sweeping") && isError(edge)) return false;
      return edge.event["output"]?.type === "halt" || isError(edge);
    }).filter((edge) => !isWish(edge));
    expect(halts.length).toBeGreaterThan(10);
    expect(namesOf(after(edges, halts).filter(startsRow))).toEqual([]);
    expect(namesOf(halts.filter(startsRow))).toEqual([]);
    const completed = [...halts, ...after(edges, halts)].filter(({ to }) =>
      nameOf(to) === "completed"
    );
    expect(namesOf(completed)).toEqual([]);
  });

  it("goes on after a row that was bought, whether it is written back or not", () => {
    const bought = from("running.working").filter(({ event }) =>
      ["completed", "shipped"].includes(event["output"]?.type)
    );
    expect(namesOf(bought.filter(({ to }) => nameOf(to) !== "running.between_rows"))).toEqual([]);
  });

  it("ends as held only where its own lease was lost, whatever code a carrier or source uses", () => {
    const held = into("held").filter((edge) => nameOf(edge.from) === "running.working");
    expect(new Set(held.map(({ event }) => event["output"]?.type)))
      .toEqual(new Set(["stopped", "unrecorded"]));
    expect(namesOf(held.filter(({ event }) => event["output"].problem.code !== "E-4005")))
      .toEqual([]);
    const outputs = finals.filter(({ value }) => value === "held").map(({ output }) => output);
    expect(outputs.length).toBeGreaterThan(0);
    expect(outputs.every((output) => output?.type === "held" && output.problem.code !== "E-9001"))
      .toBe(true);
  });

  it("starts nothing and tells nothing when preflight finds problems", () => {
    const refused = from("preparing.preflighting").filter(({ event }) =>
      event["output"]?.count > 0
    );
    expect(refused.length).toBeGreaterThan(0);
    expect(
      namesOf(
        refused.filter(({ to, started, told }) =>
          nameOf(to) !== "not_ready" || to.status !== "done" || started.length + told.length > 0
        ),
      ),
    ).toEqual([]);
    const earlier = edges.filter((edge) =>
      nameOf(edge.from) === "pending" || nameOf(edge.from).startsWith("preparing.")
    ).filter((edge) =>
      nameOf(edge.from) !== "preparing.starting" && !nameOf(edge.to).startsWith("running.") &&
      edge.told.some(({ type }) => type.startsWith("batch_"))
    );
    expect(namesOf(earlier)).toEqual([]);
  });

  it("buys nothing before preflight, unless it was told to skip it or nothing is pending", () => {
    const unchecked = into("preparing.starting").filter((edge) =>
      nameOf(edge.from) !== "preparing.preflighting" &&
      nameOf(edge.from) !== "preparing.starting" &&
      !edge.to.context.skipPreflight && edge.to.context.recovered.pending > 0
    );
    expect(namesOf(unchecked)).toEqual([]);
  });

  it("rests in pending and between_rows and nowhere else, with no actor at work", () => {
    const resting = states.filter((state) => state.hasTag("checkpoint"));
    expect(new Set(resting.map(nameOf))).toEqual(new Set(["pending", "running.between_rows"]));
    expect(resting.filter(({ children }) => Object.keys(children).length > 0)).toEqual([]);
    expect(resting.filter(({ context }) => context.task !== undefined).map(nameOf)).toEqual([]);
    const restless = states.filter((state) =>
      state.status === "active" && Object.keys(state.children).length === 0 &&
      !state.hasTag("checkpoint")
    );
    expect(restless.map(nameOf)).toEqual([]);
  });

  it("never stops a row under way nor a commit, whatever is wished", () => {
    const stopped = edges.filter((edge) => edge.stopped.length > 0);
    expect(new Set(stopped.flatMap((edge) => edge.stopped)))
      .toEqual(new Set(["preflight", "drainWriteBacks", "flushSource", "sweepKeys"]));
    expect(stopped.filter((edge) => !isWish(edge)).map(({ name }) => name)).toEqual([]);
  });

  it("is moved by a pause or a cancel in preflight only, by a hurry where the source is waited for", () => {
    const heard = new Set(wished.map((edge) => nameOf(edge.from)));
    expect(heard).toEqual(
      new Set(states.filter(({ status }) => status === "active").map(nameOf)),
    );
    const movedBy = (isWanted: (type: string) => boolean) =>
      new Set(
        wished.filter((edge) => isWanted(edge.event.type) && nameOf(edge.to) !== nameOf(edge.from))
          .map(({ from, to }) => `${nameOf(from)} > ${nameOf(to)}`),
      );
    expect(movedBy((type) => type !== "job.hurry"))
      .toEqual(new Set(["preparing.preflighting > running.finishing"]));
    expect(movedBy((type) => type === "job.hurry")).toEqual(
      new Set([
        "preparing.preflighting > running.finishing",
        "preparing.draining_owed > running.finishing",
        "preparing.flushing_owed > running.finishing",
        "preparing.sweeping_early > running.finishing",
        "preparing.sweeping_early > completed",
        "running.draining > running.finishing",
        "running.flushing > running.finishing",
        "running.sweeping > running.finishing",
      ]),
    );
    const unheard = wished.filter(({ to }) =>
      to.status === "active" && to.context.wish === undefined
    );
    expect(namesOf(unheard)).toEqual([]);
    // A person's request is told; a signal is known to whoever sent it.
    const told = wished.filter(({ to }) => to.status !== "done")
      .map(({ event, told }) => `${event.type} ${event["reason"] ?? ""}: ${JSON.stringify(told)}`);
    expect(new Set(told)).toEqual(
      new Set([
        "job.pause signal: []",
        'job.pause request: [{"type":"stop_requested","request":"pause"}]',
        'job.cancel : [{"type":"stop_requested","request":"cancel"}]',
        "job.hurry : []",
      ]),
    );
  });

  it("starts no row and no preflight after a wish, whenever it comes", () => {
    expect(namesOf(after(edges, wished).filter(startsRow))).toEqual([]);
    const checked = after(edges, wished).filter(({ started }) => started.includes("preflight"));
    expect(namesOf(checked)).toEqual([]);
  });

  it("waits for neither drain nor flush nor sweep after a hurry", () => {
    const hurried = wished.filter(({ event }) => event.type === "job.hurry");
    const waits = [...hurried, ...after(edges, hurried)].filter(({ started }) =>
      started.some((id) => ["drainWriteBacks", "flushSource", "sweepKeys"].includes(id))
    );
    expect(namesOf(waits)).toEqual([]);
  });

  it("stops as it was wished when a row would have been next", () => {
    const held = edges.filter((edge) =>
      edge.from.context.wish !== undefined && nameOf(edge.to) !== "crashed" && !isWish(edge) &&
      (edge.event.type === "job.next" || edge.event["output"]?.type === "row")
    );
    expect(new Set(held.map(({ to: { context } }) => JSON.stringify([context.wish, context.halt]))))
      .toEqual(
        new Set([
          JSON.stringify(["signal", { status: "paused", reason: "signal" }]),
          JSON.stringify(["request", { status: "paused", reason: "request" }]),
          JSON.stringify(["cancel", { status: "cancelled" }]),
        ]),
      );
    const ends = after(edges, held).filter(({ to }) => to.status === "done");
    expect(new Set(ends.map(({ to }) => nameOf(to)))).toEqual(
      new Set(["paused", "cancelled", "crashed", "held"]),
    );
    const lying = ends.filter(({ to }) =>
      nameOf(to) === "paused" &&
      (to.output?.type !== "paused" || !["signal", "request"].includes(`${to.output.halt.reason}`))
    );
    expect(namesOf(lying)).toEqual([]);
  });

  it("lets a cancel outweigh a pause and every other reason to stop", () => {
    const cancels = wished.filter((edge) =>
      edge.event.type === "job.cancel" && nameOf(edge.from) !== "running.finishing"
    );
    expect(cancels.length).toBeGreaterThan(10);
    const ends = after(edges, cancels).filter(({ to }) => to.status === "done");
    expect(new Set(ends.map(({ to }) => nameOf(to)))).toEqual(
      new Set(["cancelled", "completed", "crashed", "held"]),
    );
    // Rows that were finished all the same complete the job; it is not cancelled behind them.
    const early = ends.filter(({ to }) => nameOf(to) === "completed" && to.context.halt);
    expect(namesOf(early)).toEqual([]);
  });

  it("clears up a cancelled job, ships nothing, and leaves it cancelled", () => {
    const cancelled = from("preparing.recovering").filter(({ event }) =>
      event["output"]?.isCancelled
    );
    expect(cancelled.length).toBeGreaterThan(1);
    const later = [...cancelled, ...after(edges, cancelled)]
      .filter(({ from }) => from.context.recovered.isCancelled || cancelled.length > 0)
      .filter(({ to }) => to.context.recovered.isCancelled);
    expect(namesOf(later.filter(startsRow))).toEqual([]);
    const begun = later.filter(({ started }) =>
      started.includes("preflight") || started.includes("startJob") || started.includes("nextRow")
    );
    expect(namesOf(begun)).toEqual([]);
    expect(later.some(({ started }) => started.includes("drainWriteBacks"))).toBe(true);
    expect(new Set(later.filter(({ to }) => to.status === "done").map(({ to }) => nameOf(to))))
      .toEqual(new Set(["cancelled", "crashed", "held"]));
    // What the source is still owed, or a person must decide, is told all the same.
    const reasons = finals.flatMap(({ output }) =>
      output?.type === "cancelled" ? [output.halt.reason] : []
    );
    expect(new Set(reasons)).toEqual(
      new Set([undefined, "signal", "request", "write_backs_owed", "needs_review"]),
    );
  });

  it("carries on past failed rows only where it was told to, and only so many", () => {
    const failed = from("running.working").filter(({ event, from: { context } }) =>
      event["output"]?.type === "failed" && !context.isHurried
    );
    const next = (edge: Edge<JobSnapshot>) => {
      const { keepGoing, failures } = edge.from.context;
      return `${keepGoing ? `keeps going, ${failures} before` : "fails fast"}: ${nameOf(edge.to)}`;
    };
    expect(new Set(failed.map(next))).toEqual(
      new Set([
        "fails fast: running.draining",
        "keeps going, 0 before: running.between_rows",
        "keeps going, 1 before: running.draining",
      ]),
    );
    expect(namesOf(failed.filter((edge) => edge.told[0]?.type !== "row_failed"))).toEqual([]);
    const other = from("running.working").filter((edge) =>
      nameOf(edge.to) === "running.between_rows" && !isKept(edge) &&
      !["completed", "shipped"].includes(edge.event["output"]?.type)
    );
    expect(namesOf(other.filter((edge) => !isWish(edge)))).toEqual([]);
  });

  it("completes only when nothing halted, nothing is owed and the flush succeeded", () => {
    const owed = from("running.draining").filter(({ event }) => event["output"]?.owed > 0);
    const unflushed = from("running.flushing").filter(isError);
    expect(Math.min(owed.length, unflushed.length)).toBeGreaterThan(0);
    const wrong = after(edges, [...owed, ...unflushed]).filter(({ to }) =>
      nameOf(to) === "completed"
    );
    expect(namesOf(wrong)).toEqual([]);
    const early = into("completed").filter((edge) =>
      edge.from.context.halt !== undefined ||
      (nameOf(edge.from) !== "running.finishing" && !edge.from.context.recovered.isComplete &&
        !edge.event["output"]?.isComplete)
    );
    expect(namesOf(early)).toEqual([]);
    const left = from("running.draining").concat(from("running.flushing"))
      .filter(({ to }) => to.context.isHurried && nameOf(to) === "running.finishing");
    expect(left.length).toBeGreaterThan(0);
    expect(namesOf(left.filter(({ to }) => to.context.halt === undefined))).toEqual([]);
    const lying = finals.filter(({ value, output }) => output?.type !== value);
    expect(lying.map(nameOf)).toEqual([]);
  });

  it("drains, and flushes what was bought, before it finishes", () => {
    const undrained = into("running.finishing").filter((edge) =>
      // Nobody waits for it, or nothing was begun yet.
      !edge.to.context.isHurried && edge.event["output"]?.type !== "interrupted" &&
      !(nameOf(edge.from).startsWith("preparing.") && edge.to.context.wish !== undefined) &&
      !["running.flushing", "running.sweeping", "running.finishing"].includes(nameOf(edge.from)) &&
      (nameOf(edge.from) !== "running.draining" || edge.from.context.figures.done > 0)
    );
    expect(namesOf(undrained)).toEqual([]);
    const kept = from("running.working").filter(({ event, to }) =>
      event["output"]?.type === "completed" && to.context.unsettled !== event["output"].rowNumber
    );
    expect(namesOf(kept)).toEqual([]);
    const unsettled = starting.filter((edge) =>
      edge.to.context.task?.settles !== edge.from.context.unsettled
    );
    expect(namesOf(unsettled)).toEqual([]);
  });

  it("keeps the first reason to stop, whatever the drain and the flush say after it", () => {
    const replaced = edges.filter((edge) =>
      ["running.draining", "running.flushing"].includes(nameOf(edge.from)) &&
      nameOf(edge.to) !== "crashed" && edge.from.context.halt !== undefined &&
      (edge.to.context.halt?.problem !== edge.from.context.halt.problem ||
        edge.to.context.halt?.reason !== edge.from.context.halt.reason)
    );
    expect(namesOf(replaced)).toEqual([]);
  });

  it("completes a job that is complete without calling anything else", () => {
    const complete = from("preparing.recovering").filter(({ event }) =>
      event["output"]?.isComplete && !event["output"].hasSuperseded &&
      event["output"].duplicate === undefined && event["output"].owed === 0
    ).filter(({ from: { context } }) => context.halt === undefined);
    expect(complete.length).toBeGreaterThan(0);
    expect(
      namesOf(
        complete.filter(({ to, started, told }) =>
          nameOf(to) !== "completed" || started.length + told.length > 0
        ),
      ),
    ).toEqual([]);
  });

  it("brings a void that a complete job owes, and buys nothing on the way", () => {
    const owing = from("preparing.recovering").filter(({ event, from: { context } }) =>
      event["output"]?.isComplete && event["output"].owed > 0 && context.halt === undefined &&
      !context.isHurried
    );
    expect(owing.length).toBeGreaterThan(0);
    expect(new Set(owing.map(({ to }) => nameOf(to)))).toEqual(new Set(["running.draining"]));
    const later = after(edges, owing);
    expect(namesOf(later.filter(startsRow))).toEqual([]);
    expect(later.map(({ to }) => nameOf(to))).toContain("completed");
    expect(later.map(({ to }) => nameOf(to))).toContain("paused");
  });

  it("clears up what was lost before anything else, and asks the rows again after it", () => {
    const losing = from("preparing.recovering").filter(({ event, from: { context } }) =>
      event["output"]?.lost && context.wish === undefined
    );
    expect(losing.length).toBeGreaterThan(0);
    expect(new Set(losing.map(({ to, started }) => `${nameOf(to)} ${started}`)))
      .toEqual(new Set(["preparing.settling row"]));
    const settled = from("preparing.settling").filter(({ event }) =>
      ["completed", "shipped", "absent", "needs_review"].includes(event["output"]?.type)
    );
    expect(new Set(settled.map(({ to, started }) => `${nameOf(to)} ${started}`)))
      .toEqual(new Set(["preparing.recovering recoverJob"]));
    const shipping = edges.filter(({ to }) =>
      nameOf(to) === "preparing.settling" && to.context.task?.purpose !== "settle"
    );
    expect(namesOf(shipping)).toEqual([]);
  });

  it("asks once about superseded keys before it ships, and not again in the same run", () => {
    const wanted = from("preparing.recovering").filter(({ event, from: { context } }) =>
      event["output"]?.hasSuperseded && !event["output"].lost && !context.isSwept &&
      context.wish === undefined
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(new Set(wanted.map(({ to }) => nameOf(to)))).toEqual(
      new Set(["preparing.sweeping_early"]),
    );
    const again = into("preparing.sweeping_early").filter(({ from: { context }, event }) =>
      context.isSwept && event.type !== "job.pause"
    );
    expect(namesOf(again)).toEqual([]);
  });

  it("stops at a second label: nothing is shipped, and the job is not complete", () => {
    const told = edges.filter(({ event }) =>
      event["output"]?.duplicate !== undefined || event["output"]?.duplicates?.length > 0
    );
    expect(told.length).toBeGreaterThan(2);
    expect(namesOf(after(edges, told).filter(startsRow))).toEqual([]);
    const ends = after(edges, told).filter(({ to }) => to.status === "done");
    expect(ends.map(({ to }) => nameOf(to))).not.toContain("completed");
    expect(ends.map(({ to }) => nameOf(to))).toContain("paused");
  });

  it("tells a row under way that nobody wants to wait", () => {
    const waiting = wished.filter(({ from: { children } }) => "row" in children);
    expect(new Set(waiting.map(({ event, sent }) => `${event.type}: ${sent}`))).toEqual(
      new Set([
        "job.pause: row row.stop",
        "job.cancel: row row.stop",
        "job.hurry: row row.hurry",
      ]),
    );
  });

  it("brings what is owed before anything is checked or bought", () => {
    const owing = from("preparing.recovering").filter(({ event, from: { context } }) =>
      event["output"]?.owed > 0 && context.wish === undefined
    );
    expect(owing.length).toBeGreaterThan(0);
    expect(new Set(owing.map(({ started }) => started.join()))).toEqual(
      new Set(["drainWriteBacks"]),
    );
  });

  it("brings the user's file up to date before it checks, and goes on though that fails", () => {
    const flushes = into("preparing.flushing_owed").filter((edge) =>
      !nameOf(edge.from).endsWith("flushing_owed")
    );
    expect(new Set(flushes.map(({ started }) => started.join()))).toEqual(new Set(["flushSource"]));
    const next = from("preparing.flushing_owed").filter((edge) =>
      !isWish(edge) && edge.from.context.wish === undefined
    );
    expect(new Set(next.map(({ to }) => nameOf(to))))
      .toEqual(new Set(["preparing.preflighting", "preparing.starting"]));
    expect(next.some(isError)).toBe(true);
    const unchecked = into("preparing.preflighting").filter((edge) =>
      edge.to.context.figures.done > 0 && nameOf(edge.from) === "preparing.recovering"
    );
    expect(namesOf(unchecked)).toEqual([]);
  });

  it("tells batch_started, then each row's start and end, then one end of the batch", () => {
    expect(breachesOfProtocol()).toEqual([]);
  });

  it("tells the figures that it has then", () => {
    const wrong = edges.flatMap(({ name, told, to }) =>
      told.filter((event) =>
        "figures" in event &&
        JSON.stringify(event["figures"]) !== JSON.stringify(to.context.figures)
      ).map(() => name)
    );
    expect(wrong).toEqual([]);
    const uncounted = from("running.working").filter(({ event, from, to }) => {
      const type: unknown = event["output"]?.type;
      const isBought = type === "completed" || type === "shipped";
      return to.context.figures.done !== from.context.figures.done + (isBought ? 1 : 0);
    });
    expect(namesOf(uncounted)).toEqual([]);
  });

  it("reaches every state, and leaves every state that is not final in every case", () => {
    const reached = new Set(states.map(nameOf));
    const unreached = stateNamesOf(jobMachine).leaves.filter((name) => !reached.has(name));
    // Passed through at once, and never stayed in.
    expect(unreached).toEqual(["preparing.catching_up"]);
    expect(hangsOf(edges)).toEqual([]);
  });

  it("crashes on anything that throws, and never loses why", () => {
    const thrown = edges.filter(isError).filter((edge) =>
      ![
        "preparing.flushing_owed",
        "preparing.sweeping_early",
        "running.flushing",
        "running.sweeping",
        "running.finishing",
      ].includes(nameOf(edge.from))
    );
    expect(new Set(thrown.map(({ to }) => nameOf(to)))).toEqual(new Set(["crashed"]));
    const mute = finals.filter(({ output }) =>
      output !== undefined && "problem" in output &&
      output.problem.message === "The job ended without a reason"
    );
    expect(mute.map(nameOf)).toEqual([]);
  });

  it("is drawn with all its states", async () => {
    expect(await missingInDrawing("job.ts", jobMachine)).toEqual([]);
  });
});

describe("job machine, restored", () => {
  const resting = states.filter((state) => state.status === "active" && state.hasTag("checkpoint"));

  it("does nothing by itself, and goes on with job.resume at the lease, from every rest", () => {
    expect(resting.length).toBeGreaterThan(2);
    for (const state of resting) {
      const persisted = createActor(jobMachine, { snapshot: state, input: { jobId: "j" } })
        .getPersistedSnapshot();
      const calls: string[] = [];
      const actor = createActor(provided({ calls }), {
        snapshot: roundTrip(persisted),
        input: { jobId: "j" },
      }).start();
      expect(actor.getSnapshot().value).toEqual(state.value);
      expect(calls).toEqual([]);
      expect(Object.keys(actor.getSnapshot().children)).toEqual([]);
      actor.send({ type: "job.resume", skipPreflight: true });
      expect(nameOf(actor.getSnapshot())).toBe("preparing.acquiring_lease");
      expect(calls).toEqual(["acquireLease"]);
      expect(actor.getSnapshot().context.skipPreflight).toBe(true);
      actor.stop();
    }
  });

  it("carries on after a pause: the old wish is not kept", async () => {
    const first = await runJob(3, { pauseAtRow: 2 });
    expect(first.outcome).toMatchObject({ type: "paused", halt: { reason: "signal" } });
    expect(first.rows).toEqual([1, 2]);
    const second = await runJob(3, { snapshot: first.rest, doneRows: 2 });
    expect(second.outcome).toEqual({ type: "completed" });
    expect(second.rows).toEqual([3]);
  });

  it("lets the rows correct what the snapshot says", async () => {
    const first = await runJob(4, { pauseAtRow: 3 });
    // The database knows better: only the first row is done.
    const second = await runJob(4, { snapshot: first.rest, doneRows: 1 });
    expect(second.rows).toEqual([2, 3, 4]);
    expect(second.figures).toEqual({ total: 4, done: 4, failed: 0, costs: { USD: 3 * 1236 } });
  });

  it("has a snapshot whose size does not grow with the rows", async () => {
    const [few, many] = [await runJob(10, {}), await runJob(600, {})];
    expect(few.outcome).toEqual({ type: "completed" });
    expect(many.rows.length).toBe(600);
    const digits = 20;
    expect(JSON.stringify(many.rest).length - JSON.stringify(few.rest).length)
      .toBeLessThan(digits);
  });
});

/** Where an outsider is: what was told last, and of which row. */
type Phase = "idle" | "open" | "ended" | `row ${number}`;

/** Follows every edge with every phase that it may be reached in. */
function breachesOfProtocol(): string[] {
  const leaving = Map.groupBy(edges, (edge) => edge.from);
  const keyed = new Map(states.map((state) => [keyOf(state), state]));
  const breaches = new Set<string>();
  const seen = new Set<string>();
  const first = edges[0]?.from;
  if (!first) throw new TypeError("Cannot follow the events: the graph is empty");
  const byKey = new Map([...leaving].map(([state, list]) => [keyOf(state), list]));
  const waiting: [string, Phase][] = [[keyOf(first), "idle"]];
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    const [key, phase] = at;
    if (seen.has(`${phase} ${key}`)) continue;
    seen.add(`${phase} ${key}`);
    const state = keyed.get(key);
    if (state?.status === "done" && !mayEndIn(nameOf(state), phase, state)) {
      breaches.add(`${nameOf(state)} is reached after ${phase}`);
    }
    for (const edge of byKey.get(key) ?? []) {
      let next: Phase | undefined = phase;
      for (const event of edge.told) next = next && phaseAfter(next, event);
      if (next) waiting.push([keyOf(edge.to), next]);
      else breaches.add(`${edge.name} tells ${JSON.stringify(edge.told)} after ${phase}`);
    }
  }
  return [...breaches];
}

function phaseAfter(
  phase: Phase,
  event: { type: string; rowNumber?: unknown },
): Phase | undefined {
  switch (event.type) {
    case "batch_started":
      return phase === "idle" ? "open" : undefined;
    case "row_started":
      return phase === "open" ? `row ${Number(event.rowNumber)}` : undefined;
    case "row_completed":
    case "row_failed":
    case "row_needs_review":
      return phase === `row ${event.rowNumber}` ? "open" : undefined;
    case "batch_failed":
      if (phase === "idle") return "ended";
      // A row that was stopped is as it was: only the batch has an end to tell.
      return phase === "open" || phase.startsWith("row ") ? "ended" : undefined;
    case "batch_paused":
    case "batch_cancelled":
      // Before the batch begins it may stop at a second label, and within a row that only waits.
      return phase !== "ended" ? "ended" : undefined;
    case "row_reconciling":
    case "row_reconciled":
      return phase === "idle" ? phase : undefined;
    case "duplicate_found":
    case "stop_requested":
      return phase !== "ended" ? phase : undefined;
    default:
      return phase === "open" ? "ended" : undefined;
  }
}

function mayEndIn(name: string, phase: Phase, { context }: JobSnapshot): boolean {
  switch (name) {
    case "completed":
      return phase === (isDone(context.recovered) ? "idle" : "ended");
    case "paused":
      // Nobody wanted to wait for the carrier.
      return phase === "ended" || (phase === "idle" && context.halt?.reason === "signal");
    case "failed":
      return phase === "ended";
    case "not_ready":
      return phase === "idle";
    default:
      // Before the batch was told to have started there is no end to tell of.
      return phase === "idle" || phase === "ended";
  }
}

/** It was complete, and nothing was owed of it. */
function isDone({ isComplete, owed }: JobSnapshot["context"]["recovered"]): boolean {
  return isComplete && owed === 0;
}

function keyOf({ value, context, status }: JobSnapshot): string {
  return JSON.stringify([value, context, status]);
}

function roundTrip(snapshot: Snapshot<unknown>): Snapshot<unknown> {
  return JSON.parse(JSON.stringify(snapshot));
}

/** The machine with actors that note their calls and never answer, but for those given. */
function provided({ calls }: { calls: string[] }): typeof jobMachine {
  const silent = <T, Input>(id: string) =>
    fromPromise<T, Input>(() => {
      calls.push(id);
      return new Promise(() => {});
    });
  return jobMachine.provide({
    actors: {
      acquireLease: silent("acquireLease"),
      recoverJob: silent("recoverJob"),
      sweepKeys: silent("sweepKeys"),
      preflight: silent("preflight"),
      startJob: silent("startJob"),
      nextRow: silent("nextRow"),
      drainWriteBacks: silent("drainWriteBacks"),
      flushSource: silent("flushSource"),
      finishJob: silent("finishJob"),
    },
  });
}

/** Runs a job of rows that are all bought; pauses it while a row is under way, if so asked. */
async function runJob(
  count: number,
  { snapshot, doneRows = 0, pauseAtRow }: {
    snapshot?: Snapshot<unknown>;
    doneRows?: number;
    pauseAtRow?: number;
  },
): Promise<
  { outcome: JobOutcome; rows: number[]; rest: Snapshot<unknown>; figures: unknown }
> {
  const rows: number[] = [];
  const answer = <T, Input = unknown>(value: (input: Input) => T) =>
    fromPromise<T, Input>(({ input }) => Promise.resolve(value(input)));
  const row = rowMachine.provide({
    actors: {
      fetchRow: answer((): Fetched => ({ type: "fetched", data: {} })),
      renderRow: answer((): RenderedRequest => ({ type: "rendered", request: {} })),
      claimRow: answer((): Attempt => ({
        key: "K",
        generation: 1,
        sentAtMs: 0,
        account: undefined,
        lane: "US>US",
        packages: 1,
        doesExist: false,
      })),
      buyLabel: answer((): Answer => ({ type: "bought", label, evidence: {} })),
      recordAnswer: answer((): RecordedLabel | undefined => label),
      writeBack: answer((): void => {}),
    },
  });
  const machine = jobMachine.provide({
    actors: {
      acquireLease: answer((): { type: "acquired" } | { type: "held"; problem: Problem } => ({
        type: "acquired",
      })),
      recoverJob: answer(() =>
        recovered({
          pending: count - doneRows,
          cursor: doneRows,
          figures: { total: count, done: doneRows, failed: 0, costs: {} },
        })
      ),
      preflight: answer((): PreflightProblems => ({ count: 0, first: [] })),
      startJob: answer((): void => {}),
      nextRow: answer<Choice, { jobId: string; afterRow: number; passesFailed: boolean }>((
        { afterRow },
      ) => afterRow < count ? { type: "row", task: taskOf(afterRow + 1) } : { type: "none" }),
      drainWriteBacks: answer((): Drained => ({ written: 0, owed: 0 })),
      flushSource: answer((): void => {}),
      sweepKeys: answer((): Swept => ({ asked: 0, duplicates: [] })),
      finishJob: answer((): void => {}),
      row,
    },
  });
  const actor = createActor(machine, { input: { jobId: "j" }, ...(snapshot ? { snapshot } : {}) });
  let rest: Snapshot<unknown> = actor.getPersistedSnapshot();
  actor.subscribe((state) => {
    if (state.hasTag("checkpoint")) rest = roundTrip(actor.getPersistedSnapshot());
  });
  actor.on("row_started", ({ rowNumber }) => {
    rows.push(rowNumber);
    if (rowNumber === pauseAtRow) actor.send({ type: "job.pause", reason: "signal" });
  });
  const end = toPromise(actor);
  actor.start();
  actor.send({ type: snapshot ? "job.resume" : "job.run", skipPreflight: false });
  const outcome = await end;
  return { outcome, rows, rest, figures: actor.getSnapshot().context.figures };
}
