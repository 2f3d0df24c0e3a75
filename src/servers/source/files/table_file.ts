/**
 * A table in a file: the part of a file source that knows the file's format. What is owed to it, and
 * how it gets there, is the same for all of them (`file_source.ts`, `flush_journal.ts`).
 *
 * @module
 */
import type { SourceRow } from "../../../contracts/source.ts";
import type { Awaitable } from "../source.ts";

/** What is known of a file after reading it once. */
export interface TableIndex {
  /** The columns in order, our own included if they are there. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** The number of data rows. */
  readonly rowCount: number;
  /** Identifies the content, our own columns left out. */
  readonly fingerprint: string;
  /** What is odd about it and stops nothing, a sentence each. */
  readonly warnings?: readonly string[];
}

/** What belongs in the cells of a row. */
export interface RowCells {
  /** The tracking number; null for none: its label was voided. */
  readonly tracking_number: string | null;
  /** When the label was bought; as it is, if left out. */
  readonly shipped_at?: string | undefined;
  /** When the label was voided; none, if left out. */
  readonly voided_at?: string | undefined;
}

/** A table in a file. A file that was changed since is read again before anything is told of it. */
export interface TableFile extends AsyncDisposable {
  /** Such as `csv`. */
  readonly kind: string;
  /** Its real path: where a symbolic link leads. */
  readonly path: string;
  /** Where it is, as a job keeps it. */
  readonly uri: string;
  /** What the files beside it are named after; each table of a file has its own. */
  readonly stem: string;
  /** Whether the file has other tables, which other processes may be writing to. */
  readonly hasSiblings: boolean;
  /** What is known of the file as it is now. */
  current(): Awaitable<TableIndex>;
  /** These rows, our own columns included; perhaps only the first of them, when they are large. */
  read(firstRow: number, lastRow: number): Awaitable<SourceRow[]>;
  /** The checksum of every row in order: to find rows that were moved. */
  checksums(): AsyncIterable<string> | Iterable<string>;
  /**
   * Sets the cells of rows, adding our columns if they are missing, and touches nothing else. The
   * file is replaced in one step: a crash leaves the old one or the new one.
   *
   * @param rows The cells by row number.
   * @param index What `current` gave when the rows were chosen: of no other state are they true.
   * @returns Whether it was done; if not, the file had changed meanwhile and was left alone.
   */
  merge(rows: ReadonlyMap<number, RowCells>, index: TableIndex): Awaitable<boolean>;
}
