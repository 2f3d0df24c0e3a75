/**
 * Names of columns where case does not matter: to MySQL and SQLite `TRACKING_NUMBER` is our column.
 *
 * @module
 */
import { ownColumns } from "../../../contracts/source.ts";
import type { SqlDatabase, SqlResult, SqlSyntax } from "./database.ts";

/**
 * Whether two names are those of one column.
 *
 * @param syntax How the database takes names.
 * @param left One name.
 * @param right The other.
 * @returns Whether they are.
 */
export function isSameName(syntax: SqlSyntax, left: string, right: string): boolean {
  return left === right ||
    (!syntax.areNamesExact && left.toLowerCase() === right.toLowerCase());
}

/**
 * The database, with our own columns under the names that we know them by.
 *
 * @param db The database.
 * @returns It; where names are exact, as it is.
 */
export function withOwnNames(db: SqlDatabase): SqlDatabase {
  const { syntax } = db;
  if (syntax.areNamesExact) return db;
  const known = (name: string) =>
    Object.values(ownColumns).find((own) => isSameName(syntax, own, name)) ?? name;
  return {
    ...db,
    run: async (statement) => renamed(await db.run(statement), known),
    async columnsOf(table) {
      const columns = await db.columnsOf(table);
      return columns.map((column) => ({ ...column, name: known(column.name) }));
    },
  };
}

function renamed(result: SqlResult, known: (name: string) => string): SqlResult {
  if (result.columns.every(({ name }) => known(name) === name)) return result;
  return {
    ...result,
    columns: result.columns.map((column) => ({ ...column, name: known(column.name) })),
    rows: result.rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [known(name), value]))
    ),
  };
}
