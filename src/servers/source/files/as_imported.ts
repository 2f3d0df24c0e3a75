/**
 * A table as it was before a user put columns into it: the same rows, with the checksums of the columns
 * that there were.
 *
 * @module
 */
import { ownColumns, type SourceRow } from "../../../contracts/source.ts";
import { rowChecksum } from "../row_checksum.ts";
import type { TableFile, TableIndex } from "./table_file.ts";

/** How many rows are read at once. */
const pageSize = 500;

/**
 * Looks at a table through the columns that it had.
 *
 * @param table The table.
 * @param index What is known of it now.
 * @param columns The columns that it had.
 * @returns The table of those columns; `undefined` if one of them is gone, or there are no others but ours.
 */
export function asImported(
  table: TableFile,
  index: TableIndex,
  columns: readonly string[],
): TableFile | undefined {
  const checksumOf = importedChecksum(index, columns);
  if (!checksumOf) return undefined;
  const seen = (row: SourceRow): SourceRow => ({ ...row, checksum: checksumOf(row) });
  return {
    kind: table.kind,
    path: table.path,
    uri: table.uri,
    stem: table.stem,
    hasSiblings: table.hasSiblings,
    current: () => table.current(),
    async read(firstRow, lastRow) {
      return (await table.read(firstRow, lastRow)).map(seen);
    },
    async *checksums() {
      for (let row = 1; row <= index.rowCount;) {
        const page = await table.read(row, Math.min(row + pageSize, index.rowCount));
        if (page.length === 0) return;
        for (const each of page) yield seen(each).checksum;
        row += page.length;
      }
    },
    merge: (rows, planned) => table.merge(rows, planned),
    [Symbol.asyncDispose]: () => table[Symbol.asyncDispose](),
  };
}

/**
 * The checksums that rows had before a user put columns in.
 *
 * @param index What is known of the table now.
 * @param columns The columns that it had.
 * @returns What computes the one of a row; `undefined` if one of the columns is gone, or there are no
 * others but ours.
 */
export function importedChecksum(
  index: TableIndex,
  columns: readonly string[],
): ((row: SourceRow) => string) | undefined {
  const now = orderColumns(index.columns.map(({ name }) => name));
  const before = orderColumns(columns);
  if (now.size === before.size || !before.isSubsetOf(now)) return undefined;
  const checksum = rowChecksum(columns);
  return ({ data }) => checksum(columns.map((name) => cellOf(data[name])));
}

/** Ours come and go by themselves. */
function orderColumns(names: readonly string[]): Set<string> {
  return new Set(names).difference(new Set<string>(Object.values(ownColumns)));
}

function cellOf(value: unknown): string | number | boolean | null {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    default:
      return null;
  }
}
