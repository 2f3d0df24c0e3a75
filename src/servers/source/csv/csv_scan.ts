/**
 * Finds where the records of a CSV file begin and end, in its bytes, reading it chunk by chunk.
 *
 * It knows quotes and line breaks (LF, CRLF, CR) and nothing else; the cells are csv-parse's. The
 * two agree on every file that csv-parse takes, since it refuses a quote in an unquoted cell.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { readInto } from "../../durable_file.ts";

/** A run of whole records, with the blank lines between and after them. */
export interface RecordBatch {
  /** Where in the file it begins; batches follow each other without a gap. */
  offset: number;
  /** All its bytes; they are overwritten by the next batch. */
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
  // One store for all chunks: garbage outside the heap is collected late, and adds up to the file.
  let store = new Uint8Array(2 * chunkBytes);
  let buffer = store.subarray(0, 0);
  let offset = 0;
  let scanned = 0;
  let recordStart = 0;
  for (;;) {
    const kept = buffer.length;
    if (store.length < kept + chunkBytes) store = enlarged(store);
    if (buffer.byteOffset > 0) store.copyWithin(0, buffer.byteOffset, buffer.byteOffset + kept);
    const read = readInto(file, offset + kept, store.subarray(kept, kept + chunkBytes));
    buffer = store.subarray(0, kept + read);
    const isLast = read === 0;
    if (offset === 0 && kept === 0) recordStart = scanned = bomLength(buffer);
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
    const isTooLong = buffer.length - recordStart > maxRecordBytes;
    if (scan.inQuotes && (isLast || isTooLong)) throw openQuote(scan.quoteLine, isLast);
    if (isTooLong) throw tooLong(scan.recordLine);
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

function enlarged(store: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * store.length);
  larger.set(store);
  return larger;
}

function openQuote(line: number, isAtEnd: boolean): WaybillError {
  const where = isAtEnd ? "" : " within 1 MiB, the most that a record may have";
  const message = `Cannot read the file: the quote on line ${line} has no end${where}`;
  return new WaybillError("E-1003", message, {
    remedy: `Close the quote, or write it twice if it belongs to the text, near line ${line}`,
  });
}

function tooLong(line: number): WaybillError {
  const message = `Cannot read the file: the record on line ${line} is longer than 1 MiB`;
  return new WaybillError("E-1003", message, {
    remedy: "Check that it is a CSV file, and shorten the cells of that record",
  });
}
