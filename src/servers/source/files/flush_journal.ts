/**
 * Empties the write-back journal into the file: decides for each row what is to be done, has it
 * done, and keeps in the journal only what could not be done.
 *
 * @module
 */
import { ownColumns } from "../../../contracts/source.ts";
import { coded, ensureError, WaybillError } from "../../../errors.ts";
import type { CsvFile } from "../csv/csv_file.ts";
import { mergeRows, removeTemporary } from "../csv/csv_merge.ts";
import type { JournalEntry } from "./journal_entries.ts";
import { rowChecksum } from "../row_checksum.ts";
import type { WriteBackJournal } from "./write_back_journal.ts";

/** How many rows a message names before it only counts. */
const namedRows = 20;

/** How often a merge starts again because somebody saved the file meanwhile. */
const maxTries = 3;

/**
 * Puts everything that is owed into the file. It may be repeated after a crash at any point: what
 * is in the file already is left as it is.
 *
 * @param file The user's file.
 * @param journal What is owed.
 * @throws {WaybillError} `E-4007` if the user changed rows meanwhile (the others are written),
 * `E-4014` if the file cannot be written.
 */
export function flushJournal(file: CsvFile, journal: WriteBackJournal): void {
  if (!journal.exists()) return;
  journal.open();
  removeTemporary(file.path);
  for (let tries = 1; tries <= maxTries; tries++) {
    const { toWrite, conflicts } = plan(file, journal.entries());
    if (toWrite.size > 0 && !merge(file, toWrite)) continue;
    journal.keepOnly(conflicts);
    if (conflicts.size > 0) throw conflictOf(file.path, journal.path, [...conflicts]);
    return;
  }
  throw new WaybillError("E-4014", `Cannot write to ${file.path}: somebody keeps changing it`, {
    remedy: "Close the program that writes to the file, then run the job again",
  });
}

interface Plan {
  toWrite: Map<number, JournalEntry>;
  conflicts: Set<JournalEntry>;
}

function plan(file: CsvFile, entries: Iterable<JournalEntry>): Plan {
  const { index } = file.current();
  const checksum = rowChecksum(index.columns);
  const cell = (cells: string[], name: string) => (cells[index.columns.indexOf(name)] ?? "").trim();
  const toWrite = new Map<number, JournalEntry>();
  const conflicts = new Set<JournalEntry>();
  for (const entry of entries) {
    const { row_number: row } = entry;
    const [cells] = row > index.rowCount ? [] : file.readCells(row, row);
    const present = cells ? cell(cells, ownColumns.trackingNumber) : "";
    const ours = ["", entry.tracking_number, ...entry.replaces ?? []];
    if (!cells || !ours.includes(present) || checksum(cells) !== entry.checksum) {
      conflicts.add(entry);
    } else if (!isInFile(entry, (name) => cell(cells, name))) toWrite.set(row, entry);
  }
  return { toWrite, conflicts };
}

/** Whether a row shows all that an entry says. */
function isInFile(entry: JournalEntry, cell: (name: string) => string): boolean {
  const [number, voidedAt] = [cell(ownColumns.trackingNumber), cell(ownColumns.voidedAt)];
  return entry.tracking_number === null
    ? number === "" && voidedAt === entry.voided_at
    : number === entry.tracking_number && cell(ownColumns.shippedAt) !== "" && voidedAt === "";
}

/** Whether the rows were written; if not, the file had changed meanwhile. */
function merge(file: CsvFile, rows: ReadonlyMap<number, JournalEntry>): boolean {
  checkWritable(file.path);
  try {
    const index = mergeRows({ path: file.path, ...file.current() }, rows, file.isUnchanged);
    if (index) file.adopt(index);
    return index !== undefined;
  } catch (error) {
    throw coded(error, "E-4014", `Cannot write the tracking numbers into ${file.path}`);
  }
}

/** A rename would replace a file that its owner made read-only: that is not ours to do. */
function checkWritable(path: string): void {
  try {
    Deno.openSync(path, { write: true }).close();
    const { mode } = Deno.statSync(path);
    if (mode === null || (mode & 0o222) !== 0) return;
  } catch (error) {
    throw notWritable(path, ensureError(error));
  }
  throw notWritable(path, new Error("it is read-only"));
}

function notWritable(path: string, cause: Error): WaybillError {
  return new WaybillError("E-4014", `Cannot write to ${path}: ${cause.message}`, {
    remedy: "Allow writing to the file, then run the job again: nothing is lost meanwhile",
    cause,
  });
}

function conflictOf(
  path: string,
  journalPath: string,
  entries: readonly JournalEntry[],
): WaybillError {
  const sorted = entries.map((entry) => entry.row_number).sort((left, right) => left - right);
  const more = sorted.length > namedRows ? ` and ${sorted.length - namedRows} more` : "";
  const named = `${sorted.slice(0, namedRows).join(", ")}${more}`;
  const noun = sorted.length === 1 ? "row" : "rows";
  const isAnyVoid = entries.some(({ tracking_number }) => tracking_number === null);
  const what = isAnyVoid ? "change" : "tracking number";
  return new WaybillError(
    "E-4007",
    `Cannot write ${sorted.length} ${what}${sorted.length === 1 ? "" : "s"} into ${path}: ` +
      `${noun} ${named} changed since the label was bought`,
    {
      remedy: "Undo the change in the file, then run the job again: the numbers are kept. If the " +
        `file is another one now, move ${journalPath} away: Waybill's database has them too`,
    },
  );
}
