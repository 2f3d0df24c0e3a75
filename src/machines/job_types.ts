/**
 * What goes in and out of the job machine: plain data, all of it.
 *
 * @module
 */
import type { ChildEmitted } from "./child_types.ts";
import type { Problem } from "./port.ts";
import type { RowEmitted, RowTask } from "./row_types.ts";

/** Figures of a job, for progress only: results come from the rows themselves. */
export interface Figures {
  /** Rows of the job. */
  readonly total: number;
  /** Rows that are bought, skipped or voided. */
  readonly done: number;
  /** Rows that failed. */
  readonly failed: number;
  /** What the bought rows cost: minor units by ISO currency code. */
  readonly costs: Readonly<Record<string, number>>;
}

/** Why a job stops before its end, and as what. */
export interface Halt {
  /** The status the job gets. */
  readonly status: "failed" | "paused" | "cancelled";
  /** Why, where it did not fail: the process or a person was told to stop, or one must decide. */
  readonly reason?:
    | "signal"
    | "request"
    | "needs_review"
    | "write_backs_owed"
    | "max_cost"
    | undefined;
  /** The row it stopped at. */
  readonly rowNumber?: number | undefined;
  /** What is wrong. */
  readonly problem?: Problem | undefined;
}

/** How the work on a job ended. */
export type JobOutcome =
  | { readonly type: "completed" }
  | { readonly type: "failed"; readonly halt: Halt }
  | { readonly type: "paused"; readonly halt: Halt }
  | { readonly type: "cancelled"; readonly halt: Halt }
  | { readonly type: "not_ready"; readonly problems: PreflightProblems }
  | { readonly type: "held"; readonly problem: Problem }
  | { readonly type: "crashed"; readonly problem: Problem };

/** What preflight found: all of it counted, the first of it told. */
export interface PreflightProblems {
  /** How many rows are not ready. */
  readonly count: number;
  /** The first of them. */
  readonly first: readonly { readonly rowNumber: number; readonly problem: Problem }[];
  /** What looks wrong in rows and keeps none of them back. */
  readonly warnings?: readonly RowsWarned[];
}

/** A warning, and the rows that it is about. */
export interface RowsWarned {
  /** What looks wrong. */
  readonly message: string;
  /** In how many rows. */
  readonly count: number;
  /** The first of them. */
  readonly rows: readonly number[];
}

/** What a runner finds when it takes a job up: the rows' word, which corrects a snapshot's. */
export interface Recovered {
  /** A row whose last attempt has no known answer: it is cleared up first of all. */
  readonly lost: Omit<RowTask, "settles"> | undefined;
  /** Whether there are keys that were given up on, to be asked about once more. */
  readonly hasSuperseded: boolean;
  /** A second label for one row, that nobody has dealt with. */
  readonly duplicate: { readonly rowNumber: number; readonly problem: Problem } | undefined;
  /** Nothing is left to do at all. */
  readonly isComplete: boolean;
  /** It was cancelled: what is open is cleared up, and nothing is shipped. */
  readonly isCancelled: boolean;
  /** Rows that are pending, with none before them that halts this run. */
  readonly pending: number;
  /** Rows that are bought and not written back, and voids that the source is owed. */
  readonly owed: number;
  /** The last row before the first unfinished one. */
  readonly cursor: number;
  /** The figures so far. */
  readonly figures: Figures;
  /** The estimates of bought rows whose price nobody told: minor units by ISO currency code. */
  readonly unpriced: Readonly<Record<string, number>>;
  /** How many bought rows have neither a price nor an estimate. */
  readonly untold: number;
}

/** A person's wish to carry on past rows that fail. It is of one run, and never remembered. */
export interface KeepGoing {
  /** With so many failed rows in this run it stops all the same; `undefined` for no limit. */
  readonly maxFailures: number | undefined;
}

/** An amount, as a carrier's rate gave it. */
export interface Amount {
  /** Minor units. */
  readonly minor: number;
  /** ISO 4217. */
  readonly currencyCode: string;
}

/** A rate that is kept with a row. */
export interface RatedAmount extends Amount {
  /** SHA-256 of the request that was rated, in hex. */
  readonly ratedFor: string;
}

/** A person's limit to what may be spent. It is of one run, and never remembered. */
export interface Budget {
  /** The currency of both limits; ISO 4217. */
  readonly currencyCode: string;
  /** What the whole job may cost, its bought rows included; minor units. */
  readonly jobMinor?: number | undefined;
  /** What one row may cost; minor units. */
  readonly rowMinor?: number | undefined;
}

/** What one run is told. */
export interface RunWishes {
  /** Whether to begin without preflight. */
  readonly skipPreflight: boolean;
  /** Whether to carry on past rows that fail; the first one stops the job where it is left out. */
  readonly keepGoing?: KeepGoing | undefined;
  /** What may be spent; nobody asks where it is left out. */
  readonly budget?: Budget | undefined;
  /** How many rows this run has passed already, before its job was started again. */
  readonly failures?: number | undefined;
}

/** What became of owed write-backs. */
export interface Drained {
  /** How many were brought to the source. */
  readonly written: number;
  /** How many are still owed. */
  readonly owed: number;
  /** Why the first of those is still owed. */
  readonly problem?: Problem | undefined;
}

/** What the sweep of superseded keys found. */
export interface Swept {
  /** How many were asked about. */
  readonly asked: number;
  /** The labels that should not be there, one for each row. */
  readonly duplicates: readonly { readonly rowNumber: number; readonly problem: Problem }[];
}

/** The row that comes next. */
export type Choice =
  | {
    readonly type: "row";
    readonly task: Omit<RowTask, "settles">;
    /** What it would cost by the carrier's rate, if one was asked for. */
    readonly estimate?: RatedAmount | undefined;
  }
  | { readonly type: "none" }
  | { readonly type: "halt"; readonly halt: Halt };

/** What outsiders may watch. Each is one transition of the machine. */
export type JobEmitted =
  | { readonly type: "batch_started"; readonly figures: Figures }
  | { readonly type: "row_started"; readonly rowNumber: number }
  /** A person asked for it from another terminal; the row under way is finished first. */
  | { readonly type: "stop_requested"; readonly request: "pause" | "cancel" }
  | { readonly type: "rows_warned" } & RowsWarned
  | RowEmitted
  | ChildEmitted
  /** A row has two labels. */
  | {
    readonly type: "duplicate_found";
    readonly rowNumber: number;
    readonly code: string;
    readonly message: string;
  }
  | {
    readonly type: "row_completed";
    readonly rowNumber: number;
    readonly trackingNumber: string;
    readonly costMinor: number | undefined;
    readonly currencyCode: string | undefined;
    /** `false` while the source is still owed the number. */
    readonly isWrittenBack: boolean;
    readonly figures: Figures;
  }
  | {
    readonly type: "row_failed";
    readonly rowNumber: number;
    readonly code: string;
    readonly message: string;
    readonly figures: Figures;
  }
  | {
    readonly type: "row_needs_review";
    readonly rowNumber: number;
    readonly code: string;
    readonly message: string;
    readonly figures: Figures;
  }
  | { readonly type: "batch_completed"; readonly figures: Figures }
  | {
    readonly type: "batch_failed";
    readonly rowNumber: number | undefined;
    readonly code: string;
    readonly message: string;
    readonly figures: Figures;
  }
  | { readonly type: "batch_paused"; readonly reason: string; readonly figures: Figures }
  | { readonly type: "batch_cancelled"; readonly figures: Figures };
