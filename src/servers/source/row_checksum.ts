/**
 * What identifies a row and a source: their data without the columns that we write ourselves, so
 * that a write-back changes neither.
 *
 * @module
 */
import { bytesToHex } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ownColumns } from "../../contracts/source.ts";

const ownNames: ReadonlySet<string> = new Set(Object.values(ownColumns));

/** What a cell holds. CSV knows text alone. */
export type CellValue = string | number | boolean | null;

/**
 * Makes the function that computes the checksum of a row.
 *
 * @param columns The columns in the order of the source.
 * @returns SHA-256, in hex, of the row's cells as JSON with sorted keys and no white space.
 */
export function rowChecksum(columns: readonly string[]): (cells: readonly CellValue[]) => string {
  const keys = columns.map((name, index) => ({ name, index, json: JSON.stringify(name) }))
    .filter(({ name }) => !ownNames.has(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  return (cells) => {
    const members = keys.map(({ index, json }) =>
      `${json}:${JSON.stringify(cells[index] === undefined ? "" : cells[index])}`
    );
    return hexDigest(`{${members.join(",")}}`);
  };
}

/** Collects the fingerprint of a source, row by row. */
export interface FingerprintBuilder {
  /** Takes the checksum of the next row. */
  add(checksum: string): void;
  /** The fingerprint of the header and all rows so far; call it once. */
  digest(): string;
}

/**
 * Begins a fingerprint.
 *
 * @param columns The columns in the order of the source.
 * @returns What collects the rows.
 */
export function fingerprintOf(columns: readonly string[]): FingerprintBuilder {
  const hash = sha256.create();
  const add = (text: string) => void hash.update(encoded(text));
  add(JSON.stringify(columns.filter((name) => !ownNames.has(name))));
  return {
    add,
    digest: () => bytesToHex(hash.digest()),
  };
}

// Not node:crypto: what it allocates outside the heap for each hash is freed so late that a million
// rows take 150 MB more.
function hexDigest(text: string): string {
  return bytesToHex(sha256(encoded(text)));
}

const encoder = new TextEncoder();
let scratch = new Uint8Array(1 << 12);

/** The text in UTF-8, in a buffer that the next call uses again. */
function encoded(text: string): Uint8Array {
  if (scratch.length < 3 * text.length) scratch = new Uint8Array(6 * text.length);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}
