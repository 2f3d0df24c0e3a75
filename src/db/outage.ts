/**
 * Which errors say that the database is away for a while: cut off, restarting, locked by somebody, out
 * of room. What was asked of it can be asked again later. All others say that the question was wrong.
 *
 * @module
 */
import { WaybillError } from "../errors.ts";

/** PostgreSQL's classes for it (its manual, appendix A): connection, resources, operator intervention. */
const awayClasses: readonly string[] = ["08", "53", "57"];

/**
 * Single conditions: a transaction that idled too long, a lock that did not come, a deadlock, a
 * serialization that failed, a server that went read-only (a failover).
 */
const awayStates: ReadonlySet<string> = new Set(["25P03", "55P03", "40P01", "40001", "25006"]);

/** What a statement may meet in those classes that waiting does not cure: it was cancelled. */
const notAway: ReadonlySet<string> = new Set(["57014"]);

/** What the system says of a connection. */
const systemCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
]);

/** What the `pg` driver says in words only (seen with 8.23.1). */
const driverWords =
  /connection terminated|timeout exceeded when trying to connect|connection error|not queryable|Connection ended/i;

/** SQLite's result codes: BUSY, LOCKED, IOERR, FULL, CANTOPEN. Extended ones hold them in the low byte. */
const sqliteCodes: ReadonlySet<number> = new Set([5, 6, 10, 13, 14]);

/** The same in words: some statements' errors have no number (seen on Deno 2.9.6). */
const sqliteWords =
  /^database( table)? is locked|^disk I\/O error|^database or disk is full|^unable to open database file/;

/**
 * Whether an error, or the one that it was made of, says that the database is away.
 *
 * @param thrown What was thrown.
 * @returns Whether it is worth waiting.
 */
export function isOutage(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (isOneOf(error)) return true;
    // All addresses of a host refused.
    if (error instanceof AggregateError && error.errors.some(isOutage)) return true;
  }
  return false;
}

/**
 * What a person is told of a database that is away.
 *
 * @param error What was thrown.
 * @returns It in our words; `undefined` if it does not say that the database is away.
 */
export function outageError(error: unknown): WaybillError | undefined {
  if (!(error instanceof Error) || !isOutage(error)) return undefined;
  if (/ is locked/.test(error.message)) {
    return new WaybillError("E-4001", "Cannot use the database: another program has it locked", {
      remedy: "Wait for that program or end it, then say the same command again",
      cause: error,
    });
  }
  return new WaybillError("E-4001", `Cannot reach the database: ${error.message}`, {
    remedy: "Bring the database back, then say the same command again: nothing is lost",
    cause: error,
  });
}

function isOneOf(error: Error): boolean {
  if ("errcode" in error && typeof error.errcode === "number") {
    return sqliteCodes.has(error.errcode & 0xff);
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ERR_SQLITE_ERROR") return sqliteWords.test(error.message);
  if (/^[0-9A-Z]{5}$/.test(code)) {
    return awayStates.has(code) || (awayClasses.includes(code.slice(0, 2)) && !notAway.has(code));
  }
  return systemCodes.has(code) || driverWords.test(error.message);
}
