/**
 * How what is outside of a job changes, and what the job machine is told of it: written down once more,
 * beside the program.
 *
 * @module
 */
import type { JobContext } from "../../src/machines/job_setup.ts";
import type { Choice, Figures, Recovered } from "../../src/machines/job_types.ts";
import type { Attempt, PurchasePolicy } from "../../src/machines/purchase.ts";
import type { RowTask } from "../../src/machines/row_types.ts";
import type { ModelState } from "./model.ts";
import type { Outside } from "./outside.ts";
import { startMs } from "./real_job.ts";

/** A state of the job's model. */
export type JobState = ModelState<JobContext, Outside>;

/** What one label costs in here. */
export const costMinor = 1236;

/** An attempt as the database has it. */
interface KnownAttempt {
  readonly key: string;
  readonly row: number;
  readonly generation: number;
  readonly words: readonly string[];
}

/** The attempts, in the order of rows and generations. */
export function attemptsIn({ attempts }: Outside): KnownAttempt[] {
  return attempts.map((each) => {
    const [key = "", ...words] = each.split(" ");
    const [row, generation] = key.split("/").map(Number);
    return { key, row: row ?? 0, generation: generation ?? 0, words };
  });
}

/** The last attempt of a row. */
export function lastOf(outside: Outside, row: number): KnownAttempt | undefined {
  return attemptsIn(outside).findLast((each) => each.row === row);
}

/** Whether nobody knows what became of an attempt. */
export function isLost({ words }: KnownAttempt): boolean {
  return words[0] === "open" || (words[0] === "uncertain" && !/absent|adopted/.test(words.join()));
}

/** The keys that were given up on, of rows that are done: nobody should have a label of them. */
export function supersededIn(outside: Outside): KnownAttempt[] {
  return attemptsIn(outside).filter(({ row, words }) =>
    !["open", "bought"].includes(words[0] ?? "") && !words.includes("adopted") &&
    !words.includes("twice") &&
    ["shipped", "completed", "voided"].includes(outside.rows[row - 1] ?? "")
  );
}

/** The same attempts, one of them with other words, or one more. */
export function withAttempt(outside: Outside, key: string, words: string): Outside {
  const others = outside.attempts.filter((each) => !each.startsWith(`${key} `));
  const numbered = [...others, `${key} ${words}`].map((each): [string, string] => [
    each.replace(/\d+/g, (digits) => digits.padStart(4, "0")),
    each,
  ]);
  return {
    ...outside,
    attempts: numbered.sort(([a], [b]) => a < b ? -1 : 1).map(([, each]) => each),
  };
}

/** The same rows, one of them in another status. */
export function withRow(outside: Outside, row: number, status: string): Outside {
  return { ...outside, rows: outside.rows.with(row - 1, status) };
}

/** A row that changes its status, and the entry that says so. */
export function changed(outside: Outside, row: number, to: string, about = ""): Outside {
  const from = outside.rows[row - 1];
  const entry = `row_transition ${row} ${from}>${to} ${about}`.trim();
  return withRow(audited(outside, entry), row, to);
}

/** One more entry in the trail. */
export function audited(outside: Outside, ...entries: readonly string[]): Outside {
  return { ...outside, audit: [...outside.audit, ...entries] };
}

/** One more progress event. */
export function told(outside: Outside, ...events: readonly string[]): Outside {
  return { ...outside, told: [...outside.told, ...events] };
}

/** The figures, as an event tells them. */
export function sums({ done, failed }: Pick<Figures, "done" | "failed">): string {
  return `(${done} done, ${failed} failed)`;
}

