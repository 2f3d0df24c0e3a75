/**
 * The row machine: one order's way from `pending` to a label in its source, or to a plain reason
 * why not. It decides and does nothing: each actor is a port that `src/actors` fills in.
 *
 * ```
 *  starting ──answer lost before───────────────────────────────┐
 *     │  └────prepared ahead──────┐                            │
 *     v                           v                            │
 *  fetching ──> rendering ──> claiming ──> buying ──> recording ──bought──> writing_back ──> completed
 *     ^              │          ^                       │ │ │  │                 ^     └─error──> shipped
 *     │              │          ├── backing_off <──later┘ │ │  │answer lost      │
 *     │              │          │        └─too often─> unsent  v                 │
 *     │              │          │                         │ reconciling ─found─> adopting
 *     └──────────────┼──────────┴───── superseding <─absent─┘ │    └─stopped─> interrupted
 *                    │                    └─settled only─> absent
 *                    v                                    │   v
 *                 failing ──────> failed <──refused───────┘ reviewing ──> needs_review
 *
 *  what fails before the claim is committed: stopped; what cannot be committed after it: unrecorded
 *  a refusal that every other row would meet (credentials, the account): unsent, without another try
 *  pacing: before claiming, only while a limit is in force; what waited long is fetched again, and
 *  row.stop interrupts it: the row is as it was
 *  row.hurry: fetching and rendering are interrupted, writing_back is left as shipped; nothing else
 * ```
 *
 * @module
 */
import { type ActorRefFrom, and, not } from "xstate";
import type { Problem } from "./port.ts";
import {
  keepProblem,
  leave,
  leaveIfHurried,
  stop,
  unwanted,
  verdictIn,
  waitOrClaim,
} from "./row_edges.ts";
import {
  attemptOf,
  claimOf,
  noAnswer,
  requestOf,
  rowSetup,
  verdictOf,
  waitOf,
} from "./row_setup.ts";
import { outcomeOf } from "./row_outcome.ts";

const noProblem: Problem = { code: "E-9001", message: "The row ended without a reason" };

/**
 * The row machine; hand its actors in with `rowMachine.provide({ actors })`.
 *
 * @internal
 */
