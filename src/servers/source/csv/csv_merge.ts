/**
 * Puts write-backs into a CSV file, in one step: a new file is written beside it, every byte that
 * is not ours copied, and takes its place.
 *
 * @module
 */
import { ownColumns } from "../../../contracts/source.ts";
import { folderOf, syncFolder, writeAll } from "../../durable_file.ts";
import type { RowCells } from "../files/table_file.ts";
import { keepModeAndOwner, removeTemporary, temporaryPath } from "../files/temporary_file.ts";
import { cellText } from "./cell_text.ts";
import type { MergedFile } from "./csv_file.ts";
import { type CsvIndex, namesOf } from "./csv_index.ts";
import { editRecord, type RecordEdit } from "./csv_record.ts";
import { readBatches } from "./csv_scan.ts";
import { encoderTo } from "./encoded_file.ts";
import { identityOf } from "../files/file_identity.ts";

/** A file to change. */
export interface MergeTarget {
  /** Its path; not a symbolic link. */
  path: string;
  /** The open file. */
  file: Deno.FsFile;
  /** What is known of it. */
  index: CsvIndex;
  /** The encoding that it has on the disk; UTF-8 if left out. */
  encoding?: string | undefined;
}

const flushBytes = 1 << 18;

/**
 * Writes the cells of rows into the file. A crash leaves the old file or the new one.
 *
 * @param target The file.
 * @param rows The cells by row number.
 * @param isUnchanged Asked last: whether the file is still the one that was read.
 * @returns What the new file is, or `undefined` if the file had changed and was left alone.
 */
export function mergeRows(
  target: MergeTarget,
  rows: ReadonlyMap<number, RowCells>,
  isUnchanged: () => boolean,
): MergedFile | undefined {
  const temporary = temporaryPath(target.path);
  try {
    const merged = writeMerged(target, rows, temporary);
    if (!isUnchanged()) return undefined;
    Deno.renameSync(temporary, target.path);
    syncFolder(folderOf(target.path));
    return merged;
  } finally {
    removeTemporary(target.path);
  }
}

function writeMerged(
  { path, file, index, encoding }: MergeTarget,
  rows: ReadonlyMap<number, RowCells>,
  temporary: string,
): MergedFile {
  using output = Deno.openSync(temporary, { write: true, create: true, truncate: true });
  keepModeAndOwner(path);
  const editOf = editsFor(index, rows);
  const starts = new Float64Array(index.rowCount);
  const writer = bufferedWriter(output, encoding);
  let rowNumber = 1 - index.headRecords; // 0 is the header
  for (const { bytes, starts: from, ends } of readBatches(file)) {
    let copied = 0;
    from.forEach((start, at) => {
      const edit = editOf(rowNumber);
      writer.write(bytes.subarray(copied, start));
      if (rowNumber > 0) starts[rowNumber - 1] = writer.position();
      const end = ends[at] ?? bytes.length;
      const record = bytes.subarray(start, end);
      writer.write(edit ? editRecord(record, edit, index.style) : record);
      copied = end;
      rowNumber++;
    });
    writer.write(bytes.subarray(copied));
  }
  writer.end();
  output.syncSync();
  const added = missingColumns(index, rows).map((name) => ({ name, type: "string" }));
  const columns = [...index.columns, ...added];
  const merged = { ...index, columns, starts, size: writer.position() };
  return { index: merged, identity: identityOf(output.statSync()) };
}

/** The columns that these rows need; a void takes a number away and needs no place for one. */
function missingColumns(index: CsvIndex, rows: ReadonlyMap<number, RowCells>): string[] {
  const all = [...rows.values()];
  const needed = [
    ...all.some((row) => row.tracking_number !== null)
      ? [ownColumns.trackingNumber, ownColumns.shippedAt]
      : [],
    ...all.some((row) => row.voided_at !== undefined) ? [ownColumns.voidedAt] : [],
  ];
  const names = namesOf(index);
  return needed.filter((name) => !names.includes(name));
}

/** What to change in the record of a row; row 0 is the header. */
function editsFor(index: CsvIndex, rows: ReadonlyMap<number, RowCells>) {
  const missing = missingColumns(index, rows);
  const names = namesOf(index);
  const present = Object.values(ownColumns)
    .map((name) => ({ name, place: names.indexOf(name) }))
    .filter(({ place }) => place >= 0);
  const none: ReadonlyMap<number, string> = new Map();
  const emptyCells: RecordEdit = { cells: none, appended: missing.map(() => "") };
  return (rowNumber: number): RecordEdit | undefined => {
    if (rowNumber < 0) return undefined;
    if (rowNumber === 0) return missing.length > 0 ? { cells: none, appended: missing } : undefined;
    const row = rows.get(rowNumber);
    if (!row) return missing.length > 0 ? emptyCells : undefined;
    const cells = new Map(
      present.flatMap(({ name, place }) => {
        const text = cellOf(row, name);
        return text === undefined ? [] : [[place, text] as const];
      }),
    );
    return { cells, appended: missing.map((name) => cellOf(row, name) ?? "") };
  };
}

/** The text of one of our cells, or `undefined` where it stays as it is. */
function cellOf(row: RowCells, name: string): string | undefined {
  switch (name) {
    case ownColumns.trackingNumber:
      return cellText(row.tracking_number ?? "");
    case ownColumns.shippedAt:
      return row.shipped_at;
    default:
      // A row that is shipped again is voided no longer.
      return row.voided_at ?? "";
  }
}

/** Takes UTF-8 and writes it in the encoding. */
function bufferedWriter(file: Deno.FsFile, encoding: string | undefined) {
  const encoder = encoding === undefined ? undefined : encoderTo(encoding);
  const put = (bytes: Uint8Array) => writeAll(file, encoder?.encode(bytes) ?? bytes);
  const buffer = new Uint8Array(flushBytes);
  let used = 0;
  let position = 0;
  const flush = () => {
    put(buffer.subarray(0, used));
    used = 0;
  };
  const write = (bytes: Uint8Array) => {
    position += bytes.length;
    if (used + bytes.length > buffer.length) flush();
    if (bytes.length > buffer.length) return put(bytes);
    buffer.set(bytes, used);
    used += bytes.length;
  };
  const end = () => {
    flush();
    if (encoder) writeAll(file, encoder.end());
  };
  return { write, end, position: () => position };
}
