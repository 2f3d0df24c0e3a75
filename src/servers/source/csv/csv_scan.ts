/**
 * Finds where the records of a CSV file begin and end, in its bytes, reading it chunk by chunk.
 *
 * It knows quotes and line breaks (LF, CRLF, CR) and nothing else; the cells are csv-parse's. The
 * two agree on every file that csv-parse takes, since it refuses a quote in an unquoted cell.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { readAt } from "../../durable_file.ts";

/** A run of whole records, with the blank lines between and after them. */
export interface RecordBatch {
  /** Where in the file it begins; batches follow each other without a gap. */
  offset: number;
  /** All its bytes. */
  bytes: Uint8Array;
  /** Where each record begins in `bytes`. */
  starts: number[];
  /** Where each record ends in `bytes`, its line break not counted. */
  ends: number[];
  /** The 1-based line of the file on which each record begins. */
  lines: number[];
}

/** The longest record taken. A quote that is never closed would else swallow the whole file. */
export const maxRecordBytes = 1 << 20;

const chunkBytes = 1 << 18;
const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Reads the records of a file, a batch at a time.
 *
 * @param file The open file; its position is moved.
 * @yields Batches that together are the whole file.
 * @throws {WaybillError} `E-1003` if a quote is never closed or a record is too long.
 */
export function* readBatches(file: Deno.FsFile): Generator<RecordBatch> {
  const scan = { inQuotes: false, line: 1, recordLine: 1, quoteLine: 1 };
  let buffer: Uint8Array = new Uint8Array(0);
  let offset = 0;
  let scanned = 0;
  let recordStart = 0;
  for (;;) {
    const chunk = readAt(file, offset + buffer.length, chunkBytes);
    const isLast = chunk.length === 0;
    if (offset === 0 && buffer.length === 0) recordStart = scanned = bomLength(chunk);
    buffer = joined(buffer, chunk);
    const batch: RecordBatch = { offset, bytes: buffer, starts: [], ends: [], lines: [] };
    let end = 0;
    // A CR at the end of the buffer may be half of a CRLF: it waits for the next chunk.
    const limit = isLast || buffer.at(-1) !== carriageReturn ? buffer.length : buffer.length - 1;
    for (; scanned < limit; scanned++) {
      const byte = buffer[scanned];
      if (byte === quote) {
        scan.inQuotes = !scan.inQuotes;
        if (scan.inQuotes) scan.quoteLine = scan.line;
      } else if (byte === lineFeed || byte === carriageReturn) {
        const recordEnd = scanned;
        if (byte === carriageReturn && buffer[scanned + 1] === lineFeed) scanned++;
        scan.line++;
        if (scan.inQuotes) continue;
        if (recordEnd > recordStart) push(batch, recordStart, recordEnd, scan.recordLine);
        recordStart = end = scanned + 1;
        scan.recordLine = scan.line;
      }
    }
    if (isLast && !scan.inQuotes) {
      if (recordStart < buffer.length) {
        push(batch, recordStart, buffer.length, scan.recordLine);
      }
      end = buffer.length;
    }
    if (scan.inQuotes && (isLast || buffer.length - recordStart > maxRecordBytes)) {
      throw openQuote(scan.quoteLine);
    }
    if (buffer.length - recordStart > maxRecordBytes) throw tooLong(scan.recordLine);
    if (end > 0) {
      batch.bytes = buffer.subarray(0, end);
      yield batch;
      buffer = buffer.subarray(end);
      offset += end;
      scanned -= end;
      recordStart -= end;
    }
    if (isLast) return;
  }
}

/**
 * The length of the byte order mark that a UTF-8 file may begin with.
 *
 * @param bytes The first bytes of the file.
 * @returns 3 or 0.
 */
export function bomLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function push(batch: RecordBatch, start: number, end: number, line: number): void {
  batch.starts.push(start);
  batch.ends.push(end);
  batch.lines.push(line);
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

function openQuote(line: number): WaybillError {
  return new WaybillError("E-1003", `Cannot read the file: the quote on line ${line} has no end`, {
    remedy: `Close the quote, or write it twice if it belongs to the text, near line ${line}`,
  });
}

function tooLong(line: number): WaybillError {
  const message = `Cannot read the file: the record on line ${line} is longer than 1 MiB`;
  return new WaybillError("E-1003", message, { remedy: "Check that it is a CSV file" });
}
