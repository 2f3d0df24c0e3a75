/**
 * A purchase in words: the attempt, what the carrier answered, what a look-up found. Plain data.
 *
 * @module
 */
import type { Problem } from "./port.ts";

/** An attempt that is journalled: its key may be sent once. */
export interface Attempt {
  /** The idempotency key. */
  readonly key: string;
  /** 1, 2, … */
  readonly generation: number;
  /** When it was journalled, in milliseconds since 1970. */
  readonly sentAtMs: number;
  /** The carrier account, if the request names one. */
  readonly account: string | undefined;
  /** The kind of lane, such as `US>US`: the carrier may keep references apart by it. */
  readonly lane: string;
  /** How many packages were sent; 0 if that is not known. */
  readonly packages: number;
  /** Whether the carrier has said that its shipment exists: then it is not absent, whatever it says. */
  readonly doesExist: boolean;
}

/** A label that was bought. */
export interface Label {
  /** The carrier's id of the shipment. */
  readonly shipmentId: string | undefined;
  /** One for each package. */
  readonly trackingNumbers: readonly [string, ...string[]];
  /** Label files, as the carrier server wrote them. */
  readonly labels: readonly Readonly<Record<string, unknown>>[];
  /** In minor units; `undefined` if the carrier did not say. */
  readonly costMinor: number | undefined;
  /** ISO 4217. */
  readonly currencyCode: string | undefined;
}

/** A label as it is recorded: when it was bought belongs to it. */
export interface RecordedLabel extends Label {
  /** UTC, ISO 8601. */
  readonly shippedAt: string;
}

/**
 * What became of an attempt. A refusal is an answer, not an exception; what cannot be read is
 * `uncertain`. `evidence` is what is kept of the carrier's answer.
 *
 * With `retryAfterMs`, a refusal is not the row's: the carrier has no time now (a rate limit, an
 * expired token). Nothing was bought, and another attempt may succeed. One that `isForJob` is not the
 * row's either: every other row would meet it (credentials, an account), and another attempt too.
 */
export type Answer =
  | { readonly type: "bought"; readonly label: Label; readonly evidence: unknown }
  | {
    readonly type: "rejected";
    readonly problem: Problem;
    readonly retryAfterMs: number | undefined;
    readonly isForJob?: boolean | undefined;
    readonly evidence: unknown;
  }
  | {
    readonly type: "not_sent";
    readonly problem: Problem;
    readonly retryAfterMs: number;
    readonly isForJob?: boolean | undefined;
    readonly evidence: unknown;
  }
  | {
    readonly type: "uncertain";
    readonly problem: Problem;
    /** Whether the answer names a shipment or a number: one was bought, whatever else it says. */
    readonly namesShipment: boolean;
    readonly evidence: unknown;
  };

/** What a look-up by a key said, and when. */
export type Found =
  & { readonly atMs: number }
  & (
    | { readonly type: "one"; readonly label: Label }
    | { readonly type: "none"; readonly isTrusted: boolean }
    | { readonly type: "exists"; readonly as: string; readonly trackingNumbers: readonly string[] }
    | { readonly type: "unknown"; readonly problem: Problem; readonly retryAfterMs: number }
    | { readonly type: "unsupported" }
  );

/** How an attempt of which nothing is known is cleared up; all times in milliseconds. */
export interface ReconcilePolicy {
  /** How long after sending "not found" says nothing: above every time-out below us. */
  readonly quietMs: number;
  /** How far apart two "not found" must be to count as two. */
  readonly apartMs: number;
  /** The oldest attempt of which "not found" is believed. */
  readonly ageLimitMs: number;
  /** Whether "not found" is believed while no other purchase of the account proves the look-up. */
  readonly trustNotFound: boolean;
  /** How often a look-up may fail before a person is asked. */
  readonly maxFailures: number;
  /** How long to wait after the first failure; doubles with each. */
  readonly retryMs: number;
}

/** How a row's purchase is pursued. */
export interface PurchasePolicy {
  /** How many attempts one run may make for a row, the first included. */
  readonly maxAttempts: number;
  /** How long to wait before the second, in milliseconds; doubles with each. */
  readonly retryMs: number;
  /** For attempts of which nothing is known. */
  readonly reconcile: ReconcilePolicy;
}

/** The longest wait between two tries, in milliseconds. */
const maxRetryMs = 60_000;

/** The longest that another side may have us wait, in milliseconds: ten minutes. */
export const longestWaitMs = 600_000;

/**
 * How long to wait before the next try.
 *
 * @param firstMs The wait after the first failure, in milliseconds.
 * @param failures How many there were, at least one.
 * @param askedForMs What the other side asked for, in milliseconds.
 * @returns Milliseconds: doubling, a minute at the most, and never less than asked for.
 */
export function backoffMs(firstMs: number, failures: number, askedForMs: number): number {
  return Math.max(askedForMs, Math.min(firstMs * 2 ** (failures - 1), maxRetryMs));
}
