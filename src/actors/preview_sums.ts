/**
 * What a preview adds up to. Memory stays flat: the first rows are kept, the rest is summed.
 *
 * @module
 */
import type { Amount } from "../machines/job_types.ts";
import type { Problem } from "../machines/port.ts";

/** One row of a preview. */
export interface PreviewRow {
  /** The row. */
  readonly rowNumber: number;
  /** Who gets it. */
  readonly recipient: string;
  /** City and state, or city and country. */
  readonly place: string;
  /** The service code; empty where the row is at fault. */
  readonly service: string;
  /** The account that it names to pay; `undefined` for the carrier's own. */
  readonly account?: string | undefined;
  /** What it would cost; `undefined` if no rate was given. */
  readonly estimate: Amount | undefined;
  /** Whether a rate was to be had at all: with a sample, most rows are not asked about. */
  readonly isAsked: boolean;
  /** What a person should know. */
  readonly warnings: readonly string[];
  /** Why it cannot be bought as it stands. */
  readonly problem: Problem | undefined;
}

/** The rows of one service, in one currency. */
export interface ServiceTotal {
  /** The service code. */
  readonly service: string;
  /** ISO 4217. */
  readonly currencyCode: string;
  /** How many rows were rated. */
  readonly rated: number;
  /** How many were not asked about, and are taken to cost the average of those that were. */
  readonly assumed: number;
  /** What all of them would cost, in minor units. */
  readonly minor: number;
}

/** What a preview adds up to. */
export interface PreviewSums {
  /** How many rows there are to ship. */
  readonly rows: number;
  /** How many of them are at fault. */
  readonly atFault: number;
  /** How many have a warning. */
  readonly warned: number;
  /** How many rates were asked for and not given. */
  readonly unrated: number;
  /** How many rows no estimate covers, besides those at fault: not even an average is known. */
  readonly uncovered: number;
  /** By service and currency. */
  readonly services: readonly ServiceTotal[];
  /** What everything would cost: minor units by ISO currency code. */
  readonly costs: Readonly<Record<string, number>>;
  /** The accounts that rows name to pay, beside the carrier's own; the first of them. */
  readonly accounts: readonly string[];
  /** The dearest row. */
  readonly dearest: { readonly rowNumber: number; readonly estimate: Amount } | undefined;
  /** The first rows that are not at fault. */
  readonly first: readonly PreviewRow[];
  /** The first rows with a warning after those. */
  readonly laterWarned: readonly PreviewRow[];
  /** The first rows at fault. */
  readonly faults: readonly PreviewRow[];
}

/** How many rows are shown one by one, and how many of those at fault. */
const shownRows = 20;

/** How many accounts are told; a person is not going to read more. */
const toldAccounts = 10;

/** Adds a preview up, row by row. */
export class PreviewBook {
  #rows = 0;
  #atFault = 0;
  #warned = 0;
  #unrated = 0;
  #dearest: PreviewSums["dearest"];
  readonly #accounts = new Set<string>();
  readonly #first: PreviewRow[] = [];
  readonly #faults: PreviewRow[] = [];
  readonly #laterWarned: PreviewRow[] = [];
  readonly #rated = new Map<string, { service: string; amount: Amount; count: number }>();
  readonly #unasked = new Map<string, number>();

  /**
   * Takes a row in.
   *
   * @param row The row.
   */
  add(row: PreviewRow): void {
    this.#rows++;
    if (row.warnings.length > 0) this.#warned++;
    if (row.problem) {
      this.#atFault++;
      if (this.#faults.length < shownRows) this.#faults.push(row);
      return;
    }
    if (row.account !== undefined && this.#accounts.size < toldAccounts) {
      this.#accounts.add(row.account);
    }
    if (this.#first.length < shownRows) this.#first.push(row);
    else if (row.warnings.length > 0 && this.#laterWarned.length < shownRows) {
      this.#laterWarned.push(row);
    }
    if (row.estimate) this.#addRate(row, row.estimate);
    else {
      if (row.isAsked) this.#unrated++;
      this.#unasked.set(row.service, (this.#unasked.get(row.service) ?? 0) + 1);
    }
  }

  #addRate({ rowNumber, service }: PreviewRow, estimate: Amount): void {
    const { minor, currencyCode } = estimate;
    const name = `${service} ${currencyCode}`;
    const before = this.#rated.get(name);
    const sum = (before?.amount.minor ?? 0) + minor;
    const amount = { minor: sum, currencyCode };
    this.#rated.set(name, { service, amount, count: (before?.count ?? 0) + 1 });
    if (minor > (this.#dearest?.estimate.minor ?? -1)) this.#dearest = { rowNumber, estimate };
  }

  /**
   * What it adds up to so far.
   *
   * @returns The sums. Rows without a rate are taken to cost the average of their service, where one
   * currency is known for it.
   */
  sums(): PreviewSums {
    const rated = [...this.#rated.values()];
    let uncovered = 0;
    const assumed = new Map<string, number>();
    for (const [service, count] of this.#unasked) {
      const known = rated.filter((each) => each.service === service);
      if (known.length === 1) assumed.set(service, count);
      else uncovered += count;
    }
    const services = rated.map(({ service, amount: { minor, currencyCode }, count }) => {
      const others = assumed.get(service) ?? 0;
      const all = minor + Math.round(minor / count) * others;
      return { service, currencyCode, rated: count, assumed: others, minor: all };
    }).sort((left, right) => left.service < right.service ? -1 : 1);
    const costs: Record<string, number> = {};
    for (const { currencyCode, minor } of services) {
      costs[currencyCode] = (costs[currencyCode] ?? 0) + minor;
    }
    return {
      rows: this.#rows,
      atFault: this.#atFault,
      warned: this.#warned,
      unrated: this.#unrated,
      uncovered,
      services,
      costs,
      accounts: [...this.#accounts],
      dearest: this.#dearest,
      first: this.#first,
      laterWarned: this.#laterWarned,
      faults: this.#faults,
    };
  }
}
