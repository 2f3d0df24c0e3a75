/**
 * Empties the write-back journal into the file: has each entry written to its row, and keeps in the
 * journal, and in the results file, only what could not be.
 *
 * @module
 */
import { ensureError, WaybillError } from "../../../errors.ts";
import { asImported } from "./as_imported.ts";
import { flushPass } from "./flush_pass.ts";
import { inFolderTurn } from "./folder_turn.ts";
import type { JournalEntry } from "./journal_entries.ts";
import { removeResults, type Unplaced, writeResults } from "./results_file.ts";
import { rowSet } from "./row_set.ts";
import { stillOwed } from "./still_owed.ts";
import type { TableFile } from "./table_file.ts";
import { removeTemporary } from "./temporary_file.ts";
import type { WriteBackJournal } from "./write_back_journal.ts";

/** How many rows a message names before it only counts. */
const namedRows = 20;

/** How often a merge starts again because somebody saved the file meanwhile. */
const maxTries = 3;

/** How a journal is emptied. */
export interface FlushOptions {
  /** Whether the journal's lock is held on to when nothing is owed any more. */
  readonly isHeld?: boolean | undefined;
  /** Whose write-backs these are: what is another's and has no place is not this one's fault. */
  readonly owner?: string | undefined;
  /** Takes what others are owed; no cell's value. */
  readonly log?: (message: string) => void;
}

/**
 * Puts everything that is owed into the file. It may be repeated after a crash at any point: what
 * is in the file already is left as it is.
 *
 * @param table The table in the user's file.
 * @param journal What is owed.
 * @param options How it is emptied.
 * @throws {WaybillError} `E-4007` if the user changed rows meanwhile (the others are written),
 * `E-4014` if the file cannot be written. What is owed then is in the results file too.
 */
export async function flushJournal(
  table: TableFile,
  journal: WriteBackJournal,
  { isHeld = false, owner, log = () => {} }: FlushOptions = {},
): Promise<void> {
  if (!journal.exists()) return;
  journal.open();
  const flush = async () => {
    removeTemporary(table.path);
    return await flushAll(table, journal);
  };
  const flushed = table.hasSiblings ? inFolderTurn(table.path, flush) : flush();
  const unplaced = await flushed.catch((error) => {
    throw notFlushed(table.stem, journal, error);
  });
  if (unplaced.length === 0) removeResults(table.stem);
  const told = unplaced.length > 0 ? writeResults(table.stem, unplaced) : "";
  journal.keepOnly(unplaced.map(({ entry }) => entry), isHeld);
  const own = unplaced.filter(({ entry }) => isOwn(entry, owner));
  if (own.length > 0) throw conflictOf(table.path, journal.path, own, told);
  if (unplaced.length === 0) return;
  const verb = unplaced.length === 1 ? "has" : "have";
  log(`${counted(unplaced)} of other jobs ${verb} no place in ${table.path}; ${told}`);
}

/** What had no place; the rest is in the file. */
async function flushAll(table: TableFile, journal: WriteBackJournal): Promise<readonly Unplaced[]> {
  for (let tries = 1; tries <= maxTries; tries++) {
    const unplaced = await flushOnce(table, journal);
    if (unplaced) return unplaced;
  }
  throw new WaybillError("E-4014", `Cannot write to ${table.path}: somebody keeps changing it`, {
    remedy: "Close the program that writes to the file, then run the job again",
  });
}

async function flushOnce(
  table: TableFile,
  journal: WriteBackJournal,
): Promise<readonly Unplaced[] | undefined> {
  const rest = await placeAll(table, journal);
  return rest && await stillOwed(table, rest);
}

/** Whoever puts a column into the file changes every row's checksum, and no order. */
async function placeAll(
  table: TableFile,
  journal: WriteBackJournal,
): Promise<readonly Unplaced[] | undefined> {
  const columns = journal.columns();
  const before = columns && asImported(table, await table.current(), columns);
  if (!before) return await flushPass(table, journal);
  const taken = rowSet();
  const rest = await flushPass(before, journal, undefined, taken);
  if (!rest || rest.length === 0) return rest;
  // What was taken up and shipped since is known by the columns that there are now.
  const open = rest.map(({ entry }) => entry);
  return await flushPass(table, { entries: (rows) => entriesOf(open, rows) }, undefined, taken);
}

/** What nobody's name is on was noted by an earlier version, or for one's own client. */
function isOwn(entry: JournalEntry, owner: string | undefined): boolean {
  return owner === undefined || entry.owner === undefined || entry.owner === owner;
}

function entriesOf(entries: readonly JournalEntry[], rows?: Iterable<number>): JournalEntry[] {
  if (!rows) return [...entries];
  const wanted = new Set(rows);
  return entries.filter(({ row_number }) => wanted.has(row_number));
}

function notFlushed(stem: string, journal: WriteBackJournal, error: unknown): WaybillError {
  const cause = ensureError(error);
  const known = error instanceof WaybillError ? error : undefined;
  const told = writeResults(stem, allOwed(journal, cause.message));
  return new WaybillError(known?.code ?? "E-4014", `${cause.message}; ${told}`, {
    remedy: known?.remedy ?? "Mend what the message names, then run the job again",
    cause,
  });
}

function* allOwed(journal: WriteBackJournal, why: string): Generator<Unplaced> {
  for (const entry of journal.entries()) yield { entry, why };
}

function conflictOf(
  path: string,
  journalPath: string,
  unplaced: readonly Unplaced[],
  told: string,
): WaybillError {
  const entries = unplaced.map(({ entry }) => entry);
  const sorted = entries.map((entry) => entry.row_number).sort((left, right) => left - right);
  const more = sorted.length > namedRows ? ` and ${sorted.length - namedRows} more` : "";
  const named = `${sorted.slice(0, namedRows).join(", ")}${more}`;
  const noun = sorted.length === 1 ? "row" : "rows";
  return new WaybillError(
    "E-4007",
    `Cannot write ${counted(unplaced)} into ${path}: ` +
      `${noun} ${named} changed since the label was bought; ${told}`,
    {
      remedy: "Undo the change in the file, then run the job again: the numbers are kept. If the " +
        `file is another one now, move ${journalPath} away: Waybill's database has them too`,
    },
  );
}

function counted(unplaced: readonly Unplaced[]): string {
  const isAnyVoid = unplaced.some(({ entry }) => entry.tracking_number === null);
  const what = isAnyVoid ? "change" : "tracking number";
  return `${unplaced.length} ${what}${unplaced.length === 1 ? "" : "s"}`;
}
