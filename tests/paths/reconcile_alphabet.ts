/**
 * The alphabet of the reconcile machine: how each end of an actor is brought about in the real world,
 * and what is true outside afterwards.
 *
 * | actor | how it ends | what is done for it |
 * |---|---|---|
 * | lookUp | one, several, voided, none, cannot tell | the carrier answers so, from its books or in spite of them |
 * | | another row's number | the carrier names a number that the database has |
 * | | no such tool | the carrier has no look-up |
 * | | fails | its server is given up; the database fails |
 * | wait | over; fails | the clock passes; breaks |
 * | readControl | seen, not seen, cannot tell | what the carrier says of the other purchase |
 * | | none known | no other purchase is in the database |
 * | | fails | its server is given up; the database fails |
 *
 * @module
 */
import { NotSentError } from "../../src/actors/tool_caller.ts";
import type { Found, Label } from "../../src/machines/purchase.ts";
import type { ReconcileContext } from "../../src/machines/reconcile_setup.ts";
import type { Control } from "../../src/machines/reconcile_types.ts";
import type { Letter, ModelState } from "./model.ts";
import type { OutsideAsked } from "./outside.ts";
import { type RealJob, startMs } from "./real_job.ts";

type ReconcileLetter = Letter<ReconcileContext, OutsideAsked, RealJob>;
type ReconcileState = ModelState<ReconcileContext, OutsideAsked>;

const own = ({ context: { attempt } }: ReconcileState) => attempt.key;
/** Whether the carrier has sold what is asked about. */
export const isSold = (state: ReconcileState): boolean => state.outside.sold.includes(own(state));
/** The other purchase that the database knows of, if there is one. */
const other = ({ outside: { attempts } }: ReconcileState) =>
  attempts.find((each) => each.endsWith(" bought"))?.split(" ")[0];

type Answering = Exclude<RealJob["carrier"]["find"], undefined>;

/** The next look-up is answered so; those after it by the books again. */
function once(answer: Answering): (job: RealJob) => void {
  return (job) => {
    job.carrier.find = (key) => {
      job.carrier.find = () => undefined;
      return answer(key);
    };
  };
}

const label: Label = {
  shipmentId: "1Z1",
  trackingNumbers: ["1Z1"],
  labels: [],
  costMinor: undefined,
  currencyCode: undefined,
};

/** The carrier's word that something is there is noted, unless it was known before. */
function noted(state: ReconcileState): Partial<OutsideAsked> {
  const { context: { attempt }, outside: { attempts, audit } } = state;
  if (attempt.doesExist) return {};
  return {
    attempts: [...attempts.slice(0, -1), `${attempt.key} uncertain exists`],
    audit: [...audit, "attempt_exists"],
  };
}

function lookUp(
  name: string,
  found: Partial<Found>,
  bring: ReconcileLetter["bring"],
  { when, then }: {
    when?: (state: ReconcileState) => boolean;
    then?: (state: ReconcileState) => Partial<OutsideAsked>;
  } = {},
): ReconcileLetter {
  return {
    name: `lookUp: ${name}`,
    type: "xstate.done.actor.lookUp",
    ...(when ? { when } : {}),
    // A look-up takes no time: only waits do.
    event: ({ context: { waitedMs } }) => ({ output: { ...found, atMs: startMs + waitedMs } }),
    bring,
    then: (state) => ({
      ...state.outside,
      asked: [...state.outside.asked, ...(found.type === "unsupported" ? [] : [own(state)])],
      ...then?.(state),
    }),
  };
}

function control(
  name: string,
  output: Control,
  bring: ReconcileLetter["bring"],
  when: (state: ReconcileState) => boolean,
): ReconcileLetter {
  return {
    name: `readControl: ${name}`,
    type: "xstate.done.actor.readControl",
    when,
    event: () => ({ output }),
    bring,
    then: (state) => {
      const { outside } = state;
      return { ...outside, asked: [...outside.asked, other(state) ?? []].flat() };
    },
  };
}

const problem = { code: "E-3001", message: "It cannot tell" };
const isFailing = /"kind":"SelectQueryNode".*"tracking_numbers"/;
const isNoting = /"kind":"UpdateQueryNode".*"exists_since"/;
const isControl = /"kind":"SelectQueryNode".*"attempts".*"lane"/;
const fault = new Error("a bug");

