/**
 * The reconcile machine: finds out from the carrier what became of an attempt whose answer was lost.
 * It decides and does nothing: each actor is a port that `src/actors` fills in.
 *
 * ```
 *  looking_up ──one──> found
 *     │  ^ │──it exists, but not as it was sent; the carrier has no look-up──> undecided
 *     │  │ │──failed too often; too old, or a test, to believe "not found"───> undecided
 *     │  │ └──not found twice, apart, after the quiet period──> checking_control
 *     v  │                                                        │         │
 *   waiting ──row.stop──> interrupted              proven─> absent┘         └no proof─> undecided
 * ```
 *
 * A hit is believed at once. "Not found" is believed only when all of this holds: every time-out below
 * us has passed, it was said twice some time apart, the carrier's answer is not from its test
 * environment, the attempt is not too old, and the same look-up finds another purchase of the account.
 * A look-up that fails never leads to buying.
 *
 * @module
 */
import { assign, setup } from "xstate";
import { port, type Problem, problemOf } from "./port.ts";
import {
  type Attempt,
  backoffMs,
  type Found,
  type Label,
  longestWaitMs,
  type ReconcilePolicy,
} from "./purchase.ts";

/** What a reconcile actor is given. */
export interface ReconcileTask {
  /** The attempt. */
  readonly attempt: Attempt;
  /** The conditions. */
  readonly policy: ReconcilePolicy;
  /** Whether nobody wants to wait. */
  readonly isStopWanted: boolean;
}

/** A look-up as it is kept for people. */
export interface LookUp {
  /** When, in milliseconds since 1970. */
  readonly atMs: number;
  /** What it said. */
  readonly said: string;
}

/** What became of the attempt, as far as can be known. */
export type ReconcileOutcome =
  & { readonly lookUps: readonly LookUp[] }
  & (
    | { readonly type: "found"; readonly label: Label }
    | { readonly type: "absent" }
    | { readonly type: "undecided"; readonly doesExist: boolean; readonly problem: Problem }
    | { readonly type: "interrupted" }
  );

/** Whether the look-up finds another purchase of the same account and lane. */
export type Control = "seen" | "not_seen" | "none_known" | "unknown";

interface ReconcileContext extends ReconcileTask {
  /** The first "not found" that counts: when it was, and how long had been waited by then. */
  readonly firstNone: { readonly atMs: number; readonly waitedMs: number } | undefined;
  /** How long was really waited: a clock may be set back. */
  readonly waitedMs: number;
  readonly failures: number;
  readonly waitMs: number;
  readonly lookUps: readonly LookUp[];
  readonly label: Label | undefined;
  readonly doesExist: boolean;
  readonly why: string;
  readonly ending: ReconcileOutcome["type"];
}

/** The last look-ups that are kept; a run makes few. */
const keptLookUps = 20;

const foundOf = ({ event }: { event: { output: Found } }) => ({ found: event.output });
const controlOf = ({ event }: { event: { output: Control } }) => ({ control: event.output });
const errorOf = ({ event }: { event: { error: unknown } }) => ({ error: event.error });

/**
 * The reconcile machine; hand its actors in with `reconcileMachine.provide({ actors })`.
 *
 * @internal
 */
