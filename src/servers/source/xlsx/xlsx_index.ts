/**
 * Reads a worksheet once from end to end as a table of orders: checks all of it, and keeps its rows
 * packed, so that any of them can be given at once. Nothing of it is kept on the disk.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import type { TableIndex } from "../files/table_file.ts";
import { openArchive, tooLarge } from "./archive.ts";
import { ownCell, type OwnCells } from "./own_cells.ts";
import { maxPackedBytes, type PackedTexts, packedTexts } from "./packed_texts.ts";
import { places, rowsByColumn } from "./places.ts";
import { readSharedStrings } from "./shared_strings.ts";
import { readSheet, type SheetCell, type SheetFacts } from "./sheet_reader.ts";
import { readStyles } from "./styles.ts";
import { checkMerged, columnTypes, type Header, isEmptyRow, readHeader } from "./table_shape.ts";
import { type CellValue, fingerprintOf, rowChecksum } from "../row_checksum.ts";
import { warningsOf } from "./warnings.ts";
import { findSheet, readWorkbook, type Sheet, type Workbook } from "./workbook.ts";

/** What is known of a worksheet after reading it once. */
export interface XlsxIndex extends TableIndex {
  /** The workbook. */
  readonly workbook: Workbook;
  /** The sheet of the orders. */
  readonly sheet: Sheet;
  /** Whether the sheet is protected against changes. */
  readonly isProtected: boolean;
  /** Whether the sheet holds a formula. */
  readonly hasFormulas: boolean;
  /** Where the header is and what it says. */
  readonly header: Header;
  /** The values of each row without our own, as a JSON array. */
  readonly rows: PackedTexts;
  /** Our own cells that are not empty, by row number. */
  readonly own: Map<number, OwnCells>;
  /** The row of the sheet of each data row, from row 1 on at place 0. */
  readonly sheetRows: readonly number[];
}

/**
 * Checks and indexes a worksheet.
 *
 * @param file The open file; its position is moved.
 * @param sheetName The sheet; the first visible one if left out.
 * @param maxBytes The most that its values may take in memory.
 * @returns The index.
 * @throws {WaybillError} `E-1002` if it is empty, `E-1003` if it is no table, `E-1005` if it is not
 * UTF-8, `E-1012` if there is no such sheet, `E-1013` if the file is no workbook.
 */
export async function indexXlsx(
  file: Deno.FsFile,
  sheetName?: string,
  maxBytes: number = maxPackedBytes,
): Promise<XlsxIndex> {
  await using archive = await openArchive(file);
  const workbook = await readWorkbook(archive);
  const sheet = findSheet(workbook, sheetName);
  const formats = await readStyles(archive, workbook);
  const shared = await readSharedStrings(archive, workbook);
  const table = tableCollector(sheet, workbook.hasLinks, maxBytes);
  const context = { shared, formats, is1904: workbook.is1904 };
  const facts = await readSheet(archive, sheet, context, table.take);
  const { isProtected, hasFormulas } = facts;
  return { workbook, sheet, isProtected, hasFormulas, ...table.finish(facts, workbook) };
}

/**
 * The first sheet that is shown.
 *
 * @param file The open workbook.
 * @returns Its name.
 * @throws {WaybillError} `E-1012` if there is none, `E-1013` if the file is no workbook.
 */
export async function firstSheetIn(file: Deno.FsFile): Promise<string> {
  await using archive = await openArchive(file);
  return findSheet(await readWorkbook(archive), undefined).name;
}

function tableCollector(sheet: Sheet, hasLinks: boolean, maxBytes: number) {
  let body: ReturnType<typeof bodyCollector> | undefined;
  return {
    take(row: number, cells: SheetCell[]) {
      if (body) return body.take(row, cells);
      const header = readHeader(row, cells);
      if (header) body = bodyCollector(header, hasLinks, maxBytes);
    },
    finish(facts: SheetFacts, workbook: Workbook) {
      if (body) return body.finish(facts, workbook);
      throw new WaybillError("E-1002", `Cannot use sheet "${sheet.name}": it is empty`, {
        remedy: "Give it a header and at least one row, or name another sheet",
      });
    },
  };
}

/** Takes the rows below the header. */
function bodyCollector(header: Header, hasLinks: boolean, maxBytes: number) {
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

  const take = (row: number, cells: SheetCell[]) => {
    const inside = cells.filter(({ column }) => column >= first && column <= last);
    if (inside.length < cells.length) {
      for (const cell of cells) {
        if (cell.column < first || cell.column > last) outside.add(cell.column, row);
      }
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
