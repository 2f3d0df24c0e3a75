/**
 * The lines of a journal, read from the disk when they are asked for: a million owed rows cost no more
 * memory than their places in it.
 *
 * @module
 */
import { readAt } from "../../durable_file.ts";

/** One line and where it is. */
export interface JournalLine {
  /** Where it begins. */
  readonly offset: number;
  /** Its text, without the line break. */
  readonly text: string;
  /** Where the next one begins. */
  readonly end: number;
}

const windowBytes = 1 << 16;
const lineFeed = 0x0a;

/** Gives the line that begins at an offset; `undefined` if no line break follows. */
export type LineReader = (offset: number) => JournalLine | undefined;

/**
 * Reads all whole lines in order.
 *
 * @param file The open journal; its position is moved.
 * @yields The lines; what comes after the last line break is none.
 */
export function* linesOf(file: Deno.FsFile): Generator<JournalLine> {
  const read = lineReader(file);
  for (let line = read(0); line; line = read(line.end)) yield line;
}

/**
 * Makes what reads a line; lines that follow each other are read from the disk together.
 *
 * @param file The open journal; its position is moved.
 * @returns The reader; make a new one after bytes were taken away from the file.
 */
export function lineReader(file: Deno.FsFile): LineReader {
  const decoder = new TextDecoder();
  let start = 0;
  let bytes: Uint8Array = new Uint8Array(0);
  const known = (offset: number) => {
    const at = offset - start;
    const end = at >= 0 && at < bytes.length ? bytes.indexOf(lineFeed, at) : -1;
    if (end < 0) return undefined;
    return { offset, text: decoder.decode(bytes.subarray(at, end)), end: start + end + 1 };
  };
  return (offset) => {
    let line = known(offset);
    for (let length = windowBytes; !line; length *= 2) {
      bytes = readAt(file, offset, length);
      start = offset;
      line = known(offset);
      if (bytes.length < length) break;
    }
    return line;
  };
}
