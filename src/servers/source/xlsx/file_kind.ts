/**
 * What a file is by its first bytes, so that one that is no .xlsx is told of by its name.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { readAt } from "../../durable_file.ts";

const zipMark = [0x50, 0x4b];
/** Of an OLE2 compound file: an old .xls, or any Office file with a password. */
const compoundMark = [0xd0, 0xcf, 0x11, 0xe0];
const searchedBytes = 1 << 20;

/**
 * Checks that a file may be a workbook.
 *
 * @param file The open file.
 * @throws {WaybillError} `E-1002` if it is empty, `E-1013` if it is something else.
 */
export function checkKind(file: Deno.FsFile): void {
  const start = readAt(file, 0, 8);
  if (start.length === 0) {
    throw new WaybillError("E-1002", "Cannot use the file as a source: it is empty", {
      remedy: "Give it a sheet with a header and at least one row",
    });
  }
  if (startsWith(start, zipMark)) return;
  if (!startsWith(start, compoundMark)) {
    throw otherKind("it is no Excel workbook", "Open it in Excel and save it as .xlsx");
  }
  throw hasPassword(file)
    ? otherKind("it has a password", "Save it without a password: File, Info, Protect Workbook")
    : otherKind("it is an old Excel file (.xls)", "Open it in Excel and save it as .xlsx");
}

/**
 * The error of a file that is not what an .xlsx is.
 *
 * @param why What it is instead.
 * @param remedy What to do.
 * @returns The error.
 */
export function otherKind(why: string, remedy: string): WaybillError {
  return new WaybillError("E-1013", `Cannot read the file as an Excel workbook: ${why}`, {
    remedy,
  });
}

/** The stream that holds an encrypted workbook is named in the file's own directory. */
function hasPassword(file: Deno.FsFile): boolean {
  const { size } = file.statSync();
  const name = "EncryptedPackage";
  const utf16 = new TextDecoder("utf-16le");
  return [0, Math.max(0, size - searchedBytes) & ~1].some((from) =>
    utf16.decode(readAt(file, from, searchedBytes)).includes(name)
  );
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, at) => bytes[at] === byte);
}
