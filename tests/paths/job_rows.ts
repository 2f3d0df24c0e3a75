/**
 * The alphabet of the job machine, first half: how a row ends, its whole machine at work. Each letter
 * is what carrier, source and database do meanwhile.
 *
 * @module
 */
import { ConnectionLostError } from "../../src/actors/tool_caller.ts";
import type { JobContext } from "../../src/machines/job_setup.ts";
import type { RowOutcome } from "../../src/machines/row_types.ts";
import { refusal } from "../helpers/tools.ts";
import type { Letter } from "./model.ts";
import type { Outside } from "./outside.ts";
import { audited, changed, type JobState, lastOf, sums, told, withAttempt } from "./job_outside.ts";
import { label } from "./row_outside.ts";
import type { RealJob } from "./real_job.ts";

type JobLetter = Letter<JobContext, Outside, RealJob>;

const rowOf = ({ context: { task } }: JobState): number => task?.rowNumber ?? 0;
const isHurried = ({ context }: JobState) => context.isHurried;
const isWanted = ({ context }: JobState) => context.wish === undefined;
const failure = (code: string) => ({ code, message: "It failed" });

/** How the figures are after one more row that is bought, or failed. */
function figuresAfter({ context: { figures } }: JobState, more: "done" | "failed" | undefined) {
  const { done, failed } = figures;
  return sums({
    done: done + (more === "done" ? 1 : 0),
    failed: failed + (more === "failed" ? 1 : 0),
  });
}

/** The claim, with the row before that it settles. */
function claimed(state: JobState): { outside: Outside; key: string } {
  const row = rowOf(state);
  const { unsettled } = state.context;
  const before = unsettled === undefined
    ? state.outside
    : changed(state.outside, unsettled, "completed");
  const generation = (lastOf(before, row)?.generation ?? 0) + 1;
  const key = `${row}/${generation}`;
  const outside = withAttempt(changed(before, row, "in_flight", String(generation)), key, "open");
  return { outside, key };
}

/** It was sent, and sold or not. */
function sent(outside: Outside, key: string, isSold: boolean): Outside {
  return {
    ...outside,
    sent: [...outside.sent, key],
    sold: [...outside.sold, ...(isSold ? [key] : [])],
  };
}

function bought(state: JobState): Outside {
  const { outside, key } = claimed(state);
  return withAttempt(changed(sent(outside, key, true), rowOf(state), "shipped"), key, "bought");
}

function written(outside: Outside, row: number): Outside {
  return { ...outside, written: [...outside.written, row].sort() };
}

/** An answer was lost, and that is recorded. */
function lost(state: JobState, isSold: boolean): Outside {
  const { outside, key } = claimed(state);
  const after = withAttempt(sent(outside, key, isSold), key, "uncertain");
  const [row, generation] = key.split("/");
  return told(
    audited(after, `attempt_uncertain ${row} E-3010`),
    `row_reconciling ${row} ${generation}`,
  );
}

const loseAnswer = () => {
  throw new ConnectionLostError("shipping_create", false, new Error("the pipe is broken"));
};

function working(
  name: string,
  outcome: (rowNumber: number) => RowOutcome,
  { when, bring, then }: Required<Pick<JobLetter, "bring" | "then">> & Pick<JobLetter, "when">,
): JobLetter {
  return {
    name: `row: ${name}`,
    type: "xstate.done.actor.row",
    when: (state) => state.name === "running.working" && (when?.(state) ?? true),
    event: (state) => ({ output: outcome(rowOf(state)) }),
    bring,
    then,
  };
}

const settled = true;

