/**
 * The alphabet of the job machine: for each signal and each end of an actor how it is brought about in
 * the real world, and what is true outside afterwards. How rows end is in `job_rows.ts`.
 *
 * | actor | how it ends | what is done for it |
 * |---|---|---|
 * | acquireLease | acquired; held; fails | nobody has the job; another machine has; the database fails |
 * | recoverJob | as the rows are; fails | the rows and attempts of the story; the database fails |
 * | sweepKeys | nothing; a second label; fails | the carrier's books; a late sale; the database fails |
 * | preflight | ready; not ready; fails | the orders; one was changed; the source fails |
 * | startJob, finishJob | commits; fails | another runner takes over; the database fails |
 * | nextRow | row, none or halt; fails | the rows; the database fails |
 * | row | every end | `job_rows.ts` |
 * | drainWriteBacks | all; not all; fails | the source takes them; fails; the database fails |
 * | flushSource | done; fails | the source |
 *
 * @module
 */
import { WaybillError } from "../../src/errors.ts";
import type { PurchasePolicy } from "../../src/machines/purchase.ts";
import {
  anyQuestion,
  breaks,
  done,
  failed,
  fault,
  type JobLetter,
  jobStatus,
  none,
  takenOver,
} from "./job_faults.ts";
import {
  audited,
  changed,
  choiceFrom,
  isLost,
  type JobState,
  lastOf,
  owedVoids,
  sums,
  supersededIn,
  told,
  withAttempt,
} from "./job_outside.ts";
import { rowLetters } from "./job_rows.ts";
import { beginningsOfRuns, takingUp } from "./job_taking_up.ts";
import type { Outside } from "./outside.ts";
import type { RealJob } from "./real_job.ts";

/** Whether a row is under way that is still to be fetched: the first of a run; others are prepared. */
function isFetched({ name, outside }: JobState): boolean {
  const started = outside.told.filter((each) => each.startsWith("row_started "));
  return name === "running.working" && started.length === 1;
}

const whereCancelled = [
  ...["preparing.recovering", "preparing.settling", "preparing.flushing_owed"],
  ...["running.working", "running.flushing", "running.finishing"],
];

const signals: readonly JobLetter[] = [
  {
    name: "job.pause by a signal",
    type: "job.pause",
    when: ({ context }) => context.wish === undefined,
    event: () => ({ reason: "signal" }),
    bring: (job) => job.stop(),
  },
  {
    name: "job.pause from another terminal",
    type: "job.pause",
    when: ({ context }) => context.wish === undefined,
    event: () => ({ reason: "request" }),
    bring: (job) => job.stop(),
    then: ({ outside }) => told(outside, "stop_requested pause"),
  },
  {
    name: "job.cancel",
    type: "job.cancel",
    // Elsewhere too, but for the number of paths: what a cancel does is decided at the end.
    when: ({ name, context }) =>
      context.wish !== "cancel" && !context.isHurried && whereCancelled.includes(name),
    bring: (job) => job.stop(),
    then: ({ outside }) => told(outside, "stop_requested cancel"),
  },
  {
    name: "job.hurry",
    type: "job.hurry",
    when: (state) => !state.context.isHurried && !isFetched(state),
    bring: (job) => job.stop(),
  },
  {
    name: "job.hurry, and the row under way is left",
    type: "job.hurry",
    when: (state) => !state.context.isHurried && isFetched(state),
    follow: ({ context: { cursor } }) => [{
      type: done("row"),
      output: { type: "interrupted", rowNumber: cursor, settled: false },
    }],
    bring: (job) => job.stop(),
  },
];

/** A key is asked about once at a time. */
function timePasses(job: RealJob): void {
  job.clock.nowMs += 10;
}

const sweeping: readonly JobLetter[] = [
  {
    name: "sweepKeys: nothing came late",
    type: done("sweepKeys"),
    bring: timePasses,
    event: ({ outside }) => ({
      output: { asked: supersededIn(outside).length, duplicates: [] },
    }),
  },
  {
    name: "sweepKeys: a label came late",
    type: done("sweepKeys"),
    when: ({ outside }) => supersededIn(outside).length > 0,
    event: ({ outside }) => {
      const [first] = supersededIn(outside);
      const problem = { code: "E-3011", message: "A second label" };
      return { output: { asked: 1, duplicates: [{ rowNumber: first?.row ?? 0, problem }] } };
    },
    bring: (job) => {
      timePasses(job);
      job.sellLate();
    },
    then: ({ outside }) => {
      const [first] = supersededIn(outside);
      if (!first) return outside;
      const { key, row, generation, words } = first;
      const after = withAttempt(outside, key, `${words.join(" ")} twice`);
      return told(
        { ...audited(after, `duplicate_found ${row} ${generation}`), sold: [...outside.sold, key] },
        `duplicate_found ${row} E-3011`,
      );
    },
  },
  {
    ...breaks("sweepKeys", anyQuestion, "E-9001"),
    // It is asked again the next time: nothing is told.
    then: ({ outside }) => outside,
  },
];

