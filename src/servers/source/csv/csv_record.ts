/**
 * Where the cells lie in the raw bytes of one record, and how to set some of them without touching
 * a byte of the others.
 *
 * @module
 */

/** A cell's bytes in its record, its quotes included. */
export interface CellSpan {
  /** The first byte. */
  start: number;
  /** The byte after the last. */
  end: number;
}

const quote = 0x22;

/**
 * Finds the cells of a record.
 *
 * @param record The bytes of the record, without its line break.
 * @param delimiter The byte between two cells.
 * @returns The cells in order; at least one.
 */
export function cellSpans(record: Uint8Array, delimiter: number): CellSpan[] {
  const spans: CellSpan[] = [];
  let inQuotes = false;
  let start = 0;
  for (let at = 0; at < record.length; at++) {
    if (record[at] === quote) inQuotes = !inQuotes;
    else if (record[at] === delimiter && !inQuotes) {
      spans.push({ start, end: at });
      start = at + 1;
    }
  }
  spans.push({ start, end: record.length });
  return spans;
}

/** What to change in a record. */
export interface RecordEdit {
  /** The new text of cells, by their place in the record. */
  cells: ReadonlyMap<number, string>;
  /** The text of cells to add at the end. */
  appended: readonly string[];
}

/** How new cells are written. */
export interface CellStyle {
  /** The character between two cells. */
  delimiter: string;
  /** Whether every cell is quoted, and not only those that need it. */
  quoteAll: boolean;
}

/**
 * A record with some cells set and some added; every other byte is as it was.
 *
 * @param record The bytes of the record, without its line break.
 * @param edit What to change.
 * @param style How the file writes cells.
 * @returns The bytes of the new record, without a line break.
 */
export function editRecord(record: Uint8Array, edit: RecordEdit, style: CellStyle): Uint8Array {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  let copied = 0;
  const spans = edit.cells.size === 0 ? [] : cellSpans(record, style.delimiter.charCodeAt(0));
  spans.forEach(({ start, end }, index) => {
    const text = edit.cells.get(index);
    if (text === undefined) return;
    parts.push(record.subarray(copied, start));
    // A cell that was quoted stays quoted.
    const quoted = record[start] === quote || style.quoteAll;
    parts.push(encoder.encode(encodeCell(text, { ...style, quoteAll: quoted })));
    copied = end;
  });
  parts.push(record.subarray(copied));
  for (const text of edit.appended) {
    parts.push(encoder.encode(style.delimiter + encodeCell(text, style)));
  }
  return concatenated(parts);
}

/**
 * The text of a cell as it stands in the file.
 *
 * @param text The cell's text.
 * @param style How the file writes cells.
 * @returns The text, quoted if it must be.
 */
export function encodeCell(text: string, style: CellStyle): string {
  const mustQuote = text.includes(style.delimiter) || /["\r\n]/.test(text);
  return style.quoteAll || mustQuote ? `"${text.replaceAll('"', '""')}"` : text;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
