/**
 * The contract of a data-source server (MCP): what its tools take and answer.
 *
 * Unknown fields of an answer are ignored, never fatal.
 *
 * @module
 */
import { z } from "zod";

/** @internal The answer of `describe_source`. */
export const sourceDescriptionSchema = z.object({
  kind: z.string(),
  uri: z.string(),
  fingerprint: z.string(),
  row_count: z.number().int().nonnegative(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  warnings: z.array(z.string()).optional(),
});

/** @internal One row: the answer of `get_row`. */
export const sourceRowSchema = z.object({
  row_number: z.number().int().positive(),
  data: z.record(z.string(), z.unknown()),
  checksum: z.string().min(1),
});

/** @internal A page of rows: the answer of `get_rows`. */
export const sourcePageSchema = z.object({
  rows: z.array(sourceRowSchema),
  next_after: z.number().int().nonnegative().nullish(),
});

/** @internal The answer of `write_back`. */
export const writeBackResultSchema = z.object({ status: z.enum(["written", "already_written"]) });

/**
 * The columns that a write-back or a void sets. They belong to us: no part of a row's
 * checksum, and a pending row whose tracking number is filled has been shipped already.
 */
export const ownColumns = {
  trackingNumber: "tracking_number",
  shippedAt: "shipped_at",
  voidedAt: "voided_at",
} as const;

/**
 * The tracking number that a row has in its source.
 *
 * @param data The row's data.
 * @returns The number; empty if there is none.
 */
export function trackingNumberOf(data: SourceRow["data"]): string {
  return String(data[ownColumns.trackingNumber] ?? "").trim();
}

/** What a source says of itself. `fingerprint` does not change when we write back. */
export interface SourceDescription {
  /** The kind of source, such as `csv`. */
  kind: string;
  /** Where it is. Holds no credentials. */
  uri: string;
  /** Identifies the content, our own columns left out. */
  fingerprint: string;
  /** The number of data rows. */
  row_count: number;
  /** Columns in the order of the source. */
  columns: { name: string; type: string }[];
  /** What is odd about it and stops nothing, a sentence each. */
  warnings?: string[] | undefined;
}

/** One row of a source. */
export interface SourceRow {
  /** The 1-based data row of the source, never a position after a filter. */
  row_number: number;
  /** The values by column name. */
  data: Record<string, unknown>;
  /** Identifies `data`, our own columns left out. */
  checksum: string;
}

/** A page of rows in row order; the last page has no `next_after`. */
export interface SourcePage {
  /** The rows. */
  rows: SourceRow[];
  /** What to send as `after_row` for the next page. */
  next_after?: number | null | undefined;
}

/** One tracking number on its way to the source. */
export interface WriteBack {
  /** The row of the source. */
  row_number: number;
  /** The tracking number; the first one of a shipment with several packages. */
  tracking_number: string;
  /** When the label was bought: UTC, ISO 8601. */
  shipped_at: string;
  /**
   * The checksum of the row that was bought. A source that has it refuses to write to a row of
   * another content: rows move when a file is sorted.
   */
  checksum?: string | undefined;
  /** Identifies this write-back; a repeat with the same key is `already_written`. */
  idempotency_key: string;
}

/** A number on its way out of the source: its label was voided. */
export interface VoidBack {
  /** The row of the source. */
  row_number: number;
  /** No number. */
  tracking_number: null;
  /** The number that leaves the cell; if another one is there, nothing is changed. */
  replaces: string;
  /** When the label was voided: UTC, ISO 8601. */
  voided_at: string;
  /** The checksum of the row that was bought, as for a write-back. */
  checksum?: string | undefined;
  /** Identifies this void; a repeat with the same key is `already_written`. */
  idempotency_key: string;
}
