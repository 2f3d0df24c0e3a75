/**
 * The results file: what is owed to a user's file and could not be put into it, as a table beside it.
 * It is written anew each time, and removed when nothing is owed any more.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";
import { folderOf, syncFolder, writeAll } from "../../durable_file.ts";
import { fileFault } from "./file_fault.ts";
import type { JournalEntry } from "./journal_entries.ts";

/** What is owed, and why it is not in the file. */
export interface Unplaced {
  /** What is owed. */
  readonly entry: JournalEntry;
  /** Why, as half a sentence. */
  readonly why: string;
}

const header = "row_number,tracking_number,shipped_at,voided_at,why\n";
const rowsAtOnce = 1000;

/**
 * Where the results file of a table is.
 *
 * @param stem What the files beside the user's are named after.
 * @returns `orders.waybill-results.csv` for `orders.csv`; for another format behind its whole name.
 */
export function resultsPath(stem: string): string {
  return `${stem.replace(/\.csv$/i, "")}.waybill-results.csv`;
}

/**
 * Writes the results file, durably and in one step.
 *
 * @param stem What the files beside the user's are named after.
 * @param owed What is owed to it.
 * @returns Half a sentence that says where the numbers are, or why there is no such file.
 */
export function writeResults(stem: string, owed: Iterable<Unplaced>): string {
  const results = resultsPath(stem);
  const temporary = `${results}.tmp`;
  try {
    if (!isOurs(results)) return `${results} is not written, as there is another file of that name`;
    writeRows(temporary, owed);
    Deno.renameSync(temporary, results);
    syncFolder(folderOf(results));
    return `what is owed is listed in ${results}`;
  } catch (error) {
    removeQuietly(temporary);
    return `${results} cannot be written either: ${fileFault(error)}`;
  }
}

/**
 * Removes the results file, if there is one of ours.
 *
 * @param stem What the files beside the user's are named after.
 */
export function removeResults(stem: string): void {
  const results = resultsPath(stem);
  removeQuietly(`${results}.tmp`);
  try {
    if (!isOurs(results)) return;
    Deno.removeSync(results);
    syncFolder(folderOf(results));
  } catch {
    // It was never there, or is open elsewhere: it is only in the way of nothing.
  }
}

/** Whether a file may be replaced: there is none, or it begins as we begin it. */
function isOurs(path: string): boolean {
  try {
    using file = Deno.openSync(path, { read: true });
    const bytes = new Uint8Array(header.length);
    const count = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, count)) === header;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

function writeRows(path: string, owed: Iterable<Unplaced>): void {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o600 });
  const encoder = new TextEncoder();
  writeAll(file, encoder.encode(header));
  let rows: (string | number)[][] = [];
  const flush = () => {
    // A spreadsheet takes a cell that begins with = + - or @ for a formula.
    writeAll(file, encoder.encode(stringify(rows, { escape_formulas: true })));
    rows = [];
  };
  for (const { entry, why } of owed) {
    const { row_number, tracking_number, shipped_at, voided_at } = entry;
    rows.push([row_number, tracking_number ?? "", shipped_at ?? "", voided_at ?? "", why]);
    if (rows.length === rowsAtOnce) flush();
  }
  flush();
  file.syncSync();
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // There is none.
  }
}
