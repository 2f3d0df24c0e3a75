/**
 * A worksheet of an .xlsx workbook as a table: its rows by number, and cells set in it without
 * touching anything else in the file.
 *
 * @module
 */
import type { SourceRow } from "../../../contracts/source.ts";
import { sourceUri } from "../../../contracts/source_location.ts";
import { coded } from "../../../errors.ts";
import { type FileIdentity, identityOf, isSameState } from "../files/file_identity.ts";
import { openForReading, realPathOf, statOf, withPath } from "../files/open_file.ts";
import type { TableFile } from "../files/table_file.ts";
import { type CellValue, rowChecksum } from "../row_checksum.ts";
import { indexXlsx, sheetNameIn, type XlsxIndex } from "./xlsx_index.ts";
import { mergeXlsx } from "./xlsx_merge.ts";

/** Which table of a workbook. */
export interface XlsxTableOptions {
  /** The name of the worksheet; the first visible one if left out. */
  readonly sheet?: string | undefined;
}

/** A page is cut at this size: as JSON, twice in one message, it must stay below 10 MB. */
const pageBytes = 1 << 19;

/** For messages. */
const xlsxKind = "an Excel file (.xlsx)";

interface Known {
  readonly index: XlsxIndex;
  readonly identity: FileIdentity;
  readonly checksum: (values: readonly CellValue[]) => string;
}

/**
 * Opens a worksheet as a table; it is read when something is first asked of it. Calls must not
 * overlap.
 *
 * @param givenPath The file; a symbolic link is followed, for writing too.
 * @param options Which worksheet.
 * @returns The table.
 * @throws {WaybillError} `E-4002` if there is no such file.
 */
export function openXlsxTable(givenPath: string, options: XlsxTableOptions = {}): TableFile {
  const { sheet } = options;
  const path = realPathOf(givenPath);
  let known: Known | undefined;
  const isUnchanged = () =>
    known !== undefined && isSameState(known.identity, identityOf(statOf(path)));
  const current = async (): Promise<Known> => {
    if (known && isUnchanged()) return known;
    known = undefined;
    known = knownOf(...await readIndex(path, sheet));
    return known;
  };
  return {
    kind: "xlsx",
    path,
    stem: sheet === undefined ? path : `${path}.${fileNameOf(sheet)}`,
    hasSiblings: true,
    // Which sheet is the first one may change: once it is known, it is named.
    get uri() {
      const name = sheet ?? known?.index.sheet.name;
      return sourceUri({ kind: "xlsx", path, sheet: name });
    },
    current: async () => (await current()).index,
    read: async (firstRow, lastRow) => rowsOf(await current(), firstRow, lastRow),
    async *checksums() {
      const { index: { rows, rowCount }, checksum } = await current();
      for (let at = 0; at < rowCount; at++) yield checksum(valuesOf(rows.get(at)));
    },
    async merge(rows, index) {
      const now = await current();
      if (now.index !== index) return false;
      const merged = await mergeXlsx(path, now.index, rows, isUnchanged);
      if (merged) known = knownOf(merged.index, merged.identity);
      return merged !== undefined;
    },
    [Symbol.asyncDispose]: () => {
      known = undefined;
      return Promise.resolve();
    },
  };
}

/**
 * A sheet's own name: Excel takes `orders` and `ORDERS` for the same, and they must not be two sources.
 * Where none is named it is the first one, and is named from then on: another may be put before it.
 *
 * @param givenPath The workbook.
 * @param wanted The sheet as a person names it; the first one that is shown if left out.
 * @returns Its name as the workbook has it.
 * @throws {WaybillError} `E-1012` if there is none, `E-1013` if the file is no workbook.
 */
export async function sheetNameOf(givenPath: string, wanted?: string): Promise<string> {
  const path = realPathOf(givenPath);
  using file = openForReading(path, xlsxKind);
  return await toldOf(path, () => sheetNameIn(file, wanted));
}

async function readIndex(path: string, sheet?: string): Promise<[XlsxIndex, FileIdentity]> {
  using file = openForReading(path, xlsxKind);
  const identity = identityOf(file.statSync());
  return [await toldOf(path, () => indexXlsx(file, sheet)), identity];
}

/** What goes wrong in reading a file is told with its path. */
async function toldOf<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw withPath(coded(error, "E-4006", "Cannot read the workbook"), path);
  }
}

function knownOf(index: XlsxIndex, identity: FileIdentity): Known {
  return { index, identity, checksum: rowChecksum(index.header.dataNames) };
}

function rowsOf({ index, checksum }: Known, firstRow: number, lastRow: number): SourceRow[] {
  const { rows, rowCount, own, header } = index;
  let last = Math.min(lastRow, rowCount);
  while (last > firstRow && rows.bytesBetween(firstRow - 1, last) > pageBytes) {
    last = firstRow + Math.floor((last - firstRow) / 2);
  }
  const found: SourceRow[] = [];
  for (let row = firstRow; row <= last; row++) {
    const values = valuesOf(rows.get(row - 1));
    const ours = own.get(row);
    const cells = header.names.map((name, at) => {
      const ownName = header.ownAt.get(at);
      const value = values[header.dataAt[at] ?? 0];
      return [name, ownName === undefined ? value : ours?.[ownName]?.text ?? ""] as const;
    });
    found.push({ row_number: row, data: Object.fromEntries(cells), checksum: checksum(values) });
  }
  return found;
}

/** The values of a packed row, which we wrote ourselves. */
function valuesOf(packed: string | undefined): CellValue[] {
  const values: CellValue[] = JSON.parse(packed ?? "[]");
  return values;
}

/** A sheet's name as a part of a file's; Excel allows it no slash. */
function fileNameOf(sheet: string): string {
  return sheet.replace(/[<>"|%:?*\\/]/g, (sign) => encodeURIComponent(sign));
}