/** The row that waits for its commit is settled, and what is owed is brought. */
function drained(state: JobState, doesSourceFail: boolean): Outside {
  const { outside, context: { unsettled } } = state;
  const settles = state.name === "running.draining" ? unsettled : undefined;
  let after = settles === undefined ? outside : changed(outside, settles, "completed");
  if (doesSourceFail) return after;
  for (const [index, status] of after.rows.entries()) {
    const row = index + 1;
    if (status !== "shipped") continue;
    after = changed(
      { ...after, written: [...new Set([...after.written, row])].sort() },
      row,
      "completed",
    );
  }
  for (const [index, status] of after.rows.entries()) {
    if (status !== "voided" || !after.written.includes(index + 1)) continue;
    const written = after.written.filter((each) => each !== index + 1);
    after = { ...audited(after, `void_written ${index + 1}`), written };
  }
  return after;
}

/** What the source is still owed, when it fails. */
function owedAfter(state: JobState): number {
  const after = drained(state, true);
  return after.rows.filter((each) => each === "shipped").length + owedVoids(after);
}

const draining: readonly JobLetter[] = [
  {
    name: "drainWriteBacks: the source takes all",
    type: done("drainWriteBacks"),
    event: (state) => ({ output: { written: owedAfter(state), owed: 0 } }),
    bring: (job) => void (job.source.isWriteBackBroken = false),
    then: (state) => drained(state, false),
  },
  {
    name: "drainWriteBacks: the source fails",
    type: done("drainWriteBacks"),
    when: (state) => owedAfter(state) > 0,
    event: (state) => ({
      output: { written: 0, owed: owedAfter(state), problem: { code: "E-4014", message: "No" } },
    }),
    bring: (job) => void (job.source.isWriteBackBroken = true),
    then: (state) => drained(state, true),
  },
  {
    ...breaks("drainWriteBacks", anyQuestion, "E-9001"),
    when: ({ context }) => context.unsettled === undefined,
  },
  {
    name: "flushSource: done",
    type: done("flushSource"),
    event: none,
    bring: (job) => void job.sourceFaults.delete("flush"),
    then: ({ outside }) => ({ ...outside, isFlushOwed: false }),
  },
  {
    name: "flushSource: the source fails",
    type: failed("flushSource"),
    event: () => ({ error: new WaybillError("E-4014", "It failed") }),
    bring: (job) => void job.sourceFaults.set("flush", fault),
    then: ({ outside }) => ({ ...outside, isFlushOwed: true }),
  },
];

/** The row that comes next is told of, unless nobody wants it or a limit does not reach for it. */
function chosen(state: JobState, policy: PurchasePolicy): Outside {
  const { outside, context } = state;
  const choice = choiceFrom(outside, context, policy);
  const starts = choice.type === "row" && context.wish === undefined && !context.budget;
  return starts ? told(outside, `row_started ${choice.task.rowNumber}`) : outside;
}

/** How the end of a run is told. */
function endOf({ context: { halt, figures } }: JobState): string {
  const about = sums(figures);
  if (!halt) return `batch_completed ${about}`;
  if (halt.status === "cancelled") return `batch_cancelled ${about}`;
  if (halt.status === "paused") return `batch_paused ${halt.reason ?? "signal"} ${about}`;
  return ["batch_failed", halt.rowNumber, halt.problem?.code, about]
    .filter((each) => each !== undefined).join(" ");
}

/** How a run's end is committed. */
function finished(state: JobState): Outside {
  const { context: { halt } } = state;
  const to = halt?.status ?? "completed";
  let after = state.outside;
  if (to === "cancelled") {
    for (const [index, status] of after.rows.entries()) {
      const last = lastOf(after, index + 1);
      if (status !== "in_flight" || (last && isLost(last))) continue;
      after = changed(after, index + 1, "failed", "E-4019");
    }
  }
  const isSame = after.job === to && to === "cancelled";
  const type = isSame ? "job_cleared_up" : "job_transition";
  const about = [halt?.reason, halt?.problem?.code].filter((each) => each !== undefined);
  const entry = [type, `${after.job}>${to}`, ...about].join(" ");
  return told({ ...audited(after, entry), job: to, isHeld: false }, endOf(state));
}

function running(policy: PurchasePolicy): readonly JobLetter[] {
  return [
    {
      name: "nextRow: as the rows are",
      type: done("nextRow"),
      event: ({ outside, context }) => ({ output: choiceFrom(outside, context, policy) }),
      then: (state) => chosen(state, policy),
    },
    breaks("nextRow", anyQuestion, "E-9001"),
    {
      name: "finishJob: commits",
      type: done("finishJob"),
      event: none,
      then: finished,
    },
    takenOver("finishJob"),
    breaks("finishJob", jobStatus, "E-4001"),
  ];
}

/** What may happen to a job under way. */
export function jobAlphabet(policy: PurchasePolicy): readonly JobLetter[] {
  return [
    ...beginningsOfRuns,
    ...signals,
    ...takingUp(policy),
    ...rowLetters,
    ...sweeping,
    ...draining,
    ...running(policy),
  ];
}
