/**
 * Whether a row may still be bought within a person's limit. Pure functions of values.
 *
 * @module
 */
import { formatMinorUnits } from "../money.ts";
import type { Amount, Budget } from "./job_types.ts";
import type { Problem } from "./port.ts";

/** What a job has cost so far; minor units by ISO currency code. */
export interface Spent {
  /** What was billed. */
  readonly costs: Readonly<Record<string, number>>;
  /** The estimates of bought rows whose price nobody told. */
  readonly unpriced: Readonly<Record<string, number>>;
  /** How many bought rows have neither a price nor an estimate. */
  readonly untold: number;
}

/**
 * Why a row is not bought within a limit.
 *
 * @param budget The limit.
 * @param spent What the job has cost so far.
 * @param estimate What the row would cost.
 * @returns The problem, or `undefined` if it may be bought.
 */
export function overBudget(
  { currencyCode, jobMinor, rowMinor }: Budget,
  spent: Spent,
  estimate: Amount | undefined,
): Problem | undefined {
  if (estimate?.currencyCode !== currencyCode) {
    const why = estimate ? `it is rated in ${estimate.currencyCode}` : "the carrier gave no rate";
    return problem("E-2006", `Cannot tell whether the row stays within the limit: ${why}`);
  }
  const words = (minor: number) => formatMinorUnits(minor, currencyCode);
  const { minor } = estimate;
  if (rowMinor !== undefined && minor > rowMinor) {
    return problem(
      "E-2005",
      `The row would cost ${words(minor)}, and --max-cost-per-row is ${words(rowMinor)}`,
    );
  }
  if (jobMinor === undefined) return undefined;
  const unknown = unknownIn(spent, currencyCode);
  if (unknown !== undefined) {
    return problem("E-2006", `Cannot tell whether the job stays within the limit: ${unknown}`);
  }
  const before = (spent.costs[currencyCode] ?? 0) + (spent.unpriced[currencyCode] ?? 0);
  if (before + minor <= jobMinor) return undefined;
  return problem(
    "E-2005",
    `The job has cost ${words(before)}, the next row would cost ${
      words(minor)
    }, and --max-cost is ` +
      words(jobMinor),
  );
}

/** What no sum in the limit's currency holds. */
function unknownIn({ costs, unpriced, untold }: Spent, currencyCode: string): string | undefined {
  const [other] = [...Object.entries(costs), ...Object.entries(unpriced)]
    .filter(([code, minor]) => code !== currencyCode && minor > 0);
  if (other) return `bought rows cost ${other[0]}, and the limit is in ${currencyCode}`;
  if (untold === 0) return undefined;
  return `nobody knows what ${untold === 1 ? "1 bought row" : `${untold} bought rows`} cost`;
}

/**
 * The estimates of rows without a price, after one more row.
 *
 * @param before Those before.
 * @param costMinor What the row was billed, if the carrier said.
 * @param estimate What it was to cost, if that is known.
 * @returns Those after.
 */
export function unpricedAfter(
  before: Spent["unpriced"],
  costMinor: number | undefined,
  estimate: Amount | undefined,
): Spent["unpriced"] {
  if (costMinor !== undefined || !estimate) return before;
  const { currencyCode, minor } = estimate;
  return { ...before, [currencyCode]: (before[currencyCode] ?? 0) + minor };
}

function problem(code: "E-2005" | "E-2006", message: string): Problem {
  return { code, message };
}
