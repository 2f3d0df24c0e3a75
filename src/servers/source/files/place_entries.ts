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
import type { RowCells, TableFile, TableIndex } from "./table_file.ts";

/** What is to be written where. */
export interface Placing {
  /** The state of the file that this is true of. */
  readonly index: TableIndex;
  /** The cells to set, by row; rows that show them already are left out. */
  readonly toWrite: ReadonlyMap<number, RowCells>;
  /** What has no place. */
  readonly unplaced: readonly Unplaced[];
}

/** How many rows are read at once where their entries follow each other. */
const rowsAhead = 255;

const gone = "no row of the file holds this order any more";
const occupied = "another tracking number stands in the row";

/**
 * Finds the rows of entries.
 *
 * @param table The table.
 * @param entries The entries in the order of their rows; all there are of the contents among them.
 * @returns What is to be written.
 */
export async function placeEntries(
  table: TableFile,
  entries: Iterable<JournalEntry>,
): Promise<Placing> {
  const index = await table.current();
  const toWrite = new Map<number, RowCells>();
  const unplaced: Unplaced[] = [];
  const moved: JournalEntry[] = [];
  const taken = new Set<number>();
  const place = (entry: JournalEntry, row: SourceRow) => {
    if (!isInFile(entry, row)) toWrite.set(row.row_number, cellsOf(entry));
  };
  for await (const { entry, row } of withRows(table, index, entries)) {
    if (row?.checksum !== entry.checksum) moved.push(entry);
    else {
      taken.add(row.row_number);
      if (mayHold(entry, row)) place(entry, row);
      else unplaced.push({ entry, why: occupied });
    }
  }
  if (moved.length > 0) {
    for (const group of await candidatesFor(table, moved, taken)) {
      const { pairs, without } = matched(group);
      for (const { entry, row } of pairs) place(entry, row);
      unplaced.push(...without);
    }
  }
  return { index, toWrite, unplaced };
}

async function* withRows(table: TableFile, index: TableIndex, entries: Iterable<JournalEntry>) {
  let page: SourceRow[] = [];
  let before = 0;
  for (const entry of entries) {
    const { row_number: number } = entry;
    const inPage = () => page[number - (page[0]?.row_number ?? number)];
    if (number > index.rowCount) page = [];
    else if (!inPage()) {
      const ahead = number - before <= 4 ? rowsAhead : 0;
      page = await table.read(number, Math.min(number + ahead, index.rowCount));
    }
    before = number;
    yield { entry, row: inPage() };
  }
}

/** Entries whose rows moved, and the rows of the same content that nothing else is owed to. */
interface Group {
  readonly entries: JournalEntry[];
  readonly rows: SourceRow[];
}

async function candidatesFor(
  table: TableFile,
  moved: readonly JournalEntry[],
  taken: ReadonlySet<number>,
): Promise<Iterable<Group>> {
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
    if (!group || taken.has(number)) continue;
    const [row] = await table.read(number, number);
    if (row?.checksum === checksum) group.rows.push(row);
  }
  return groups.values();
}

/**
 * Matches entries and rows of one content. A row that shows an entry's number is its row; of the others,
 * each must have one, or it is not known which goes where.
 */
function matched({ entries, rows }: Group) {
  const pairs: { entry: JournalEntry; row: SourceRow }[] = [];
  const left = new Set(rows);
  const open = entries.filter((entry) => {
    const row = rows.find((each) =>
      left.has(each) && trackingNumberOf(each.data) !== "" && mayHold(entry, each)
    );
    if (!row) return true;
    left.delete(row);
    pairs.push({ entry, row });
    return false;
  });
  const empty = [...left].filter(({ data }) => trackingNumberOf(data) === "");
  if (empty.length === open.length) {
    open.forEach((entry, at) => {
      const row = empty[at];
      if (row) pairs.push({ entry, row });
    });
    return { pairs, without: [] };
  }
  const why = empty.length > 0
    ? `${empty.length} rows of the file hold this order, and ${open.length} numbers are owed to them`
    : rows.length > 0
    ? occupied
    : gone;
  return { pairs, without: open.map((entry) => ({ entry, why })) };
}

/** Whether a row's number is none, or one of the entry's own. */
function mayHold(entry: JournalEntry, row: SourceRow): boolean {
  const present = trackingNumberOf(row.data);
  return ["", entry.tracking_number, ...entry.replaces ?? []].includes(present);
}

/** Whether a row shows all that an entry says. */
function isInFile(entry: JournalEntry, { data }: SourceRow): boolean {
  const cell = (name: string) => String(data[name] ?? "").trim();
  const [number, voidedAt] = [cell(ownColumns.trackingNumber), cell(ownColumns.voidedAt)];
  return entry.tracking_number === null
    ? number === "" && voidedAt === entry.voided_at
    : number === entry.tracking_number && cell(ownColumns.shippedAt) !== "" && voidedAt === "";
}

/** No more than what is written: there may be many. */
function cellsOf({ tracking_number, shipped_at, voided_at }: JournalEntry): RowCells {
  return { tracking_number, shipped_at, voided_at };
}
