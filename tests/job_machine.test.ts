/**
 * The job machine's whole graph (`helpers/job_graph.ts`). Each rule was seen to fail on a machine broken
 * for it.
 */
import { describe, expect, it } from "vitest";
import { jobMachine, type JobSnapshot } from "../src/machines/job.ts";
import {
  after,
  type Edge,
  hangsOf,
  missingInDrawing,
  nameOf,
  namesOf,
  stateNamesOf,
} from "./helpers/graph.ts";
import {
  edges,
  finals,
  from,
  into,
  isError,
  isKept,
  isWish,
  starting,
  startsRow,
  states,
  wished,
} from "./helpers/job_graph.ts";
import { breachesOfProtocol } from "./helpers/job_protocol.ts";

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
    const endsOf = (wasComplete: boolean) =>
      new Set(
        ends.filter(({ to }) => to.context.recovered.isComplete === wasComplete)
          .map(({ to }) => nameOf(to)),
      );
    expect(endsOf(false)).toEqual(new Set(["cancelled", "completed", "crashed", "held"]));
    // Nothing of it can be cancelled; what stops it besides is told as ever.
    expect(endsOf(true)).toEqual(new Set(["paused", "completed", "crashed", "held"]));
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
