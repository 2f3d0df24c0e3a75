/**
 * What a merge changes in a workbook: cells of the sheet, and perhaps that formulas are worked out
 * anew.
 *
 * @module
 */
import type { FileEntry } from "@zip.js/zip.js";
import type { RowCells } from "../files/table_file.ts";
import type { Archive } from "./archive.ts";
import { wantedText } from "./own_cells.ts";
import type { MakeEditor } from "./rewrite_archive.ts";
import { type CellEdit, type SheetEdit, sheetEditor } from "./sheet_editor.ts";
import { readStyles } from "./styles.ts";
import type { Header } from "./table_shape.ts";
import { entryOf, type Workbook } from "./workbook.ts";
import { workbookEditor } from "./workbook_editor.ts";
import type { XlsxIndex } from "./xlsx_index.ts";

/**
 * The changes that write-backs need.
 *
 * @param archive The open workbook.
 * @param index What is known of it.
 * @param header Its header with the columns that are to be added.
 * @param rows The cells by row number.
 * @returns What changes, by the entry.
 *
 * @internal
 */
export async function editsFor(
  archive: Archive,
  index: XlsxIndex,
  header: Header,
  rows: ReadonlyMap<number, RowCells>,
): Promise<ReadonlyMap<FileEntry, MakeEditor>> {
  const { workbook, sheet } = index;
  const edit: SheetEdit = {
    part: sheet.part,
    cellsOf: cellEdits(index, header, rows),
    headerRow: header.row,
    lastColumn: header.last,
    formats: await readStyles(archive, workbook),
  };
  const edits = new Map<FileEntry, MakeEditor>();
  edits.set(entryOf(archive, sheet.part), (give) => sheetEditor(edit, give));
  if (!workbook.isRecalculated && (index.hasFormulas || await hasFormulas(archive, index))) {
    const { part } = workbook;
    edits.set(entryOf(archive, part), (give) => workbookEditor(part, give));
  }
  return edits;
}

/** What to set in each row of the sheet. */
function cellEdits(
  { header: { names }, sheetRows }: XlsxIndex,
  header: Header,
  rows: ReadonlyMap<number, RowCells>,
): SheetEdit["cellsOf"] {
  const bySheetRow = new Map<number, RowCells>();
  for (const [row, cells] of rows) bySheetRow.set(sheetRows[row - 1] ?? 0, cells);
  const added: CellEdit[] = [];
  for (const [at, name] of header.ownAt) {
    if (at >= names.length) added.push({ column: header.first + at, text: name });
  }
  return (sheetRow) => {
    if (sheetRow === header.row) return added;
    const cells = bySheetRow.get(sheetRow);
    return cells && [...header.ownAt].flatMap(([at, name]) => {
      const text = wantedText(cells, name);
      return text === undefined ? [] : [{ column: header.first + at, text }];
    });
  };
}

/** Whether a formula on another sheet may look at our cells. */
async function hasFormulas(archive: Archive, { workbook, sheet }: XlsxIndex): Promise<boolean> {
  for (const { part } of others(workbook, sheet.part)) {
    let isFound = false;
    let end = "";
    await archive.readText(entryOf(archive, part), (text) => {
      isFound ||= /<(?:[\w.-]+:)?f[\s/>]/.test(end + text);
      end = text.slice(-40);
    });
    if (isFound) return true;
  }
  return false;
}

function others({ sheets }: Workbook, part: string) {
  return sheets.filter((sheet) => sheet.part !== part);
}
