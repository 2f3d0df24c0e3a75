/**
 * The head of a CSV file: the record that names its columns, and before it perhaps the one by which
 * Excel is told the delimiter (`sep=;`).
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { checkEncoding, parseBatch } from "./csv_cells.ts";
import { detectStyle } from "./csv_dialect.ts";
import type { CellStyle } from "./csv_record.ts";
import type { RecordBatch } from "./csv_scan.ts";

/** What the head of a file says. */
export interface CsvHeader {
  /** How the file writes its cells. */
  readonly style: CellStyle;
  /** The names of the columns in order, without white space around them. */
  readonly names: readonly string[];
  /** How many columns at the end have no name; they are refused when it is known what they hold. */
  readonly unnamed: number;
  /** The 1-based line that it is on. */
  readonly line: number;
  /** How many records come before the first row. */
  readonly headRecords: number;
}

/** As many as a sheet of Excel has. */
const maxColumns = 16_384;

/** How many columns a message names before it only counts. */
const namedColumns = 10;

/**
 * Reads the head of a file.
 *
 * @param batch The first records of the file.
 * @returns What it says, or `undefined` if these records hold no header.
 * @throws {WaybillError} `E-1003` if it does not name every column, and once.
 */
export function readHeader(batch: RecordBatch): CsvHeader | undefined {
  checkEncoding(batch);
  const separator = separatorIn(recordAt(batch, 0));
  const at = separator === undefined ? 0 : 1;
  const line = batch.lines[at];
  if (line === undefined) return undefined;
  const samples = batch.starts.slice(at, at + 21).map((_, sample) => recordAt(batch, at + sample));
  const style = detectStyle(samples, separator);
  const header: RecordBatch = {
    offset: batch.offset,
    bytes: recordAt(batch, at),
    starts: [0],
    ends: [recordAt(batch, at).length],
    lines: [line],
  };
  const names = (parseBatch(header, style.delimiter)[0] ?? []).map((name) => name.trim());
  const unnamed = names.length - 1 - names.findLastIndex((name) => name !== "");
  checkNames(names, unnamed, line);
  return { style, names, unnamed, line, headRecords: at + 1 };
}

/**
 * The error of a header that ends in columns without a name.
 *
 * @param header The header.
 * @param lineWithValue The first line that has a value there, if any has.
 * @returns The error.
 */
export function unnamedColumns(
  { names, unnamed, line }: CsvHeader,
  lineWithValue: number | undefined,
): WaybillError {
  const places = listed(names.flatMap((name, at) => (name === "" ? [at + 1] : [])));
  const what = lineWithValue === undefined
    ? "nothing stands in them, as Excel writes columns that were emptied"
    : `and line ${lineWithValue} has a value there`;
  return new WaybillError(
    "E-1003",
    `Cannot read the header on line ${line}: it ends in ${counted(unnamed, "column")} without a ` +
      `name, at place ${places}; ${what}`,
    {
      remedy: lineWithValue === undefined
        ? "Delete these columns, the delimiters at the ends of all lines with them"
        : "Give every column a name",
    },
  );
}

/**
 * A number and what it counts.
 *
 * @param count The number.
 * @param noun What, for one.
 * @returns Such as `2 columns`.
 */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function checkNames(names: readonly string[], unnamed: number, line: number): void {
  const count = names.length;
  const refuse = (why: string, remedy: string) => {
    throw new WaybillError("E-1003", `Cannot read the header on line ${line}: ${why}`, { remedy });
  };
  if (count > maxColumns) {
    refuse(
      `it has ${counted(count, "column")}, and at most ${maxColumns} are taken`,
      "Leave out the columns that no label needs",
    );
  }
  const empty = names.flatMap((name, at) => (name === "" ? [at + 1] : []));
  if (empty.length > unnamed || unnamed === count) {
    refuse(
      `${counted(empty.length, "column")} without a name, at place ${listed(empty)}`,
      "Give every column a name",
    );
  }
  const known = new Set<string>();
  const twice = names.filter((name) => name !== "" && (known.has(name) || !known.add(name)));
  if (twice.length > 0) {
    const quoted = listed([...new Set(twice)].map((name) => `"${name}"`));
    refuse(`it names ${quoted} more than once`, "Give every column a name of its own");
  }
}

function separatorIn(record: Uint8Array): string | undefined {
  if (record.length > 8) return undefined;
  return /^"?sep=([\t\x20!#-~])"?$/i.exec(new TextDecoder().decode(record))?.[1];
}

function recordAt({ bytes, starts, ends }: RecordBatch, at: number): Uint8Array {
  return bytes.subarray(starts[at] ?? 0, ends[at] ?? 0);
}

function listed(items: readonly (string | number)[]): string {
  const more = items.length > namedColumns ? ` and ${items.length - namedColumns} more` : "";
  return items.slice(0, namedColumns).join(", ") + more;
}
