/**
 * Which character separates the cells of a CSV file, and whether it quotes all of them.
 *
 * Line breaks need no detecting: a write-back changes the inside of records, never what is between
 * them.
 *
 * @module
 */
import { cellSpans, type CellStyle } from "./csv_record.ts";

/** The delimiters that are recognised, the likelier first. */
const delimiters = [",", ";", "\t", "|"] as const;

/** How many records are looked at when the header alone does not tell. */
const sampleSize = 20;

/**
 * Detects how a file writes its cells.
 *
 * The delimiter is the one that splits the header into most cells; between two that do so equally,
 * the one that splits more of the next records into as many.
 *
 * @param records The header and some records after it, without line breaks.
 * @param separator The delimiter, if the file says it.
 * @returns The style; a comma if nothing separates anything, as in a file of one column.
 */
export function detectStyle(records: readonly Uint8Array[], separator?: string): CellStyle {
  const [header = new Uint8Array(0), ...others] = records;
  let best: { delimiter: string; cells: number; agreeing: number } | undefined;
  for (const delimiter of separator === undefined ? delimiters : [separator]) {
    const count = (record: Uint8Array) => cellSpans(record, delimiter.charCodeAt(0)).length;
    const cells = count(header);
    const agreeing = others.slice(0, sampleSize).filter((record) => count(record) === cells).length;
    const isBetter = !best || cells > best.cells ||
      (cells === best.cells && cells > 1 && agreeing > best.agreeing);
    if (isBetter) best = { delimiter, cells, agreeing };
  }
  const delimiter = best?.delimiter ?? ",";
  return { delimiter, quoteAll: isFullyQuoted(header, delimiter) };
}

function isFullyQuoted(header: Uint8Array, delimiter: string): boolean {
  return cellSpans(header, delimiter.charCodeAt(0)).every(({ start, end }) =>
    end - start >= 2 && header[start] === 0x22
  );
}