export const reconcileMachine = setup({
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
      apartLeftMs(context, context.firstNone, found) === 0,
    isTooOften: ({ context: { failures, policy } }, { found }: { found: Found }) =>
      found.type === "unknown" && failures + 1 >= policy.maxFailures,
    hasFailedTooOften: ({ context: { failures, policy } }) => failures + 1 >= policy.maxFailures,
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
}).createMachine({
  id: "reconcile",
  context: ({ input }) => ({
    ...input,
    firstNone: undefined,
    waitedMs: 0,
    failures: 0,
    waitMs: 0,
    lookUps: [],
    label: undefined,
    doesExist: input.attempt.doesExist,
    why: "the carrier finds no shipment of this reference, and has named one before",
    ending: "undecided",
  }),
  initial: "looking_up",
  on: { "row.stop": { actions: "wantStop" } },
  states: {
    looking_up: {
      description: "Asks the carrier for the shipment that has the attempt's key as its reference.",
      invoke: {
        id: "lookUp",
        src: "lookUp",
        input: ({ context }) => context.attempt,
        onDone: [
          {
            guard: { type: "isWhole", params: foundOf },
            actions: [{ type: "keepLookUp", params: foundOf }, {
              type: "keepLabel",
              params: foundOf,
            }],
            target: "found",
          },
          {
            // What is not processed yet may be whole in a minute.
            guard: { type: "isTooEarly", params: foundOf },
            actions: [
              { type: "keepLookUp", params: foundOf },
              { type: "keepExistence", params: foundOf },
              { type: "planNext", params: foundOf },
            ],
            target: "waiting",
          },
          {
            guard: { type: "doesExist", params: foundOf },
            actions: [{ type: "keepLookUp", params: foundOf }, {
              type: "keepExistence",
              params: foundOf,
            }],
            target: "undecided",
          },
          {
            guard: { type: "isContradiction", params: foundOf },
            actions: { type: "keepLookUp", params: foundOf },
            target: "undecided",
          },
          {
            guard: { type: "isUnsupported", params: foundOf },
            actions: "keepUnsupported",
            target: "undecided",
          },
          {
            guard: { type: "isUntrusted", params: foundOf },
            actions: [{ type: "keepLookUp", params: foundOf }, {
              type: "keepDistrust",
              params: foundOf,
            }],
            target: "undecided",
          },
          {
            guard: { type: "isSecondNone", params: foundOf },
            actions: { type: "keepLookUp", params: foundOf },
            target: "checking_control",
          },
          {
            guard: { type: "isTooOften", params: foundOf },
            actions: [{ type: "keepLookUp", params: foundOf }, {
              type: "keepFailure",
              params: foundOf,
            }],
            target: "undecided",
          },
          {
            actions: [{ type: "keepLookUp", params: foundOf }, {
              type: "planNext",
              params: foundOf,
            }],
            target: "waiting",
          },
        ],
        onError: [
          {
            guard: "hasFailedTooOften",
            actions: { type: "keepError", params: errorOf },
            target: "undecided",
          },
          { actions: "planRetry", target: "waiting" },
        ],
      },
    },
    waiting: {
      description: "For the end of the quiet period, between two look-ups, or after a failed one.",
      always: { guard: "isStopWanted", target: "interrupted" },
      invoke: {
        id: "wait",
        src: "wait",
        input: ({ context }) => ({ ms: context.waitMs }),
        onDone: { actions: "countWait", target: "looking_up" },
        onError: { actions: { type: "keepError", params: errorOf }, target: "undecided" },
      },
    },
    checking_control: {
      description: "Would the look-up find it? It must find another purchase of the account.",
      invoke: {
        id: "readControl",
        src: "readControl",
        input: ({ context }) => context.attempt,
        onDone: [
          { guard: { type: "isProven", params: controlOf }, target: "absent" },
          {
            guard: { type: "mayAskAgain", params: controlOf },
            actions: "planRetry",
            target: "waiting",
          },
          { actions: { type: "keepNoProof", params: controlOf }, target: "undecided" },
        ],
        onError: { actions: { type: "keepError", params: errorOf }, target: "undecided" },
      },
    },
    found: {
      type: "final",
      entry: { type: "end", params: { as: "found" } },
      description: "Bought: its number is the row's.",
    },
    absent: {
      type: "final",
      entry: { type: "end", params: { as: "absent" } },
      description: "Proven not to be there: another attempt may be made.",
    },
    undecided: {
      type: "final",
      entry: { type: "end", params: { as: "undecided" } },
      description: "A person must find out.",
    },
    interrupted: {
      type: "final",
      entry: { type: "end", params: { as: "interrupted" } },
      description: "The next run asks again, from the beginning.",
    },
  },
  output: ({ context }) => outcomeOf(context),
});

function shows(found: Found): boolean {
  return found.type === "one" || found.type === "exists";
}

/**
 * What is left of the quiet period, by the clock or, if that was set back, by what was really waited.
 */
function quietLeftMs({ attempt, policy, waitedMs }: ReconcileContext, { atMs }: Found): number {
  const byClock = attempt.sentAtMs + policy.quietMs - atMs;
  return Math.max(Math.min(byClock, policy.quietMs - waitedMs), 0);
}

/** What is left of the time between two "not found". */
function apartLeftMs(
  { policy, waitedMs }: ReconcileContext,
  first: { atMs: number; waitedMs: number },
  { atMs }: Found,
): number {
  const apart = Math.max(atMs - first.atMs, waitedMs - first.waitedMs);
  return Math.max(policy.apartMs - apart, 0);
}

/** When to ask again. What is heard in the quiet period counts only if it is a hit. */
function nextStep(context: ReconcileContext, found: Found): Partial<ReconcileContext> {
  const { policy, failures, waitedMs } = context;
  if (found.type === "unknown") {
    const askedForMs = Math.min(found.retryAfterMs, longestWaitMs);
    const waitMs = backoffMs(policy.retryMs, failures + 1, askedForMs);
    return { failures: failures + 1, waitMs };
  }
  const quiet = quietLeftMs(context, found);
  if (quiet > 0) return { waitMs: quiet };
  const firstNone = context.firstNone ?? { atMs: found.atMs, waitedMs };
  return { firstNone, waitMs: apartLeftMs(context, firstNone, found) };
}

/** The carrier's verdicts in words. */
const existence: Readonly<Record<string, string>> = {
  many: "several shipments",
  voided: "a voided shipment",
  exists_no_label: "a shipment without its label",
  one_without_number: "a shipment without its number",
  none: "none, and yet a number",
};

function wordsOf(found: Found): string {
  switch (found.type) {
    case "one":
      return `found ${found.label.trackingNumbers.join(", ")}`;
    case "none":
      return "not found";
    case "exists":
      return [existence[found.as] ?? found.as, ...found.trackingNumbers].join(" ");
    case "unknown":
      return `${found.problem.code} ${found.problem.message}`;
    case "unsupported":
      return "no look-up";
    default:
      return found satisfies never;
  }
}

function outcomeOf(context: ReconcileContext): ReconcileOutcome {
  const { ending, lookUps, label, doesExist, why } = context;
  const message = `Cannot tell whether the label was bought: ${why}`;
  const undecided: ReconcileOutcome = {
    type: "undecided",
    lookUps,
    doesExist,
    problem: { code: "E-3010", message },
  };
  switch (ending) {
    case "found":
      return label ? { type: ending, lookUps, label } : undecided;
    case "absent":
    case "interrupted":
      return { type: ending, lookUps };
    case "undecided":
      return undecided;
    default:
      return ending satisfies never;
  }
}