/** How a row that is shipped ends. */
const shipping: readonly JobLetter[] = [
  working("completes", (rowNumber) => ({ type: "completed", rowNumber, settled, label }), {
    when: (state) => !isHurried(state),
    bring: (job) => void (job.source.isWriteBackBroken = false),
    then: (state) =>
      told(
        written(bought(state), rowOf(state)),
        `row_completed ${rowOf(state)} with its number ${figuresAfter(state, "done")}`,
      ),
  }),
  working(
    "is bought; the source fails",
    (rowNumber) => ({ type: "shipped", rowNumber, settled, label, problem: failure("E-4014") }),
    {
      when: (state) => !isHurried(state),
      bring: (job) => void (job.source.isWriteBackBroken = true),
      then: (state) =>
        told(
          bought(state),
          `row_completed ${rowOf(state)} with its number owed ${figuresAfter(state, "done")}`,
        ),
    },
  ),
  working(
    "is bought; nobody waits for the source",
    (rowNumber) => ({ type: "shipped", rowNumber, settled, label, problem: failure("E-4014") }),
    {
      when: isHurried,
      bring: undefined,
      then: (state) =>
        told(
          bought(state),
          `row_completed ${rowOf(state)} with its number owed ${figuresAfter(state, "done")}`,
        ),
    },
  ),
  working(
    "is refused",
    (rowNumber) => ({
      ...{ type: "failed", rowNumber, settled, isRefusal: true },
      problem: failure("120802"),
    }),
    {
      bring: (job) => void (job.selling = () => refusal),
      then: (state) => {
        const { outside, key } = claimed(state);
        const after = withAttempt(sent(outside, key, false), key, "rejected");
        return told(
          changed(after, rowOf(state), "failed", "120802"),
          `row_failed ${rowOf(state)} 120802 ${figuresAfter(state, "failed")}`,
        );
      },
    },
  ),
  working(
    "is refused as every other would be",
    (rowNumber) => ({ type: "unsent", rowNumber, settled, problem: failure("250003") }),
    {
      bring: (job) =>
        void (job.selling = () => ({
          outcome: "rejected",
          errors: [{ code: "250003", message: "No", scope: "job" }],
        })),
      then: (state) => {
        const { outside, key } = claimed(state);
        const after = withAttempt(sent(outside, key, false), key, "rejected");
        return audited(after, `attempt_rejected ${rowOf(state)} 250003`);
      },
    },
  ),
  working(
    "must be looked into",
    (rowNumber) => ({ type: "needs_review", rowNumber, settled, problem: failure("E-3010") }),
    {
      bring: (job) => {
        job.selling = loseAnswer;
        job.carrier.find = undefined;
      },
      then: (state) =>
        told(
          changed(lost(state, false), rowOf(state), "needs_review", "E-3010"),
          `row_needs_review ${rowOf(state)} E-3010 ${figuresAfter(state, undefined)}`,
        ),
    },
  ),
  working(
    "waits for its answer, and nobody waits for it",
    (rowNumber) => ({ type: "interrupted", rowNumber, settled }),
    {
      when: (state) => !isWanted(state),
      bring: (job) => void (job.selling = loseAnswer),
      then: (state) => lost(state, false),
    },
  ),
  working(
    "stops: the carrier was given up",
    (rowNumber) => ({
      ...{ type: "stopped", rowNumber, settled: false },
      problem: failure("E-4010"),
    }),
    {
      // Somebody who wants it to stop does not wait for a carrier: then it is interrupted.
      when: isWanted,
      bring: (job) => job.carrierIsGivenUp(),
      then: ({ outside }) => outside,
    },
  ),
  working(
    "stops: another runner has taken the job over",
    (rowNumber) => ({
      ...{ type: "stopped", rowNumber, settled: false },
      problem: failure("E-4005"),
    }),
    {
      bring: (job) => job.isTakenOver(),
      then: (state) =>
        told(
          { ...state.outside, isHeld: false },
          `batch_failed ${rowOf(state)} E-4005 ${figuresAfter(state, undefined)}`,
        ),
    },
  ),
  working(
    "is sold, and another runner takes the job over",
    (rowNumber) => ({ type: "unrecorded", rowNumber, settled, problem: failure("E-4005") }),
    {
      bring: (job) =>
        void (job.selling = async (sell) => {
          await job.isTakenOver();
          return sell();
        }),
      then: (state) => {
        const { outside, key } = claimed(state);
        return told(
          { ...sent(outside, key, true), isHeld: false },
          `batch_failed ${rowOf(state)} E-4005 ${figuresAfter(state, undefined)}`,
        );
      },
    },
  ),
  working(
    "cannot be cleared up: nobody can read how",
    (rowNumber) => ({ type: "unrecorded", rowNumber, settled, problem: failure("E-9001") }),
    {
      bring: (job) =>
        void (job.selling = () => {
          job.isPolicyBroken = true;
          loseAnswer();
        }),
      then: (state) =>
        told(
          lost(state, false),
          `batch_failed ${rowOf(state)} E-9001 ${figuresAfter(state, undefined)}`,
        ),
    },
  ),
  {
    name: "row: breaks",
    type: "xstate.error.actor.row",
    when: (state) => state.name === "running.working" && isWanted(state),
    event: () => ({ error: new Error("no such policy") }),
    bring: (job) =>
      void (job.selling = () => {
        job.isPolicyBroken = true;
        return { outcome: "not_sent", errors: [{ code: "E-3001", message: "Away" }] };
      }),
    then: (state) => {
      const { outside, key } = claimed(state);
      const after = withAttempt(sent(outside, key, false), key, "not_sent");
      return told(
        audited(after, `attempt_not_sent ${rowOf(state)} E-3001`),
        `batch_failed E-9001 ${figuresAfter(state, undefined)}`,
      );
    },
  },
];

