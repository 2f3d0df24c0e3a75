/**
 * What a database said when it refused a statement. Its words may quote cells (`invalid input syntax for
 * type integer: "Tom"`), and errors are kept in the database and in the audit trail: only words that hold
 * names and no values are told. The rest is for the server's own log.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";

/** What is told of a refusal. */
export interface Told {
  /** The database's words, or its code where they may hold values. */
  readonly reason: string;
  /** Whether the same statement may work later with nothing changed. */
  readonly mayPass: boolean;
}

/** The database refused a statement, and will refuse it again. */
export class DatabaseRefusal extends WaybillError {
  /** What is told of why. */
  readonly reason: string;

  /**
   * Makes the error.
   *
   * @param where The database.
   * @param reason What is told of why.
   * @param cause The database's own error.
   */
  constructor(where: string, reason: string, cause: Error) {
    super("E-4006", `Cannot use ${where}: ${reason}`, {
      remedy: "Mend what the database names",
      cause,
    });
    this.reason = reason;
  }
}

/** What refusals are made of. */
export interface Refusing {
  /** Where the database is, for messages. */
  readonly where: string;
  /** What may be told of an error. */
  told(error: Error): Told;
  /** Is told the database's own words, where nobody else is. */
  log(message: string): void;
}

/**
 * The error of a statement that a database refused.
 *
 * @param refusing The database.
 * @param error Its error.
 * @returns The error: a {@link DatabaseRefusal}, or `E-4006` if it may pass.
 */
export function refusalOf({ where, told, log }: Refusing, error: Error): WaybillError {
  const { reason, mayPass } = told(error);
  if (reason !== error.message) log(`${where} said: ${error.message}`);
  if (!mayPass) return new DatabaseRefusal(where, reason, error);
  return new WaybillError("E-4006", `Cannot use ${where}: ${reason}`, {
    remedy: "Say the same command again; if that fails too, see what keeps the database busy",
    cause: error,
  });
}
