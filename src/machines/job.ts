/**
 * The job machine: one batch, one row at a time. It decides and does nothing: each actor is a port
 * that `src/actors` fills in.
 *
 * ```
 *  pending ──job.run──> preparing ─────────────────────> running ───────────────> completed
 *                        acquiring_lease ──> held          between_rows ◄──┐      failed
 *                        recovering ◄─┐                     │ job.next     │      paused
 *                        catching_up  │                    choosing        │      cancelled
 *                        ├ settling ──┤ what was lost       │ row          │
 *                        ├ sweeping_early                   │              │
 *                        draining_owed, flushing_owed      working ────────┤
 *                        preflighting ──> not_ready         │ none, halt   │
 *                        starting                          draining ──> flushing ──> sweeping
 *                                                                                       └> finishing
 *  a row that a person's limit (--max-cost) does not reach for: draining, and paused
 *  job.pause, job.cancel: the row under way is finished, then draining …; in preflighting: finishing
 *  job.hurry: a drain, flush or sweep is left where it is: finishing
 *  a cancelled job: what was lost is settled, then draining …, and cancelled again
 *  any part that throws: crashed
 * ```
 *
 * `pending` and `between_rows` are the rest states: they invoke nothing and are tagged `checkpoint`,
 * and only a snapshot taken there is ever stored.
 *
 * @module
 */
import type { ActorRefFrom, SnapshotFrom } from "xstate";
import {
  crash,
  errorOf,
  outcomeOfRow,
  sweptOf,
  taskOf,
  tellRow,
  wantCancel,
  wantPause,
} from "./job_events.ts";
import { preparing } from "./job_preparing.ts";
import { type JobContext, jobSetup } from "./job_setup.ts";
import type { ToldOutcome } from "./job_steps.ts";
import type { Choice, Drained, Figures, JobOutcome } from "./job_types.ts";
import type { RowOutcome } from "./row_types.ts";

/** The version of this machine; stored with each snapshot, and a snapshot of another is set aside. */
export const jobMachineVersion = 4;

const noFigures: Figures = { total: 0, done: 0, failed: 0, costs: {} };

// What the chart's guards and actions are given of an event, by name.
const toldOf = ({ event }: { event: { output: RowOutcome } }) => ({ outcome: told(event.output) });
const choiceOf = ({ event }: { event: { output: Choice } }) => ({ choice: event.output });
const drainedOf = ({ event }: { event: { output: Drained } }) => ({ drained: event.output });

/** The same once the batch was told to have started: whoever watches is told of its end too. */
const crashRunning = {
  actions: [crash.actions, "tellEnd" as const],
  target: crash.target,
};

/** Nobody waits: what is left is owed, and the next run begins with it. */
const leaveIfHurried = {
  guard: "isHurried" as const,
  actions: "stopHere" as const,
  target: "finishing" as const,
};

/** Somebody who wants it to end does not wait for a sweep. */
const sweepOrFinish = [
  { guard: "isStopWanted" as const, target: "finishing" as const },
  { target: "sweeping" as const },
];

/**
 * The job machine; hand its actors in with `jobMachine.provide({ actors })`.
 *
 * @internal
 */
