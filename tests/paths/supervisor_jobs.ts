/**
 * The alphabet of a runner, what happens to its job: it comes up, ends in every way, and is started
 * again.
 *
 * @module
 */
import type { AnyEventObject } from "xstate";
import {
  caused,
  closing,
  counted,
  ended,
  exited,
  is,
  isAtWork,
  isSourceUp,
  problem,
  type RunnerLetter,
  type RunnerOutside,
  type RunnerState,
  told,
  withChild,
} from "./supervisor_outside.ts";

/** The job's end, and what follows: the parts are stopped. */
export function jobEnds(
  outside: RunnerOutside,
  job: Partial<RunnerOutside["job"]>,
  ...events: readonly string[]
): { outside: RunnerOutside; events: AnyEventObject[] } {
  const after = { ...told(outside, ...events), job: { ...outside.job, ...job } };
  return closing(withChild(after, "job", "ended"));
}

/** Whether the job waits for its carrier. */
export const isPurchasing = (state: RunnerState): boolean =>
  isAtWork(state) && is(state, "job", "alive.up", "alive.stopping") && state.outside.job.isHeld;
/** A strategy by which the job is started again whenever it ends. */
const isPermanent = ({ context: { specs } }: RunnerState) => specs.job.restart === "permanent";
/** Whether it was told to stop. */
export const isStopped = (state: RunnerState): boolean => is(state, "job", "alive.stopping");
/** Whether nobody waits. */
export const isHurried = ({ outside }: RunnerState): boolean => outside.isHurried;

/** How the job's purchase ends, and the job with it. */
function purchased(state: RunnerState): ReturnType<typeof jobEnds> {
  const bought = { ...state.outside.job, attempts: ["1/1 bought"], sold: ["1/1"], isHeld: false };
  if (!isStopped(state)) {
    return jobEnds(
      state.outside,
      { ...bought, job: "completed", rows: ["completed"], written: [1] },
      "row_completed 1 with its number (1 done, 0 failed)",
      "batch_completed (1 done, 0 failed)",
    );
  }
  return jobEnds(
    state.outside,
    { ...bought, job: "paused", rows: ["completed"], written: [1] },
    "row_completed 1 with its number (1 done, 0 failed)",
    "batch_paused signal (1 done, 0 failed)",
  );
}

function refused(state: RunnerState): ReturnType<typeof jobEnds> {
  return jobEnds(
    state.outside,
    { attempts: ["1/1 rejected"], rows: ["failed"], job: "failed", isHeld: false },
    "row_failed 1 120802 (0 done, 1 failed)",
    "batch_failed 1 120802 (0 done, 1 failed)",
  );
}

/** The job's end as its supervisor is told of it. */
export const jobEnded = (type: string): AnyEventObject => ended("job", { outcome: { type } });

