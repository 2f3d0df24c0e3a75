/**
 * The reconcile machine: finds out from the carrier what became of an attempt whose answer was lost.
 * It decides and does nothing: each actor is a port that `src/actors` fills in.
 *
 * ```
 *  looking_up ──one──> found
 *     │  ^ │──it exists, but not as it was sent; the carrier has no look-up──> undecided
 *     │  │ │──failed too often; too old, or a test, to believe "not found"───> undecided
 *     │  │ └──not found twice, apart, after the quiet period──> checking_control
 *     v  │  server given up: forsaken                              │         │
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
import type { Found } from "./purchase.ts";
import { type ReconcileContext, reconcileSetup } from "./reconcile_setup.ts";
import type { Control, ReconcileOutcome } from "./reconcile_types.ts";

const foundOf = ({ event }: { event: { output: Found } }) => ({ found: event.output });
/** A guard or an action that is told what was found. */
const told = <Name extends string>(type: Name) => ({ type, params: foundOf });
const controlOf = ({ event }: { event: { output: Control } }) => ({ control: event.output });
const errorOf = ({ event }: { event: { error: unknown } }) => ({ error: event.error });

/**
 * The reconcile machine; hand its actors in with `reconcileMachine.provide({ actors })`.
 *
 * @internal
 */
export const reconcileMachine = reconcileSetup.createMachine({
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
    loss: undefined,
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
            guard: told("isWhole"),
            actions: [told("keepLookUp"), told("keepLabel")],
            target: "found",
          },
          {
            // What is not processed yet may be whole in a minute.
            guard: told("isTooEarly"),
            actions: [told("keepLookUp"), told("keepExistence"), told("planNext")],
            target: "waiting",
          },
          {
            guard: told("doesExist"),
            actions: [told("keepLookUp"), told("keepExistence")],
            target: "undecided",
          },
          { guard: told("isContradiction"), actions: told("keepLookUp"), target: "undecided" },
          { guard: told("isUnsupported"), actions: "keepUnsupported", target: "undecided" },
          {
            guard: told("isUntrusted"),
            actions: [told("keepLookUp"), told("keepDistrust")],
            target: "undecided",
          },
          { guard: told("isSecondNone"), actions: told("keepLookUp"), target: "checking_control" },
          {
            guard: told("isTooOften"),
            actions: [told("keepLookUp"), told("keepFailure")],
            target: "undecided",
          },
          { actions: [told("keepLookUp"), told("planNext")], target: "waiting" },
        ],
        onError: [
          {
            guard: { type: "isCarrierGone", params: errorOf },
            actions: { type: "keepLoss", params: errorOf },
            target: "forsaken",
          },
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
        onError: [
          {
            guard: { type: "isCarrierGone", params: errorOf },
            actions: { type: "keepLoss", params: errorOf },
            target: "forsaken",
          },
          { actions: { type: "keepError", params: errorOf }, target: "undecided" },
        ],
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
    forsaken: {
      type: "final",
      entry: { type: "end", params: { as: "forsaken" } },
      description: "The carrier's server was given up: the next run asks again.",
    },
  },
  output: ({ context }) => outcomeOf(context),
});

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
    case "forsaken":
      return { type: ending, lookUps, problem: context.loss ?? undecided.problem };
    default:
      return ending satisfies never;
  }
}
