/**
 * The lines of a write-back journal: one acknowledged write-back each, as JSON.
 *
 * @module
 */
import { z } from "zod";
import { WaybillError } from "../../../errors.ts";
import { readAt } from "../../durable_file.ts";

const entrySchema = z.object({
  row_number: z.number().int().positive(),
  tracking_number: z.string().nullable(),
  shipped_at: z.string().optional(),
  voided_at: z.string().optional(),
  replaces: z.array(z.string()).optional(),
  idempotency_key: z.string(),
  checksum: z.string(),
});

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
 * What an entry is for: a row and what it held. Another file may have been put in the place of the one
 * that the entry was made for.
 *
 * @param entry The entry, or a row.
 * @returns The key.
 */
export function entryKey(entry: Pick<JournalEntry, "row_number" | "checksum">): string {
  return `${entry.row_number}:${entry.checksum}`;
}

/** What a journal holds. */
export interface JournalContent {
  /** The length in bytes of what is known to be good. */
  size: number;
  /** The entries by {@link entryKey}. */
  entries: Map<string, JournalEntry>;
}

/**
 * Reads the entries; a line that a crash cut off was never acknowledged, and is cut away.
 *
 * @param file The journal, open for reading and writing.
 * @returns What it holds.
 * @throws {WaybillError} `E-4014` if a whole line cannot be read.
 */
export function readEntries(file: Deno.FsFile): JournalContent {
  const bytes = readAt(file, 0, file.statSync().size);
  const size = bytes.lastIndexOf(0x0a) + 1;
  const entries = new Map<string, JournalEntry>();
  const lines = new TextDecoder().decode(bytes.subarray(0, size)).split("\n").slice(0, -1);
  lines.forEach((line, at) => {
    const entry = readEntry(line);
    if (!entry) {
      throw new WaybillError(
        "E-4014",
        `Cannot read the write-back journal: line ${at + 1} of ${lines.length} is damaged`,
        { remedy: "Mend or remove that line: its tracking number is also in Waybill's database" },
      );
    }
    entries.set(entryKey(entry), entry);
  });
  if (size < bytes.length) {
    file.truncateSync(size);
    file.syncSync();
  }
  return { size, entries };
}

function readEntry(line: string): JournalEntry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