/** What may happen to the job. */
export const jobs: readonly RunnerLetter[] = [
  caused({
    name: "job: comes to its purchase",
    type: "child.up",
    when: (state) =>
      isAtWork(state) && is(state, "job", "alive.starting") && isSourceUp(state) &&
      is(state, "templates", "alive.up"),
    event: () => ({ id: "job.J", restarts: 0 }),
    bring: async (runner) => {
      await runner.work.pass(runner.idOf("job"), "work.up");
      await runner.atPurchase.promise;
    },
    then: ({ outside }) => ({
      ...told(
        withChild(outside, "job", "alive.up"),
        "child_started job",
        "batch_started (0 done, 0 failed)",
        "row_started 1",
      ),
      job: {
        ...outside.job,
        ...{ job: "running", isHeld: true, rows: ["in_flight"], attempts: ["1/1 open"] },
      },
    }),
  }),
  caused({
    name: "job: completes, or pauses where it was told to stop",
    type: "child.ended",
    when: (state) =>
      isPurchasing(state) && isSourceUp(state) && !isHurried(state) && !isPermanent(state),
    event: (state) => jobEnded(isStopped(state) ? "paused" : "completed"),
    follow: (state) => purchased(state).events,
    bring: async (runner) => {
      runner.purchase.resolve("sells");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: (state) => purchased(state).outside,
  }),
  caused({
    name: "job: pauses; nobody waits for the source",
    type: "child.ended",
    when: (state) => isPurchasing(state) && isHurried(state),
    event: () => jobEnded("paused"),
    follow: ({ outside }) => jobEnds(outside, {}).events,
    bring: async (runner) => {
      runner.purchase.resolve("sells");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: ({ outside }) =>
      jobEnds(
        outside,
        {
          ...{ attempts: ["1/1 bought"], sold: ["1/1"], rows: ["shipped"] },
          ...{ job: "paused", isHeld: false },
        },
        "row_completed 1 with its number owed (1 done, 0 failed)",
        "batch_paused signal (1 done, 0 failed)",
      ).outside,
  }),
  ...[false, true].map((isSourceEnding) =>
    caused({
      name: `job: is refused${isSourceEnding ? ", just as the source's connection ends" : ""}`,
      type: "child.ended",
      when: (state) => isPurchasing(state) && (!isSourceEnding || isSourceUp(state)),
      event: () => jobEnded("failed"),
      follow: (state) => refused(state).events,
      bring: async (runner) => {
        if (isSourceEnding) {
          runner.isSourceGone = true;
          runner.source.end();
          await runner.work.told(runner.idOf("source"), "work.down");
        }
        runner.purchase.resolve("refuses");
        await runner.work.pass(runner.idOf("job"), "work.done");
      },
      then: (state) => {
        const { outside } = state;
        if (!isSourceEnding) return refused(state).outside;
        const gone = { ...counted(outside, "source", "closed"), isSourceGone: true };
        return refused({ ...state, outside: gone }).outside;
      },
    })
  ),
  caused({
    name: "job: breaks",
    type: "child.exited",
    when: (state) => isPurchasing(state) && isSourceUp(state) && !isStopped(state),
    event: () => exited("job", "crashed"),
    bring: async (runner) => {
      runner.breaksNext();
      runner.purchase.resolve("sells");
      await runner.work.pass(runner.idOf("job"), "work.down");
    },
    then: ({ outside }) => ({
      ...told(
        withChild(outside, "job", "backing_off"),
        "row_completed 1 with its number (1 done, 0 failed)",
        "batch_failed E-9001 (1 done, 0 failed)",
        "child_exited job crashed",
      ),
      job: {
        ...outside.job,
        ...{ attempts: ["1/1 bought"], sold: ["1/1"], rows: ["shipped"], written: [1] },
        isHeld: false,
      },
    }),
  }),
  caused({
    name: "job: completes, and is to be started again whenever it ends",
    type: "child.exited",
    when: (state) =>
      isPurchasing(state) && isSourceUp(state) && isPermanent(state) && !isStopped(state),
    event: () => exited("job"),
    bring: async (runner) => {
      runner.purchase.resolve("sells");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: ({ outside }) => ({
      ...told(
        withChild(outside, "job", "backing_off"),
        "row_completed 1 with its number (1 done, 0 failed)",
        "batch_completed (1 done, 0 failed)",
        "child_exited job ended",
      ),
      job: {
        ...{ job: "completed", isHeld: false, rows: ["completed"] },
        ...{ attempts: ["1/1 bought"], sold: ["1/1"], written: [1] },
      },
    }),
  }),
  caused({
    name: "job: is started again, and ends again",
    type: "child.up",
    when: (state) => isAtWork(state) && is(state, "job", "backing_off") && isPermanent(state),
    event: () => ({ id: "job.J", restarts: 1 }),
    follow: ({ outside }) => [
      exited("job"),
      { type: "child.escalated", id: "job.J", exit: { reason: "ended", problem }, restarts: 1 },
      ended("job", { problem }),
      ...jobEnds(outside, {}).events,
    ],
    bring: async (runner) => {
      await runner.work.backOffEnds(runner.idOf("job"));
      await runner.work.pass(runner.idOf("job"), "work.up");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: ({ outside }) =>
      jobEnds(
        outside,
        {},
        "child_restarted job 1",
        "child_exited job ended",
        "escalated job ended",
      ).outside,
  }),
  caused({
    name: "job: is started again, and completes",
    type: "child.up",
    when: (state) =>
      isAtWork(state) && is(state, "job", "backing_off") && isSourceUp(state) &&
      !isPermanent(state),
    event: () => ({ id: "job.J", restarts: 1 }),
    follow: ({ outside }) => [
      jobEnded("completed"),
      ...jobEnds(outside, {}).events,
    ],
    bring: async (runner) => {
      await runner.work.backOffEnds(runner.idOf("job"));
      await runner.work.pass(runner.idOf("job"), "work.up");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: ({ outside }) =>
      jobEnds(
        outside,
        { job: "completed", rows: ["completed"], isHeld: false },
        "child_restarted job 1",
        "batch_started (1 done, 0 failed)",
        "batch_completed (1 done, 0 failed)",
      ).outside,
  }),
  caused({
    name: "job: is started again, and breaks again",
    type: "child.up",
    when: (state) =>
      isAtWork(state) && is(state, "job", "backing_off") && isSourceUp(state) &&
      !isPermanent(state),
    event: () => ({ id: "job.J", restarts: 1 }),
    follow: ({ outside }) => [
      exited("job", "crashed"),
      { type: "child.escalated", id: "job.J", exit: { reason: "crashed", problem }, restarts: 1 },
      jobEnded("crashed"),
      ...jobEnds(outside, {}).events,
    ],
    bring: async (runner) => {
      runner.breaksNext();
      await runner.work.backOffEnds(runner.idOf("job"));
      await runner.work.pass(runner.idOf("job"), "work.up");
      await runner.work.pass(runner.idOf("job"), "work.down");
    },
    then: ({ outside }) =>
      jobEnds(
        outside,
        {},
        "child_restarted job 1",
        "child_exited job crashed",
        "escalated job crashed",
      ).outside,
  }),
  caused({
    name: "job: pauses before it has begun",
    type: "child.ended",
    when: (state) => isAtWork(state) && isStopped(state) && state.outside.job.job === "pending",
    event: () => jobEnded("paused"),
    follow: (state) => jobEnds(state.outside, {}).events,
    bring: (runner) => runner.work.pass(runner.idOf("job"), "work.done"),
    then: ({ outside }) =>
      jobEnds(outside, { job: "paused" }, "batch_paused signal (0 done, 0 failed)").outside,
  }),
];
