/**
 * The write-backs that are acknowledged and not yet in the user's file: an append-only file of JSON
 * lines beside it, fsynced before anything is acknowledged.
 *
 * Whoever writes holds an exclusive lock on the journal, so that one process at a time writes back
 * to a file. The journal exists only while something is owed.
 *
 * @module
 */
import { coded, WaybillError } from "../../../errors.ts";
import { folderOf, syncFolder, writeAll } from "../../durable_file.ts";
import { entryPlaces } from "./entry_places.ts";
import {
  encodeEntry,
  encodeHead,
  entriesAt,
  findEntries,
  type JournalContent,
  type JournalEntry,
} from "./journal_entries.ts";
import { fileFault, isNameTooLong } from "./file_fault.ts";
import { type LineReader, lineReader } from "./journal_lines.ts";

/** The journal of one file. */
export interface WriteBackJournal extends Disposable {
  /**
   * Takes the lock and reads what is owed; does nothing if the lock is held already.
   */
  open(): void;
  /** Whether there is a journal: if not, nothing is owed. */
  exists(): boolean;
  /** Where it is. */
  readonly path: string;
  /** What is owed, in the order of the rows; open the journal first, and change nothing meanwhile. */
  entries(rows?: Iterable<number>): Iterable<JournalEntry>;
  /** How many rows something is owed to; open the journal first. */
  count(): number;
  /** What is owed to a row of this content; open the journal first. */
  find(row: Pick<JournalEntry, "row_number" | "checksum">): JournalEntry | undefined;
  /** Makes an entry durable, whose checksum is of these columns; open the journal first. */
  append(entry: JournalEntry, columns: readonly string[]): void;
  /** The columns that the checksums of its entries are of, if they are known; open it first. */
  columns(): readonly string[] | undefined;
  /** Keeps these entries only, durably. Without any it is removed, unless it is to be held on to. */
  keepOnly(entries: readonly JournalEntry[], isHeld: boolean): void;
}

/** How often a lock that another process holds is tried again, in milliseconds. */
const pollMs = 50;

interface OpenJournal extends JournalContent {
  file: Deno.FsFile;
  lines: LineReader;
}

/**
 * The journal at a path; nothing is touched before it is opened.
 *
 * @param path Where it is, or will be.
 * @param waitMs How long to wait for another process to let go of it, in milliseconds.
 * @returns The journal.
 */
export function writeBackJournal(path: string, waitMs = 0): WriteBackJournal {
  let current: OpenJournal | undefined;
  const opened = () => current ??= openJournal(path, waitMs);
  const close = () => {
    if (current) letGo(current.file);
    current = undefined;
  };
  const remove = () => {
    // What a rewrite that was killed left behind goes first: then nothing is left to find it by.
    if (isThere(`${path}.tmp`)) Deno.removeSync(`${path}.tmp`);
    Deno.removeSync(path);
    syncFolder(folderOf(path));
    close();
  };
  return {
    open: () => void opened(),
    exists: () => current !== undefined || isThere(path),
    path,
    entries: (rows) => entriesOf(opened(), rows),
    count: () => opened().places.count(),
    find({ row_number, checksum }) {
      const { places, lines } = opened();
      const entries = entriesAt(lines, places.of(row_number));
      return entries.find((entry) => entry.checksum === checksum);
    },
    append: (entry, columns) => appendEntry(opened(), entry, columns),
    columns: () => opened().columns,
    keepOnly(kept, isHeld) {
      if (kept.length > 0 || isHeld) current = rewrite(path, opened(), kept);
      else remove();
    },
    // Nothing owed, nothing left lying beside the user's file.
    [Symbol.dispose]: () => (current?.places.count() === 0 ? remove() : close()),
  };
}

function* entriesOf({ places, lines }: OpenJournal, rows = places.rows()): Generator<JournalEntry> {
  for (const row of rows) yield* entriesAt(lines, places.of(row));
}

