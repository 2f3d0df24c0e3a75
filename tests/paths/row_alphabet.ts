/**
 * The alphabet of the row machine: for each signal and each end of an actor how it is brought about in
 * the real world, and what is true outside afterwards.
 *
 * | actor | how it ends | what is done for it |
 * |---|---|---|
 * | fetchRow | fetched; refused; fails; nobody waits | the order as it was; changed; the source fails; is away |
 * | renderRow | rendered; refused; fails | a template that fits; that misses a column; that is none |
 * | pace | at once; late; fails | a turn is free; ten others come first; the clock breaks |
 * | claimRow | commits; fails; nobody waits | another runner takes over; the database, the carrier is gone |
 * | buyLabel | each kind of answer; lost before or after the sale; fails | the carrier does just that |
 * | recordAnswer, adoptLabel, supersede, reviewRow, failRow | commits; fails | as claimRow |
 * | wait | over; fails | the clock's wait |
 * | reconcile | each verdict; breaks | what the carrier's look-up finds, all of its machine at work |
 * | writeBack | acknowledged; fails | the source fails |
 *
 * @module
 */
import { ConnectionLostError } from "../../src/actors/tool_caller.ts";
import { WaybillError } from "../../src/errors.ts";
import type { Answer, Attempt, RecordedLabel } from "../../src/machines/purchase.ts";
import type { RowContext } from "../../src/machines/row_setup.ts";
import { refusal, template } from "../helpers/tools.ts";
import type { Letter, ModelState } from "./model.ts";
import type { Outside } from "./outside.ts";
import { type RealJob, type Selling, startMs } from "./real_job.ts";

type RowLetter = Letter<RowContext, Outside, RealJob>;
type RowState = ModelState<RowContext, Outside>;

/** The template, with a column that no order has. */
const refusing = template.replace("row.name", "row.nmae");
/** No template at all. */
const broken = template.replace("{{ row.name }}", "{{ row.name }");

const done = (actor: string) => `xstate.done.actor.${actor}`;
const failed = (actor: string) => `xstate.error.actor.${actor}`;

export const rowOf = ({ context: { task } }: RowState): number => task.rowNumber;
export const generationOf = ({ context: { task, attempt } }: RowState): number =>
  attempt?.generation ?? task.generation;
const nameOf = (state: RowState) => `${rowOf(state)}/${generationOf(state)}`;
export const isSold = (state: RowState): boolean => state.outside.sold.includes(nameOf(state));
/** What the database has of its last attempt, as in `uncertain exists`. */
export function attemptOf(state: RowState): string | undefined {
  const [, ...words] = state.outside.attempts.at(-1)?.split(" ") ?? [];
  return state.outside.attempts.at(-1)?.startsWith(`${nameOf(state)} `)
    ? words.join(" ")
    : undefined;
}

const isNamed = (state: RowState) => attemptOf(state)?.includes("exists") ?? false;

/** The last attempt, as the database has it from now on. */
function withAttempt(state: RowState, outcome: string): Pick<Outside, "attempts"> {
  return { attempts: [...state.outside.attempts.slice(0, -1), `${nameOf(state)} ${outcome}`] };
}

function withRow(
  { outside: { rows } }: RowState,
  rowNumber: number,
  status: string,
): Pick<Outside, "rows"> {
  return { rows: rows.with(rowNumber - 1, status) };
}

function withAudit({ outside: { audit } }: RowState, entry: string): Pick<Outside, "audit"> {
  return { audit: [...audit, entry] };
}

/** The row before is committed with the first commit of this one. */
function settling(state: RowState): RowState {
  const { task: { settles }, settled } = state.context;
  if (settles === undefined || settled) return state;
  const entry = `row_transition ${settles} shipped>completed`;
  const outside = {
    ...state.outside,
    ...withRow(state, settles, "completed"),
    ...withAudit(state, entry),
  };
  return { ...state, outside };
}

const errorOf = (code: "E-4001" | "E-4005" | "E-4006" | "E-4010" | "E-4014" | "E-4025") => () => ({
  error: new WaybillError(code, "It failed"),
});
const unforeseen = () => ({ error: new Error("a clock that breaks") });

/** What keeps a commit from happening, each with its error's code. */
function notCommitted(actor: string): RowLetter[] {
  return [
    {
      name: `${actor}: another runner has taken the job over`,
      type: failed(actor),
      event: errorOf("E-4005"),
      bring: (job) => job.isTakenOver(),
      then: ({ outside }) => ({ ...outside, isHeld: false }),
    },
    {
      name: `${actor}: the database was given up`,
      type: failed(actor),
      when: ({ outside }) => outside.isHeld,
      event: errorOf("E-4001"),
      bring: (job) => job.databaseIsGivenUp(),
    },
  ];
}

