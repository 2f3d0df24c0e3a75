/**
 * The words that the reconcile machine's chart is written in: its context, ports, guards and actions.
 * `reconcile.ts` is the chart.
 *
 * @module
 */
import { assign, setup } from "xstate";
import { port, type Problem, problemOf } from "./port.ts";
import { type Attempt, backoffMs, type Found, type Label } from "./purchase.ts";
import {
  apartLeftMs,
  nextStep,
  quietLeftMs,
  shows,
  type Waiting,
  wordsOf,
} from "./reconcile_steps.ts";
import type { Control, LookUp, ReconcileOutcome, ReconcileTask } from "./reconcile_types.ts";

/** What the machine keeps. */
export interface ReconcileContext extends ReconcileTask, Waiting {
  /** How long to wait now. */
  readonly waitMs: number;
  /** What was asked, and what was said. */
  readonly lookUps: readonly LookUp[];
  /** The label that was found. */
  readonly label: Label | undefined;
  /** Whether the carrier has, or had, a shipment of the key. */
  readonly doesExist: boolean;
  /** Why it cannot be told. */
  readonly why: string;
  /** Why nobody can be asked any more. */
  readonly loss: Problem | undefined;
  /** The final state, for the output. */
  readonly ending: ReconcileOutcome["type"];
}

/** The last look-ups that are kept; a run makes few. */
const keptLookUps = 20;

/**
 * The words of the reconcile machine.
 *
 * @internal
 */
export const reconcileSetup = setup({
  types: {
    context: {} as ReconcileContext,
    events: {} as { type: "row.stop" },
    input: {} as ReconcileTask,
    output: {} as ReconcileOutcome,
  },
  actors: {
    lookUp: port<Found, Attempt>("lookUp"),
    readControl: port<Control, Attempt>("readControl"),
    wait: port<void, { ms: number }>("wait"),
  },
  guards: {
    isWhole: ({ context }, { found }: { found: Found }) =>
      found.type === "one" &&
      [0, found.label.trackingNumbers.length].includes(context.attempt.packages),
    isTooEarly: ({ context }, { found }: { found: Found }) =>
      shows(found) && quietLeftMs(context, found) > 0,
    doesExist: (_, { found }: { found: Found }) => shows(found),
    /** Once the carrier had it: whatever it says later, it is not absent. */
    isContradiction: ({ context }, { found }: { found: Found }) =>
      found.type === "none" && context.doesExist && quietLeftMs(context, found) === 0,
    isUnsupported: (_, { found }: { found: Found }) => found.type === "unsupported",
    isUntrusted: ({ context: { attempt, policy } }, { found }: { found: Found }) =>
      found.type === "none" &&
      (!found.isTrusted || found.atMs - attempt.sentAtMs > policy.ageLimitMs),
    isSecondNone: ({ context }, { found }: { found: Found }) =>
      found.type === "none" && context.firstNone !== undefined &&
      apartLeftMs(context, found) === 0,
    isTooOften: ({ context: { failures, policy } }, { found }: { found: Found }) =>
      found.type === "unknown" && failures + 1 >= policy.maxFailures,
    hasFailedTooOften: ({ context: { failures, policy } }) => failures + 1 >= policy.maxFailures,
    /** Thrown only when the server was given up: what a carrier says is an answer. */
    isCarrierGone: (_, { error }: { error: unknown }) => problemOf(error).code === "E-4010",
    isStopWanted: ({ context }) => context.isStopWanted,
    /** The control could not be read: the whole question is asked again. */
    mayAskAgain: (
      { context: { failures, policy } },
      { control }: { control: Control },
    ) => control === "unknown" && failures + 1 < policy.maxFailures,
    isProven: ({ context }, { control }: { control: Control }) =>
      control === "seen" || (control === "none_known" && context.policy.trustNotFound),
  },
  actions: {
    keepLookUp: assign(({ context }, { found }: { found: Found }) => ({
      lookUps: [...context.lookUps, { atMs: found.atMs, said: wordsOf(found) }].slice(-keptLookUps),
    })),
    keepLabel: assign((_, { found }: { found: Found }) =>
      found.type === "one" ? { label: found.label } : {}
    ),
    planNext: assign(({ context }, { found }: { found: Found }) => nextStep(context, found)),
    planRetry: assign(({ context: { failures, policy } }) => ({
      failures: failures + 1,
      waitMs: backoffMs(policy.retryMs, failures + 1, 0),
    })),
    keepExistence: assign(({ context }, { found }: { found: Found }) => ({
      // What was voided is no label any more; whether to buy another is a person's to say.
      doesExist: found.type !== "exists" || found.as !== "voided",
      why: found.type === "one"
        ? `of ${context.attempt.packages} packages the carrier has ${wordsOf(found)}`
        : `for this reference the carrier has ${wordsOf(found)}`,
    })),
    keepUnsupported: assign({ why: "the carrier's server cannot look a shipment up" }),
    keepDistrust: assign(({ context: { attempt, policy } }, { found }: { found: Found }) => ({
      why: found.atMs - attempt.sentAtMs > policy.ageLimitMs
        ? "the carrier finds no shipment of this reference, but the attempt is too old to be sure"
        : "the carrier's test environment finds no shipment, which says nothing",
    })),
    keepFailure: assign((_, { found }: { found: Found }) => ({
      why: `the carrier cannot be asked: ${wordsOf(found)}`,
    })),
    keepLoss: assign((_, { error }: { error: unknown }) => ({ loss: problemOf(error) })),
    keepError: assign((_, { error }: { error: unknown }) => ({
      why: `the carrier cannot be asked: ${problemOf(error).message}`,
    })),
    keepNoProof: assign((_, { control }: { control: Control }) => ({
      why: control === "unknown"
        ? "the carrier cannot be asked about another purchase of the account"
        : control === "none_known"
        ? "the carrier finds no shipment of this reference, and no other purchase of the account " +
          "proves that it would"
        : "the carrier finds no shipment of this reference, but no other one of the account either",
    })),
    countWait: assign(({ context }) => ({ waitedMs: context.waitedMs + context.waitMs })),
    wantStop: assign({ isStopWanted: true }),
    end: assign((_, { as }: { as: ReconcileOutcome["type"] }) => ({ ending: as })),
  },
});