/** The key of the attempt that is cleared up. */
const keyOf = (state: JobState) => lastOf(state.outside, rowOf(state))?.key ?? "";
const isSold = (state: JobState) => state.outside.sold.includes(keyOf(state));

function adopted(state: JobState): Outside {
  const after = withAttempt(state.outside, keyOf(state), "uncertain adopted");
  return changed(after, rowOf(state), "shipped", "adopted");
}

function settling(
  name: string,
  outcome: (rowNumber: number) => RowOutcome,
  { when, bring, then }: Required<Pick<JobLetter, "when" | "bring" | "then">>,
): JobLetter {
  return {
    name: `lost row: ${name}`,
    type: "xstate.done.actor.row",
    when: (state) => state.name === "preparing.settling" && (when?.(state) ?? true),
    event: (state) => ({ output: outcome(rowOf(state)) }),
    bring,
    then,
  };
}

const withNumber = (state: JobState) => `row_reconciled ${rowOf(state)} with its number`;

/** How a row that was lost is cleared up. */
const clearingUp: readonly JobLetter[] = [
  settling(
    "its label is found",
    (rowNumber) => ({ type: "completed", rowNumber, settled: false, label }),
    {
      when: (state) => isSold(state) && !isHurried(state),
      bring: undefined,
      then: (state) => told(written(adopted(state), rowOf(state)), withNumber(state)),
    },
  ),
  settling(
    "its label is found; the source fails",
    (rowNumber) => ({
      ...{ type: "shipped", rowNumber, settled: false, label },
      problem: failure("E-4014"),
    }),
    {
      when: (state) => isSold(state) && !isHurried(state),
      bring: (job) => void (job.source.isWriteBackBroken = true),
      then: (state) => told(adopted(state), withNumber(state)),
    },
  ),
  settling("it is absent", (rowNumber) => ({ type: "absent", rowNumber, settled: false }), {
    when: (state) => !isSold(state) && isWanted(state),
    bring: undefined,
    then: (state) =>
      told(
        audited(
          withAttempt(state.outside, keyOf(state), "uncertain absent"),
          `attempt_absent ${keyOf(state).replace("/", " ")}`,
        ),
        `row_reconciled ${rowOf(state)}`,
      ),
  }),
  settling(
    "it must be looked into",
    (rowNumber) => ({
      ...{ type: "needs_review", rowNumber, settled: false },
      problem: failure("E-3010"),
    }),
    {
      when: undefined,
      bring: (job) => void (job.carrier.find = undefined),
      then: (state) =>
        changed(
          withAttempt(state.outside, keyOf(state), "uncertain"),
          rowOf(state),
          "needs_review",
          "E-3010",
        ),
    },
  ),
  settling(
    "nobody waits for its answer",
    (rowNumber) => ({ type: "interrupted", rowNumber, settled: false }),
    {
      when: (state) => !isSold(state) && !isWanted(state),
      bring: undefined,
      then: ({ outside }) => outside,
    },
  ),
  settling(
    "another runner takes the job over",
    (rowNumber) => ({
      ...{ type: "unrecorded", rowNumber, settled: false },
      problem: failure("E-4005"),
    }),
    {
      when: isSold,
      bring: (job) => job.isTakenOver(),
      then: ({ outside }) => ({ ...outside, isHeld: false }),
    },
  ),
  settling(
    "nobody can read how",
    (rowNumber) => ({
      ...{ type: "unrecorded", rowNumber, settled: false },
      problem: failure("E-9001"),
    }),
    {
      when: (state) => !isSold(state),
      bring: (job) => void (job.isPolicyBroken = true),
      then: ({ outside }) => outside,
    },
  ),
];

/** How rows end. */
export const rowLetters: readonly JobLetter[] = [...shipping, ...clearingUp];
