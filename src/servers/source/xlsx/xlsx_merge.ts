/**
 * Puts write-backs into a workbook, in one step: a new file is written beside it, every part that is
 * not ours to change copied, and takes its place.
 *
 * @module
 */
import type { FileEntry } from "@zip.js/zip.js";
import { WaybillError } from "../../../errors.ts";
import { folderOf, syncFolder } from "../../durable_file.ts";
import { type FileIdentity, identityOf } from "../files/file_identity.ts";
import { openForReading } from "../files/open_file.ts";
import type { RowCells } from "../files/table_file.ts";
import { keepModeAndOwner, removeTemporary, temporaryPath } from "../files/temporary_file.ts";
import { maxColumn } from "./a1_reference.ts";
import { type Archive, openArchive } from "./archive.ts";
import { missingColumns, type OwnCells, type OwnName, wantedText } from "./own_cells.ts";
import { type MakeEditor, rewriteArchive } from "./rewrite_archive.ts";
import { type CellEdit, type SheetEdit, sheetEditor } from "./sheet_editor.ts";
import { readStyles } from "./styles.ts";
import { type Header, withColumns } from "./table_shape.ts";
import { entryOf, type Workbook } from "./workbook.ts";
import { workbookEditor } from "./workbook_editor.ts";
import type { XlsxIndex } from "./xlsx_index.ts";

/** A file after a merge. */
export interface MergedXlsx {
  /** What is known of it. */
  readonly index: XlsxIndex;
  /** Its state, as it was written. */
  readonly identity: FileIdentity;
}

/**
 * Writes the cells of rows into the file. A crash leaves the old file or the new one.
 *
 * @param path The file; not a symbolic link.
 * @param index What is known of it.
 * @param rows The cells by row number.
 * @param isUnchanged Asked last: whether the file is still the one that was read.
 * @returns The new file, or `undefined` if the file had changed and was left alone.
 * @throws {WaybillError} `E-4014` if the sheet is protected, the workbook signed, or has no room.
 */
export async function mergeXlsx(
  path: string,
  index: XlsxIndex,
  rows: ReadonlyMap<number, RowCells>,
  isUnchanged: () => boolean,
): Promise<MergedXlsx | undefined> {
  checkWritable(path, index);
  const { names } = index.header;
  const header = withColumns(index.header, missingColumns(rows.values(), new Set(names)));
  if (header.last > maxColumn) {
    throw refused(path, "its sheet has no free column", "Remove a column that is not needed");
  }
  try {
    using file = openForReading(path, "an Excel file (.xlsx)");
    if (!isUnchanged()) return undefined;
    await using archive = await openArchive(file);
    const edits = await editsFor(archive, index, header, rows);
    using output = createTemporary(path);
    await rewriteArchive(archive, edits, output);
    const identity = finished(output);
    if (!isUnchanged()) return undefined;
    putInPlace(path);
    return { index: mergedIndex(index, header, rows), identity };
  } catch (error) {
    // What was read was half of the old file and half of the new one.
    if (!isUnchanged()) return undefined;
    throw error;
  } finally {
    removeTemporary(path);
  }
}

function createTemporary(path: string): Deno.FsFile {
  const options = { write: true, create: true, truncate: true };
  const output = Deno.openSync(temporaryPath(path), options);
  keepModeAndOwner(path);
  return output;
}

/** Makes it durable, and tells its state: a rename changes nothing of that. */
function finished(output: Deno.FsFile): FileIdentity {
  output.syncSync();
  return identityOf(output.statSync());
}

function putInPlace(path: string): void {
  Deno.renameSync(temporaryPath(path), path);
  syncFolder(folderOf(path));
}

function checkWritable(path: string, { isProtected, workbook }: XlsxIndex): void {
  if (isProtected) {
    throw refused(
      path,
      "its sheet is protected",
      "Take the protection off: Review, Unprotect Sheet",
    );
  }
  if (workbook.isSigned) {
    throw refused(
      path,
      "it is signed, and a change would break the signature",
      "Remove the signature: File, Info, View Signatures",
    );
  }
}

function refused(path: string, why: string, what: string): WaybillError {
  return new WaybillError("E-4014", `Cannot write the tracking numbers into ${path}: ${why}`, {
    remedy: `${what}, then run the job again: the numbers are kept meanwhile`,
  });
}

async function editsFor(
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

/** What is known of the new file, without reading it again. */
function mergedIndex(
  index: XlsxIndex,
  header: Header,
  rows: ReadonlyMap<number, RowCells>,
): XlsxIndex {
  const own = new Map(index.own);
  for (const [row, cells] of rows) {
    const kept = keptCells(own.get(row), header.ownAt.values(), cells);
    if (Object.keys(kept).length > 0) own.set(row, kept);
    else own.delete(row);
  }
  const added = header.names.slice(index.header.names.length);
  const columns = [...index.columns, ...added.map((name) => ({ name, type: "string" }))];
  return { ...index, columns, header, own };
}

function keptCells(
  present: OwnCells | undefined,
  names: Iterable<OwnName>,
  wanted: RowCells,
): OwnCells {
  const cells = { ...present };
  for (const name of names) {
    const text = wantedText(wanted, name);
    // A formula was left as it is.
    if (text === undefined || cells[name]?.isFormula) continue;
    if (text === "") delete cells[name];
    else cells[name] = { text, isFormula: false };
  }
  return cells;
}
