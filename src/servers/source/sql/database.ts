/**
 * What the SQL source needs of a database, whichever it is.
 *
 * @module
 */
import type { ServerLocation, SqliteLocation } from "../../../contracts/source_location.ts";
import { WaybillError } from "../../../errors.ts";
import type { Awaitable } from "../source.ts";

/** What a column holds. */
export type ColumnType =
  | "integer"
  | "decimal"
  | "boolean"
  | "date"
  | "datetime"
  | "string"
  | "enum"
  | "binary";

/** A row as the database gives it, in values that JSON has. */
export type SqlRow = Record<string, string | number | boolean | null>;

/** What a value in a statement may be. */
export type SqlValue = string | number | null;

/** A statement with its values beside it. */
export interface Statement {
  /** The text, with a placeholder for each value. */
  readonly sql: string;
  /** The values. */
  readonly values: readonly SqlValue[];
}

/** What a statement gave. */
export interface SqlResult {
  /** The rows, if it gives some. */
  readonly rows: readonly SqlRow[];
  /** The columns of the rows, in order. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** How many rows it found to change. */
  readonly changed: number;
}

/** A column of the table that is written back to. */
export interface TableColumn {
  /** Its name. */
  readonly name: string;
  /** What it holds. */
  readonly type: ColumnType;
  /** The length of the longest text that it takes, in characters; none if left out. */
  readonly maxLength?: number | undefined;
  /** Whether it may be null. */
  readonly isNullable: boolean;
  /** Its place in the primary key, from 1; none if left out. */
  readonly keyPlace?: number | undefined;
}

/** Where a table is. */
export type TableLocation = SqliteLocation | ServerLocation;

/** One database, connected when it is first asked something. */
export interface SqlDatabase extends AsyncDisposable {
  /** Which. */
  readonly kind: "sqlite" | "postgres" | "mysql";
  /** How it writes names and placeholders. */
  readonly syntax: SqlSyntax;
  /** Runs one statement; repeats it on a new connection where the old one broke. */
  run(statement: Statement): Awaitable<SqlResult>;
  /** The place in the one spelling that all spellings of it lead to; as it is if there is no such table. */
  settled<Location extends TableLocation>(location: Location): Awaitable<Location>;
  /** The columns of a table; none if there is no such table. */
  columnsOf(table: string): Awaitable<readonly TableColumn[]>;
  /** Keeps every other server that ships from this table, settled; `false` if one does so already. */
  reserve(table: string): Awaitable<boolean>;
}

/** The differences between the databases' SQL. */
export interface SqlSyntax {
  /** A name as it stands in a statement. */
  name(name: string): string;
  /** Whether names of columns that differ in case are two names. */
  readonly areNamesExact: boolean;
  /** A column of texts, quoted, as it is compared letter by letter: in many tables `a` equals `A`. */
  exactly(column: string): string;
  /** The placeholder of the nth value, from 1. */
  placeholder(place: number): string;
  /** A time, in ISO 8601 and UTC, as a column of this type takes it. */
  time(iso: string, type: ColumnType): string;
  /** The types of columns that are added. */
  readonly added: { readonly text: string; readonly time: string };
}

/**
 * The error of a table that another program ships from.
 *
 * @param table The table.
 * @returns The error, `E-4007`.
 */
export function reservedByOthers(table: string): WaybillError {
  return new WaybillError(
    "E-4007",
    `Cannot ship from the table "${table}": another program ships from it`,
    { remedy: "Wait for it to end, or stop it, then run the job again" },
  );
}
