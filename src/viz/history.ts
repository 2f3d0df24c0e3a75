/**
 * A job's history in columns: one number or word for each entry of its audit trail, so that the page can
 * make up any moment of it, and half a million entries are a few megabytes. It is read once, and then
 * only what is new.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { type HistoryEntry, listHistory } from "../db/audit.ts";
import type { Database } from "../db/schema.ts";
import { type Contexts, nothingTold, type Told, toldAfter } from "./contexts.ts";
import type { Step, TrailEntry } from "./step.ts";
import { StepReader } from "./steps.ts";

/** Some entries in a row, as columns of the same length. Words are indexes of the tables at the end. */
export interface Changes {
  /** The sequence of the first of them; the others follow without a gap. */
  readonly first: number;
  /** When, in milliseconds since 1970. */
  readonly at: readonly number[];
  /** The row; 0 for none. */
  readonly row: readonly number[];
  /** The kind: an index of `types`. */
  readonly type: readonly number[];
  /** The status after: an index of `statuses`; 0 for none. */
  readonly to: readonly number[];
  /** What the machines did: an index of `passages`; 0 for nothing. */
  readonly passage: readonly number[];
  /** What was bought, by the place of the entry among these. */
  readonly bought: readonly (readonly [
    place: number,
    trackingNumber: string,
    costMinor: number | null,
    currencyCode: string,
  ])[];
  /** The codes of errors, by the place of the entry among these. */
  readonly errors: readonly (readonly [place: number, code: string])[];
  /** What was added to the tables, from these places on. */
  readonly tables: {
    readonly from: readonly [types: number, statuses: number, passages: number];
    readonly types: readonly string[];
    readonly statuses: readonly string[];
    readonly passages: readonly (readonly Step[])[];
  };
}

/** How many entries are read at once; a commit has fewer. */
const pageSize = 20_000;

/** So many entries lie between two moments whose contexts are kept: they are read in milliseconds. */
const keptEvery = 500;

/** Gives each value a number. */
class Table<Value> {
  readonly values: Value[] = [];
  readonly #places = new Map<string, number>();

  constructor(first: Value, key: string) {
    this.placeOf(first, key);
  }

  placeOf(value: Value, key: string): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}

/** One job's history, as far as it was read. */
export class JobHistory {
  readonly #db: Kysely<Database>;
  readonly #jobId: string;
  readonly #reader = new StepReader();
  readonly #types = new Table("", "");
  readonly #statuses = new Table("", "");
  readonly #passages = new Table<readonly Step[]>([], "[]");
  readonly #at: number[] = [];
  readonly #row: number[] = [];
  readonly #type: number[] = [];
  readonly #to: number[] = [];
  readonly #passage: number[] = [];
  readonly #bought = new Map<number, readonly [string, number | null, string]>();
  readonly #errors = new Map<number, string>();
  /** What was told after every so many entries. */
  readonly #kept: Told[] = [nothingTold];
  #told = nothingTold;
  #reading: Promise<void> | undefined;

  /**
   * Nothing is read yet.
   *
   * @param db The database.
   * @param jobId The job.
   *
   * @internal
   */
  constructor(db: Kysely<Database>, jobId: string) {
    this.#db = db;
    this.#jobId = jobId;
  }

  /** The last entry that was read; 0 before the first. */
  get last(): number {
    return this.#at.length;
  }

