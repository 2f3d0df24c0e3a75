/**
 * Rows as whoever ships them must see them: a number that is only in the journal yet counts as the row's
 * own, wherever the row is now, so that nobody buys it a second label.
 *
 * Where it is not certain which of several rows of one content a number belongs to, each of them shows one.
 *
 * @module
 */
import { ownColumns, type SourceRow, trackingNumberOf } from "../../../contracts/source.ts";
import { importedChecksum } from "./as_imported.ts";
import type { JournalEntry } from "./journal_entries.ts";
import { rowReader } from "./place_entries.ts";
import type { TableFile, TableIndex } from "./table_file.ts";
import type { WriteBackJournal } from "./write_back_journal.ts";

/** Shows what is owed. */
export interface OwedNumbers {
  /** The rows with the numbers that are owed to them; the journal must be open. */
  shownIn(rows: readonly SourceRow[]): Promise<SourceRow[]>;
  /** Takes an entry that was just made for a row that is not where it was. */
  add(entry: JournalEntry): void;
  /** Forgets what was found: the journal was emptied. */
  forget(): void;
}

/** A number for each content that is not where it was bought: some seventy bytes each. */
type MovedNumbers = Map<number, string>;

interface Known {
  readonly index: TableIndex;
  readonly imported: ((row: SourceRow) => string) | undefined;
  readonly moved: MovedNumbers;
}

/**
 * Makes what shows the numbers that are owed to a table.
 *
 * @param table The table.
 * @param journal What is owed to it.
 * @returns That; the journal is read against the table once for each state of the file.
 */
export function owedNumbers(table: TableFile, journal: WriteBackJournal): OwedNumbers {
  let known: Known | undefined;
  const current = async (): Promise<Known> => {
    const index = await table.current();
    if (known?.index === index) return known;
    const columns = journal.columns();
    const imported = columns && importedChecksum(index, columns);
    const moved = await movedNumbers(table, journal, index, imported);
    known = { index, imported, moved };
    return known;
  };
  return {
    async shownIn(rows) {
      if (journal.count() === 0) return [...rows];
      const { imported, moved } = await current();
      return rows.map((row) => shown(row, contentsOf(row, imported), journal, moved));
    },
    add: (entry) => known && addTo(known.moved, entry),
    forget: () => void (known = undefined),
  };
}

async function movedNumbers(
  table: TableFile,
  journal: WriteBackJournal,
  { rowCount }: TableIndex,
  imported: Known["imported"],
): Promise<MovedNumbers> {
  const moved: MovedNumbers = new Map();
  const reader = rowReader(table, rowCount);
  for (const entry of journal.entries()) {
    const row = await reader.read(entry.row_number);
    if (!row || !contentsOf(row, imported).includes(entry.checksum)) addTo(moved, entry);
  }
  return moved;
}

/** A void owes no number. */
function addTo(moved: MovedNumbers, { checksum, tracking_number }: JournalEntry): void {
  if (tracking_number !== null) moved.set(keyOf(checksum), tracking_number);
}

/** Of two contents in a million million one pair is alike here: then a row is asked about, not bought. */
function keyOf(checksum: string): number {
  return Number.parseInt(checksum.slice(0, 13), 16);
}

/** A row's checksum, and the one that it had before somebody put columns into the file. */
function contentsOf(row: SourceRow, imported: Known["imported"]): string[] {
  return imported ? [row.checksum, imported(row)] : [row.checksum];
}

function shown(
  row: SourceRow,
  contents: readonly string[],
  journal: WriteBackJournal,
  moved: MovedNumbers,
): SourceRow {
  const here = contents
    .map((checksum) => journal.find({ row_number: row.row_number, checksum }))
    .find((entry) => entry !== undefined);
  const present = trackingNumberOf(row.data);
  // Whoever typed another number knows something that we do not.
  if (!["", ...here?.replaces ?? []].includes(present)) return row;
  const elsewhere = contents.map((each) => moved.get(keyOf(each))).find((number) => number);
  const number = here?.tracking_number ?? elsewhere ?? (here ? "" : undefined);
  if (number === undefined) return row;
  return { ...row, data: { ...row.data, [ownColumns.trackingNumber]: number } };
}
