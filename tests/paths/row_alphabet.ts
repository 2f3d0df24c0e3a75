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
import { WaybillError } from "../../src/errors.ts";
import type { Attempt } from "../../src/machines/purchase.ts";
import { template } from "../helpers/tools.ts";
import { type RealJob, startMs } from "./real_job.ts";
import {
  committed,
  done,
  errorOf,
  failed,
  generationOf,
  isNamed,
  label,
  notCommitted,
  type RowLetter,
  rowOf,
  settling,
  withAttempt,
  withAudit,
  withRow,
} from "./row_outside.ts";
import { purchases, verdicts } from "./row_purchases.ts";

/** The template, with a column that no order has. */
const refusing = template.replace("row.name", "row.nmae");
/** No template at all. */
const broken = template.replace("{{ row.name }}", "{{ row.name }");

const unforeseen = () => ({ error: new Error("a clock that breaks") });

/** Ten others come first: whoever waits so long is fetched again. */
function queue(job: RealJob): void {
  for (let others = 0; others < 10; others++) {
    job.world.pacers.takeTurn(job.world.carrierName, undefined);
  }
}

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
