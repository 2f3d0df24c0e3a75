/**
 * The first half of the job machine's chart: what comes before the first row. Nothing is bought in
 * here. `job.ts` has the drawing and the other half.
 *
 * @module
 */
import { crash, outcomeOfRow, sweptOf, taskOf, tellRow } from "./job_events.ts";
import { jobSetup } from "./job_setup.ts";
import type { PreflightProblems } from "./job_types.ts";

/** Where preparing goes once the source is up to date. */
const beginOrCheck = [
  {
    guard: "isStopWanted" as const,
    actions: "stopHere" as const,
    target: "#job.running.finishing" as const,
  },
  { guard: "isPreflightWanted" as const, target: "preflighting" as const },
  { target: "starting" as const },
];

/** The source is brought up to date by the next run. */
const dropIfHurried = {
  guard: "isHurried" as const,
  actions: "stopHere" as const,
  target: "#job.running.finishing" as const,
};

/** What looks wrong is told, whether or not anything keeps the job back. */
const tellWarnings = {
  type: "tellWarnings" as const,
  params: ({ event }: { event: { output: PreflightProblems } }) => event.output,
};

/**
 * Taking a job up: its lease, what an earlier run left behind, and preflight.
 *
 * @internal
 */
export const preparing = jobSetup.createStateConfig({
  description: "Nothing is bought in here.",
  initial: "acquiring_lease",
  states: {
    acquiring_lease: {
      invoke: {
        id: "acquireLease",
        src: "acquireLease",
        input: ({ context }) => context.jobId,
        onDone: [
          {
            guard: { type: "isHeld", params: ({ event }) => event.output },
            actions: {
              type: "keepHolder",
              params: ({ event }) => ({
                problem: event.output.type === "held" ? event.output.problem : undefined,
              }),
            },
            target: "#job.held",
          },
          { target: "recovering" },
        ],
        onError: crash,
      },
    },
    recovering: {
      description: "Lets the rows correct what the snapshot says.",
      invoke: {
        id: "recoverJob",
        src: "recoverJob",
        input: ({ context }) => ({
          jobId: context.jobId,
          passesFailed: context.keepGoing !== undefined,
        }),
        onDone: {
          actions: { type: "correct", params: ({ event }) => ({ recovered: event.output }) },
          target: "catching_up",
        },
        onError: crash,
      },
    },
    settling: {
      description: "Finds out what became of a purchase that an earlier run left behind.",
      entry: "tellReconciling",
      on: tellRow,
      invoke: {
        id: "row",
        src: "row",
        input: ({ context }) => taskOf(context),
        onDone: [
          {
            guard: { type: "isSettled", params: outcomeOfRow },
            actions: ["forgetTask", { type: "tellReconciled", params: outcomeOfRow }],
            target: "recovering",
          },
          {
            guard: { type: "isUndecided", params: outcomeOfRow },
            actions: "forgetTask",
            target: "recovering",
          },
          {
            guard: { type: "isInterrupted", params: outcomeOfRow },
            actions: "stopHere",
            target: "#job.running.finishing",
          },
          {
            guard: { type: "isLeaseLost", params: outcomeOfRow },
            actions: { type: "keepLoss", params: outcomeOfRow },
            target: "#job.held",
          },
          {
            actions: { type: "keepLoss", params: outcomeOfRow },
            target: "#job.crashed",
          },
        ],
        onError: crash,
      },
    },
    sweeping_early: {
      description: "Asks once more about keys that were given up on: one may have come late.",
      always: { guard: "isHurried", actions: "skipSweep", target: "catching_up" },
      invoke: {
        id: "sweepKeys",
        src: "sweepKeys",
        input: ({ context }) => context.jobId,
        onDone: {
          actions: [
            { type: "keepSweep", params: sweptOf },
            { type: "tellDuplicates", params: sweptOf },
          ],
          target: "recovering",
        },
        // Asked again at the end, and at the next start.
        onError: { actions: "skipSweep", target: "recovering" },
      },
    },
    catching_up: {
      description: "Brings owed tracking numbers to the source, first of all.",
      always: [
        { guard: "isLeftUndone", actions: "stopHere", target: "#job.running.finishing" },
        { guard: "isLost", target: "settling" },
        { guard: "isSweepWanted", target: "sweeping_early" },
        { guard: "isHaltedAlready", target: "#job.running.draining" },
        { guard: "isCancelled", target: "#job.running.draining" },
        { guard: "isCompleteAndOwed", actions: "tellStart", target: "#job.running.draining" },
        { guard: "isComplete", target: "#job.completed" },
        { guard: "isOwed", target: "draining_owed" },
        { guard: "isAnythingBought", target: "flushing_owed" },
        { guard: "isPreflightWanted", target: "preflighting" },
        { target: "starting" },
      ],
    },
    draining_owed: {
      always: dropIfHurried,
      invoke: {
        id: "drainWriteBacks",
        src: "drainWriteBacks",
        input: ({ context }) => ({ jobId: context.jobId, settles: undefined }),
        onDone: "flushing_owed",
        onError: crash,
      },
    },
    flushing_owed: {
      description: "A runner that died may have left numbers on their way into the user's file.",
      always: dropIfHurried,
      invoke: {
        id: "flushSource",
        src: "flushSource",
        input: ({ context }) => context.jobId,
        onDone: beginOrCheck,
        // Tried again at the end, and told then.
        onError: beginOrCheck,
      },
    },
    preflighting: {
      description: "Fetches, renders and checks every pending row before the first label.",
      // Nothing is bought yet: nobody has to wait for its end.
      always: { guard: "isStopWanted", actions: "stopHere", target: "#job.running.finishing" },
      invoke: {
        id: "preflight",
        src: "preflight",
        input: ({ context }) => context.jobId,
        onDone: [
          {
            guard: { type: "hasProblems", params: ({ event }) => event.output },
            actions: [tellWarnings, {
              type: "keepProblems",
              params: ({ event }) => ({ problems: event.output }),
            }],
            target: "#job.not_ready",
          },
          { actions: tellWarnings, target: "starting" },
        ],
        onError: crash,
      },
    },
    starting: {
      description: "Commits `running`.",
      invoke: {
        id: "startJob",
        src: "startJob",
        input: ({ context }) => context.jobId,
        onDone: { actions: "tellStart", target: "#job.running" },
        onError: crash,
      },
    },
  },
});
