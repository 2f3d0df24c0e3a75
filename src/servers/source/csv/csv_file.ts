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
import { type FileIdentity, identityOf, isSameState } from "./file_identity.ts";
import { keepIndex, keptIndex } from "./index_file.ts";

/** A CSV file that rows can be read from. */
export interface CsvFile extends Disposable {
  /** Its real path: where a symbolic link leads. */
  readonly path: string;
  /** The open file and its index, up to date. */
  current(): { file: Deno.FsFile; index: CsvIndex };
  /** Whether the file is still the one that `current` last gave. */
  isUnchanged(): boolean;
  /** Takes the index of a file that we wrote ourselves, which saves reading it again. */
  adopt(merged: MergedFile): void;
  /** The cells of these rows; reads no more of the file than they take. */
  readCells(firstRow: number, lastRow: number): string[][];
}

/** A file that we wrote ourselves. */
export interface MergedFile {
  /** Its state when all of it was written. */
  readonly identity: FileIdentity;
  /** Its index. */
  readonly index: CsvIndex;
}

interface Opened {
  readonly file: Deno.FsFile;
  readonly index: CsvIndex;
  readonly identity: FileIdentity;
}

/**
 * Opens a CSV file; it is read when something is first asked of it.
 *
 * @param givenPath Its path, perhaps a symbolic link.
 * @param cacheFolder Where its index is kept for the next start; nowhere, if left out.
 * @returns The file.
 * @throws {WaybillError} `E-4002` if there is no such file.
 */
export function csvFile(givenPath: string, cacheFolder?: string): CsvFile {
  const path = realPath(givenPath);
  let opened: Opened | undefined;
  const isUnchanged = () =>
    opened !== undefined && isSameState(opened.identity, identityOf(statOf(path)));
  const close = () => {
    opened?.file.close();
    opened = undefined;
  };
  let isKept = cacheFolder === undefined;
  const keep = ({ file, identity, index }: Opened) => {
    if (cacheFolder === undefined || isKept) return;
    isKept = keepIndex(cacheFolder, { path, file, identity }, index, Date.now());
  };
  const reopen = (merged?: MergedFile) => {
    close();
    const file = openForReading(path);
    try {
      const identity = identityOf(file.statSync());
      const about = { path, file, identity };
      const ours = merged && isSameState(merged.identity, identity) ? merged.index : undefined;
      const kept = ours ?? (cacheFolder === undefined ? undefined : keptIndex(cacheFolder, about));
      const now = { file, identity, index: kept ?? indexCsv(file) };
      opened = now;
      isKept = cacheFolder === undefined || (kept !== undefined && !ours);
      if (isUnchanged()) keep(now);
      return now;
    } catch (error) {
      opened = undefined;
      file.close();
      throw error;
    }
  };
  const current = () => {
    if (!opened || !isUnchanged()) return reopen();
    keep(opened);
    return opened;
  };
  return {
    path,
    current,
    isUnchanged,
    adopt: (merged) => void reopen(merged),
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