function openJournal(path: string, waitMs: number): OpenJournal {
  for (;;) {
    const isNew = !isThere(path);
    // A name that is too long for the copy of a journal would be told when there are numbers in it.
    isThere(`${path}.tmp`);
    const file = lockedFile(path, waitMs);
    try {
      // Between opening and locking, the one who held it may have removed it: then start again.
      if (!isSameFile(file, path)) {
        letGo(file);
        continue;
      }
      if (isNew) syncFolder(folderOf(path));
      return { file, ...findEntries(file), lines: lineReader(file) };
    } catch (error) {
      letGo(file);
      throw coded(error, "E-4014", "Cannot open the write-back journal");
    }
  }
}

function lockedFile(path: string, waitMs: number): Deno.FsFile {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true, write: true, create: true });
  } catch (error) {
    throw notAllowed(path, error);
  }
  for (let waited = 0; !file.tryLockSync(true); waited += pollMs) {
    if (waited >= waitMs) return refuse(file);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
  }
  return file;
}

function refuse(file: Deno.FsFile): never {
  file.close();
  throw new WaybillError("E-4007", "Cannot write back: another process is writing to this source", {
    remedy: "Wait for it to end, or stop it, then run the job again",
  });
}

function appendEntry(journal: OpenJournal, entry: JournalEntry, columns: readonly string[]): void {
  const head = journal.size === 0 ? encodeHead(columns) : new Uint8Array(0);
  const line = encodeEntry(entry);
  const bytes = new Uint8Array(head.length + line.length);
  bytes.set(head);
  bytes.set(line, head.length);
  try {
    journal.file.seekSync(journal.size, Deno.SeekMode.Start);
    writeAll(journal.file, bytes);
    journal.file.syncDataSync();
  } catch (error) {
    cutBack(journal);
    throw new WaybillError("E-4014", `Cannot note the write-back: ${fileFault(error)}`, {
      rowNumber: entry.row_number,
      remedy: "Make room on the disk, then run the job again",
      cause: error,
    });
  }
  if (head.length > 0) journal.columns = columns;
  journal.places.add(entry.row_number, journal.size + head.length);
  journal.size += bytes.length;
}

/** Takes half a line away again; if that fails too, the next append writes over it. */
function cutBack(journal: OpenJournal): void {
  try {
    journal.file.truncateSync(journal.size);
  } catch {
    // The first error is the one to tell.
  }
  journal.lines = lineReader(journal.file);
}

/** Writes a new journal under its own lock before it takes the old one's place. */
function rewrite(path: string, journal: OpenJournal, kept: readonly JournalEntry[]): OpenJournal {
  const temporary = `${path}.tmp`;
  const file = Deno.openSync(temporary, { read: true, write: true, create: true, truncate: true });
  file.tryLockSync(true);
  const places = entryPlaces();
  const columns = kept.length > 0 ? journal.columns : undefined;
  let size = 0;
  if (columns) {
    const head = encodeHead(columns);
    writeAll(file, head);
    size = head.length;
  }
  for (const entry of kept) {
    const bytes = encodeEntry(entry);
    writeAll(file, bytes);
    places.add(entry.row_number, size);
    size += bytes.length;
  }
  file.syncSync();
  Deno.renameSync(temporary, path);
  syncFolder(folderOf(path));
  letGo(journal.file);
  return { file, size, places, columns, lines: lineReader(file) };
}

/**
 * Unlocks and closes. Closing alone does not unlock while any copy of the descriptor is open, and a
 * program that this process is just starting has one until its `exec` (see `flock(2)`).
 */
function letGo(file: Deno.FsFile): void {
  file.unlockSync();
  file.close();
}

function isSameFile(file: Deno.FsFile, path: string): boolean {
  if (!isThere(path)) return false;
  const [left, right] = [file.statSync(), Deno.statSync(path)];
  return left.ino === right.ino && left.dev === right.dev;
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw notAllowed(path, error);
  }
}

function notAllowed(path: string, error: unknown): WaybillError {
  return new WaybillError("E-4014", `Cannot write beside the source: ${fileFault(error)}`, {
    remedy: isNameTooLong(error)
      ? "Give the file a shorter name: Waybill needs some letters more for its own files beside it"
      : `Allow this program to create, read and write ${path}`,
    cause: error,
  });
}
