/**
 * A CSV file as a table: its rows by number, and cells set in it without touching any other byte.
 *
 * @module
 */
import { ownColumns, type SourceRow } from "../../../contracts/source.ts";
import { sourceUri } from "../../../contracts/source_location.ts";
import { type FileSourceParts, openFileSource } from "../files/file_source.ts";
import type { TableFile } from "../files/table_file.ts";
import { rowChecksum } from "../row_checksum.ts";
import type { Source, SourceOptions } from "../source.ts";
import { valueIn } from "./cell_text.ts";
import { parseBatch } from "./csv_cells.ts";
import { type CsvFile, csvFile, type CsvFileOptions, startOf } from "./csv_file.ts";
import { type CsvIndex, namesOf } from "./csv_index.ts";
import { mergeRows } from "./csv_merge.ts";
import { readBatches } from "./csv_scan.ts";

/** How a CSV file is read. */
export type CsvTableOptions = CsvFileOptions;

const ownNames: ReadonlySet<string> = new Set(Object.values(ownColumns));

/** A page is cut at this size: as JSON, twice in one message, it must stay below 10 MB. */
const pageBytes = 1 << 19;

/**
 * Opens a CSV file as a table; it is read when something is first asked of it.
 *
 * @param path The file; a symbolic link is followed, for writing too.
 * @param options How it is read.
 * @returns The table.
 * @throws {WaybillError} `E-4002` if there is no such file.
 */
export function openCsvTable(path: string, options: CsvTableOptions = {}): TableFile {
  const file = csvFile(path, options);
  const reader = rowReader();
  return {
    kind: "csv",
    path: file.path,
    stem: file.path,
    hasSiblings: false,
    uri: sourceUri({ kind: "csv", path: file.path, encoding: options.encoding }),
    current: () => file.current().index,
    read(firstRow, lastRow) {
      const { index } = file.current();
      let last = Math.min(lastRow, index.rowCount);
      while (last > firstRow && startOf(index, last + 1) - startOf(index, firstRow) > pageBytes) {
        last = firstRow + Math.floor((last - firstRow) / 2);
      }
      if (last < firstRow) return [];
      const toRow = reader(index);
      return file.readCells(firstRow, last).map((cells, at) => toRow(firstRow + at, cells));
    },
    checksums: () => checksumsOf(file),
    merge(rows, index) {
      const now = file.current();
      if (now.index !== index) return false;
      const merged = mergeRows({ path: file.path, ...now }, rows, file.isUnchanged);
      if (merged) file.adopt(merged);
      return merged !== undefined;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(file[Symbol.dispose]()),
  };
}

/**
 * Opens a CSV file as a source of orders.
 *
 * @param path The file; a symbolic link is followed, for writing too.
 * @param options What it is opened for.
 * @param parts What it is given from outside.
 * @returns The source.
 * @throws {WaybillError} `E-4002` if there is no such file.
 */
export function openCsvSource(
  path: string,
  options: SourceOptions = {},
  parts: FileSourceParts = {},
): Source {
  return openFileSource(openCsvTable(path, options), options, parts);
}

/** What makes rows of cells; kept as long as the index is the same. */
function rowReader() {
  let known: { index: CsvIndex; toRow: (row: number, cells: string[]) => SourceRow } | undefined;
  return (index: CsvIndex) => {
    if (known?.index === index) return known.toRow;
    const names = namesOf(index);
    const checksum = rowChecksum(names);
    const valueOf = (name: string, cell: string) => ownNames.has(name) ? valueIn(cell) : cell;
    const toRow = (row_number: number, cells: string[]) => ({
      row_number,
      data: Object.fromEntries(names.map((name, at) => [name, valueOf(name, cells[at] ?? "")])),
      checksum: checksum(cells),
    });
    known = { index, toRow };
    return toRow;
  };
}

function* checksumsOf(csv: CsvFile): Generator<string> {
  const { file, index } = csv.current();
  const checksum = rowChecksum(namesOf(index));
  let record = 0;
  for (const batch of readBatches(file)) {
    for (const cells of parseBatch(batch, index.style.delimiter)) {
      if (record++ >= index.headRecords) yield checksum(cells);
    }
  }
}
