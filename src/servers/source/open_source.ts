/**
 * Opens a source of any kind.
 *
 * @module
 */
import type { ServerLocation, SourceLocation } from "../../contracts/source_location.ts";
import { openCsvSource } from "./csv/csv_table.ts";
import { openFileSource } from "./files/file_source.ts";
import type { Source } from "./source.ts";
import type { SqlDatabase } from "./sql/database.ts";
import { openSqlSource } from "./sql/sql_source.ts";

/** What a source is opened for, and with. */
export interface OpenSourceOptions {
  /** Whether its rows are going to be shipped. */
  readonly isForShipping: boolean;
  /** The job that is shipped, if one is. */
  readonly owner: string | undefined;
  /** Whether columns that a table lacks may be added. */
  readonly mayAddColumns: boolean;
  /** Where what was learned of sources is kept; nowhere if left out. */
  readonly dataFolder: string | undefined;
  /** The password of a database server. */
  readonly password: string | undefined;
  /** Is told what goes wrong beside the calls. */
  readonly log: (message: string) => void;
}

/**
 * Opens a source; it is read when something is first asked of it. What only some kinds of sources need is
 * loaded for those only.
 *
 * @param location The source.
 * @param options What it is opened for.
 * @returns The source.
 * @throws {WaybillError} `E-4002` if a file is not there.
 */
export async function openSource(
  location: SourceLocation,
  options: OpenSourceOptions,
): Promise<Source> {
  const { isForShipping, mayAddColumns, dataFolder, owner } = options;
  const folders = dataFolder === undefined
    ? {}
    : { cacheFolder: `${dataFolder}/index`, stateFolder: dataFolder };
  switch (location.kind) {
    case "csv":
      return openCsvSource(
        location.path,
        { isForShipping, owner, ...folders, encoding: location.encoding },
        { log: options.log },
      );
    case "xlsx": {
      const { openXlsxTable, sheetNameOf } = await import("./xlsx/xlsx_table.ts");
      const sheet = await sheetNameOf(location.path, location.sheet);
      const table = openXlsxTable(location.path, { sheet });
      return openFileSource(table, { isForShipping, owner }, { log: options.log });
    }
    case "sqlite": {
      const { openSqlite } = await import("./sql/sqlite.ts");
      const choice = { isForShipping, mayAddColumns, ...folders };
      return openSqlSource(openSqlite(location.path, options.log), location, choice);
    }
    case "postgres":
    case "mysql": {
      const db = await openServer(location, options);
      return openSqlSource(db, location, { isForShipping, mayAddColumns, ...folders });
    }
    default:
      return location satisfies never;
  }
}

async function openServer(
  location: ServerLocation,
  options: OpenSourceOptions,
): Promise<SqlDatabase> {
  const password = options.password ?? location.password;
  if (location.kind === "mysql") {
    const { openMysql } = await import("./sql/mysql.ts");
    return openMysql(location, password, options.log);
  }
  const { openPostgres } = await import("./sql/postgres.ts");
  return openPostgres(location, password, options.log);
}
