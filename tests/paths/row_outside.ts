/**
 * How what is outside of a row changes, and what its letters have in common.
 *
 * @module
 */
import { WaybillError } from "../../src/errors.ts";
import type { RecordedLabel } from "../../src/machines/purchase.ts";
import type { RowContext } from "../../src/machines/row_setup.ts";
import type { Letter, ModelState } from "./model.ts";
import type { Outside } from "./outside.ts";
import type { RealJob } from "./real_job.ts";

export type RowLetter = Letter<RowContext, Outside, RealJob>;
export type RowState = ModelState<RowContext, Outside>;

export const done = (actor: string): string => `xstate.done.actor.${actor}`;
export const failed = (actor: string): string => `xstate.error.actor.${actor}`;

export const rowOf = ({ context: { task } }: RowState): number => task.rowNumber;
export const generationOf = ({ context: { task, attempt } }: RowState): number =>
  attempt?.generation ?? task.generation;
export const nameOf = (state: RowState): string => `${rowOf(state)}/${generationOf(state)}`;
export const isSold = (state: RowState): boolean => state.outside.sold.includes(nameOf(state));
/** What the database has of its last attempt, as in `uncertain exists`. */
export function attemptOf(state: RowState): string | undefined {
  const [, ...words] = state.outside.attempts.at(-1)?.split(" ") ?? [];
  return state.outside.attempts.at(-1)?.startsWith(`${nameOf(state)} `)
    ? words.join(" ")
    : undefined;
}

export const isNamed = (state: RowState): boolean => attemptOf(state)?.includes("exists") ?? false;

/** The last attempt, as the database has it from now on. */
export function withAttempt(state: RowState, outcome: string): Pick<Outside, "attempts"> {
  return { attempts: [...state.outside.attempts.slice(0, -1), `${nameOf(state)} ${outcome}`] };
}

export function withRow(
  { outside: { rows } }: RowState,
  rowNumber: number,
  status: string,
): Pick<Outside, "rows"> {
  return { rows: rows.with(rowNumber - 1, status) };
}

export function withAudit({ outside: { audit } }: RowState, entry: string): Pick<Outside, "audit"> {
  return { audit: [...audit, entry] };
}

/** The row before is committed with the first commit of this one. */
export function settling(state: RowState): RowState {
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

/** An actor's failure with a code of ours. */
export function errorOf(
  code: "E-4001" | "E-4005" | "E-4006" | "E-4010" | "E-4014" | "E-4025",
): () => { error: WaybillError } {
  return () => ({ error: new WaybillError(code, "It failed") });
}

/** What keeps a commit from happening, each with its error's code. */
export function notCommitted(actor: string): RowLetter[] {
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
export function committed(
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
