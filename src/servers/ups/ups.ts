/**
 * What the tools of the UPS server share.
 *
 * @module
 */
import { ensureError } from "../../errors.ts";
import { log } from "../serve.ts";
import type { Patience } from "./ask_patiently.ts";
import type { Journal } from "./journal.ts";
import type { TokenSource } from "./oauth.ts";
import type { Settings } from "./settings.ts";

/** What every tool works with. */
export interface Ups {
  /** Where, and who pays. */
  readonly settings: Settings;
  /** Gives the token. */
  readonly tokens: TokenSource;
  /** Remembers what was sent. */
  readonly journal: Journal;
  /** When the tool that is called must have its answer, by `performance.now()`. */
  readonly endsAtMs?: number;
  /** How often and how long UPS is asked what may be asked again, if it is not as usual. */
  readonly patience?: Patience;
}

/**
 * The same for one call of a tool: whatever it asks of UPS ends in the tool's time.
 *
 * @param ups What every tool works with.
 * @returns What this call works with.
 */
export function withinTime(ups: Ups): Ups {
  return { ...ups, endsAtMs: performance.now() + ups.settings.toolTimeoutMs };
}

/**
 * How long one request may take now.
 *
 * @param ups What the call works with.
 * @returns Milliseconds, at least one.
 */
export function requestMs({ settings: { timeoutMs }, endsAtMs = Infinity }: Ups): number {
  return Math.max(1, Math.min(timeoutMs, Math.floor(endsAtMs - performance.now())));
}

/**
 * Changes the journal at a moment where a failure must not change the answer any more.
 *
 * @param what What is changed, for the log.
 * @param change The change.
 */
export function tryJournal(what: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    log("waybill-ups", `Cannot ${what} in the journal: ${ensureError(error).message}`);
  }
}