  /**
   * Reads what is new; whoever asks meanwhile waits for the same.
   *
   * @param upTo The entry to stop at, if not all are wanted.
   */
  async catchUp(upTo: number = Infinity): Promise<void> {
    while (this.#reading) await this.#reading;
    if (this.last >= upTo) return;
    this.#reading = this.#read(upTo).finally(() => this.#reading = undefined);
    await this.#reading;
  }

  /** The entries of a row, by sequence. */
  entriesOf(row: number): number[] {
    const found: number[] = [];
    for (let at = this.#row.indexOf(row); at >= 0; at = this.#row.indexOf(row, at + 1)) {
      found.push(at + 1);
    }
    return found;
  }

  /**
   * A part of it.
   *
   * @param after The sequence of the last entry that is known.
   * @param limit How many entries, at the most.
   * @param known How much of the tables is known; nothing, if it is left out.
   * @returns The entries after it.
   */
  changes(after: number, limit: number, known: Changes["tables"]["from"] = [0, 0, 0]): Changes {
    const end = Math.min(after + limit, this.last);
    const places = Array.from({ length: Math.max(end - after, 0) }, (_, at) => after + at);
    return {
      first: after + 1,
      at: this.#at.slice(after, end),
      row: this.#row.slice(after, end),
      type: this.#type.slice(after, end),
      to: this.#to.slice(after, end),
      passage: this.#passage.slice(after, end),
      bought: places.flatMap((place) => {
        const found = this.#bought.get(place);
        return found ? [[place - after, ...found] as const] : [];
      }),
      errors: places.flatMap((place) => {
        const code = this.#errors.get(place);
        return code === undefined ? [] : [[place - after, code] as const];
      }),
      tables: {
        from: known,
        types: this.#types.values.slice(known[0]),
        statuses: this.#statuses.values.slice(known[1]),
        passages: this.#passages.values.slice(known[2]),
      },
    };
  }

  /**
   * What the machines knew at a moment: told from the last one that is kept, and what was entered since.
   *
   * @param sequence The last entry that counts.
   * @returns As much of their contexts as the trail tells.
   */
  async contextsAt(sequence: number): Promise<Contexts> {
    await this.catchUp(sequence);
    if (sequence >= this.last) return this.#told.contexts;
    const place = Math.floor(sequence / keptEvery);
    const afterSequence = place * keptEvery;
    const entries = await listHistory(this.#db, this.#jobId, {
      afterSequence,
      limit: sequence - afterSequence,
    });
    const told = entries.reduce(
      (before, entry) => toldAfter(before, trailEntryOf(entry), this.#stepsOf(entry.sequence)),
      this.#kept[place] ?? nothingTold,
    );
    return told.contexts;
  }

  #stepsOf(sequence: number): readonly Step[] {
    return this.#passages.values[this.#passage[sequence - 1] ?? 0] ?? [];
  }

  /** How long the tables are. */
  get known(): Changes["tables"]["from"] {
    return [
      this.#types.values.length,
      this.#statuses.values.length,
      this.#passages.values.length,
    ];
  }

  async #read(upTo: number): Promise<void> {
    for (;;) {
      const page = await listHistory(this.#db, this.#jobId, {
        afterSequence: this.last,
        limit: pageSize,
      });
      // A page may end within a commit: its last entries wait for those that belong to them.
      const isFull = page.length === pageSize;
      const whole = isFull ? page.filter(({ at }) => at !== page.at(-1)?.at) : page;
      this.#append(whole.length > 0 ? whole : page);
      if (!isFull || this.last >= upTo) return;
    }
  }

  #append(page: readonly HistoryEntry[]): void {
    const entries = page.map(trailEntryOf);
    for (const [at, entry] of entries.entries()) {
      const steps = this.#reader.read(entry, entries[at + 1]);
      this.#keepFacts(entry);
      this.#at.push(Date.parse(entry.at));
      this.#row.push(entry.row ?? 0);
      this.#type.push(this.#types.placeOf(entry.type, entry.type));
      this.#to.push(this.#statuses.placeOf(entry.to ?? "", entry.to ?? ""));
      this.#passage.push(
        steps.length === 0 ? 0 : this.#passages.placeOf(steps, JSON.stringify(steps)),
      );
      this.#told = toldAfter(this.#told, entry, steps);
      if (this.last % keptEvery === 0) this.#kept.push(this.#told);
    }
  }

  #keepFacts({ to, type, details }: TrailEntry): void {
    const place = this.last;
    if (to === "shipped") {
      const { tracking_numbers: numbers, cost_minor: cost, currency_code: currency, adopt } =
        details();
      // A person who adopts a label names one number.
      const [first] = Array.isArray(numbers) ? numbers : [adopt];
      if (typeof first === "string") {
        this.#bought.set(place, [
          first,
          typeof cost === "number" ? cost : null,
          typeof currency === "string" ? currency : "",
        ]);
      }
    }
    const isError = to === "failed" || to === "needs_review" || type === "child_exited" ||
      type === "escalated" || type === "void_refused" || type === "duplicate_found" ||
      type === "snapshot_set_aside" || type === "attempt_uncertain" ||
      type === "attempt_not_sent" ||
      type === "attempt_rejected";
    if (!isError) return;
    const { code } = details();
    this.#errors.set(place, typeof code === "string" ? code : "");
  }
}

function trailEntryOf(entry: HistoryEntry): TrailEntry {
  let details: Readonly<Record<string, unknown>> | undefined;
  return {
    at: entry.at,
    type: entry.type,
    row: entry.row_number ?? undefined,
    from: entry.from_status ?? undefined,
    to: entry.to_status ?? undefined,
    details: () => details ??= JSON.parse(entry.details),
  };
}
