/**
 * What every kind of source can do, behind the tools of the data-source server.
 *
 * @module
 */
import type {
  SourceDescription,
  SourcePage,
  SourceRow,
  VoidBack,
  WriteBack,
} from "../../contracts/source.ts";

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** A table of orders that can be read and written back to. Its calls come one at a time. */
export interface Source extends AsyncDisposable {
  /** What the source is. */
  describe(): Awaitable<SourceDescription>;
  /** The rows after one, in order; fewer than the limit when they are large. */
  getRows(afterRow: number, limit: number): Awaitable<SourcePage>;
  /** One row. */
  getRow(rowNumber: number): Awaitable<SourceRow>;
  /** Acknowledges a tracking number, or that one was voided: from here on it survives a crash. */
  writeBack(writeBack: WriteBack | VoidBack): Awaitable<"written" | "already_written">;
  /** Puts all that was acknowledged where the user looks: the file, the table. */
  flush(): Awaitable<void>;
}

/** What a source is opened for. */
export interface SourceOptions {
  /**
   * Whether its rows are going to be shipped: then no other process may do so meanwhile, and a number
   * that is owed to the source counts as being in it.
   */
  readonly isForShipping?: boolean;
  /** The job that its write-backs are for; what others are owed is not this one's to answer for. */
  readonly owner?: string | undefined;
  /** Where what was learned of a source is kept between starts; nowhere, if left out. */
  readonly cacheFolder?: string | undefined;
  /** The text encoding of a CSV file; UTF-8 if left out. */
  readonly encoding?: string | undefined;
}
