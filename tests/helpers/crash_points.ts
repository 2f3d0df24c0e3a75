/**
 * The points of the crash matrix (ups.md, 2.5): where a kill may cost a second label or a number.
 *
 * @module
 */
import type { Role } from "./kill_plan.ts";

/** Where, in words, and what the fixture calls it. */
export interface CrashPoint {
  readonly where: string;
  readonly at: string;
  /** Every row's first ship request is refused by a gateway: its fate is sought before it is sent again. */
  readonly isReconciled?: boolean;
}

/** Every point, in the order in which a row meets them. */
export const crashPoints: readonly CrashPoint[] = [
  { where: "before the claim is committed", at: "runner:commit-claim:before" },
  { where: "after the claim is committed", at: "runner:commit-claim:after" },
  { where: "before the server's journal", at: "ups:journal-sending:before" },
  { where: "after the journal's commit, before the send", at: "ups:post:before" },
  { where: "after the send, before the carrier's commit", at: "sandbox:ledger-ship:before" },
  { where: "in the middle of the carrier's commit", at: "sandbox:ledger-ship:torn" },
  { where: "after the carrier's commit, before its answer", at: "sandbox:ledger-ship:after" },
  { where: "after the answer, before the label is synced", at: "ups:label-fsync:before" },
  { where: "after the label is synced, before its rename", at: "ups:label-fsync:after" },
  { where: "before the answer is in the journal", at: "ups:journal-answer:before" },
  { where: "after it is, before the runner hears of it", at: "ups:journal-answer:after" },
  { where: "before the label is committed", at: "runner:commit-shipped:before" },
  { where: "after it is, before the write-back", at: "runner:commit-shipped:after" },
  { where: "before the write-back is synced", at: "source:journal-fsync:before" },
  { where: "after the write-back, before its answer", at: "source:journal-fsync:after" },
  { where: "after its answer, before it is committed", at: "source:mcp-written:after" },
  {
    where: "after a lost answer is committed, before it is sought",
    at: "runner:commit-uncertain:after",
    isReconciled: true,
  },
  {
    where: "before an attempt is given up",
    at: "runner:commit-absent:before",
    isReconciled: true,
  },
  {
    where: "between an attempt given up and the next generation",
    at: "runner:commit-absent:after",
    isReconciled: true,
  },
];

/** Points that a batch passes once, at its end. */
export const endPoints: readonly CrashPoint[] = [
  { where: "before the file is replaced", at: "source:csv-rename:before" },
  { where: "after the file is replaced", at: "source:csv-rename:after" },
  { where: "after the write-back journal is gone", at: "source:journal-remove:after" },
  { where: "before the job is completed", at: "runner:commit-completed:before" },
  { where: "after the job is completed", at: "runner:commit-completed:after" },
];

const all: readonly Role[] = ["runner", "ups", "source", "sandbox"];

/** Who is killed: each alone, and all at once. */
export const victims: readonly (readonly Role[])[] = [...all.map((role) => [role]), all];

/**
 * The victims of a quick look at a point: the runner or all at once, the other way round on the other
 * database; and on SQLite one of the others, each in its turn, as they know nothing of the database.
 */
export function someVictims(place: number, store: string): readonly (readonly Role[])[] {
  if (store !== "sqlite") return [place % 2 === 0 ? all : ["runner"]];
  const others: readonly Role[] = ["ups", "sandbox", "source"];
  return [place % 2 === 0 ? ["runner"] : all, [others[place % 3] ?? "ups"]];
}

/** What a process does, before and after which anybody may be killed at random. */
const passed: Readonly<Record<Role, readonly string[]>> = {
  runner: [
    ...["lease_acquired", "job_transition", "claim", "shipped", "uncertain", "absent", "adopted"],
    ...["not_sent", "rejected", "completed"],
  ].map((name) => `commit-${name}`),
  ups: [
    ...["token", "journal-sending", "post", "label-fsync", "label-rename", "label-folder-fsync"],
    ...["journal-answer", "journal-forget", "journal-adopt", "mcp-bought"],
    ...["recovery", "track", "mcp-found"],
  ],
  source: [
    "journal-write",
    "journal-fsync",
    "mcp-written",
    "csv-fsync",
    "csv-rename",
    "journal-remove",
  ],
  sandbox: ["ledger-request", "ledger-ship"],
};

/** Every point that the fixture knows. */
export const allPoints: readonly string[] = [
  ...Object.entries(passed).flatMap(([role, names]) =>
    names.flatMap((name) => [`${role}:${name}:before`, `${role}:${name}:after`])
  ),
  "sandbox:ledger-request:torn",
  "sandbox:ledger-ship:torn",
];
