/**
 * One open CSV file and its index, kept true to what is on the disk: a file that was changed or
 * replaced since is indexed again before anything is read from it.
 *
 * @module
 */
import { ensureError, WaybillError } from "../../../errors.ts";
import { readAt } from "../../durable_file.ts";
import { parseRecords } from "./csv_cells.ts";
import { type CsvIndex, indexCsv } from "./csv_index.ts";

/** A CSV file that rows can be read from. */
export interface CsvFile extends Disposable {
  /** Its real path: where a symbolic link leads. */
  readonly path: string;
  /** The open file and its index, up to date. */
  current(): { file: Deno.FsFile; index: CsvIndex };
  /** Whether the file is still the one that `current` last gave. */
  isUnchanged(): boolean;
  /** Takes the index of a file that we wrote ourselves, which saves reading it again. */
  adopt(index: CsvIndex): void;
  /** The cells of these rows; reads no more of the file than they take. */
  readCells(firstRow: number, lastRow: number): string[][];
}

interface Opened extends Identity {
  file: Deno.FsFile;
  index: CsvIndex;
}

/** Tells one state of a file from another. */
interface Identity {
  inode: number | null;
  size: number;
  modifiedAt: number | undefined;
}

/**
 * Opens a CSV file; it is read when something is first asked of it.
 *
 * @param givenPath Its path, perhaps a symbolic link.
 * @returns The file.
 * @throws {WaybillError} `E-4002` if there is no such file.
 */
export function csvFile(givenPath: string): CsvFile {
  const path = realPath(givenPath);
  let opened: Opened | undefined;
  const isUnchanged = () => opened !== undefined && isSame(opened, identityOf(statOf(path)));
  const close = () => {
    opened?.file.close();
    opened = undefined;
  };
  const reopen = (known?: CsvIndex) => {
    close();
    const file = openForReading(path);
    try {
      const identity = identityOf(file.statSync());
      opened = { file, index: known ?? indexCsv(file), ...identity };
    } catch (error) {
      file.close();
      throw error;
    }
    return opened;
  };
  const current = () => (opened && isUnchanged() ? opened : reopen());
  return {
    path,
    current,
    isUnchanged,
    adopt: (index) => void reopen(index),
    readCells(firstRow, lastRow) {
      const { file, index } = current();
      const start = startOf(index, firstRow);
      const bytes = readAt(file, start, startOf(index, lastRow + 1) - start);
      return checkedCells(bytes, lastRow - firstRow + 1, index, path);
    },
    [Symbol.dispose]: close,
  };
}

/**
 * Where a row begins in the file; for the row after the last, where the file ends.
 *
 * @param index The index of the file.
 * @param row The row.
 * @returns The offset in bytes.
 */
export function startOf(index: CsvIndex, row: number): number {
  return row > index.rowCount ? index.size : index.starts[row - 1] ?? index.size;
}

/** A file changed in the very moment of reading gives cells that do not fit its index. */
function checkedCells(bytes: Uint8Array, rows: number, index: CsvIndex, path: string): string[][] {
  try {
    const records = parseRecords(bytes, index.style.delimiter);
    const fits = records.length === rows &&
      records.every((cells) => cells.length === index.columns.length);
    if (fits) return records;
  } catch {
    // csv-parse found a quote out of place: the same as cells that do not fit.
  }
  throw new WaybillError("E-4006", `Cannot read ${path}: it is being changed`, {
    remedy: "Wait until whoever writes to the file is done, then try again",
  });
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function statOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function openForReading(path: string): Deno.FsFile {
  if (!statOf(path).isFile) {
    throw new WaybillError("E-4002", `Cannot read ${path}: it is not a file`, {
      remedy: "Name a CSV file",
    });
  }
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): WaybillError {
  const isMissing = error instanceof Deno.errors.NotFound;
  const why = isMissing ? "there is no such file" : ensureError(error).message;
  return new WaybillError("E-4002", `Cannot read ${path}: ${why}`, {
    remedy: isMissing ? "Check the path" : "Allow this program to read the file",
    cause: error,
  });
}

function identityOf(info: Deno.FileInfo): Identity {
  return { inode: info.ino, size: info.size, modifiedAt: info.mtime?.getTime() };
}

function isSame(left: Identity, right: Identity): boolean {
  return left.inode === right.inode && left.size === right.size &&
    left.modifiedAt === right.modifiedAt;
}
