/**
 * The errors a person can meet: each has a stable code, says what was being done, and what to do
 * next. This module imports nothing, so that every other one may use it.
 *
 * @module
 */

/**
 * Every code with its title. Families: 1xxx data, 2xxx validation, 3xxx carrier, 4xxx system,
 * 5xxx authentication, 9xxx our bug.
 */
export const errorTitles = {
  "E-1001": "Missing column",
  "E-1002": "Empty source",
  "E-1003": "Malformed source file",
  "E-1004": "Row changed since import",
  "E-1005": "Source file is not UTF-8",
  "E-1006": "Row not in the source",
  "E-1007": "Row has a tracking number already",
  "E-2001": "Request does not fit the carrier's contract",
  "E-2002": "Value does not fit a template filter",
  "E-2003": "Shipper file does not fit",
  "E-2100": "Wrong usage",
  "E-3001": "Carrier could not be reached",
  "E-3002": "Carrier asks to slow down",
  "E-3005": "Carrier refused the shipment",
  "E-3010": "Carrier's answer is unknown",
  "E-3011": "Row has a second label",
  "E-3012": "Carrier says otherwise",
  "E-3013": "Carrier has a shipment for the row",
  "E-3014": "Carrier cannot void",
  "E-3015": "Carrier refused to void",
  "E-3016": "Void's answer is unknown",
  "E-4001": "Database error",
  "E-4002": "File system error",
  "E-4003": "Template error",
  "E-4004": "Another runner holds the job",
  "E-4005": "Lease lost to another runner",
  "E-4006": "Source could not be read",
  "E-4007": "Write-back conflict",
  "E-4008": "Database is newer than this program",
  "E-4009": "Row is not in the expected state",
  "E-4010": "MCP server does not keep its contract",
  "E-4011": "Unknown job",
  "E-4012": "Job exists already",
  "E-4013": "Template took too long",
  "E-4014": "Write-back failed",
  "E-4015": "A part of the program stopped",
  "E-4016": "Another job has unfinished purchases for the source",
  "E-4017": "Purchase was sent to another carrier",
  "E-4018": "Job is not in the expected state",
  "E-4019": "Job is cancelled",
  "E-4020": "Source is owed a void",
  "E-4025": "Nobody waits any more",
  "E-5001": "Carrier refused the credentials",
  "E-9001": "Bug in Waybill",
} as const;

/** A stable error code. */
export type ErrorCode = keyof typeof errorTitles;

/**
 * Whether a code is one of ours.
 *
 * @param code Such as a server's.
 * @returns Whether it is in the list above.
 */
export function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(errorTitles, code);
}

/** What a {@link WaybillError} is made of, besides its message. */
export interface ErrorDetails {
  /** The row it is about, if it is about one: the 1-based data row of the source. */
  rowNumber?: number | undefined;
  /** What to do next: one imperative sentence. */
  remedy?: string | undefined;
  /** The error below this one. */
  cause?: unknown;
  /** Words of somebody else's that may hold anything. */
  forTerminal?: string | undefined;
}

/** An error with a stable code and a remedy; the base of all errors of ours. */
export class WaybillError extends Error {
  /** The stable code, `E-1001` … */
  readonly code: ErrorCode;
  /** The row it is about, if any. */
  readonly rowNumber: number | undefined;
  /** What to do next, if something can be done. */
  readonly remedy: string | undefined;
  /** What only the person at the terminal is told: it may hold secrets, and is kept and sent nowhere. */
  readonly forTerminal: string | undefined;

  /**
   * Makes an error.
   *
   * @param code The stable code.
   * @param message What could not be done and why: capital first, no full stop.
   * @param details The row, the remedy and the cause.
   */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.rowNumber = details.rowNumber;
    this.remedy = details.remedy;
    this.forTerminal = details.forTerminal;
  }
}

/** Another runner took the job over: this one may not write any more. */
export class LeaseLostError extends WaybillError {
  /**
   * Makes the error.
   *
   * @param jobId The job.
   * @param epoch The epoch under which this runner held it.
   */
  constructor(jobId: string, epoch: number) {
    super("E-4005", `Cannot go on with job "${jobId}": another runner took it over`, {
      remedy: `See who works on it with: deno task status ${jobId}`,
      cause: { epoch },
    });
  }
}

/** The job is in another runner's hands. */
export class LeaseHeldError extends WaybillError {
  /**
   * Makes the error.
   *
   * @param jobId The job.
   * @param holder Who holds it, in words.
   */
  constructor(jobId: string, holder: string) {
    super("E-4004", `Cannot take job "${jobId}": ${holder} is working on it`, {
      remedy: `Wait for it to end, or watch it with: deno task status ${jobId}`,
    });
  }
}

/** The database was away for longer than anybody waits. */
export class DatabaseGoneError extends WaybillError {
  /**
   * Makes the error.
   *
   * @param why What it said last.
   */
  constructor(why: string) {
    super("E-4001", `Cannot reach the database any more: ${why}`, {
      remedy: "Bring the database back, then say the same command again: nothing is lost",
    });
  }
}

/** A person wants the run to stop, and what was waited for is away. */
export class NobodyWaitsError extends WaybillError {
  /**
   * Makes the error.
   *
   * @param what What was waited for.
   */
  constructor(what: string) {
    super("E-4025", `Stopped waiting for the ${what}: it is away, and the run is to stop`);
  }
}

/** A row is not in the state that a change starts from: nothing was changed. */
export class RowStateError extends WaybillError {
  /**
   * Makes the error.
   *
   * @param rowNumber The row.
   * @param expected The state the change starts from.
   */
  constructor(rowNumber: number, expected: string) {
    super("E-4009", `Cannot change row ${rowNumber}: its status is not "${expected}"`, {
      rowNumber,
      remedy: "Look at it with: deno task rows <job>",
    });
  }
}

/** Wrong usage or bad input, found before anything was changed. */
export class UsageError extends WaybillError {
  /**
   * Makes the error.
   *
   * @param message What is wrong and where.
   * @param remedy How to mend it.
   */
  constructor(message: string, remedy?: string) {
    super("E-2100", message, { remedy });
  }
}

/**
 * The error as something with a message, whatever was thrown.
 *
 * @param thrown What a `catch` caught.
 * @returns `thrown` itself if it is an `Error`, else one made of its text.
 */
export function ensureError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * The error with a code, whatever was thrown.
 *
 * @param thrown What a `catch` caught.
 * @param code The code for an error that has none of its own.
 * @param doing What could not be done, as in "Cannot read row 3".
 * @returns `thrown` itself if it is a {@link WaybillError}, else one that wraps it.
 */
export function coded(thrown: unknown, code: ErrorCode, doing: string): WaybillError {
  if (thrown instanceof WaybillError) return thrown;
  const error = ensureError(thrown);
  return new WaybillError(code, `${doing}: ${error.message}`, { cause: error });
}
