/**
 * The ranges of a sheet that Excel sorts by themselves: tables, and what lies under a filter. Cells beside
 * one stay where they are when it is sorted, so a number there would come to stand beside another order.
 *
 * @module
 */
import { ownColumns } from "../../../contracts/source.ts";
import { type CellRange, cellReference, parseRange } from "./a1_reference.ts";
import { type Archive, listBytes } from "./archive.ts";
import { readRelationships } from "./relationships.ts";
import type { Header } from "./table_shape.ts";
import type { Sheet } from "./workbook.ts";
import { xmlParser } from "./xml_parser.ts";

/** A range that is sorted by itself. */
export interface SortedRange {
  /** What it is, for messages. */
  readonly kind: "table" | "filter";
  /** Where it is. */
  readonly range: CellRange;
}

/**
 * Reads where the tables of a sheet are.
 *
 * @param archive The archive.
 * @param sheet The sheet.
 * @returns Their ranges.
 */
export async function readTables(archive: Archive, sheet: Sheet): Promise<SortedRange[]> {
  const found: SortedRange[] = [];
  for (const { type, part } of (await readRelationships(archive, sheet.part)).values()) {
    const entry = type === "table" ? archive.find(part) : undefined;
    if (!entry) continue;
    const parser = xmlParser(part, {
      open({ name, attributes, depth }) {
        const range = depth === 0 && name === "table"
          ? parseRange(attributes.ref ?? "")
          : undefined;
        if (range) found.push({ kind: "table", range });
      },
    });
    await archive.readText(entry, parser.write, listBytes);
    parser.end();
  }
  return found;
}

/** The columns without which no number can be written. */
const needed = [ownColumns.trackingNumber, ownColumns.shippedAt];

/**
 * Warns of a range that holds the orders and not the columns of their numbers.
 *
 * @param sorted The ranges of the sheet.
 * @param header The header of the orders.
 * @returns A sentence, if there is one to say.
 */
export function sortedApart(sorted: readonly SortedRange[], header: Header): string[] {
  const ours = sorted.find(({ range }) => holdsHeader(range, header));
  if (!ours) return [];
  const { kind, range: { from, to } } = ours;
  const inside = [...header.ownAt].flatMap(([at, name]) =>
    header.first + at >= from.column && header.first + at <= to.column ? [name] : []
  );
  const outside = needed.filter((name) => !inside.includes(name));
  if (outside.length === 0) return [];
  const place = `${cellReference(from.column, from.row)}:${cellReference(to.column, to.row)}`;
  const [what, into] = kind === "table"
    ? [`are in a table (${place})`, "the table"]
    : [`have a filter (${place})`, "the range of the filter"];
  const columns = outside.length === 1 ? "a column" : "columns";
  return [
    `The orders ${what} that has no ${outside.join(" and no ")}: numbers written beside it stay ` +
    `where they are when it is sorted. Put ${columns} named ${outside.join(" and ")} into ` +
    `${into} before you ship`,
  ];
}

function holdsHeader({ from, to }: CellRange, { row, first, last }: Header): boolean {
  return from.row <= row && to.row >= row && from.column <= last && to.column >= first;
}
