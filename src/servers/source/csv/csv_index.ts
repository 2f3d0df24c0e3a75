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
import { ownColumns } from "../../../contracts/source.ts";
import type { TableIndex } from "../files/table_file.ts";
import { fingerprintOf, rowChecksum } from "../row_checksum.ts";
import { columnTypes } from "./column_types.ts";

/** What is known of a file after reading it once. */
export interface CsvIndex extends TableIndex {
  /** How the file writes its cells. */
  readonly style: CellStyle;
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
      rows = rowCollector(readHeader(batch));
      rows.add(batch, 1);
    }
  }
  if (!rows) {
    throw new WaybillError("E-1002", "Cannot use the file as a source: it is empty", {
      remedy: "Give it a header line and at least one row",
    });
  }
  return rows.finish(size);
}

interface Header {
  readonly style: CellStyle;
  readonly names: readonly string[];
}

function readHeader(batch: RecordBatch): Header {
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
  const names = parseBatch(header, style.delimiter)[0] ?? [];
  checkHeader(names, batch.lines[0] ?? 1);
  return { style, names };
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

interface RowCollector {
  /** Takes the records of a batch, from this one on. */
  add(batch: RecordBatch, from: number): void;
  /** The index of a file of this size. */
  finish(size: number): CsvIndex;
}

/** Adds rows to the index; at the end it tells of every ragged line at once. */
function rowCollector({ names, style }: Header): RowCollector {
  const checksum = rowChecksum(names);
  const fingerprint = fingerprintOf(names);
  const types = columnTypes(names.length);
  let starts = new Float64Array(1024);
  let rowCount = 0;
  const ragged: { line: number; cells: number }[] = [];
  let raggedCount = 0;
  const add = (batch: RecordBatch, from: number) => {
    const records = parseBatch(batch, style.delimiter);
    for (let at = from; at < records.length; at++) {
      const cells = records[at] ?? [];
      const line = batch.lines[at] ?? 0;
      if (cells.length !== names.length) {
        if (++raggedCount <= namedLines) ragged.push({ line, cells: cells.length });
        continue;
      }
      starts = withRoom(starts, rowCount);
      starts[rowCount++] = batch.offset + (batch.starts[at] ?? 0);
      types.add(cells);
      fingerprint.add(checksum(cells));
    }
  };
  const finish = (size: number): CsvIndex => {
    if (raggedCount > 0) throw raggedLines(raggedCount, ragged, names.length);
    const found = types.types();
    const columns = names.map((name, at) => ({ name, type: typeIn(name, found[at]) }));
    return { style, columns, rowCount, starts, size, fingerprint: fingerprint.digest() };
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

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function listed(items: readonly (string | number)[]): string {
  const more = items.length > namedLines ? ` and ${items.length - namedLines} more` : "";
  return items.slice(0, namedLines).join(", ") + more;
}