/** What may happen to a question under way. */
export const reconcileAlphabet: readonly ReconcileLetter[] = [
  {
    name: "row.stop",
    type: "row.stop",
    // After failures as before them.
    when: ({ context }) => !context.isStopWanted && context.failures === 0,
  },
  lookUp("found", { type: "one", label }, undefined, {
    when: isSold,
    then: (state) => state.context.attempt.packages > 1 ? noted(state) : {},
  }),
  lookUp(
    "several",
    { type: "exists", as: "many", trackingNumbers: [] },
    once(() => ({ found: "many" })),
    { then: noted },
  ),
  lookUp(
    "a voided one",
    { type: "exists", as: "voided", trackingNumbers: [] },
    once(() => ({ found: "voided" })),
  ),
  lookUp(
    "another row's number",
    { type: "exists", as: "the number of row 1", trackingNumbers: ["1Z1"] },
    (job) =>
      once(() => {
        const [number] = job.carrier.sold.values();
        return { found: "one", shipment_id: number, tracking_numbers: [number] };
      })(job),
    { when: (state) => other(state) !== undefined && state.context.attempt.packages === 1 },
  ),
  lookUp("not found", { type: "none", isTrusted: true }, undefined, {
    when: (state) => !isSold(state),
  }),
  lookUp(
    "not found, says a test environment",
    { type: "none", isTrusted: false },
    once(() => ({ found: "none", environment: "test" })),
    { when: (state) => !isSold(state) },
  ),
  lookUp(
    "it cannot tell",
    { type: "unknown", problem, retryAfterMs: 0 },
    once(() => ({ found: "unknown" })),
  ),
  lookUp(
    "it cannot tell for long",
    { type: "unknown", problem, retryAfterMs: 700_000 },
    once(() => ({ found: "unknown", retry_after_ms: 700_000 })),
  ),
  lookUp("there is no such tool", { type: "unsupported" }, (job) => {
    job.carrier.find = undefined;
  }),
  {
    name: "lookUp: the carrier's server was given up",
    type: "xstate.error.actor.lookUp",
    event: () => ({ error: new NotSentError("Given up") }),
    bring: (job) => job.carrierIsGivenUp(),
    then: ({ outside }) => ({ ...outside, isCarrierGone: true }),
  },
  {
    name: "lookUp: the database fails where the number is looked for",
    type: "xstate.error.actor.lookUp",
    when: (state) => isSold(state) && state.context.attempt.packages === 1,
    event: () => ({ error: fault }),
    bring: (job) => void (job.queryFault = { pattern: isFailing, error: fault }),
    then: (state) => ({ ...state.outside, asked: [...state.outside.asked, own(state)] }),
  },
  {
    name: "lookUp: the database fails where it is noted",
    type: "xstate.error.actor.lookUp",
    when: ({ context }) => !context.attempt.doesExist,
    event: () => ({ error: fault }),
    bring: (job) => {
      once(() => ({ found: "many" }))(job);
      job.queryFault = { pattern: isNoting, error: fault };
    },
    then: (state) => ({ ...state.outside, asked: [...state.outside.asked, own(state)] }),
  },
  { name: "wait: over", type: "xstate.done.actor.wait", event: () => ({ output: undefined }) },
  {
    name: "wait: the clock breaks",
    type: "xstate.error.actor.wait",
    event: () => ({ error: fault }),
    bring: (job) => void (job.clock.broken = fault),
  },
  control("the other purchase is found", "seen", undefined, (state) => other(state) !== undefined),
  control(
    "the other purchase is not found",
    "not_seen",
    once(() => ({ found: "none" })),
    (state) => other(state) !== undefined,
  ),
  control(
    "it cannot tell",
    "unknown",
    once(() => ({ found: "unknown" })),
    (state) => other(state) !== undefined,
  ),
  control("there is no other", "none_known", undefined, (state) => other(state) === undefined),
  {
    name: "readControl: the carrier's server was given up",
    type: "xstate.error.actor.readControl",
    when: (state) => other(state) !== undefined,
    event: () => ({ error: new NotSentError("Given up") }),
    bring: (job) => job.carrierIsGivenUp(),
    then: ({ outside }) => ({ ...outside, isCarrierGone: true }),
  },
  {
    name: "readControl: the database fails",
    type: "xstate.error.actor.readControl",
    event: () => ({ error: fault }),
    bring: (job) => void (job.queryFault = { pattern: isControl, error: fault }),
  },
];
