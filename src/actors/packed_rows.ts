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

/** Rows in the order in which they were added. */
export class PackedRows implements Iterable<ImportedRow> {
  #numbers = new Float64Array(1024);
  /** Where the checksum of each row ends. */
  #ends = new Float64Array(1024);
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a row.
   *
   * @param row The row.
   */
  add({ rowNumber, checksum }: ImportedRow): void {
    const at = this.#length++;
    const start = this.#endOf(at - 1);
    const packed = pack(checksum);
    this.#numbers = withRoom(this.#numbers, at, (size) => new Float64Array(size));
    this.#ends = withRoom(this.#ends, at, (size) => new Float64Array(size));
    const end = start + packed.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(packed, start);
    this.#numbers[at] = rowNumber;
    this.#ends[at] = end;
  }

  /** The rows. */
  *[Symbol.iterator](): Generator<ImportedRow> {
    for (let at = 0; at < this.#length; at++) {
      const packed = this.#bytes.subarray(this.#endOf(at - 1), this.#endOf(at));
      yield { rowNumber: this.#numbers[at] ?? 0, checksum: unpack(packed) };
    }
  }

  #endOf(at: number): number {
    return at < 0 ? 0 : this.#ends[at] ?? 0;
  }
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

function withRoom(
  array: Float64Array<ArrayBuffer>,
  at: number,
  make: (size: number) => Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  if (at < array.length) return array;
  const larger = make(array.length * 2);
  larger.set(array);
  return larger;
}
