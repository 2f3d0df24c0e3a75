/**
 * What the tools of the UPS server share.
 *
 * @module
 */
import { ensureError } from "../../errors.ts";
import { log } from "../serve.ts";
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
