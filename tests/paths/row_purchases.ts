/**
 * The alphabet of the row machine, its costly half: how a purchase ends, and what is found out about one
 * whose answer was lost.
 *
 * @module
 */
import { ConnectionLostError } from "../../src/actors/tool_caller.ts";
import type { Answer } from "../../src/machines/purchase.ts";
import { refusal } from "../helpers/tools.ts";
import type { Outside } from "./outside.ts";
import type { Selling } from "./real_job.ts";
import {
  done,
  errorOf,
  failed,
  isNamed,
  isSold,
  label,
  nameOf,
  type RowLetter,
  type RowState,
  withAttempt,
} from "./row_outside.ts";

function purchase(
  name: string,
  answer: Answer,
  selling: Selling | undefined,
  books: "sent" | "sold" | "none" = "sent",
): RowLetter {
  return {
    name: `buyLabel: ${name}`,
    type: done("buyLabel"),
    event: () => ({ output: answer }),
    bring: (job) => void (job.selling = selling),
    then: (state) => ({
      ...state.outside,
      sent: [...state.outside.sent, ...(books === "none" ? [] : [nameOf(state)])],
      sold: [...state.outside.sold, ...(books === "sold" ? [nameOf(state)] : [])],
    }),
  };
}

const problem = { code: "120802", message: "Address Validation Error" };
const lostProblem = { code: "E-3010", message: "No answer" };
const lost: Answer = {
  type: "uncertain",
  problem: lostProblem,
  namesShipment: false,
  evidence: {},
};
function refused(retryAfterMs: number | undefined, code: string, isForJob = false): Answer {
  return {
    type: "rejected",
    problem: { code, message: "No" },
    retryAfterMs,
    isForJob,
    evidence: {},
  };
}
const refusing_ = (code: string, more: object, fault: object = {}) => () => ({
  outcome: "rejected",
  errors: [{ code, message: "No", ...fault }],
  ...more,
});
const loseAnswer = () => {
  throw new ConnectionLostError("shipping_create", false, new Error("the pipe is broken"));
};

/** How a purchase ends. */
export const purchases: readonly RowLetter[] = [
  purchase("sells", { type: "bought", label, evidence: {} }, (sell) => sell(), "sold"),
  purchase("refuses", refused(undefined, problem.code), () => refusal),
  purchase(
    "has no time now",
    refused(10, "190001"),
    refusing_("190001", { retry_after_ms: 10 }),
  ),
  purchase(
    "has no time for long",
    refused(700_000, "190002"),
    refusing_("190002", { retry_after_ms: 700_000 }),
  ),
  purchase(
    "refuses whatever the row is",
    refused(undefined, "250003", true),
    refusing_("250003", {}, { scope: "job" }),
  ),
  {
    ...purchase(
      "is just being started again",
      {
        type: "not_sent",
        problem: { code: "E-3001", message: "Not sent" },
        retryAfterMs: 0,
        evidence: {},
      },
      undefined,
      "none",
    ),
    bring: (job) => job.carrierGoes(),
  },
  purchase("sells, and its answer is lost", lost, (sell) => {
    sell();
    loseAnswer();
  }, "sold"),
  purchase("gets it, sells nothing, and its answer is lost", lost, loseAnswer),
  purchase("cannot tell, and names a shipment", { ...lost, namesShipment: true }, () => ({
    outcome: "uncertain",
    shipment_id: "1ZNAMED",
    errors: [{ code: "E-3010", message: "No answer" }],
  })),
  {
    name: "buyLabel: another runner took over while this one slept",
    type: failed("buyLabel"),
    event: errorOf("E-4005"),
    bring: async (job) => {
      job.clock.nowMs += 3_000;
      await job.isTakenOver();
    },
    then: ({ outside }) => ({ ...outside, isHeld: false }),
  },
];

/** A verdict of the reconcile machine, all of it at work. */
function verdict(
  name: string,
  when: (state: RowState) => boolean,
  event: object | ((state: RowState) => object),
  bring: RowLetter["bring"],
  then: (state: RowState) => Partial<Outside> = () => ({}),
): RowLetter {
  return {
    name: `reconcile: ${name}`,
    type: done("reconcile"),
    when: (state) => state.outside.isHeld && when(state),
    event: (state) => ({
      output: { lookUps: [], ...(typeof event === "function" ? event(state) : event) },
    }),
    bring,
    then: (state) => ({ ...state.outside, ...then(state) }),
  };
}

/** What is found out. */
export const verdicts: readonly RowLetter[] = [
  verdict("found", isSold, { type: "found", label }, undefined),
  verdict(
    "absent",
    (state) => !isSold(state) && !state.context.isStopWanted && !isNamed(state),
    { type: "absent" },
    undefined,
  ),
  verdict(
    "not found yet, and nobody waits",
    (state) => !isSold(state) && state.context.isStopWanted,
    { type: "interrupted" },
    undefined,
  ),
  verdict(
    "the carrier has no look-up",
    () => true,
    (state: RowState) => ({
      type: "undecided",
      doesExist: isNamed(state),
      problem: lostProblem,
    }),
    (job) => void (job.carrier.find = undefined),
  ),
  verdict(
    "the carrier has several shipments",
    (state) => !state.context.isStopWanted && !isNamed(state),
    { type: "undecided", doesExist: true, problem: lostProblem },
    (job) => void (job.carrier.find = () => ({ found: "many" })),
    // In the quiet period of an attempt of this run it is asked twice, and says so twice.
    (state) => ({
      ...withAttempt(state, "uncertain exists"),
      audit: [
        ...state.outside.audit,
        ...Array(state.context.attempts === 0 ? 1 : 2).fill("attempt_exists"),
      ],
    }),
  ),
  verdict(
    "nothing is found of what was named",
    (state) => !isSold(state) && !state.context.isStopWanted && isNamed(state),
    { type: "undecided", doesExist: true, problem: lostProblem },
    undefined,
  ),
  verdict(
    "the carrier's server was given up",
    () => true,
    { type: "forsaken", problem: { code: "E-4010", message: "Given up" } },
    (job) => job.carrierIsGivenUp(),
  ),
  {
    name: "reconcile: its policy cannot be read",
    type: failed("reconcile"),
    // What is found is believed at once.
    when: (state) => !isSold(state),
    event: () => ({ error: new Error("no such policy") }),
    bring: (job) => void (job.isPolicyBroken = true),
  },
];
