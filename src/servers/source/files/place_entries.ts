/**
 * Finds the row that each acknowledged write-back belongs to now. A row is where it was, or where its
 * content is now: a user may have sorted the file, or put rows in and taken rows out.
 *
 * Where it is not certain, nothing is placed. No number comes to stand on another order.
 *
 * @module
 */
import { ownColumns, type SourceRow, trackingNumberOf } from "../../../contracts/source.ts";
import type { JournalEntry } from "./journal_entries.ts";
import type { Unplaced } from "./results_file.ts";
import type { TableFile } from "./table_file.ts";

/** An entry and its row. */
export interface Placed {
  /** The entry. */
  readonly entry: JournalEntry;
  /** The row that it is for. */
  readonly row: SourceRow;
}

/** Why an entry is not written where another number is. */
export const occupied = "another tracking number stands in the row";

const gone = "no row of the file holds this order any more";

/** How many rows are read at once where their entries follow each other. */
const rowsAhead = 255;

/** Reads rows by number. */
export interface RowReader {
  /** Gives a row, `undefined` if there are not so many. */
  read(row: number): Promise<SourceRow | undefined>;
  /** Forgets what was read: a merge has changed it. */
  forget(): void;
}

/**
 * Makes what reads rows by number, many at once if they are asked for one after the other.
 *
 * @param table The table.
 * @param rowCount How many rows it has.
 * @returns The reader.
 */
export function rowReader(table: TableFile, rowCount: number): RowReader {
  let page: SourceRow[] = [];
  let before = 0;
  const inPage = (row: number) => page[row - (page[0]?.row_number ?? row)];
  return {
    async read(row) {
      if (row > rowCount) return undefined;
      if (!inPage(row)) {
        const ahead = row - before <= 4 ? rowsAhead : 0;
        page = await table.read(row, Math.min(row + ahead, rowCount));
      }
      before = row;
      return inPage(row);
    },
    forget: () => void (page = []),
  };
}

/**
 * Finds the rows of entries whose rows are not where they were.
 *
 * @param table The table.
 * @param moved The entries; all there are of each content.
 * @param isTaken Whether a row is where its own entry says.
 * @returns The entries with their rows, and those that have none.
 */
export async function placeMoved(
  table: TableFile,
  moved: Iterable<JournalEntry>,
  isTaken: (row: number) => boolean,
): Promise<{ placed: Placed[]; unplaced: Unplaced[] }> {
  const groups = new Map<string, Group>();
  for (const entry of moved) {
    const group = groups.get(entry.checksum);
    if (group) group.entries.push(entry);
    else groups.set(entry.checksum, { entries: [entry], rows: [] });
  }
  let number = 0;
  for await (const checksum of table.checksums()) {
    number++;
    const group = groups.get(checksum);
    if (!group || isTaken(number)) continue;
    const [row] = await table.read(number, number);
    if (row?.checksum === checksum) group.rows.push(row);
  }
  const all = [...groups.values()].map(matched);
  return {
    placed: all.flatMap(({ placed }) => placed),
    unplaced: all.flatMap(({ unplaced }) => unplaced),
  };
}

/** Entries of one content, and the rows of that content that nothing else is owed to. */
interface Group {
  readonly entries: JournalEntry[];
  readonly rows: SourceRow[];
}

/**
 * A row that shows an entry's number is its row. Of the others, each entry must have a row and each row
 * an entry, or it is not known which goes where.
 */
function matched({ entries, rows }: Group): { placed: Placed[]; unplaced: Unplaced[] } {
  const placed: Placed[] = [];
  const left = new Set(rows);
  const open = entries.filter((entry) => {
    const row = rows.find((each) =>
      left.has(each) && trackingNumberOf(each.data) !== "" && mayHold(entry, each)
    );
    if (!row) return true;
    left.delete(row);
    placed.push({ entry, row });
    return false;
  });
  const empty = [...left].filter(({ data }) => trackingNumberOf(data) === "");
  if (empty.length === open.length) {
    open.forEach((entry, at) => {
      const row = empty[at];
      if (row) placed.push({ entry, row });
    });
    return { placed, unplaced: [] };
  }
  const why = empty.length > 0
    ? `rows that hold this order: ${empty.length}; numbers that are owed to them: ${open.length}`
    : rows.length > 0
    ? occupied
    : gone;
  return { placed, unplaced: open.map((entry) => ({ entry, why })) };
}

/**
 * Whether a row's number is none, or one of the entry's own.
 *
 * @param entry The entry.
 * @param row The row.
 * @returns Whether the entry may be written to it.
 */
export function mayHold(entry: JournalEntry, row: SourceRow): boolean {
  const present = trackingNumberOf(row.data);
  return ["", entry.tracking_number, ...entry.replaces ?? []].includes(present);
}

/**
 * Whether a row shows all that an entry says.
 *
 * @param entry The entry.
 * @param row The row.
 * @returns Whether there is nothing to write.
 */
export function isInFile(entry: JournalEntry, { data }: SourceRow): boolean {
  const cell = (name: string) => String(data[name] ?? "").trim();
  const [number, voidedAt] = [cell(ownColumns.trackingNumber), cell(ownColumns.voidedAt)];
  return entry.tracking_number === null
    ? number === "" && voidedAt === entry.voided_at
    : number === entry.tracking_number && cell(ownColumns.shippedAt) !== "" && voidedAt === "";
}
