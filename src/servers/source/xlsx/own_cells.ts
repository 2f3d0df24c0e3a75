/**
 * The cells that belong to us, as a person reads them.
 *
 * @module
 */
import { ownColumns } from "../../../contracts/source.ts";
import type { RowCells } from "../files/table_file.ts";
import type { SheetCell } from "./sheet_reader.ts";

/** The name of one of our columns. */
export type OwnName = (typeof ownColumns)[keyof typeof ownColumns];

/** One of our cells. */
export interface OwnCell {
  /** Its text. */
  readonly text: string;
  /** Whether it is worked out by a formula: then it is never written to. */
  readonly isFormula: boolean;
}

/** Our cells of one row that are not empty. */
export type OwnCells = Partial<Record<OwnName, OwnCell>>;

/** Our columns in the order in which they are added. */
export const ownNames: readonly OwnName[] = [
  ownColumns.trackingNumber,
  ownColumns.shippedAt,
  ownColumns.voidedAt,
];

/**
 * Reads one of our cells. A formula is never taken for what we wrote, whatever it gives: its text
 * begins with an equals sign, so that the row counts as filled by somebody else.
 *
 * @param cell The cell.
 * @returns What it is to us.
 */
export function ownCell({ value, kind, formula }: SheetCell): OwnCell {
  const text = kind === "error" ? "#error" : String(value);
  const isFormula = formula !== undefined;
  return { text: isFormula ? `=${text}` : text, isFormula };
}

/**
 * What belongs in one of our cells.
 *
 * @param row The cells of the row.
 * @param name The column.
 * @returns The text, or `undefined` where the cell stays as it is.
 */
export function wantedText(row: RowCells, name: OwnName): string | undefined {
  switch (name) {
    case ownColumns.trackingNumber:
      return row.tracking_number ?? "";
    case ownColumns.shippedAt:
      return row.shipped_at;
    case ownColumns.voidedAt:
      // A row that is shipped again is voided no longer.
      return row.voided_at ?? "";
    default:
      return name satisfies never;
  }
}

/**
 * The columns that rows need and a sheet does not have; a void takes a number away and needs no
 * place for one.
 *
 * @param rows The cells of the rows.
 * @param present The columns that there are.
 * @returns The missing ones, in the order in which they are added.
 */
export function missingColumns(
  rows: Iterable<RowCells>,
  present: ReadonlySet<string>,
): OwnName[] {
  const needed = new Set<string>();
  for (const row of rows) {
    if (row.tracking_number !== null) {
      needed.add(ownColumns.trackingNumber).add(ownColumns.shippedAt);
    }
    if (row.voided_at !== undefined) needed.add(ownColumns.voidedAt);
  }
  return ownNames.filter((name) => needed.has(name) && !present.has(name));
}
