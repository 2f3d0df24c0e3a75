/**
 * The sandbox's books: an append-only file of JSON lines, one for each shipment, written before the
 * answer leaves. They survive the sandbox's own death; not a power cut, which costs nobody money
 * here. Several sandboxes may keep the same books; a file lock gives them turns.
 *
 * @module
 */
import { z } from "zod";
import { readAt, writeAll } from "../durable_file.ts";

const entrySchema = z.looseObject({ kind: z.literal("ship"), last_sequence: z.number().int() });

/** One shipment in the books. */
export interface LedgerEntry {
  /** What happened: only shipments, for now. */
  kind: "ship";
  /** When, in UTC. */
  at: string;
  /** The number of its last package; every package has one of its own. */
  last_sequence: number;
  /** The account that pays. */
  account: string;
  /** The service code. */
  service: string;
  /** The tracking number of the first package. */
  shipment_id: string;
  /** The tracking number of every package. */
  tracking_numbers: string[];
  /** What the customer's references said, each once. */
  references: string[];
  /** The list price in US dollars. */
  list: string;
  /** The price with a contract in US dollars. */
  negotiated: string;
  /** The request, from which its labels can be printed again. */
  request: unknown;
}

/** The books. */
export interface Ledger extends Disposable {
  /**
   * Adds a shipment.
   *
   * @param packages How many numbers it needs.
   * @param make Makes the entry, given the first of its numbers.
   * @returns The entry.
   */
  append(packages: number, make: (firstSequence: number) => LedgerEntry): LedgerEntry;
}

/**
 * Opens the books in a folder, or begins them.
 *
 * @param folder The folder; made if it is missing.
 * @returns The books.
 */
export function openLedger(folder: string): Ledger {
  Deno.mkdirSync(folder, { recursive: true });
  const file = Deno.openSync(`${folder}/ledger.jsonl`, { read: true, write: true, create: true });
  let readTo = 0;
  let lastSequence = 0;
  /** Reads what other sandboxes added since. */
  const readTail = () => {
    const bytes = readAt(file, readTo, file.statSync().size - readTo);
    // What a sandbox was writing when it died was never answered.
    const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
    const lines = new TextDecoder().decode(whole).split("\n").slice(0, -1);
    for (const line of lines) lastSequence = entrySchema.parse(JSON.parse(line)).last_sequence;
    readTo += whole.length;
    if (whole.length < bytes.length) file.truncateSync(readTo);
  };
  return {
    append(packages, make) {
      file.lockSync(true);
      try {
        readTail();
        const entry = make(lastSequence + 1);
        const bytes = new TextEncoder().encode(JSON.stringify(entry) + "\n");
        file.seekSync(readTo, Deno.SeekMode.Start);
        writeAll(file, bytes);
        readTo += bytes.length;
        lastSequence += packages;
        return entry;
      } finally {
        file.unlockSync();
      }
    },
    [Symbol.dispose]: () => file.close(),
  };
}
