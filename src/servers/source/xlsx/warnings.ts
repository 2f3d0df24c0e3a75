/**
 * What is odd about a sheet and stops nothing: whoever imports it is told.
 *
 * @module
 */
import type { RowsByColumn } from "./places.ts";

/** What was found in a sheet. */
export interface Oddities {
  /** Rows with numbers of which Excel has lost digits, by column. */
  readonly inexact: RowsByColumn;
  /** Rows with errors such as `#N/A`, by column. */
  readonly errors: RowsByColumn;
  /** The cells that look into another workbook, as text; empty if none does. */
  readonly lookups: string;
  /** Whether the sheet is protected. */
  readonly isProtected: boolean;
  /** Whether the workbook is signed. */
  readonly isSigned: boolean;
}

/**
 * Says what is odd.
 *
 * @param found What was found.
 * @returns One sentence each.
 */
export function warningsOf(found: Oddities): string[] {
  const { inexact, errors, lookups, isProtected, isSigned } = found;
  const notWritten = "tracking numbers cannot be written into it";
  return [
    ...inexact.texts().map(([name, rows]) =>
      `Column "${name}": Excel keeps 15 digits of a number, so the last ones are lost in ` +
      `${rows}. Format the column as text and enter them again`
    ),
    ...errors.texts().map(([name, rows]) =>
      `Column "${name}": an error such as #N/A in ${rows} is read as no value`
    ),
    ...lookups === "" ? [] : [
      `Cells ${lookups} look into another workbook: what they showed when the file was saved is used`,
    ],
    ...isProtected ? [`The sheet is protected: ${notWritten} before that is taken off`] : [],
    ...isSigned ? [`The workbook is signed: ${notWritten}, as that would break the signature`] : [],
  ];
}
