/**
 * Which errors say that a database may be read and not written: a medium, a file or a folder without
 * write permission, a role that may only select, a standby.
 *
 * @module
 */

/** What the system and PostgreSQL say of it: `read_only_sql_transaction`, `insufficient_privilege`. */
const codes: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "25006", "42501"]);

/** SQLite's result codes: READONLY, and CANTOPEN of what it must make beside the file. */
const sqliteCodes: ReadonlySet<number> = new Set([8, 14]);

/** The same in words: some statements' errors have no number (seen on Deno 2.9.6). */
const sqliteWords = /^attempt to write a readonly database|^unable to open database file/;

/**
 * Whether an error, or the one that it was made of, says that a database may not be written.
 *
 * @param thrown What was thrown.
 * @returns Whether it is worth trying to read only.
 */
export function mayNotWrite(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (isOneOf(error)) return true;
  }
  return false;
}

function isOneOf(error: Error): boolean {
  // What Deno does not permit this process.
  if (error.name === "NotCapable") return true;
  if ("errcode" in error && typeof error.errcode === "number") {
    return sqliteCodes.has(error.errcode & 0xff);
  }
  if (!("code" in error) || typeof error.code !== "string") return false;
  if (error.code === "ERR_SQLITE_ERROR") return sqliteWords.test(error.message);
  return codes.has(error.code);
}
