/**
 * One open CSV file and its index, kept true to what is on the disk: a file that was changed or
 * replaced since is indexed again before anything is read from it.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { readAt } from "../../durable_file.ts";
import { parseRecords } from "./csv_cells.ts";
import { type CsvIndex, indexCsv } from "./csv_index.ts";
import { type FileIdentity, identityOf, isSameState } from "../files/file_identity.ts";
import { openForReading, realPathOf, statOf, withPath } from "../files/open_file.ts";
import { keepIndex, keptIndex } from "./index_file.ts";
import type { SourceOptions } from "../source.ts";
import { utf8Copy } from "./encoded_file.ts";
import { readEncoding } from "./text_encoding.ts";

/** A CSV file that rows can be read from. */
export interface CsvFile extends Disposable {
  /** Its real path: where a symbolic link leads. */
  readonly path: string;
  /** The open file in UTF-8, its index, and the encoding it has on the disk, up to date. */
  current(): { file: Deno.FsFile; index: CsvIndex; encoding: string | undefined };
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

/** How a CSV file is read. */
export type CsvFileOptions = Pick<SourceOptions, "cacheFolder" | "encoding">;

interface Opened extends Disposable {
  readonly file: Deno.FsFile;
  readonly encoding: string | undefined;
  readonly index: CsvIndex;
  readonly identity: FileIdentity;
}

/**
 * Opens a CSV file; it is read when something is first asked of it.
 *
 * @param givenPath Its path, perhaps a symbolic link.
 * @param options How it is read.
 * @returns The file.
 * @throws {WaybillError} `E-4002` if there is no such file.
 */
export function csvFile(givenPath: string, options: CsvFileOptions = {}): CsvFile {
  const { cacheFolder } = options;
  const path = realPathOf(givenPath);
  let opened: Opened | undefined;
  const isUnchanged = () =>
    opened !== undefined && isSameState(opened.identity, identityOf(statOf(path)));
  const close = () => {
    opened?.[Symbol.dispose]();
    opened = undefined;
  };
  let isKept = true;
  const keep = ({ file, identity, index }: Opened) => {
    if (cacheFolder === undefined || isKept) return;
    isKept = keepIndex(cacheFolder, { path, file, identity }, index, Date.now());
  };
  const reopen = (merged?: MergedFile) => {
    close();
    const next = openText(path, options);
    try {
      const { file, identity, encoding } = next;
      // The index of a converted copy is true of no other copy.
      const folder = encoding === undefined ? cacheFolder : undefined;
      const isOurs = merged !== undefined && isSameState(merged.identity, identity) && !encoding;
      const kept = !isOurs && folder !== undefined && keptIndex(folder, { path, file, identity });
      const index = isOurs ? merged.index : kept || indexed(file, path);
      opened = { ...next, index };
      isKept = folder === undefined || Boolean(kept);
      if (isUnchanged()) keep(opened);
      return opened;
    } catch (error) {
      opened = undefined;
      next[Symbol.dispose]();
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

/** Opens a file for reading, through a copy in UTF-8 if it is in another encoding. */
function openText(path: string, options: CsvFileOptions): Omit<Opened, "index"> {
  const file = openForReading(path, "a CSV file");
  const close = () => file.close();
  try {
    const identity = identityOf(file.statSync());
    const encoding = options.encoding === undefined
      ? undefined
      : readEncoding(options.encoding, readAt(file, 0, 4096));
    if (encoding === undefined) return { file, identity, encoding, [Symbol.dispose]: close };
    const copy = utf8Copy(file, encoding, options.cacheFolder);
    close();
    return { ...copy, identity, encoding };
  } catch (error) {
    close();
    throw withPath(error, path);
  }
}

function indexed(file: Deno.FsFile, path: string): CsvIndex {
  try {
    return indexCsv(file);
  } catch (error) {
    throw withPath(error, path);
  }
}
