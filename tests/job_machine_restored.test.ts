/**
 * A job machine that is restored from a snapshot, with actors that work: it starts nothing by itself, and
 * the rows have the last word.
 */
import { createActor, fromPromise, type Snapshot, toPromise } from "xstate";
import { describe, expect, it } from "vitest";
import { jobMachine } from "../src/machines/job.ts";
import type {
  Choice,
  Drained,
  JobOutcome,
  PreflightProblems,
  Swept,
} from "../src/machines/job_types.ts";
import type { Problem } from "../src/machines/port.ts";
import type { Answer, Attempt, RecordedLabel } from "../src/machines/purchase.ts";
import type { Fetched, RenderedRequest } from "../src/machines/row_types.ts";
import { rowMachine } from "../src/machines/row.ts";
import { nameOf } from "./helpers/graph.ts";
import { label, recovered, taskOf } from "./helpers/job_answers.ts";
import { states } from "./helpers/job_graph.ts";

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
