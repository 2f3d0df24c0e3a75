/**
 * Puts write-backs into a workbook, in one step: a new file is written beside it, every part that is
 * not ours to change copied, and takes its place.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { folderOf, syncFolder } from "../../durable_file.ts";
import { type FileIdentity, identityOf } from "../files/file_identity.ts";
import { openForReading } from "../files/open_file.ts";
import type { RowCells } from "../files/table_file.ts";
import { keepModeAndOwner, removeTemporary, temporaryPath } from "../files/temporary_file.ts";
import { maxColumn } from "./a1_reference.ts";
import { openArchive } from "./archive.ts";
import { editsFor } from "./merge_edits.ts";
import { mergedIndex } from "./merged_index.ts";
import { missingColumns } from "./own_cells.ts";
import { rewriteArchive } from "./rewrite_archive.ts";
import { withColumns } from "./table_shape.ts";
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
