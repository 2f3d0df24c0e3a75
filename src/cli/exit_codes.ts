/**
 * What a process ends with when something went wrong (README.md, "Exit codes").
 *
 * @module
 */
import { WaybillError } from "../errors.ts";

/**
 * The exit code of an error that ends a command.
 *
 * @param error The error.
 * @returns Its exit code.
 */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof WaybillError)) return 1;
  if (error.code === "E-4004") return 3;
  return isInputFault(error.code) ? 2 : 1;
}

/**
 * Whether an error is a person's to mend: bad data, bad usage.
 *
 * @param code Its code.
 * @returns Whether it is.
 */
export function isInputFault(code: string): boolean {
  return /^E-[12]/.test(code) ||
    inputFaults.has(code);
}

/** What a person can mend, and what a person asked for that cannot be. */
const inputFaults: ReadonlySet<string> = new Set([
  ...[
    "E-3012",
    "E-3013",
    "E-4017",
    "E-4018",
    "E-4020",
    "E-4002",
    "E-4003",
    "E-4008",
    "E-4009",
    "E-4011",
    "E-4012",
    "E-4013",
    "E-4026",
    "E-4027",
    "E-5001",
  ],
]);
