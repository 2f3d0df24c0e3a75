/**
 * Reads a CSV file once from end to end: checks all of it, and notes where each row begins, so that
 * any row can later be read by itself. Eight bytes of memory per row.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { readAt } from "../../durable_file.ts";
import { checkEncoding, checkFirstBytes, parseBatch } from "./csv_cells.ts";
import { detectStyle } from "./csv_dialect.ts";
import type { CellStyle } from "./csv_record.ts";
import { readBatches, type RecordBatch } from "./csv_scan.ts";
import { fingerprintOf, rowChecksum } from "../row_checksum.ts";

/** What is known of a file after reading it once. */
export interface CsvIndex {
  /** How the file writes its cells. */
  style: CellStyle;
  /** The column names in order, as they stand in the header. */
  columns: string[];
  /** The number of data rows. */
  rowCount: number;
  /** Where row n begins, at place n-1; may be longer than the number of rows. */
  starts: Float64Array;
  /** The length of the file in bytes. */
  size: number;
  /** Identifies the content, our own columns left out. */
  fingerprint: string;
}

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
  let index: CsvIndex | undefined;
  let size = 0;
  let add = (_batch: RecordBatch, _from: number) => {};
  let finish = () => "";
  for (const batch of readBatches(file)) {
    size = batch.offset + batch.bytes.length;
    if (index || batch.starts.length === 0) {
      checkEncoding(batch);
      add(batch, 0);
      continue;
    }
    index = readHeader(batch);
    ({ add, finish } = rowCollector(index));
    add(batch, 1);
  }
  if (!index) {
    throw new WaybillError("E-1002", "Cannot use the file as a source: it is empty", {
      remedy: "Give it a header line and at least one row",
    });
  }
  index.fingerprint = finish();
  index.size = size;
  return index;
}

function readHeader(batch: RecordBatch): CsvIndex {
  checkEncoding(batch);
  const samples = batch.starts.slice(0, 21).map((start, at) =>
    batch.bytes.subarray(start, batch.ends[at])
  );
  const style = detectStyle(samples);
  const header: RecordBatch = {
    offset: batch.offset,
    bytes: batch.bytes.subarray(0, batch.ends[0]),
    starts: batch.starts.slice(0, 1),
    ends: batch.ends.slice(0, 1),
    lines: batch.lines.slice(0, 1),
  };
  const columns = parseBatch(header, style.delimiter)[0] ?? [];
  checkHeader(columns, batch.lines[0] ?? 1);
  return { style, columns, rowCount: 0, starts: new Float64Array(1024), size: 0, fingerprint: "" };
}

function checkHeader(columns: readonly string[], line: number): void {
  const empty = columns.flatMap((name, at) => (name.trim() === "" ? [at + 1] : []));
  if (empty.length > 0) {
    throw new WaybillError(
      "E-1003",
      `Cannot read the header on line ${line}: ${
        counted(empty.length, "column")
      } without a name, ` +
        `at place ${listed(empty)}`,
      { remedy: "Give every column a name" },
    );
  }
  const twice = columns.filter((name, at) => columns.indexOf(name) < at);
  if (twice.length > 0) {
    const names = listed([...new Set(twice)].map((name) => `"${name}"`));
    throw new WaybillError(
      "E-1003",
      `Cannot read the header on line ${line}: it names ${names} more than once`,
      { remedy: "Give every column a name of its own" },
    );
  }
}

/** Adds rows to the index; at the end it tells of every ragged line at once. */
function rowCollector(index: CsvIndex) {
  const { columns, style } = index;
  const checksum = rowChecksum(columns);
  const fingerprint = fingerprintOf(columns);
  const ragged: { line: number; cells: number }[] = [];
  let raggedCount = 0;
  const add = (batch: RecordBatch, from: number) => {
    const records = parseBatch(batch, style.delimiter);
    for (let at = from; at < records.length; at++) {
      const cells = records[at] ?? [];
      const line = batch.lines[at] ?? 0;
      if (cells.length !== columns.length) {
        if (++raggedCount <= namedLines) ragged.push({ line, cells: cells.length });
        continue;
      }
      index.starts = withRoom(index.starts, index.rowCount);
      index.starts[index.rowCount++] = batch.offset + (batch.starts[at] ?? 0);
      fingerprint.add(checksum(cells));
    }
  };
  const finish = () => {
    if (raggedCount > 0) throw raggedLines(raggedCount, ragged, columns.length);
    return fingerprint.digest();
  };
  return { add, finish };
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

function withRoom(starts: Float64Array, count: number): Float64Array {
  if (count < starts.length) return starts;
  const larger = new Float64Array(starts.length * 2);
  larger.set(starts);
  return larger;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function listed(items: readonly (string | number)[]): string {
  const more = items.length > namedLines ? ` and ${items.length - namedLines} more` : "";
  return items.slice(0, namedLines).join(", ") + more;
}
