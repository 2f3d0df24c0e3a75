/**
 * What of the errors of a MySQL or MariaDB server may be told.
 *
 * @module
 */
import type { Told } from "./refusal.ts";

/** Those whose messages hold names, and no values (MySQL server error reference). */
const namesOnly: ReadonlySet<string> = new Set([
  // Who may do what.
  "ER_ACCESS_DENIED_ERROR",
  "ER_ACCESS_DENIED_NO_PASSWORD_ERROR",
  "ER_COLUMNACCESS_DENIED_ERROR",
  "ER_DBACCESS_DENIED_ERROR",
  "ER_PROCACCESS_DENIED_ERROR",
  "ER_SPECIFIC_ACCESS_DENIED_ERROR",
  "ER_TABLEACCESS_DENIED_ERROR",
  "ER_VIEW_INVALID",
  // What there is.
  "ER_BAD_DB_ERROR",
  "ER_BAD_FIELD_ERROR",
  "ER_BAD_TABLE_ERROR",
  "ER_DUP_FIELDNAME",
  "ER_NON_UNIQ_ERROR",
  "ER_NO_SUCH_TABLE",
  "ER_SP_DOES_NOT_EXIST",
  "ER_UNKNOWN_TABLE",
  // How it is asked; of what is quoted, a person has written it.
  "ER_DERIVED_MUST_HAVE_ALIAS",
  "ER_INVALID_GROUP_FUNC_USE",
  "ER_PARSE_ERROR",
  "ER_SYNTAX_ERROR",
  "ER_WRONG_FIELD_WITH_GROUP",
  "ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT",
  // What may not be changed.
  "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION",
  "ER_NONUPDATEABLE_COLUMN",
  "ER_NON_UPDATABLE_TABLE",
  "ER_OPEN_AS_READONLY",
  "ER_OPTION_PREVENTS_STATEMENT",
  "ER_READ_ONLY_MODE",
]);

/** Those that may not come again; they hold no values either. */
const passing: ReadonlySet<string> = new Set([
  "ER_CON_COUNT_ERROR",
  "ER_DISK_FULL",
  "ER_LOCK_DEADLOCK",
  "ER_LOCK_NOWAIT",
  "ER_LOCK_WAIT_TIMEOUT",
  "ER_QUERY_INTERRUPTED",
  "ER_QUERY_TIMEOUT",
  "ER_STATEMENT_TIMEOUT",
  "ER_TOO_MANY_USER_CONNECTIONS",
]);

/**
 * What may be told of an error.
 *
 * @param error The driver's error.
 * @returns Its words where they hold no values, else its code.
 */
export function told(error: Error): Told {
  // Without it, the error is the driver's own, or the system's.
  if (!("sqlState" in error)) return { reason: error.message, mayPass: true };
  const code = "code" in error ? String(error.code) : "";
  const number = "errno" in error ? ` (${error.errno})` : "";
  const mayPass = passing.has(code);
  if (mayPass || namesOnly.has(code)) return { reason: error.message, mayPass };
  return { reason: `${code}${number}`, mayPass };
}
