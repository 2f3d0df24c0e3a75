/**
 * How many rows are done and have failed, and what they cost, counted along the trail as `recoverJob`
 * counts them in the rows.
 *
 * @module
 */
import type { TrailEntry } from "./step.ts";

/** Minor units by ISO currency code. */
export type Money = Readonly<Record<string, number>>;

/** How all rows stand. */
export interface Sums {
  /** How many there are. */
  readonly total: number | undefined;
  /** Bought, skipped or voided. */
  readonly done: number;
  /** Failed. */
  readonly failed: number;
  /** Failed by a cancel: a run counts them from its beginning on. */
  readonly closed: number;
  /** What the bought ones cost; not told once one was voided, whose price stands far back. */
  readonly costs: Money | undefined;
}

const done: readonly (string | undefined)[] = ["shipped", "completed", "skipped", "voided"];

/**
 * The sums after one more entry.
 *
 * @param sums Those before.
 * @param entry It.
 * @returns Those after.
 */
export function sumsAfter(sums: Sums, entry: TrailEntry): Sums {
  const { type, from, to, details } = entry;
  if (type === "job_imported") {
    const { rows } = details();
    return { ...sums, total: typeof rows === "number" ? rows : undefined };
  }
  if (type === "lease_acquired") {
    return { ...sums, failed: sums.failed + sums.closed, closed: 0 };
  }
  if (type !== "row_transition") return sums;
  const isClosed = to === "failed" && details()["code"] === "E-4019";
  return {
    ...sums,
    done: sums.done + Number(done.includes(to)) - Number(done.includes(from)),
    failed: sums.failed + Number(to === "failed" && !isClosed) - Number(from === "failed"),
    closed: sums.closed + Number(isClosed),
    costs: to === "voided" ? undefined : costsAfter(sums.costs, entry),
  };
}

function costsAfter(costs: Money | undefined, { to, details }: TrailEntry): Money | undefined {
  if (costs === undefined || to !== "shipped") return costs;
  const { cost_minor: cost, currency_code: currency } = details();
  if (typeof cost !== "number" || typeof currency !== "string") return costs;
  return { ...costs, [currency]: (costs[currency] ?? 0) + cost };
}
