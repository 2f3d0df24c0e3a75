/**
 * The lines of a write-back journal: one acknowledged write-back each, as JSON.
 *
 * @module
 */
import { z } from "zod";
import { WaybillError } from "../../../errors.ts";
import { type EntryPlaces, entryPlaces } from "./entry_places.ts";
import { type LineReader, linesOf } from "./journal_lines.ts";

const entrySchema = z.object({
  row_number: z.number().int().positive(),
  tracking_number: z.string().nullable(),
  shipped_at: z.string().optional(),
  voided_at: z.string().optional(),
  replaces: z.array(z.string()).optional(),
  idempotency_key: z.string(),
  checksum: z.string(),
  owner: z.string().optional(),
});

const headSchema = z.object({ columns: z.array(z.string()) });

/** One acknowledged write-back. */
export interface JournalEntry {
  /** The row of the source. */
  row_number: number;
  /** What belongs in the row's `tracking_number`; null for nothing: its label was voided. */
  tracking_number: string | null;
  /** What belongs in the row's `shipped_at`; as it is, if left out. */
  shipped_at?: string | undefined;
  /** What belongs in the row's `voided_at`, for a void. */
  voided_at?: string | undefined;
  /** The numbers of voided labels that may still stand in the cell. */
  replaces?: readonly string[] | undefined;
  /** The key of the write-back. */
  idempotency_key: string;
  /** The row's checksum when it was acknowledged: another one means that the user changed it. */
  checksum: string;
  /** The job that it was bought for, if that was told. */
  owner?: string | undefined;
}

/**
 * An entry as a line of the journal.
 *
 * @param entry The entry.
 * @returns The line with its line break.
 */
export function encodeEntry(entry: JournalEntry): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(entry) + "\n");
}

/**
 * The first line of a journal: the columns that the checksums are of. A column that is put in later
 * changes every row's checksum and no order.
 *
 * @param columns The names.
 * @returns The line with its line break.
 */
export function encodeHead(columns: readonly string[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ columns }) + "\n");
}

/** What a journal holds. */
export interface JournalContent {
  /** The columns that its checksums are of; unknown of a journal of an earlier version. */
  columns?: readonly string[] | undefined;
  /** The length in bytes of what is known to be good. */
  size: number;
  /** Where its entries are. */
  places: EntryPlaces;
}

/**
 * Finds the entries; a line that a crash cut off was never acknowledged, and is cut away.
 *
 * @param file The journal, open for reading and writing.
 * @returns What it holds.
 * @throws {WaybillError} `E-4014` if a whole line cannot be read.
 */
export function findEntries(file: Deno.FsFile): JournalContent {
  const places = entryPlaces();
  let size = 0;
  let number = 0;
  let columns: readonly string[] | undefined;
  for (const { offset, text, end } of linesOf(file)) {
    number++;
    const head = number === 1 ? decodeHead(text) : undefined;
    if (head) {
      columns = head;
      size = end;
      continue;
    }
    const entry = decodeEntry(text);
    if (!entry) {
      throw new WaybillError(
        "E-4014",
        `Cannot read the write-back journal: line ${number} of ${
          [...linesOf(file)].length
        } is damaged`,
        { remedy: "Mend or remove that line: its tracking number is also in Waybill's database" },
      );
    }
    places.add(entry.row_number, offset);
    size = end;
  }
  if (size < file.statSync().size) {
    file.truncateSync(size);
    file.syncSync();
  }
  return { size, places, columns };
}

/**
 * Reads the entries of a row.
 *
 * @param lines Reads a line of the journal.
 * @param offsets Where they are, the newest first.
 * @returns For each content that the row had, the newest.
 */
export function entriesAt(
  lines: LineReader,
  offsets: readonly number[],
): JournalEntry[] {
  const found: JournalEntry[] = [];
  for (const offset of offsets) {
    const entry = decodeEntry(lines(offset)?.text ?? "");
    if (!entry) {
      throw new WaybillError("E-4014", "Cannot read the write-back journal: it is being changed", {
        remedy: "Find out which program writes to it, then run the job again",
      });
    }
    if (!found.some(({ checksum }) => checksum === entry.checksum)) found.push(entry);
  }
  return found;
}

function decodeHead(line: string): readonly string[] | undefined {
  return decoded(headSchema, line)?.columns;
}

function decodeEntry(line: string): JournalEntry | undefined {
  return decoded(entrySchema, line);
}

function decoded<T>(schema: z.ZodType<T>, line: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
