/**
 * What every endpoint of the sandbox works with.
 *
 * @module
 */
import type { Later } from "./late.ts";
import type { Ledger } from "./ledger.ts";

/**
 * How the sandbox behaves: as UPS does in production, or as its test environment (CIE), which gives
 * every package the same number and finds none of them again.
 */
export type Mode = "production" | "cie";

/** What every endpoint works with. */
export interface Sandbox {
  /** The books. */
  readonly ledger: Ledger;
  /** How it behaves. */
  readonly mode: Mode;
  /** How long a token is good for. */
  readonly tokenSeconds: number;
  /** The plan of faults, a file that need not be there. */
  readonly faultsPath: string;
  /** What is done when nobody waits for it any more. */
  readonly later: Later;
}
