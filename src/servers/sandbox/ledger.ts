/**
 * The sandbox's books: an append-only file of JSON lines, each written before what it tells of is
 * answered. They survive the sandbox's own death; not a power cut, which costs nobody money here.
 * Several sandboxes may keep the same books; a file lock gives them turns.
 *
 * @module
 */
import { readAt, writeAll } from "../durable_file.ts";
import { Books, type Place } from "./books.ts";
import { type LedgerEntry, type ReadEntry, readEntry } from "./ledger_entries.ts";

/** The books' file. */
export interface Ledger extends Disposable {
  /**
   * Adds an entry.
   *
   * @param make Makes the entry, given what the books say at that moment; nobody else writes between.
   * @returns The entry.
   */
  append<Entry extends LedgerEntry>(make: (books: Books) => Entry): Entry;
  /** What the books say now, whoever wrote it. */
  read(): Books;
  /** An entry as it stands in the file. */
  entryAt(place: Place): ReadEntry;
}

/**
 * Opens the books in a folder, or begins them.
 *
 * @param folder The folder; made if it is missing.
 * @returns The books.
 */
export function openLedger(folder: string): Ledger {
  Deno.mkdirSync(folder, { recursive: true });
  const file = Deno.openSync(`${folder}/ledger.jsonl`, { read: true, write: true, create: true });
  const books = new Books();
  let readTo = 0;
  /** Reads what was added since, by others too; what is left is not a whole line. */
  const readTail = (): number => {
    const bytes = readAt(file, readTo, file.statSync().size - readTo);
    for (let from = 0;;) {
      const end = bytes.indexOf(0x0a, from);
      if (end < 0) return bytes.length - from;
      const line = new TextDecoder().decode(bytes.subarray(from, end));
      books.add(readEntry(line), { offset: readTo, length: end - from });
      readTo += end + 1 - from;
      from = end + 1;
    }
  };
  return {
    append(make) {
      file.lockSync(true);
      try {
        // What a sandbox was writing when it died was never answered.
        if (readTail() > 0) file.truncateSync(readTo);
        const entry = make(books);
        const bytes = new TextEncoder().encode(JSON.stringify(entry) + "\n");
        file.seekSync(readTo, Deno.SeekMode.Start);
        writeAll(file, bytes);
        books.add(entry, { offset: readTo, length: bytes.length - 1 });
        readTo += bytes.length;
        return entry;
      } finally {
        file.unlockSync();
      }
    },
    read() {
      readTail();
      return books;
    },
    entryAt({ offset, length }) {
      return readEntry(new TextDecoder().decode(readAt(file, offset, length)));
    },
    [Symbol.dispose]: () => file.close(),
  };
}
