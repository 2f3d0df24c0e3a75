/**
 * The alphabet of the job machine, what comes before the first row: how runs begin, and how a job is
 * taken up.
 *
 * @module
 */
import { WaybillError } from "../../src/errors.ts";
import type { PurchasePolicy } from "../../src/machines/purchase.ts";
import {
  anyQuestion,
  breaks,
  crashed,
  done,
  failed,
  fault,
  type JobLetter,
  none,
  takenOver,
} from "./job_faults.ts";
import { audited, type JobState, recoveredFrom, sums, told } from "./job_outside.ts";
import type { Outside } from "./outside.ts";

/** How runs begin. */
export const beginningsOfRuns: readonly JobLetter[] = [
  { name: "job.run", type: "job.run", event: () => ({ skipPreflight: true }) },
  { name: "job.run with preflight", type: "job.run", event: () => ({ skipPreflight: false }) },
  {
    name: "job.run past failed rows",
    type: "job.run",
    event: () => ({ skipPreflight: true, keepGoing: { maxFailures: 2 } }),
  },
  {
    name: "job.run within a limit that nobody can tell of",
    type: "job.run",
    event: () => ({ skipPreflight: true, budget: { currencyCode: "USD", jobMinor: 5_000 } }),
  },
  { name: "job.resume", type: "job.resume", event: () => ({ skipPreflight: true }) },
];

/** What is told when a job is taken up, by what there is to do first of all. */
function takenUp(state: JobState, policy: PurchasePolicy): Outside {
  const { outside, context: { keepGoing, wish, isSwept, halt } } = state;
  const found = recoveredFrom(outside, keepGoing !== undefined, policy);
  const isStopped = halt !== undefined || found.duplicate !== undefined;
  if (wish !== undefined && !found.isComplete) return outside;
  if (found.lost) {
    const { rowNumber, generation } = found.lost;
    return told(outside, `row_reconciling ${rowNumber} ${generation}`);
  }
  const goesOn = (found.hasSuperseded && !isSwept) || isStopped || found.isCancelled;
  if (goesOn || !found.isComplete || found.owed === 0) return outside;
  return told(outside, `batch_started ${sums(found.figures)}`);
}

/** How a job is taken up, to its first row. */
export function takingUp(policy: PurchasePolicy): readonly JobLetter[] {
  const recovered = (state: JobState) => ({
    output: recoveredFrom(state.outside, state.context.keepGoing !== undefined, policy),
  });
  return [
    {
      name: "acquireLease: acquired",
      type: done("acquireLease"),
      event: () => ({ output: { type: "acquired" } }),
      then: ({ outside }) => {
        const isNew = outside.job === "pending";
        const more = isNew ? ["job_inputs_set", "carrier_taken"] : [];
        return { ...audited(outside, "lease_acquired", ...more), isHeld: true };
      },
    },
    {
      name: "acquireLease: another machine has it",
      type: done("acquireLease"),
      event: () => ({
        output: { type: "held", problem: { code: "E-4004", message: "It is held" } },
      }),
      bring: (job) => job.isHeldElsewhere(),
      then: ({ outside }) => ({ ...outside, isHeld: false }),
    },
    breaks("acquireLease", anyQuestion, "E-9001"),
    {
      name: "recoverJob: as the rows are",
      type: done("recoverJob"),
      event: recovered,
      then: (state) => takenUp(state, policy),
    },
    {
      name: "recoverJob: as the rows are; nobody can read how a lost one is cleared up",
      type: done("recoverJob"),
      when: (state) =>
        state.context.wish === undefined && recovered(state).output.lost !== undefined,
      event: recovered,
      follow: () => [{ type: failed("row"), error: fault }],
      // The actor itself looks how old a key may be; the row machine comes after it.
      bring: (job) => void (job.policyReadings = 1),
      then: (state) => takenUp(state, policy),
    },
    breaks("recoverJob", anyQuestion, "E-9001"),
    {
      name: "preflight: every row is ready",
      type: done("preflight"),
      event: ({ outside }) => ({
        output: { count: 0, first: [], warnings: warningsOf(outside) },
      }),
      then: ({ outside }) =>
        told(outside, ...warningsOf(outside).map(({ count }) => `rows_warned ${count}`)),
    },
    {
      name: "preflight: the orders were changed",
      type: done("preflight"),
      event: ({ outside: { rows } }) => ({
        output: {
          count: rows.filter((each) => each === "pending").length,
          first: [],
          warnings: [],
        },
      }),
      bring: (job) => job.change(),
    },
    {
      name: "preflight: the source fails",
      type: failed("preflight"),
      event: () => ({ error: new WaybillError("E-4006", "It failed") }),
      bring: (job) => void job.sourceFaults.set("get_rows", fault),
      then: (state) => crashed(state, "E-4006"),
    },
    {
      name: "startJob: commits",
      type: done("startJob"),
      event: none,
      then: ({ outside, context: { figures } }) =>
        told(
          { ...audited(outside, `job_transition ${outside.job}>running`), job: "running" },
          `batch_started ${sums(figures)}`,
        ),
    },
    takenOver("startJob"),
  ];
}

/** Orders that look as if a spreadsheet had spoilt them. */
function warningsOf({ rows }: Outside): { message: string; count: number; rows: number[] }[] {
  const count = rows.filter((each) => each === "pending").length;
  return count < 3 ? [] : [{ message: "It looks wrong", count, rows: [1, 2, 3] }];
}
