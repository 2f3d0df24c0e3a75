/**
 * Numbers and checksums of very many rows: about 40 bytes each, not the 200 that objects take.
 *
 * @module
 */

/** A row as a job remembers it. */
export interface ImportedRow {
  /** Its number in the source. */
  readonly rowNumber: number;
  /** Identifies its data. */
  readonly checksum: string;
}

/** How many rows are packed together: nothing is copied again when more are added. */
const blockSize = 4_096;

interface Block {
  readonly numbers: Float64Array;
  /** Where the checksum of each row ends. */
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Rows in the order in which they were added. */
export class PackedRows implements Iterable<ImportedRow> {
  readonly #blocks: Block[] = [];
  /** Those that do not fill a block yet. */
  #loose: ImportedRow[] = [];

  /** How many there are. */
  get length(): number {
    return this.#blocks.length * blockSize + this.#loose.length;
  }

  /**
   * Adds a row.
   *
   * @param row The row.
   */
  add(row: ImportedRow): void {
    this.#loose.push(row);
    if (this.#loose.length < blockSize) return;
    this.#blocks.push(blockOf(this.#loose));
    this.#loose = [];
  }

  /** The rows. */
  *[Symbol.iterator](): Generator<ImportedRow> {
    for (const { numbers, ends, bytes } of this.#blocks) {
      for (const [at, rowNumber] of numbers.entries()) {
        const packed = bytes.subarray(ends[at - 1] ?? 0, ends[at]);
        yield { rowNumber, checksum: unpack(packed) };
      }
    }
    yield* this.#loose;
  }
}

function blockOf(rows: readonly ImportedRow[]): Block {
  const packed = rows.map(({ checksum }) => pack(checksum));
  const ends = new Uint32Array(rows.length);
  let end = 0;
  packed.forEach(({ length }, at) => ends[at] = end += length);
  const bytes = new Uint8Array(end);
  packed.forEach((part, at) => bytes.set(part, ends[at - 1] ?? 0));
  return { numbers: Float64Array.from(rows, ({ rowNumber }) => rowNumber), ends, bytes };
}

/** Hex, as most checksums are, takes half the room; the first byte says which it is. */
function pack(checksum: string): Uint8Array {
  const isHex = checksum.length % 2 === 0 && /^[0-9a-f]+$/.test(checksum);
  const bytes = isHex ? Uint8Array.fromHex(checksum) : new TextEncoder().encode(checksum);
  const packed = new Uint8Array(bytes.length + 1);
  packed[0] = isHex ? 1 : 0;
  packed.set(bytes, 1);
  return packed;
}

function unpack(packed: Uint8Array): string {
  const bytes = packed.subarray(1);
  return packed[0] === 1 ? bytes.toHex() : new TextDecoder().decode(bytes);
}
