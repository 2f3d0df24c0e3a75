/**
 * A page of rows as it goes to the client: at most so many, and cut where it would be too large for one
 * message.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { SourcePage, SourceRow } from "../../../contracts/source.ts";
import { WaybillError } from "../../../errors.ts";
import type { NumberedPage, NumberedRow } from "./sql_rows.ts";

/** In bytes, as JSON within JSON. A message has it twice, and must stay below 10 MB. */
const pageBytes = 1 << 20;

/** A row that is larger than a page goes alone; above this it would end the connection. */
const rowBytes = 4 << 20;

/** How a page comes about. */
export interface PageParts {
  /** Reads rows after a number: as many as it sees fit, at most `limit`. */
  read(after: number, limit: number): Promise<NumberedPage>;
  /** The row as clients see it. */
  sourceRow(row: NumberedRow): SourceRow;
}

/**
 * Reads a page.
 *
 * @param parts What it is made of.
 * @param afterRow The rows after this one.
 * @param limit At most so many.
 * @returns The page.
 * @throws {WaybillError} `E-1003` if the first row is too large for any message.
 */
export async function readPage(
  { read, sourceRow }: PageParts,
  afterRow: number,
  limit: number,
): Promise<SourcePage> {
  const rows: SourceRow[] = [];
  let bytes = 0;
  let after: number | undefined = afterRow;
  // One more row of this size must fit, or it would be read for nothing.
  const hasRoom = () => bytes + bytes / Math.max(1, rows.length) <= pageBytes;
  while (after !== undefined && rows.length < limit && hasRoom()) {
    const page: NumberedPage = await read(after, limit - rows.length);
    for (const each of page.rows) {
      const row = sourceRow(each);
      bytes += sentBytes(row);
      const last = rows.at(-1);
      if (last && bytes > pageBytes) return { rows, next_after: last.row_number };
      refuseTooLarge(row.row_number, bytes);
      rows.push(row);
    }
    after = page.next;
  }
  return after === undefined ? { rows } : { rows, next_after: after };
}

/**
 * Makes sure that a row fits into a message.
 *
 * @param row The row.
 * @returns The row.
 * @throws {WaybillError} `E-1003` if it does not.
 */
export function sendable(row: SourceRow): SourceRow {
  refuseTooLarge(row.row_number, sentBytes(row));
  return row;
}

function sentBytes(row: SourceRow): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(row)));
}

function refuseTooLarge(rowNumber: number, bytes: number): void {
  if (bytes <= rowBytes) return;
  throw new WaybillError(
    "E-1003",
    `Cannot read row ${rowNumber}: it has ${Math.ceil(bytes / 2 ** 20)} MB, and 4 MB can be sent`,
    {
      rowNumber,
      remedy: "Leave the large column out: &query=select id, name, … from orders",
    },
  );
}