export const jobMachine = jobSetup.createMachine({
  id: "job",
  context: ({ input }) => ({
    jobId: input.jobId,
    skipPreflight: false,
    cursor: 0,
    unsettled: undefined,
    wish: undefined,
    isHurried: false,
    keepGoing: undefined,
    failures: 0,
    refusals: undefined,
    budget: undefined,
    unpriced: {},
    untold: 0,
    estimate: undefined,
    task: undefined,
    halt: undefined,
    problems: { count: 0, first: [] },
    recovered: {
      isComplete: false,
      isCancelled: false,
      pending: 0,
      owed: 0,
      hasSuperseded: false,
    },
    isSwept: false,
    figures: noFigures,
    ending: "crashed",
  }),
  initial: "pending",
  on: {
    "job.pause": { actions: wantPause },
    "job.cancel": { actions: wantCancel },
    "job.hurry": { actions: "hurry" },
  },
  states: {
    pending: {
      tags: "checkpoint",
      description: "Nobody has worked on the job, or nothing is known of it but its rows.",
      on: {
        "job.run": {
          actions: { type: "takeOptions", params: ({ event }) => event },
          target: "preparing",
        },
        "job.resume": {
          actions: ["forgetWishes", { type: "takeOptions", params: ({ event }) => event }],
          target: "preparing",
        },
      },
    },
    preparing,
    running: {
      initial: "between_rows",
      states: {
        between_rows: {
          tags: "checkpoint",
          description: "The rest state between two rows. Restored, it waits for `job.resume`.",
          entry: "goOn",
          on: {
            "job.next": [
              { guard: "isStopWanted", actions: "stopHere", target: "draining" },
              { target: "choosing" },
            ],
            "job.resume": {
              actions: ["forgetWishes", { type: "takeOptions", params: ({ event }) => event }],
              target: "#job.preparing",
            },
          },
        },
        choosing: {
          invoke: {
            id: "nextRow",
            src: "nextRow",
            input: ({ context }) => ({
              jobId: context.jobId,
              afterRow: context.cursor,
              passesFailed: context.keepGoing !== undefined,
            }),
            onDone: [
              {
                guard: { type: "isUnwanted", params: choiceOf },
                actions: "stopHere",
                target: "draining",
              },
              {
                guard: { type: "isTooDear", params: choiceOf },
                actions: { type: "stopForCost", params: choiceOf },
                target: "draining",
              },
              {
                guard: { type: "isRow", params: choiceOf },
                actions: { type: "keepChoice", params: choiceOf },
                target: "working",
              },
              {
                actions: { type: "keepChoice", params: choiceOf },
                target: "draining",
              },
            ],
            onError: crashRunning,
          },
        },
        working: {
          description: "One row actor, to its end: it is never stopped.",
          entry: "tellRowStart",
          on: tellRow,
          invoke: {
            id: "row",
            src: "row",
            input: ({ context }) => taskOf(context),
            onDone: [
              {
                guard: { type: "isLeaseLost", params: outcomeOfRow },
                actions: [{ type: "keepLoss", params: outcomeOfRow }, "tellEnd"],
                target: "#job.held",
              },
              {
                guard: { type: "isUnrecorded", params: outcomeOfRow },
                actions: [{ type: "keepLoss", params: outcomeOfRow }, "tellEnd"],
                target: "#job.crashed",
              },
              {
                guard: { type: "isBought", params: outcomeOfRow },
                actions: [
                  { type: "keepOutcome", params: outcomeOfRow },
                  { type: "tellRow", params: toldOf },
                ],
                target: "between_rows",
              },
              {
                guard: { type: "mayKeepGoing", params: outcomeOfRow },
                actions: [
                  { type: "keepFailure", params: outcomeOfRow },
                  { type: "tellRow", params: toldOf },
                ],
                target: "between_rows",
              },
              {
                guard: { type: "isInterrupted", params: outcomeOfRow },
                actions: [{ type: "keepOutcome", params: outcomeOfRow }, "stopHere"],
                target: "draining",
              },
              {
                // The row is as it was: only the job has something to tell.
                guard: { type: "isLeftAsItWas", params: outcomeOfRow },
                actions: {
                  type: "keepOutcome",
                  params: outcomeOfRow,
                },
                target: "draining",
              },
              {
                actions: [
                  { type: "keepOutcome", params: outcomeOfRow },
                  { type: "tellRow", params: toldOf },
                ],
                target: "draining",
              },
            ],
            onError: crashRunning,
          },
        },
        draining: {
          description: "Commits the last row written back, and brings what is owed to the source.",
          always: leaveIfHurried,
          invoke: {
            id: "drainWriteBacks",
            src: "drainWriteBacks",
            input: ({ context }) => ({ jobId: context.jobId, settles: context.unsettled }),
            onDone: [
              {
                guard: "isAnythingBought",
                actions: {
                  type: "keepDrained",
                  params: drainedOf,
                },
                target: "flushing",
              },
              {
                actions: {
                  type: "keepDrained",
                  params: drainedOf,
                },
                target: "finishing",
              },
            ],
            onError: crashRunning,
          },
        },
        flushing: {
          description: "Has the source put everything it acknowledged where its user sees it.",
          always: leaveIfHurried,
          invoke: {
            id: "flushSource",
            src: "flushSource",
            input: ({ context }) => context.jobId,
            onDone: sweepOrFinish,
            onError: sweepOrFinish.map((transition) => ({
              ...transition,
              actions: { type: "keepFlushProblem" as const, params: errorOf },
            })),
          },
        },
        sweeping: {
          description: "Asks once more about the keys that were given up on.",
          // They are asked about at the next start.
          always: { guard: "isHurried", target: "finishing" },
          invoke: {
            id: "sweepKeys",
            src: "sweepKeys",
            input: ({ context }) => context.jobId,
            onDone: {
              actions: [
                { type: "keepSweep", params: sweptOf },
                { type: "tellDuplicates", params: sweptOf },
              ],
              target: "finishing",
            },
            // Asked again at the next start.
            onError: "finishing",
          },
        },
        finishing: {
          description: "Commits how the job stands, and gives the lease back.",
          entry: "weighCancel",
          invoke: {
            id: "finishJob",
            src: "finishJob",
            input: ({ context }) => ({ jobId: context.jobId, halt: context.halt }),
            onDone: [
              { guard: "isHaltedAsFailed", actions: "tellEnd", target: "#job.failed" },
              { guard: "isHaltedAsCancelled", actions: "tellEnd", target: "#job.cancelled" },
              { guard: "isHalted", actions: "tellEnd", target: "#job.paused" },
              { actions: "tellEnd", target: "#job.completed" },
            ],
            onError: [
              {
                guard: { type: "hasLostLease", params: errorOf },
                actions: [{ type: "keepCrash", params: errorOf }, "tellEnd"],
                target: "#job.held",
              },
              {
                actions: [{ type: "keepCrash", params: errorOf }, "tellEnd"],
                target: "#job.crashed",
              },
            ],
          },
        },
      },
    },
    completed: { type: "final", entry: { type: "end", params: { as: "completed" } } },
    failed: { type: "final", entry: { type: "end", params: { as: "failed" } } },
    paused: { type: "final", entry: { type: "end", params: { as: "paused" } } },
    cancelled: { type: "final", entry: { type: "end", params: { as: "cancelled" } } },
    held: {
      type: "final",
      entry: { type: "end", params: { as: "held" } },
      description: "Another runner has the job.",
    },
    not_ready: {
      type: "final",
      entry: { type: "end", params: { as: "not_ready" } },
      description: "Preflight found problems; the job stands as it stood.",
    },
    crashed: {
      type: "final",
      entry: { type: "end", params: { as: "crashed" } },
      description: "A part of the program failed; the rows tell the next runner where to go on.",
    },
  },
  output: ({ context }) => outcomeOf(context),
});

/**
 * A job actor.
 *
 * @internal
 */
export type JobActor = ActorRefFrom<typeof jobMachine>;

/**
 * A state of the job machine.
 *
 * @internal
 */
export type JobSnapshot = SnapshotFrom<typeof jobMachine>;

/** A row that only waits, or was only cleared up, has no end to tell of. */
function told(outcome: RowOutcome): ToldOutcome {
  if (outcome.type !== "absent" && outcome.type !== "interrupted") return outcome;
  throw new TypeError(`Cannot tell of row ${outcome.rowNumber}: it is ${outcome.type}`);
}

function outcomeOf(context: JobContext): JobOutcome {
  const { ending, halt, problems } = context;
  const problem = halt?.problem ?? {
    code: "E-9001",
    message: "The job ended without a reason",
  };
  switch (ending) {
    case "completed":
      return { type: ending };
    case "failed":
    case "paused":
    case "cancelled":
      return { type: ending, halt: halt ?? { status: ending } };
    case "not_ready":
      return { type: ending, problems };
    case "held":
    case "crashed":
      return { type: ending, problem };
    default:
      return ending satisfies never;
  }
}
