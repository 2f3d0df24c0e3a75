/**
 * One pass over all that is owed to a file: each entry is written to its row, in merges that are large
 * and yet bounded, so that a million entries fit in memory.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { fileFault } from "./file_fault.ts";
import type { JournalEntry } from "./journal_entries.ts";
import {
  isInFile,
  mayHold,
  occupied,
  type Placed,
  placeMoved,
  type RowReader,
  rowReader,
} from "./place_entries.ts";
import type { Unplaced } from "./results_file.ts";
import { type RowSet, rowSet } from "./row_set.ts";
import type { RowCells, TableFile } from "./table_file.ts";
import { checkWritable } from "./writable.ts";
import type { WriteBackJournal } from "./write_back_journal.ts";

/** What is owed: all of it, or what is owed to some rows. */
export type Owed = Pick<WriteBackJournal, "entries">;

/**
 * Writes what is owed.
 *
 * @param table The table in the user's file.
 * @param journal What is owed, open.
 * @param atOnce How many entries are in memory at once; more of them are merged in parts.
 * @param taken The rows that have their number; those of this pass are added.
 * @returns What had no place, or `undefined` if the file was changed meanwhile: then it is to be tried
 * again. What was written then is in the file.
 * @throws {WaybillError} `E-4014` if the file cannot be written.
 */
export async function flushPass(
  table: TableFile,
  journal: Owed,
  atOnce = 200_000,
  taken: RowSet = rowSet(),
): Promise<readonly Unplaced[] | undefined> {
  const merger = await merges(table, atOnce);
  const unplaced: Unplaced[] = [];
  const moved: number[] = [];
  for (const entry of journal.entries()) {
    const row = await merger.read(entry.row_number);
    if (row?.checksum !== entry.checksum) {
      if (moved.at(-1) !== entry.row_number) moved.push(entry.row_number);
      continue;
    }
    taken.add(entry.row_number);
    if (!mayHold(entry, row)) unplaced.push({ entry, why: occupied });
    else if (!await merger.write({ entry, row })) return undefined;
  }
  if (!await merger.end()) return undefined;
  for (const part of partsOf(moved, journal, atOnce)) {
    const open = await notTaken(part, taken, merger.read);
    const found = await placeMoved(table, open, taken.has);
    for (const each of found.placed) {
      taken.add(each.row.row_number);
      if (!await merger.write(each)) return undefined;
    }
    if (!await merger.end()) return undefined;
    unplaced.push(...found.unplaced);
  }
  return unplaced;
}

/** Collects what is to be written, and merges it; all of it is chosen and written in one state. */
async function merges(table: TableFile, atOnce: number) {
  let index = await table.current();
  const { fingerprint, rowCount } = index;
  const { read, forget } = rowReader(table, rowCount);
  const cells = new Map<number, RowCells>();
  const end = async (): Promise<boolean> => {
    if (cells.size === 0) return true;
    checkWritable(table.path);
    try {
      if (!await table.merge(cells, index)) return false;
      cells.clear();
      forget();
      index = await table.current();
      return index.fingerprint === fingerprint;
    } catch (error) {
      if (error instanceof WaybillError) throw error;
      const what = `Cannot write the tracking numbers into ${table.path}`;
      throw new WaybillError("E-4014", `${what}: ${fileFault(error)}`, { cause: error });
    }
  };
  const write = ({ entry, row }: Placed): boolean | Promise<boolean> => {
    if (isInFile(entry, row)) return true;
    const { tracking_number, shipped_at, voided_at } = entry;
    cells.set(row.row_number, { tracking_number, shipped_at, voided_at });
    return cells.size < atOnce || end();
  };
  return { read, write, end };
}

/** Entries of the same content are in the same part: they may have to be told apart. */
function* partsOf(rows: readonly number[], journal: Owed, atOnce: number) {
  const parts = Math.ceil(rows.length / atOnce);
  for (let part = 0; part < parts; part++) {
    const entries: JournalEntry[] = [];
    for (const entry of journal.entries(rows)) {
      if (partOf(entry, parts) === part) entries.push(entry);
    }
    yield entries;
  }
}

function partOf({ checksum }: JournalEntry, parts: number): number {
  let number = 0;
  for (let at = 0; at < 8; at++) number = (31 * number + (checksum.charCodeAt(at) || 0)) >>> 0;
  return number % parts;
}

/** A row may have entries of several contents, and be where one of them says. */
async function notTaken(
  entries: readonly JournalEntry[],
  taken: RowSet,
  read: RowReader["read"],
): Promise<JournalEntry[]> {
  const open: JournalEntry[] = [];
  for (const entry of entries) {
    const isHere = taken.has(entry.row_number) &&
      (await read(entry.row_number))?.checksum === entry.checksum;
    if (!isHere) open.push(entry);
  }
  return open;
}