/** How the job stands by what is outside, for whoever takes it up. */
export function recoveredFrom(
  outside: Outside,
  passesFailed: boolean,
  policy: PurchasePolicy,
): Recovered {
  const { rows, job } = outside;
  const count = (...statuses: string[]) => rows.filter((each) => statuses.includes(each)).length;
  const next = nextIn(outside, 0, passesFailed);
  const isCancelled = job === "cancelled";
  const isOpen = !isCancelled && ["pending", "in_flight"].includes(rows[(next ?? 0) - 1] ?? "");
  const lostRow = rows.findIndex((status, index) => {
    const last = lastOf(outside, index + 1);
    return status === "in_flight" && last !== undefined && isLost(last);
  }) + 1;
  const twice = attemptsIn(outside).find(({ words }) => words.includes("twice"));
  const bought = attemptsIn(outside).filter(({ row, words }) =>
    words[0] === "bought" && ["shipped", "completed"].includes(rows[row - 1] ?? "")
  );
  return {
    isComplete: job === "completed",
    isCancelled,
    lost: lostRow === 0
      ? undefined
      : { ...taskOf(outside, lostRow, policy), purpose: "settle" as const },
    hasSuperseded: supersededIn(outside).length > 0,
    duplicate: twice && {
      rowNumber: twice.row,
      problem: { code: "E-3011", message: "It has two labels" },
    },
    pending: isOpen ? count("pending") : 0,
    owed: count("shipped") + owedVoids(outside),
    cursor: next === undefined ? 2 ** 31 - 1 : next - 1,
    figures: {
      total: rows.length,
      done: count("shipped", "completed", "skipped", "voided"),
      failed: count("failed"),
      costs: bought.length === 0 ? {} : { USD: bought.length * costMinor },
    },
    unpriced: {},
    untold: count("shipped", "completed") - bought.length,
  };
}

/** The voids that the source is owed: its rows have their number still. */
export function owedVoids({ rows, written }: Outside): number {
  return rows.filter((each, index) => each === "voided" && written.includes(index + 1)).length;
}

function nextIn({ rows }: Outside, afterRow: number, passesFailed: boolean): number | undefined {
  const open = ["pending", "in_flight", "needs_review", ...(passesFailed ? [] : ["failed"])];
  const index = rows.findIndex((status, at) => at >= afterRow && open.includes(status));
  return index < 0 ? undefined : index + 1;
}

/** The row that comes next, or what stops the job. */
export function choiceFrom(
  outside: Outside,
  { cursor, keepGoing }: JobContext,
  policy: PurchasePolicy,
): Choice {
  const passes = keepGoing !== undefined;
  const failed = outside.rows.indexOf("failed") + 1;
  const row = nextIn(outside, cursor, passes) ?? (passes && failed > 0 ? failed : undefined);
  const status = outside.rows[(row ?? 0) - 1];
  if (row === undefined) return { type: "none" };
  if (status === "pending" || status === "in_flight") {
    return { type: "row", task: taskOf(outside, row, policy), estimate: undefined };
  }
  const { words = [] } = lastOf(outside, row) ?? {};
  const code = status === "needs_review" ? "E-3010" : words[0] === "rejected" ? "120802" : "E-1004";
  const problem = { code, message: "It stops here" };
  return {
    type: "halt",
    halt: status === "failed"
      ? { status, rowNumber: row, problem }
      : { status: "paused", reason: "needs_review", rowNumber: row, problem },
  };
}

function taskOf(outside: Outside, row: number, policy: PurchasePolicy): Omit<RowTask, "settles"> {
  const last = lastOf(outside, row);
  const isClaimed = outside.rows[row - 1] === "in_flight";
  return {
    rowNumber: row,
    checksum: "c",
    from: isClaimed ? "in_flight" : "pending",
    generation: last?.generation ?? 0,
    lost: isClaimed && last && isLost(last) ? attemptFrom(last) : undefined,
    purpose: "ship",
    request: undefined,
    policy,
  };
}

function attemptFrom({ key, generation, words }: KnownAttempt): Attempt {
  return {
    ...{ key, generation, sentAtMs: startMs, account: undefined, lane: "US>US", packages: 1 },
    doesExist: words.includes("exists"),
  };
}