export const rowMachine = rowSetup.createMachine({
  id: "row",
  context: ({ input }) => ({
    task: input,
    data: {},
    request: input.request,
    attempt: undefined,
    attempts: 0,
    answer: noAnswer,
    verdict: undefined,
    label: undefined,
    problem: noProblem,
    settled: false,
    isStopWanted: false,
    isHurried: false,
    hasTurn: false,
    ending: "stopped",
  }),
  initial: "starting",
  on: { "row.stop": { actions: "wantStop" }, "row.hurry": { actions: "hurry" } },
  states: {
    starting: {
      always: [
        { guard: "isLost", target: "reconciling" },
        { guard: and(["isPrepared", "mustWait"]), target: "pacing" },
        { guard: "isPrepared", target: "claiming" },
        { target: "fetching" },
      ],
    },
    fetching: {
      description: "Asks the source for the row as it is now.",
      always: leaveIfHurried,
      invoke: {
        id: "fetchRow",
        src: "fetchRow",
        input: ({ context }) => context.task,
        onDone: [
          {
            guard: { type: "isFetched", params: ({ event }) => ({ fetched: event.output }) },
            actions: { type: "keepData", params: ({ event }) => ({ fetched: event.output }) },
            target: "rendering",
          },
          {
            actions: { type: "keepData", params: ({ event }) => ({ fetched: event.output }) },
            target: "failing",
          },
        ],
        onError: [unwanted, stop],
      },
    },
    rendering: {
      description: "Renders the template and checks the request.",
      always: leaveIfHurried,
      invoke: {
        id: "renderRow",
        src: "renderRow",
        input: ({ context }) => ({ task: context.task, data: context.data }),
        onDone: [
          {
            guard: {
              type: "isRenderedEarly",
              params: ({ event }) => ({ rendered: event.output }),
            },
            actions: { type: "keepRequest", params: ({ event }) => ({ rendered: event.output }) },
            target: "pacing",
          },
          {
            guard: { type: "isRendered", params: ({ event }) => ({ rendered: event.output }) },
            actions: { type: "keepRequest", params: ({ event }) => ({ rendered: event.output }) },
            target: "claiming",
          },
          {
            actions: { type: "keepRequest", params: ({ event }) => ({ rendered: event.output }) },
            target: "failing",
          },
        ],
        onError: stop,
      },
    },
    pacing: {
      description:
        "Waits for its turn. Nothing is claimed: nobody waits between claim and purchase.",
      always: { guard: "isStopWanted", target: "interrupted" },
      invoke: {
        id: "pace",
        src: "pace",
        input: ({ context }) => ({ request: requestOf(context) }),
        onDone: [
          {
            guard: { type: "isStale", params: ({ event }) => ({ waitedMs: event.output }) },
            actions: "keepTurn",
            target: "fetching",
          },
          { actions: "keepTurn", target: "claiming" },
        ],
        onError: stop,
      },
    },
    claiming: {
      description: "Commits `in_flight` and the attempt, before the carrier can see anything.",
      invoke: {
        id: "claimRow",
        src: "claimRow",
        input: ({ context }) => ({ claim: claimOf(context), request: requestOf(context) }),
        onDone: {
          actions: { type: "keepAttempt", params: ({ event }) => ({ attempt: event.output }) },
          target: "buying",
        },
        onError: [unwanted, stop],
      },
    },
    buying: {
      description: "The one state that spends money. Never restored from a snapshot.",
      invoke: {
        id: "buyLabel",
        src: "buyLabel",
        input: ({ context }) => ({ attempt: attemptOf(context), request: requestOf(context) }),
        onDone: {
          actions: { type: "keepAnswer", params: ({ event }) => ({ answer: event.output }) },
          target: "recording",
        },
        // An exception says nothing about the bill: it is recorded as unknown, never bought again.
        onError: {
          actions: { type: "keepLostAnswer", params: ({ event }) => ({ error: event.error }) },
          target: "recording",
        },
      },
    },
    recording: {
      description: "Commits the answer, before anything else is done with it.",
      invoke: {
        id: "recordAnswer",
        src: "recordAnswer",
        input: ({ context }) => ({
          rowNumber: context.task.rowNumber,
          attempt: attemptOf(context),
          answer: context.answer,
        }),
        onDone: [
          {
            guard: "isBought",
            actions: { type: "keepLabel", params: ({ event }) => ({ label: event.output }) },
            target: "writing_back",
          },
          { guard: "isUncertain", actions: "tellReconciling", target: "reconciling" },
          { guard: "isForJob", target: "unsent" },
          { guard: "isPostponed", target: "backing_off" },
          { target: "failed" },
        ],
        onError: leave,
      },
    },
    backing_off: {
      description: "Nothing was bought, and the row is not at fault: another attempt, later.",
      always: [
        { guard: "isStopWanted", target: "interrupted" },
        { guard: not("hasAttemptsLeft"), target: "unsent" },
        { guard: "isWaitTooLong", target: "unsent" },
      ],
      invoke: {
        id: "wait",
        src: "wait",
        input: ({ context }) => ({ ms: waitOf(context) }),
        onDone: waitOrClaim,
        onError: { actions: keepProblem, target: "unsent" },
      },
    },
    reconciling: {
      description: "Asks the carrier what became of the attempt.",
      on: {
        "row.stop": { actions: ["wantStop", "passStop"] },
        // A look-up under way is heard to its end: what it names must not be forgotten.
        "row.hurry": { actions: ["hurry", "passStop"] },
      },
      invoke: {
        id: "reconcile",
        src: "reconcile",
        input: ({ context }) => ({
          attempt: attemptOf(context),
          policy: context.task.policy.reconcile,
          isStopWanted: context.isStopWanted,
        }),
        onDone: [
          {
            guard: { type: "isFound", params: verdictIn },
            actions: { type: "keepVerdict", params: verdictIn },
            target: "adopting",
          },
          {
            guard: { type: "isAbsent", params: verdictIn },
            actions: { type: "keepVerdict", params: verdictIn },
            target: "superseding",
          },
          { guard: { type: "isInterrupted", params: verdictIn }, target: "interrupted" },
          {
            guard: { type: "isForsaken", params: verdictIn },
            actions: { type: "keepVerdict", params: verdictIn },
            target: "unrecorded",
          },
          {
            actions: { type: "keepVerdict", params: verdictIn },
            target: "reviewing",
          },
        ],
        onError: leave,
      },
    },
    adopting: {
      description: "Commits the label that was found.",
      invoke: {
        id: "adoptLabel",
        src: "adoptLabel",
        input: ({ context }) => ({
          ...verdictOf(context),
          label: context.verdict?.type === "found" ? context.verdict.label : undefined,
        }),
        onDone: {
          actions: { type: "keepLabel", params: ({ event }) => ({ label: event.output }) },
          target: "writing_back",
        },
        onError: leave,
      },
    },
    superseding: {
      description: "Commits that the attempt bought nothing. Only then may there be another one.",
      invoke: {
        id: "supersede",
        src: "supersede",
        input: ({ context }) => verdictOf(context),
        onDone: [
          { guard: "isSettledOnly", target: "absent" },
          { guard: "isStopWanted", target: "interrupted" },
          {
            guard: and(["canClaimAgain", "mustWait"]),
            actions: "tellAbsent",
            target: "pacing",
          },
          { guard: "canClaimAgain", actions: "tellAbsent", target: "claiming" },
          { guard: "hasAttemptsLeft", actions: "tellAbsent", target: "fetching" },
          { actions: "keepNoLuck", target: "unsent" },
        ],
        onError: leave,
      },
    },
    reviewing: {
      description: "Commits `needs_review`, with what is known.",
      invoke: {
        id: "reviewRow",
        src: "reviewRow",
        input: ({ context }) => ({
          ...verdictOf(context),
          problem: context.problem,
          doesExist: context.verdict?.type === "undecided" && context.verdict.doesExist,
        }),
        onDone: "needs_review",
        onError: leave,
      },
    },
    writing_back: {
      description: "Gives the tracking number to the source.",
      always: { guard: "isHurried", actions: "keepHaste", target: "shipped" },
      invoke: {
        id: "writeBack",
        src: "writeBack",
        input: ({ context }) => ({ task: context.task, label: context.label }),
        onDone: "completed",
        // A bought row is never failed by its write-back: the number is owed and brought later.
        onError: { actions: keepProblem, target: "shipped" },
      },
    },
    failing: {
      description: "Commits `failed`: the row itself is at fault, nothing was sent.",
      invoke: {
        id: "failRow",
        src: "failRow",
        input: ({ context }) => ({ claim: claimOf(context), problem: context.problem }),
        onDone: { actions: "markSettled", target: "failed" },
        onError: stop,
      },
    },
    completed: {
      type: "final",
      entry: { type: "end", params: { as: "completed" } },
      description: "Written back; committed with the next claim.",
    },
    shipped: {
      type: "final",
      entry: { type: "end", params: { as: "shipped" } },
      description: "Bought; the write-back is owed.",
    },
    failed: { type: "final", entry: { type: "end", params: { as: "failed" } } },
    needs_review: {
      type: "final",
      entry: { type: "end", params: { as: "needs_review" } },
      description: "A person must find out and decide.",
    },
    stopped: {
      type: "final",
      entry: { type: "end", params: { as: "stopped" } },
      description: "No attempt is open; the row stands as it stood.",
    },
    unsent: {
      type: "final",
      entry: { type: "end", params: { as: "unsent" } },
      description: "Nothing was bought, and the row is not at fault; the next run goes on with it.",
    },
    absent: {
      type: "final",
      entry: { type: "end", params: { as: "absent" } },
      description: "The lost attempt bought nothing.",
    },
    interrupted: {
      type: "final",
      entry: { type: "end", params: { as: "interrupted" } },
      description: "Nobody wants to wait; the next run goes on with it.",
    },
    unrecorded: {
      type: "final",
      entry: { type: "end", params: { as: "unrecorded" } },
      description: "What became of the attempt is not committed: the row stays `in_flight`.",
    },
  },
  output: ({ context }) => outcomeOf(context),
});

/**
 * A row actor.
 *
 * @internal
 */
export type RowActor = ActorRefFrom<typeof rowMachine>;
