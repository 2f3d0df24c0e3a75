/**
 * What goes in and out of the reconcile machine: plain data, all of it.
 *
 * @module
 */
import type { Problem } from "./port.ts";
import type { Attempt, Label, ReconcilePolicy } from "./purchase.ts";

/** What a reconcile actor is given. */
export interface ReconcileTask {
  /** The attempt. */
  readonly attempt: Attempt;
  /** The conditions. */
  readonly policy: ReconcilePolicy;
  /** Whether nobody wants to wait. */
  readonly isStopWanted: boolean;
}

/** A look-up as it is kept for people. */
export interface LookUp {
  /** When, in milliseconds since 1970. */
  readonly atMs: number;
  /** What it said. */
  readonly said: string;
}

/** What became of the attempt, as far as can be known. */
export type ReconcileOutcome =
  & { readonly lookUps: readonly LookUp[] }
  & (
    | { readonly type: "found"; readonly label: Label }
    | { readonly type: "absent" }
    | { readonly type: "undecided"; readonly doesExist: boolean; readonly problem: Problem }
    | { readonly type: "interrupted" }
    /** Nobody can be asked in this run any more. */
    | { readonly type: "forsaken"; readonly problem: Problem }
  );

/** Whether the look-up finds another purchase of the same account and lane. */
export type Control = "seen" | "not_seen" | "none_known" | "unknown";
