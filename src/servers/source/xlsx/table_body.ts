/**
 * The rows of a table on a worksheet, as they are read: packed, checked, and what is odd about them.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import type { TableIndex } from "../files/table_file.ts";
import { type CellValue, fingerprintOf, rowChecksum } from "../row_checksum.ts";
import { tooLarge } from "./archive.ts";
import { ownCell, type OwnCells } from "./own_cells.ts";
import { type PackedTexts, packedTexts } from "./packed_texts.ts";
import { places, rowsByColumn } from "./places.ts";
import type { SheetCell, SheetFacts } from "./sheet_reader.ts";
import { checkMerged, columnTypes, type Header, isEmptyRow } from "./table_shape.ts";
import { warningsOf } from "./warnings.ts";
import type { Workbook } from "./workbook.ts";

/** What the rows of a table were found to hold. */
export interface BodyFacts extends TableIndex {
  /** Where the header is and what it says. */
  readonly header: Header;
  /** The values of each row without our own, as a JSON array. */
  readonly rows: PackedTexts;
  /** Our own cells that are not empty, by row number. */
  readonly own: Map<number, OwnCells>;
  /** The row of the sheet of each data row, from row 1 on at place 0. */
  readonly sheetRows: readonly number[];
}

/** The rows below a header, as they are read. */
export interface TableBody {
  /** Takes the next row of the sheet that is not empty. */
  take(row: number, cells: readonly SheetCell[]): void;
  /** Checks what can be checked only now, and gives what was found. */
  finish(facts: SheetFacts, workbook: Workbook): BodyFacts;
}

/**
 * Begins to read the rows below a header.
 *
 * @param header The header.
 * @param hasLinks Whether formulas may look into other workbooks.
 * @param maxBytes The most that the values may take in memory.
 * @returns What takes the rows.
 */
export function tableBody(header: Header, hasLinks: boolean, maxBytes: number): TableBody {
  const { names, first, last, dataNames, ownAt } = header;
  const checksum = rowChecksum(dataNames);
  const fingerprint = fingerprintOf(dataNames);
  const types = columnTypes(names.length);
  const rows = packedTexts();
  const own = new Map<number, OwnCells>();
  const sheetRows: number[] = [];
  let ownLength = 0;
  const [outside, unknown, lookups] = [places(), places(), places()];
  const [errors, inexact] = [rowsByColumn(), rowsByColumn()];

  const takeCell = (cell: SheetCell, rowNumber: number, values: CellValue[], ours: OwnCells) => {
    const at = cell.column - first;
    const name = names[at] ?? "";
    const ownName = ownAt.get(at);
    if (ownName !== undefined) {
      const ourCell = ours[ownName] = ownCell(cell);
      ownLength += ourCell.text.length;
      return;
    }
    types.add(at, cell.kind);
    values[header.dataAt[at] ?? 0] = cell.value;
    if (cell.kind === "error") errors.add(name, rowNumber);
    if (cell.isInexact) inexact.add(name, rowNumber);
  };

  const take = (row: number, cells: readonly SheetCell[]) => {
    const inside = cells.filter(({ column }) => column >= first && column <= last);
    for (const { column } of inside.length < cells.length ? cells : []) {
      if (column < first || column > last) outside.add(column, row);
    }
    if (isEmptyRow(inside, header)) return;
    const rowNumber = sheetRows.length + 1;
    const values: CellValue[] = dataNames.map(() => "");
    const ours: OwnCells = {};
    for (const cell of inside) {
      if (cell.isUnknown && !ownAt.has(cell.column - first)) unknown.add(cell.column, row);
      if (hasLinks && /\[\d+\][^\]]*!/.test(cell.formula ?? "")) lookups.add(cell.column, row);
      takeCell(cell, rowNumber, values, ours);
    }
    sheetRows.push(row);
    rows.add(JSON.stringify(values));
    if (rows.bytesBetween(0, rowNumber) + ownLength > maxBytes) throw tooLarge("the sheet");
    fingerprint.add(checksum(values));
    if (Object.keys(ours).length > 0) own.set(rowNumber, ours);
  };

  const finish = ({ merged, isProtected }: SheetFacts, { isSigned }: Workbook) => {
    if (unknown.count() > 0) throw notWorkedOut(unknown.text());
    if (outside.count() > 0) throw outOfTable(header, outside.text(), outside.count());
    checkMerged(merged, header, sheetRows);
    const found = types.types();
    return {
      columns: names.map((name, at) => ({ name, type: found[at] ?? "string" })),
      rowCount: sheetRows.length,
      fingerprint: fingerprint.digest(),
      warnings: warningsOf({ inexact, errors, lookups: lookups.text(), isProtected, isSigned }),
      header,
      rows,
      own,
      sheetRows,
    };
  };
  return { take, finish };
}

function notWorkedOut(cells: string): WaybillError {
  return new WaybillError(
    "E-1003",
    `Cannot read the sheet: nobody has worked out the formulas in ${cells} yet`,
    { remedy: "Open the file in Excel, which works them out, and save it" },
  );
}

function outOfTable({ row, first, last }: Header, cells: string, count: number): WaybillError {
  const table = places();
  table.add(first, row);
  if (last > first) table.add(last, row);
  return new WaybillError(
    "E-1003",
    `Cannot read the sheet: its header, the first row that is not empty, stands in ${
      table.text(" to ")
    }, but ${cells} beside it ${count === 1 ? "is" : "are"} not empty`,
    { remedy: "Name every column in the header, and put nothing else above or beside the orders" },
  );
}
