/**
 * Reads a CSV file once from end to end: checks all of it, and notes where each row begins, so that
 * any row can later be read by itself. Eight bytes of memory per row.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { readAt } from "../../durable_file.ts";
import { checkEncoding, parseBatch } from "./csv_cells.ts";
import { counted, type CsvHeader, readHeader, unnamedColumns } from "./csv_header.ts";
import type { CellStyle } from "./csv_record.ts";
import { readBatches, type RecordBatch } from "./csv_scan.ts";
import { checkFirstBytes } from "./text_encoding.ts";
import { ownColumns } from "../../../contracts/source.ts";
import type { TableIndex } from "../files/table_file.ts";
import { fingerprintOf, rowChecksum } from "../row_checksum.ts";
import { columnTypes } from "./column_types.ts";

/** What is known of a file after reading it once. */
export interface CsvIndex extends TableIndex {
  /** How the file writes its cells. */
  readonly style: CellStyle;
  /** How many records come before the first row. */
  readonly headRecords: number;
  /** Where row n begins, at place n-1; may be longer than the number of rows. */
  readonly starts: Float64Array;
  /** The length of the file in bytes. */
  readonly size: number;
}

/**
 * The names of the columns.
 *
 * @param index The index of the file.
 * @returns The names in order, as they stand in the header.
 */
export function namesOf({ columns }: TableIndex): string[] {
  return columns.map(({ name }) => name);
}

const ownNames: ReadonlySet<string> = new Set(Object.values(ownColumns));

/** How many lines a message names before it only counts. */
const namedLines = 10;

/**
 * Checks and indexes a file.
 *
 * @param file The open file; its position is moved.
 * @returns The index.
 * @throws {WaybillError} `E-1002` if it holds no header, `E-1003` if it is not a table, `E-1005` if
 * it is not UTF-8.
 */
export function indexCsv(file: Deno.FsFile): CsvIndex {
  checkFirstBytes(readAt(file, 0, 4096));
  let rows: RowCollector | undefined;
  let size = 0;
  for (const batch of readBatches(file)) {
    size = batch.offset + batch.bytes.length;
    if (rows) rows.add(batch, 0);
    else if (batch.starts.length === 0) checkEncoding(batch);
    else {
      const header = readHeader(batch);
      if (!header) continue;
      rows = rowCollector(header);
      rows.add(batch, Math.min(header.headRecords, batch.starts.length));
    }
  }
  if (!rows) {
    throw new WaybillError("E-1002", "Cannot use the file as a source: it is empty", {
      remedy: "Give it a header line and at least one row",
    });
  }
  return rows.finish(size);
}

interface RowCollector {
  /** Takes the records of a batch, from this one on. */
  add(batch: RecordBatch, from: number): void;
  /** The index of a file of this size. */
  finish(size: number): CsvIndex;
}

/** Adds rows to the index; at the end it tells of every ragged line at once. */
function rowCollector(header: CsvHeader): RowCollector {
  const { names, style, headRecords, unnamed } = header;
  const checksum = rowChecksum(names);
  const fingerprint = fingerprintOf(names);
  const types = columnTypes(names.length);
  let starts = new Float64Array(1024);
  let rowCount = 0;
  const ragged: { line: number; cells: number }[] = [];
  let raggedCount = 0;
  let lineBeyond: number | undefined;
  const add = (batch: RecordBatch, from: number) => {
    const records = parseBatch(batch, style.delimiter);
    for (let at = from; at < records.length; at++) {
      const cells = records[at] ?? [];
      const line = batch.lines[at] ?? 0;
      if (cells.length !== names.length) {
        if (++raggedCount <= namedLines) ragged.push({ line, cells: cells.length });
        continue;
      }
      if (unnamed > 0 && cells.slice(-unnamed).some((cell) => cell !== "")) lineBeyond ??= line;
      starts = withRoom(starts, rowCount);
      starts[rowCount++] = batch.offset + (batch.starts[at] ?? 0);
      types.add(cells);
      fingerprint.add(checksum(cells));
    }
  };
  const finish = (size: number): CsvIndex => {
    if (raggedCount > 0) throw raggedLines(raggedCount, ragged, names.length);
    if (unnamed > 0) throw unnamedColumns(header, lineBeyond);
    const found = types.types();
    const columns = names.map((name, at) => ({ name, type: typeIn(name, found[at]) }));
    const print = fingerprint.digest();
    return { style, headRecords, columns, rowCount, starts, size, fingerprint: print };
  };
  return { add, finish };
}

/** What we write is text, whatever it looks like. */
function typeIn(name: string, found = "string"): string {
  return ownNames.has(name) ? "string" : found;
}

function raggedLines(count: number, lines: { line: number; cells: number }[], columns: number) {
  const named = lines.map(({ line, cells }) => `line ${line} has ${cells}`).join(", ");
  const more = count > lines.length ? ` and ${count - lines.length} more` : "";
  return new WaybillError(
    "E-1003",
    `Cannot read the file: the header has ${counted(columns, "column")}, but ${named}${more}`,
    { remedy: "Give these lines as many cells as the header, and quote cells with a delimiter" },
  );
}

function withRoom(starts: Float64Array<ArrayBuffer>, count: number) {
  if (count < starts.length) return starts;
  const larger = new Float64Array(starts.length * 2);
  larger.set(starts);
  return larger;
}
