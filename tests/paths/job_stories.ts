/**
 * How the stories of the job machine begin: what was before, made by the real actors, and the same in
 * the model's words.
 *
 * @module
 */
import type { Snapshot } from "xstate";
import {
  cancelled,
  drained,
  finished,
  lost,
  owed,
  paused,
  policy,
  superseded,
  voided,
} from "./job_befores.ts";
import { costMinor } from "./job_outside.ts";
import type { Beginning } from "./model.ts";
import type { Outside } from "./outside.ts";
import { RealJob, type Stage } from "./real_job.ts";

/** How a story begins. */
export interface JobBeginning extends Beginning<Outside> {
  readonly name: string;
  readonly make: (stage: Stage) => Promise<{ job: RealJob; snapshot?: Snapshot<unknown> }>;
}

/** A job that nobody has worked on. */
const fresh: Outside = {
  job: "pending",
  isHeld: false,
  rows: ["pending"],
  attempts: [],
  audit: [],
  told: [],
  sent: [],
  sold: [],
  written: [],
  isFlushOwed: false,
};
/** One whose runner is gone. */
const left: Outside = { ...fresh, job: "running", isHeld: true };
const bought = { attempts: ["1/1 bought"], sent: ["1/1"], sold: ["1/1"] };
const input = { jobId: "j" };
const supersededOutside = {
  ...left,
  attempts: ["1/1 uncertain absent", "1/2 bought"],
  sent: ["1/1", "1/2"],
  sold: ["1/2"],
  written: [1],
};

/**
 * A story leaves out what means the same wherever a job came from, and is tried from another beginning.
 *
 * @param tried What is tried in this story all the same.
 */
function without(...tried: readonly (keyof typeof elsewhere)[]): RegExp {
  const left = Object.entries(elsewhere).filter(([name]) => !tried.some((each) => each === name));
  return new RegExp(left.map(([, pattern]) => pattern.source).join("|"));
}

const elsewhere = {
  plain: /^job\.run$/,
  preflight: /with preflight/,
  passing: /past failed/,
  limit: /within a limit/,
  resume: /job\.resume/,
  faults: /the database fails|has taken the job over|machine has it/,
  rowEnds: /^row: (?!completes)/,
  pause: /job\.pause by/,
  request: /job\.pause from/,
  cancel: /job\.cancel/,
  hurry: /job\.hurry/,
};

/** Every way a job may begin. */
export const beginnings: readonly JobBeginning[] = [
  {
    name: "one row",
    input,
    outside: fresh,
    without: without("plain", "limit", "faults", "rowEnds", "pause", "cancel", "hurry"),
    make: async (stage) => ({ job: await RealJob.import(stage, { rows: 1, policy }) }),
  },
  {
    name: "three rows that look spoilt, with preflight, and without",
    input,
    outside: { ...fresh, rows: ["pending", "pending", "pending"] },
    without: without("preflight", "limit", "pause"),
    make: async (stage) => ({
      job: await RealJob.import(stage, { rows: 3, policy, isSpoilt: true }),
    }),
  },
  {
    name: "two rows, past failed ones",
    input,
    outside: { ...fresh, rows: ["pending", "pending"] },
    without:
      /job\.(run$|run with|resume|pause|cancel|hurry)|fails$|taken the job|machine has|breaks/,
    make: async (stage) => ({ job: await RealJob.import(stage, { rows: 2, policy }) }),
  },
  ...[true, false].map((isSold): JobBeginning => ({
    name: `killed in a purchase that was ${isSold ? "" : "not "}made`,
    input,
    outside: {
      ...left,
      rows: ["in_flight"],
      attempts: ["1/1 open"],
      sent: ["1/1"],
      sold: isSold ? ["1/1"] : [],
    },
    without: isSold ? without("plain") : without("plain", "request", "cancel", "hurry"),
    make: async (stage) => ({ job: await lost(stage, isSold) }),
  })),
  {
    name: "killed before a write-back",
    input,
    outside: { ...left, ...bought, rows: ["shipped", "pending"] },
    without: without("plain", "preflight", "faults", "pause", "hurry"),
    make: async (stage) => ({ job: await owed(stage, 2) }),
  },
  {
    name: "killed after a write-back",
    input,
    outside: { ...supersededOutside, rows: ["completed", "pending"] },
    without: without("plain", "hurry", "faults"),
    make: async (stage) => ({ job: await superseded(stage, 2) }),
  },
  {
    name: "complete, with a key that was given up on",
    input,
    outside: { ...supersededOutside, job: "completed", isHeld: false, rows: ["completed"] },
    without: without("plain"),
    make: async (stage) => ({ job: await finished(await superseded(stage, 1)) }),
  },
  {
    name: "complete, and its source is owed a void",
    input,
    outside: { ...left, ...bought, job: "completed", rows: ["voided"], written: [1] },
    without: without("plain", "cancel", "hurry"),
    make: async (stage) => ({ job: await voided(stage) }),
  },
  {
    name: "complete",
    input,
    outside: {
      ...{ ...left, ...bought, job: "completed", isHeld: false },
      ...{ rows: ["completed"], written: [1] },
    },
    without: without("plain"),
    make: async (stage) => ({ job: await finished(await drained(await owed(stage))) }),
  },
  {
    name: "cancelled, and its source is owed a number",
    input,
    outside: { ...left, ...bought, job: "cancelled", rows: ["shipped", "pending"] },
    without: without("plain", "pause"),
    make: async (stage) => ({ job: await cancelled(stage, await owed(stage, 2)) }),
  },
  {
    name: "cancelled in a purchase",
    input,
    outside: {
      ...{ ...left, job: "cancelled", rows: ["in_flight"] },
      ...{ attempts: ["1/1 open"], sent: ["1/1"] },
    },
    without: without("plain"),
    make: async (stage) => ({ job: await cancelled(stage, await lost(stage, false)) }),
  },
  {
    name: "paused between two rows",
    input,
    outside: {
      ...{ ...fresh, ...bought, job: "paused" },
      ...{ rows: ["completed", "pending"], written: [1] },
    },
    restoredIn: { running: "between_rows" },
    kept: {
      skipPreflight: true,
      cursor: 1,
      unsettled: 1,
      wish: "signal",
      figures: { total: 2, done: 1, failed: 0, costs: { USD: costMinor } },
      refusals: "varied",
      recovered: {
        ...{ isComplete: false, isCancelled: false, pending: 2, owed: 0, hasSuperseded: false },
      },
    },
    without: without("resume"),
    make: (stage) => paused(stage, "between two rows"),
  },
  {
    name: "paused before its first row",
    input,
    outside: { ...fresh, job: "paused", rows: ["pending", "pending"] },
    restoredIn: "pending",
    kept: {},
    without: without("resume"),
    make: (stage) => paused(stage, "before the first"),
  },
];