/** A commit that happens. */
function committed(
  actor: string,
  then: (state: RowState) => Partial<Outside>,
  event: (state: RowState) => object = () => ({ output: undefined }),
): RowLetter[] {
  return [{
    name: `${actor}: commits`,
    type: done(actor),
    when: ({ outside }) => outside.isHeld,
    event,
    then: (state) => ({ ...state.outside, ...then(state) }),
  }];
}

export const label: RecordedLabel = {
  shipmentId: "1Z1",
  trackingNumbers: ["1Z1"],
  labels: [],
  costMinor: 1236,
  currencyCode: "USD",
  shippedAt: "2026-01-02T03:04:05.000Z",
};

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

const purchases: readonly RowLetter[] = [
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

/** Ten others come first: whoever waits so long is fetched again. */
function queue(job: RealJob): void {
  for (let others = 0; others < 10; others++) {
    job.world.pacers.takeTurn(job.world.carrierName, undefined);
  }
}

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

const verdicts: readonly RowLetter[] = [
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

/** What may happen to a row under way. */
export const rowAlphabet: readonly RowLetter[] = [
  {
    name: "row.stop",
    type: "row.stop",
    // In a second attempt as in the first.
    when: ({ context }) => !context.isStopWanted && context.attempts < 2,
    bring: (job) => job.stop(),
  },
  {
    name: "row.hurry",
    type: "row.hurry",
    when: ({ context }) => !context.isHurried && context.attempts < 2,
    bring: (job) => job.stop(),
  },
  {
    name: "fetchRow: the order, as it was imported",
    type: done("fetchRow"),
    event: () => ({ output: { type: "fetched", data: { fits: "it" } } }),
  },
  {
    name: "fetchRow: the order; the template misses a column",
    type: done("fetchRow"),
    event: () => ({ output: { type: "fetched", data: { fits: "not" } } }),
    bring: (job) => void (job.template = refusing),
  },
  {
    name: "fetchRow: the order, which no page of the source has",
    type: done("fetchRow"),
    event: () => ({ output: { type: "fetched", data: { fits: "alone" } } }),
    bring: (job) => void (job.isPageEmpty = true),
  },
  {
    name: "fetchRow: the order was changed",
    type: done("fetchRow"),
    event: () => ({
      output: { type: "refused", problem: { code: "E-1004", message: "Changed" } },
    }),
    bring: (job) => job.change(),
  },
  {
    name: "fetchRow: the source fails",
    type: failed("fetchRow"),
    event: errorOf("E-4006"),
    bring: (job) => void job.sourceFaults.set("get_rows", new Error("the disk is full")),
  },
  {
    name: "fetchRow: the source is away, and nobody waits",
    type: failed("fetchRow"),
    when: ({ context }) => context.isStopWanted,
    event: errorOf("E-4025"),
    bring: (job) => job.sourceGoes(),
  },
  {
    name: "renderRow: a request",
    type: done("renderRow"),
    when: ({ context }) => context.data["fits"] !== "not",
    event: () => ({ output: { type: "rendered", request: { service_code: "03" } } }),
  },
  {
    name: "renderRow: refused",
    type: done("renderRow"),
    when: ({ context }) => context.data["fits"] === "not",
    event: () => ({
      output: { type: "refused", problem: { code: "E-1001", message: "No such column" } },
    }),
  },
  {
    name: "renderRow: the template is none any more",
    type: failed("renderRow"),
    when: ({ context }) => context.data["fits"] === "alone",
    event: () => ({ error: new WaybillError("E-4003", "No template") }),
    bring: (job) => void (job.template = broken),
  },
  {
    name: "pace: its turn comes soon",
    type: done("pace"),
    event: () => ({ output: 0 }),
  },
  {
    name: "pace: ten others come first",
    type: done("pace"),
    event: () => ({ output: 10_000 }),
    bring: queue,
  },
  {
    name: "pace: the clock breaks",
    type: failed("pace"),
    event: unforeseen,
    bring: (job) => {
      queue(job);
      job.clock.broken = new Error("a clock that breaks");
    },
  },
  ...committed("claimRow", (state) => {
    const { context: { task, attempts } } = state;
    const settled = settling(state);
    const from = attempts > 0 ? "in_flight" : task.from;
    const next = generationOf(state) + 1;
    return {
      ...withRow(settled, rowOf(state), "in_flight"),
      ...withAudit(settled, `row_transition ${rowOf(state)} ${from}>in_flight ${next}`),
      attempts: [...state.outside.attempts, `${rowOf(state)}/${next} open`],
    };
  }, (state) => {
    const attempt: Attempt = {
      key: `${rowOf(state)}/${generationOf(state) + 1}`,
      generation: generationOf(state) + 1,
      sentAtMs: startMs,
      account: undefined,
      lane: "US>US",
      packages: 1,
      doesExist: false,
    };
    return { output: attempt };
  }),
  ...notCommitted("claimRow"),
  {
    name: "claimRow: the carrier is away, and nobody waits",
    type: failed("claimRow"),
    when: ({ context }) => context.isStopWanted,
    event: errorOf("E-4025"),
    bring: (job) => job.carrierGoes(),
  },
  ...purchases,
  ...committed("recordAnswer", (state) => {
    const { context: { answer }, outside: { told } } = state;
    const row = rowOf(state);
    if (answer.type === "bought") {
      return {
        ...withAttempt(state, "bought"),
        ...withRow(state, row, "shipped"),
        ...withAudit(state, `row_transition ${row} in_flight>shipped`),
      };
    }
    const { code } = answer.problem;
    const isForRow = answer.type === "rejected" && answer.retryAfterMs === undefined &&
      answer.isForJob !== true;
    if (isForRow) {
      return {
        ...withAttempt(state, "rejected"),
        ...withRow(state, row, "failed"),
        ...withAudit(state, `row_transition ${row} in_flight>failed ${code}`),
      };
    }
    const isNamed = answer.type === "uncertain" && answer.namesShipment;
    return {
      ...withAttempt(state, isNamed ? "uncertain exists" : answer.type),
      ...withAudit(state, `attempt_${answer.type} ${row} ${code}`),
      told: answer.type === "uncertain"
        ? [...told, `row_reconciling ${row} ${generationOf(state)}`]
        : told,
    };
  }, ({ context: { answer } }) => ({ output: answer.type === "bought" ? label : undefined })).map(
    // One that was just being started again is there by now.
    (letter) => ({ ...letter, bring: (job: RealJob) => job.carrierComes() }),
  ),
  ...notCommitted("recordAnswer"),
  { name: "wait: over", type: done("wait"), event: () => ({ output: undefined }) },
  {
    name: "wait: the clock breaks",
    type: failed("wait"),
    event: unforeseen,
    bring: (job) => void (job.clock.broken = new Error("a clock that breaks")),
  },
  ...verdicts,
  ...committed("adoptLabel", (state) => ({
    ...withAttempt(state, "uncertain adopted"),
    ...withRow(state, rowOf(state), "shipped"),
    ...withAudit(state, `row_transition ${rowOf(state)} in_flight>shipped adopted`),
  }), () => ({ output: label })),
  ...notCommitted("adoptLabel"),
  ...committed("supersede", (state) => {
    const { context: { task, isStopWanted, attempts }, outside: { told } } = state;
    const goesOn = task.purpose === "ship" && !isStopWanted && attempts < task.policy.maxAttempts;
    return {
      ...withAttempt(state, "uncertain absent"),
      ...withAudit(state, `attempt_absent ${rowOf(state)} ${generationOf(state)}`),
      told: goesOn ? [...told, `row_reconciled ${rowOf(state)}`] : told,
    };
  }),
  ...notCommitted("supersede"),
  ...committed("reviewRow", (state) => {
    const { context: { verdict } } = state;
    const doesExist = isNamed(state) || (verdict?.type === "undecided" && verdict.doesExist);
    return {
      ...withAttempt(state, doesExist ? "uncertain exists" : "uncertain"),
      ...withRow(state, rowOf(state), "needs_review"),
      ...withAudit(state, `row_transition ${rowOf(state)} in_flight>needs_review E-3010`),
    };
  }),
  ...notCommitted("reviewRow"),
  {
    name: "writeBack: acknowledged",
    type: done("writeBack"),
    event: () => ({ output: undefined }),
    then: (state) => ({
      ...state.outside,
      written: [...state.outside.written, rowOf(state)].sort(),
    }),
  },
  {
    name: "writeBack: the source fails",
    type: failed("writeBack"),
    event: errorOf("E-4014"),
    bring: (job) => void (job.source.isWriteBackBroken = true),
  },
  ...committed("failRow", (state) => {
    const { context: { task, attempts, problem: { code } } } = state;
    const settled = settling(state);
    const from = attempts > 0 ? "in_flight" : task.from;
    return {
      ...withRow(settled, rowOf(state), "failed"),
      ...withAudit(settled, `row_transition ${rowOf(state)} ${from}>failed ${code}`),
    };
  }),
  ...notCommitted("failRow"),
];
