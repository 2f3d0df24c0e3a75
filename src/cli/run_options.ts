/**
 * What a person asks of a run, as typed, and what it means.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Budget, KeepGoing } from "../machines/job_types.ts";
import { parseMinorUnits } from "../money.ts";

/** What a person asks for. */
export interface RunOptions {
  /** The template file to use from now on, if it is another than before. */
  readonly template?: string | undefined;
  /** The shipper file, likewise. */
  readonly shipper?: string | undefined;
  /** The MCP file, if it is named. */
  readonly mcp?: string | undefined;
  /** Whether to begin without preflight. */
  readonly skipPreflight?: boolean | undefined;
  /** Whether to carry on past rows that fail. */
  readonly keepGoing?: boolean | undefined;
  /** With so many failed rows it stops all the same; as typed. */
  readonly maxFailures?: string | undefined;
  /** The command that is run when a person is needed, or the job is done. */
  readonly notify?: string | undefined;
  /** The inspector that is told what the machines do: the address of a web socket. */
  readonly inspect?: string | undefined;
  /** How many labels a second may be bought, as typed. */
  readonly rate?: string | undefined;
  /** Whether a person must have confirmed the preview first. */
  readonly confirm?: boolean | undefined;
  /** Whether it is confirmed hereby. */
  readonly yes?: boolean | undefined;
  /** What the whole job may cost, as typed. */
  readonly maxCost?: string | undefined;
  /** What one row may cost, as typed. */
  readonly maxCostPerRow?: string | undefined;
  /** Whether a program reads the events. */
  readonly json?: boolean | undefined;
}

/**
 * Whether a run carries on past rows that fail.
 *
 * @param options What is asked for.
 * @returns How far; `undefined` if it does not.
 * @throws {UsageError} If the limit is none.
 */
export function readKeepGoing({ keepGoing, maxFailures }: RunOptions): KeepGoing | undefined {
  if (maxFailures === undefined) return keepGoing ? { maxFailures } : undefined;
  const limit = Number(maxFailures);
  if (Number.isInteger(limit) && limit > 0) return { maxFailures: limit };
  throw new UsageError(
    `Cannot stop after "${maxFailures}" failures: that is no number above 0`,
    "Say how many rows may fail: --max-failures 10",
  );
}

/**
 * Which inspector is told of a run.
 *
 * @param options What is asked for.
 * @returns Where it listens; `undefined` if nobody is told.
 * @throws {UsageError} If that is no address of a web socket.
 */
export function readInspector({ inspect }: RunOptions): string | undefined {
  if (inspect === undefined || (/^wss?:/.test(inspect) && URL.canParse(inspect))) return inspect;
  throw new UsageError(
    `Cannot tell an inspector at "${inspect}": that is no address of a web socket`,
    "Name one, such as --inspect ws://127.0.0.1:8080",
  );
}

/** The fewest labels a second that may be asked for. */
const lowestRate = 0.001;

/**
 * How fast a run may buy.
 *
 * @param options What is asked for.
 * @returns Labels a second; `undefined` if there is no limit.
 * @throws {UsageError} If it is no such number.
 */
export function readRate({ rate }: RunOptions): number | undefined {
  if (rate === undefined) return undefined;
  const limit = Number(rate);
  if (rate.trim() !== "" && Number.isFinite(limit) && limit > 0) {
    // A timer cannot wait for longer than some weeks, and would not wait at all.
    if (limit >= lowestRate) return limit;
    throw new UsageError(
      `Cannot buy "${rate}" labels a second: ${lowestRate} is the least`,
      `That is one every ${1 / lowestRate} seconds: --rate ${lowestRate}`,
    );
  }
  throw new UsageError(
    `Cannot buy "${rate}" labels a second: that is no number above 0`,
    "Say how many, as in: --rate 2, or --rate 0.5 for one every two seconds",
  );
}

/**
 * What a run may spend.
 *
 * @param options What is asked for.
 * @returns The limits; `undefined` if there are none.
 * @throws {UsageError} If one of them is no amount, or they are in two currencies.
 */
export function readBudget({ maxCost, maxCostPerRow }: RunOptions): Budget | undefined {
  const job = maxCost === undefined ? undefined : readAmount("--max-cost", maxCost);
  const row = maxCostPerRow === undefined
    ? undefined
    : readAmount("--max-cost-per-row", maxCostPerRow);
  const currencyCode = job?.currencyCode ?? row?.currencyCode;
  if (currencyCode === undefined) return undefined;
  if (job && row && job.currencyCode !== row.currencyCode) {
    throw new UsageError(
      `Cannot keep to ${maxCost} and ${maxCostPerRow}: they are in two currencies`,
      "Say both limits in one currency",
    );
  }
  return { currencyCode, jobMinor: job?.minor, rowMinor: row?.minor };
}

/** Where nothing else is said, as most carriers here bill. */
const usualCurrency = "USD";

function readAmount(option: string, text: string): { minor: number; currencyCode: string } {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]{3})?$/.exec(text.trim());
  const currencyCode = match?.[2]?.toUpperCase() ?? usualCurrency;
  const minor = match?.[1] === undefined ? undefined : parseMinorUnits(match[1], currencyCode);
  if (minor !== undefined) return { minor, currencyCode };
  throw new UsageError(
    `Cannot keep to ${option} "${text}": that is no amount`,
    `Say an amount, with its currency if it is not ${usualCurrency}: ${option} 250, or "250 EUR"`,
  );
}
