/**
 * What goes in and out of the row machine: plain data, all of it.
 *
 * @module
 */
import type { Problem } from "./port.ts";
import type { Attempt, PurchasePolicy, RecordedLabel } from "./purchase.ts";
import type { LookUp } from "./reconcile_types.ts";

/** What a row actor is given. */
export interface RowTask {
  /** The row. */
  readonly rowNumber: number;
  /** The checksum of its data at import. */
  readonly checksum: string;
  /** `in_flight` if it was claimed before, by a run that did not come to its end. */
  readonly from: "pending" | "in_flight";
  /** The generation of its last attempt, 0 if there was none. */
  readonly generation: number;
  /** Its last attempt, if its answer was lost: that is cleared up first. */
  readonly lost: Attempt | undefined;
  /** `settle` only clears up what became of `lost` and makes no other attempt. */
  readonly purpose: "ship" | "settle";
  /** A row that was written back before and is committed as `completed` with this one's claim. */
  readonly settles: number | undefined;
  /** Its carrier request, where the row was fetched, checked and rendered ahead. */
  readonly request: Readonly<Record<string, unknown>> | undefined;
  /** How its purchase is pursued. */
  readonly policy: PurchasePolicy;
  /** Whether a limit is in force: then it waits for its turn before it is claimed. */
  readonly isPaced?: boolean | undefined;
  /** Where a cost limit holds: SHA-256 of the request whose rate was found to be within it. */
  readonly ratedFor?: string | undefined;
}

/** A row's data as the source has it now, or why it may not be shipped. */
export type Fetched =
  | { readonly type: "fetched"; readonly data: Readonly<Record<string, unknown>> }
  | { readonly type: "refused"; readonly problem: Problem };

/** The carrier request that a row renders to, or why there is none. */
export type RenderedRequest =
  | { readonly type: "rendered"; readonly request: Readonly<Record<string, unknown>> }
  | { readonly type: "refused"; readonly problem: Problem };

/** How a row is claimed: from which status, and what is committed with it. */
export interface Claim {
  /** The row. */
  readonly rowNumber: number;
  /** The status it must have. */
  readonly from: RowTask["from"];
  /** The generation of the last attempt. */
  readonly generation: number;
  /** A row to commit as `completed` with it. */
  readonly settles: number | undefined;
  /** Where a cost limit holds: SHA-256 of the only request that it was found to reach for. */
  readonly ratedFor?: string | undefined;
}

/** What was found out about a lost attempt, to be committed. */
export interface Verdict {
  /** The row. */
  readonly rowNumber: number;
  /** The attempt. */
  readonly attempt: Attempt;
  /** The look-ups that it rests on. */
  readonly lookUps: readonly LookUp[];
}

/** What outsiders may watch of a row under way. */
export type RowEmitted =
  /** An answer was lost: the carrier is asked what became of the purchase. */
  | { readonly type: "row_reconciling"; readonly rowNumber: number; readonly generation: number }
  /** The carrier has answered; without a number, nothing was bought by that attempt. */
  | {
    readonly type: "row_reconciled";
    readonly rowNumber: number;
    readonly trackingNumber: string | undefined;
  };

/** How a row actor ended. `settled`: the row before it was committed as `completed`. */
export type RowOutcome =
  & { readonly rowNumber: number; readonly settled: boolean }
  & (
    | { readonly type: "completed"; readonly label: RecordedLabel }
    | { readonly type: "shipped"; readonly label: RecordedLabel; readonly problem: Problem }
    /** `isRefusal`: the carrier has seen it and refused it. */
    | { readonly type: "failed"; readonly problem: Problem; readonly isRefusal?: boolean }
    | { readonly type: "needs_review"; readonly problem: Problem }
    | { readonly type: "stopped"; readonly problem: Problem }
    | { readonly type: "unsent"; readonly problem: Problem }
    | { readonly type: "absent" }
    | { readonly type: "interrupted" }
    | { readonly type: "unrecorded"; readonly problem: Problem }
  );
