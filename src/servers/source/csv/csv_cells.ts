/**
 * The cells of a run of records, by csv-parse; and what is wrong with a file that it refuses.
 *
 * @module
 */
import { Buffer, isUtf8 } from "node:buffer";
import { parse } from "csv-parse/sync";
import { WaybillError } from "../../../errors.ts";
import type { RecordBatch } from "./csv_scan.ts";
import { notUtf8Line } from "./text_encoding.ts";

/**
 * Splits records into cells. The text of a cell is untouched: nothing is trimmed or converted.
 *
 * @param bytes Whole records in UTF-8, without a byte order mark; blank lines are skipped.
 * @param delimiter The character between two cells.
 * @returns The cells of each record.
 */
export function parseRecords(bytes: Uint8Array, delimiter: string): string[][] {
  return parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
    delimiter,
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    // Counted by us, so that one error can name every ragged line.
    relax_column_count: true,
    // The scanner has a limit of its own.
    max_record_size: 0,
  });
}

/**
 * Splits the records of a batch into cells, and says clearly what is wrong where it cannot.
 *
 * @param batch The batch.
 * @param delimiter The character between two cells.
 * @returns The cells of each record of the batch.
 * @throws {WaybillError} `E-1005` if the text is not UTF-8, `E-1003` if a quote is out of place.
 */
export function parseBatch(batch: RecordBatch, delimiter: string): string[][] {
  checkEncoding(batch);
  const from = batch.starts[0];
  if (from === undefined) return [];
  const records = parsedOrUndefined(batch.bytes.subarray(from), delimiter);
  if (records?.length === batch.starts.length) return records;
  const bad = batch.starts.findIndex((start, index) =>
    parsedOrUndefined(batch.bytes.subarray(start, batch.ends[index]), delimiter)?.length !== 1
  );
  throw new WaybillError(
    "E-1003",
    `Cannot read the file: a quote is out of place in the record on line ${batch.lines[bad]}`,
    {
      remedy: 'Put the whole cell in quotes and write each quote inside it twice, as in "2"" pipe"',
    },
  );
}

/**
 * Checks that the bytes of a batch are text in UTF-8.
 *
 * @param batch The batch.
 * @throws {WaybillError} `E-1005` if they are not; it names the line.
 */
export function checkEncoding(batch: RecordBatch): void {
  if (isUtf8(batch.bytes) && !batch.bytes.includes(0)) return;
  const lines = batch.bytes.includes(0x0a) ? 0x0a : 0x0d;
  let line = batch.lines[0] ?? 1;
  // Lines are counted from the first record: what comes before it are line breaks, which are fine.
  let start = batch.starts[0] ?? 0;
  while (start < batch.bytes.length) {
    const found = batch.bytes.indexOf(lines, start);
    const end = found < 0 ? batch.bytes.length : found;
    const bytes = batch.bytes.subarray(start, end);
    if (bytes.includes(0) || !isUtf8(bytes)) throw notUtf8Line(line, bytes);
    start = end + 1;
    line++;
  }
  // Each line by itself is text: what is cut off is in a character that a line break is part of.
  throw notUtf8Line(line, batch.bytes);
}

function parsedOrUndefined(bytes: Uint8Array, delimiter: string): string[][] | undefined {
  try {
    return parseRecords(bytes, delimiter);
  } catch {
    return undefined;
  }
}
