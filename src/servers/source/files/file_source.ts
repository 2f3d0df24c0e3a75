/**
 * A CSV file as a data source: its rows, and the tracking numbers on their way back into it.
 *
 * Everything here is synchronous on purpose: calls cannot overlap, so no call sees another's half.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import {
  ownColumns,
  type SourceDescription,
  type SourcePage,
  type SourceRow,
  trackingNumberOf,
  type VoidBack,
  type WriteBack,
} from "../../../contracts/source.ts";
import { WaybillError } from "../../../errors.ts";
import { type CsvFile, csvFile, startOf } from "../csv/csv_file.ts";
import { flushJournal } from "./flush_journal.ts";
import { entryFor } from "./write_back_entry.ts";
import { rowChecksum } from "../row_checksum.ts";
import { type WriteBackJournal, writeBackJournal } from "./write_back_journal.ts";

/** A CSV file that can be read and written back to. */
export interface CsvSource extends Disposable {
  /** What the source is. */
  describe(): SourceDescription;
  /** The rows after one, in order; fewer than the limit when they are large. */
  getRows(afterRow: number, limit: number): SourcePage;
  /** One row. */
  getRow(rowNumber: number): SourceRow;
  /** Acknowledges a tracking number, or that one was voided: from here on it survives a crash. */
  writeBack(writeBack: WriteBack | VoidBack): "written" | "already_written";
  /** Puts all that was acknowledged into the user's file. */
  flush(): void;
}

/** What a source is opened for. */
export interface CsvSourceOptions {
  /**
   * Whether its rows are going to be shipped: then no other process may do so meanwhile, and a number
   * that is owed to the file counts as being in it.
   */
  isForShipping?: boolean;
}

/** How long the server of a runner that was killed may take to let go of the file. */
const reserveWaitMs = 5_000;

/** A page is cut at this size: as JSON, twice in one message, it must stay below 10 MB. */
const pageBytes = 1 << 19;

/**
 * Opens a CSV file as a source; it is read when something is first asked of it.
 *
 * @param path The file; a symbolic link is followed, for writing too.
 * @param options What it is opened for.
 * @returns The source.
 * @throws {WaybillError} `E-4002` if there is no such file.
 */
export function openCsvSource(path: string, options: CsvSourceOptions = {}): CsvSource {
  const file = csvFile(path);
  const waitMs = options.isForShipping ? reserveWaitMs : 0;
  const journal = writeBackJournal(`${file.path}.waybill-journal`, waitMs);
  const reserve = () => options.isForShipping && reserveFile(journal);
  return {
    describe: () => describeFile(file),
    getRows(afterRow, limit) {
      const isReserved = reserve();
      const page = readPage(file, afterRow, limit);
      return isReserved ? { ...page, rows: page.rows.map((row) => withOwed(row, journal)) } : page;
    },
    getRow(rowNumber) {
      const isReserved = reserve();
      const row = readRow(file, rowNumber);
      return isReserved ? withOwed(row, journal) : row;
    },
    writeBack(writeBack) {
      // The lock comes first: what is read after it cannot be changed by another of our processes.
      journal.open();
      const row = readRow(file, writeBack.row_number);
      const entry = entryFor(row, journal.find(row), writeBack);
      if (!entry) return "already_written";
      journal.append(entry);
      return "written";
    },
    flush: () => flushJournal(file, journal),
    [Symbol.dispose]() {
      journal[Symbol.dispose]();
      file[Symbol.dispose]();
    },
  };
}

/** Whether the file is ours alone; a folder that takes no journal is told of at the write-back. */
function reserveFile(journal: WriteBackJournal): boolean {
  try {
    journal.open();
    return true;
  } catch (error) {
    if (error instanceof WaybillError && error.code === "E-4014" && !journal.exists()) return false;
    throw error;
  }
}

function withOwed(row: SourceRow, journal: WriteBackJournal): SourceRow {
  const owed = journal.find(row);
  if (!owed) return row;
  const isOthers = !["", ...owed.replaces ?? []].includes(trackingNumberOf(row.data));
  if (isOthers) return row;
  const number = owed.tracking_number ?? "";
  return { ...row, data: { ...row.data, [ownColumns.trackingNumber]: number } };
}

function describeFile(file: CsvFile): SourceDescription {
  const { index } = file.current();
  return {
    kind: "csv",
    uri: pathToFileURL(file.path).href,
    fingerprint: index.fingerprint,
    row_count: index.rowCount,
    columns: index.columns.map((name) => ({ name, type: "string" })),
  };
}

function readRow(file: CsvFile, rowNumber: number): SourceRow {
  const { index } = file.current();
  if (rowNumber < 1 || rowNumber > index.rowCount) {
    const rows = index.rowCount === 1 ? "1 row" : `${index.rowCount} rows`;
    throw new WaybillError("E-1006", `Cannot read row ${rowNumber}: the source has ${rows}`, {
      rowNumber,
      remedy: "Check that rows were not removed from the file",
    });
  }
  const [row] = rowsOf(index.columns, rowNumber, file.readCells(rowNumber, rowNumber));
  if (!row) throw new WaybillError("E-9001", `Cannot read row ${rowNumber}: it has no cells`);
  return row;
}

function readPage(file: CsvFile, afterRow: number, limit: number): SourcePage {
  const { index } = file.current();
  const first = afterRow + 1;
  if (first > index.rowCount) return { rows: [] };
  let last = Math.min(afterRow + limit, index.rowCount);
  while (last > first && startOf(index, last + 1) - startOf(index, first) > pageBytes) {
    last = first + Math.floor((last - first) / 2);
  }
  const rows = rowsOf(index.columns, first, file.readCells(first, last));
  return last < index.rowCount ? { rows, next_after: last } : { rows };
}

function rowsOf(columns: readonly string[], first: number, records: string[][]): SourceRow[] {
  const checksum = rowChecksum(columns);
  return records.map((cells, at) => ({
    row_number: first + at,
    data: Object.fromEntries(columns.map((name, column) => [name, cells[column] ?? ""])),
    checksum: checksum(cells),
  }));
}
