/**
 * Every answer that an actor of the job machine may give.
 *
 * @module
 */
import type { JobSnapshot } from "../../src/machines/job.ts";
import type { Choice, Drained, Recovered, Swept } from "../../src/machines/job_types.ts";
import type { RecordedLabel } from "../../src/machines/purchase.ts";
import type { RowOutcome, RowTask } from "../../src/machines/row_types.ts";
import { policy } from "./policies.ts";

export const problem = { code: "E-4006", message: "Cannot reach the source" };
export const second = { code: "E-3011", message: "Row 1 has a second label" };
export const lostLease = { code: "E-4005", message: "Another runner took the job over" };
export const label: RecordedLabel = {
  shipmentId: "1Z1",
  trackingNumbers: ["1Z1"],
  labels: [],
  costMinor: 1236,
  currencyCode: "USD",
  shippedAt: "2026-01-02T03:04:05.000Z",
};

export function recovered(found: Partial<Recovered>): Recovered {
  const figures = { total: 2, done: 0, failed: 0, costs: {} };
  return {
    isComplete: false,
    isCancelled: false,
    lost: undefined,
    hasSuperseded: false,
    duplicate: undefined,
    pending: 2,
    owed: 0,
    cursor: 0,
    figures,
    unpriced: {},
    untold: 0,
    ...found,
  };
}

export const recoveries: readonly Recovered[] = [
  recovered({}),
  recovered({ owed: 1 }),
  recovered({ pending: 0, owed: 1, figures: { total: 1, done: 1, failed: 0, costs: {} } }),
  recovered({ pending: 0 }),
  recovered({ isComplete: true, pending: 0, owed: 0 }),
  recovered({
    isComplete: true,
    pending: 0,
    owed: 1,
    figures: { total: 1, done: 1, failed: 0, costs: {} },
  }),
  recovered({ lost: { ...taskOf(1), purpose: "settle" } }),
  recovered({ hasSuperseded: true }),
  recovered({ isComplete: true, pending: 0, hasSuperseded: true }),
  recovered({ isCancelled: true, owed: 1, figures: { total: 2, done: 1, failed: 0, costs: {} } }),
  recovered({ isCancelled: true, lost: { ...taskOf(1), purpose: "settle" } }),
  recovered({ isComplete: true, pending: 0, duplicate: { rowNumber: 1, problem: second } }),
];

/** Every way a row may end; a carrier's own code may look like ours. */
export function outcomesOf(rowNumber: number): readonly RowOutcome[] {
  return [
    { type: "completed", rowNumber, settled: true, label },
    { type: "shipped", rowNumber, settled: true, label, problem },
    { type: "shipped", rowNumber, settled: true, label, problem: lostLease },
    { type: "failed", rowNumber, settled: true, problem },
    { type: "failed", rowNumber, settled: true, problem: lostLease },
    { type: "needs_review", rowNumber, settled: true, problem },
    { type: "stopped", rowNumber, settled: false, problem },
    { type: "stopped", rowNumber, settled: false, problem: lostLease },
    { type: "unsent", rowNumber, settled: true, problem },
    { type: "absent", rowNumber, settled: false },
    { type: "interrupted", rowNumber, settled: false },
    { type: "unrecorded", rowNumber, settled: true, problem },
    { type: "unrecorded", rowNumber, settled: true, problem: lostLease },
  ];
}

export function choicesAfter(cursor: number, rows: number): readonly Choice[] {
  const rowNumber = cursor + 1;
  return [
    ...(cursor < rows ? [{ type: "row", task: taskOf(rowNumber) } as const] : []),
    { type: "none" },
    { type: "halt", halt: { status: "failed", rowNumber: 1, problem } },
    { type: "halt", halt: { status: "paused", reason: "needs_review", rowNumber: 1, problem } },
  ];
}

export function taskOf(rowNumber: number): Omit<RowTask, "settles"> {
  return {
    rowNumber,
    checksum: "c",
    from: "pending",
    generation: 0,
    lost: undefined,
    purpose: "ship",
    request: undefined,
    policy,
  };
}

export const drains: readonly Drained[] = [{ written: 0, owed: 0 }, {
  written: 0,
  owed: 1,
  problem,
}];

export const sweeps: readonly Swept[] = [
  { asked: 1, duplicates: [] },
  { asked: 2, duplicates: [{ rowNumber: 1, problem: second }, { rowNumber: 2, problem: second }] },
];

export function answersOf(
  id: string,
  { context: { cursor } }: JobSnapshot,
  rows: number,
): readonly unknown[] {
  switch (id) {
    case "acquireLease":
      return [{ type: "acquired" }, { type: "held", problem }];
    case "recoverJob":
      return recoveries;
    case "preflight":
      return [{ count: 0, first: [] }, { count: 1, first: [{ rowNumber: 1, problem }] }];
    case "nextRow":
      return choicesAfter(cursor, rows);
    case "row":
      return outcomesOf(cursor);
    case "drainWriteBacks":
      return drains;
    case "sweepKeys":
      return sweeps;
    default:
      return [undefined];
  }
}
