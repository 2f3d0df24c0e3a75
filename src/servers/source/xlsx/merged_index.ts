/**
 * What is known of a workbook after a merge, without reading it again.
 *
 * @module
 */
import type { RowCells } from "../files/table_file.ts";
import { type OwnCells, type OwnName, wantedText } from "./own_cells.ts";
import type { Header } from "./table_shape.ts";
import type { XlsxIndex } from "./xlsx_index.ts";

/**
 * The index of the new file.
 *
 * @param index That of the old one.
 * @param header The header with the columns that were added.
 * @param rows The cells that were written, by row number.
 * @returns The index.
 */
export function mergedIndex(
  index: XlsxIndex,
  header: Header,
  rows: ReadonlyMap<number, RowCells>,
): XlsxIndex {
  const own = new Map(index.own);
  for (const [row, cells] of rows) {
    const kept = keptCells(own.get(row), header.ownAt.values(), cells);
    if (Object.keys(kept).length > 0) own.set(row, kept);
    else own.delete(row);
  }
  const added = header.names.slice(index.header.names.length);
  const columns = [...index.columns, ...added.map((name) => ({ name, type: "string" }))];
  return { ...index, columns, header, own };
}

function keptCells(
  present: OwnCells | undefined,
  names: Iterable<OwnName>,
  wanted: RowCells,
): OwnCells {
  const cells = { ...present };
  for (const name of names) {
    const text = wantedText(wanted, name);
    // A formula was left as it is.
    if (text === undefined || cells[name]?.isFormula) continue;
    if (text === "") delete cells[name];
    else cells[name] = { text, isFormula: false };
  }
  return cells;
}
