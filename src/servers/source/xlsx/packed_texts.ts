/**
 * Many texts in few objects: their bytes lie one behind the other, so that a million of them cost
 * little more than their characters.
 *
 * @module
 */

/** Texts by number, which can only be added to. */
export interface PackedTexts {
  /** Adds a text at the end. */
  add(text: string): void;
  /** The text of this 0-based number; `undefined` if there is none. */
  get(at: number): string | undefined;
  /** The bytes of the texts from one number to the one before another. */
  bytesBetween(from: number, to: number): number;
  /** How many texts there are. */
  count(): number;
}

/** The most that anybody keeps in one collection, in bytes. */
export const maxPackedBytes = 2 ** 29;

const chunkBytes = 1 << 20;
const encoder = new TextEncoder();

/**
 * Begins a collection of texts.
 *
 * @returns The collection, empty.
 */
export function packedTexts(): PackedTexts {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const chunks: Uint8Array[] = [];
  let ends = new Float64Array(1024);
  let count = 0;
  let size = 0;
  const endOf = (at: number) => (at < 0 ? 0 : ends[Math.min(at, count - 1)] ?? 0);
  return {
    add(text) {
      size += store(chunks, size, text);
      if (count === ends.length) ends = doubled(ends);
      ends[count++] = size;
    },
    get: (at) => at < count ? decoder.decode(bytesOf(chunks, endOf(at - 1), endOf(at))) : undefined,
    bytesBetween: (from, to) => endOf(to - 1) - endOf(from - 1),
    count: () => count,
  };
}

/** Writes a text behind the others, and gives its length in bytes. */
function store(chunks: Uint8Array[], size: number, text: string): number {
  const offset = size % chunkBytes;
  // A character takes three bytes at most: straight into its place, without a copy in between.
  if (text.length * 3 <= chunkBytes - offset) {
    return encoder.encodeInto(text, chunkAt(chunks, size).subarray(offset)).written;
  }
  const bytes = encoder.encode(text);
  for (let copied = 0; copied < bytes.length;) {
    const from = (size + copied) % chunkBytes;
    const piece = bytes.subarray(copied, copied + chunkBytes - from);
    chunkAt(chunks, size + copied).set(piece, from);
    copied += piece.length;
  }
  return bytes.length;
}

function chunkAt(chunks: Uint8Array[], position: number): Uint8Array {
  const at = Math.floor(position / chunkBytes);
  return chunks[at] ??= new Uint8Array(chunkBytes);
}

function bytesOf(chunks: readonly Uint8Array[], start: number, end: number): Uint8Array {
  const first = Math.floor(start / chunkBytes);
  const offset = start % chunkBytes;
  // Most texts lie in one chunk: no copy.
  if (offset + end - start <= chunkBytes) {
    return chunks[first]?.subarray(offset, offset + end - start) ?? new Uint8Array(0);
  }
  const bytes = new Uint8Array(end - start);
  for (let copied = 0; copied < bytes.length;) {
    const from = (start + copied) % chunkBytes;
    const chunk = chunks[Math.floor((start + copied) / chunkBytes)] ?? new Uint8Array(chunkBytes);
    const piece = chunk.subarray(from, from + bytes.length - copied);
    bytes.set(piece, copied);
    copied += piece.length;
  }
  return bytes;
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
