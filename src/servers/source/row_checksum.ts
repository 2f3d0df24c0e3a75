/**
 * What identifies a row and a source: their data without the columns that we write ourselves, so
 * that a write-back changes neither.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { ownColumns } from "../../contracts/source.ts";

const ownNames: ReadonlySet<string> = new Set(Object.values(ownColumns));

/**
 * Makes the function that computes the checksum of a row.
 *
 * @param columns The columns in the order of the source.
 * @returns SHA-256, in hex, of the row's cells as JSON with sorted keys and no white space.
 */
export function rowChecksum(columns: readonly string[]): (cells: readonly string[]) => string {
  const keys = columns.map((name, index) => ({ name, index, json: JSON.stringify(name) }))
    .filter(({ name }) => !ownNames.has(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  return (cells) => {
    const members = keys.map(({ index, json }) => `${json}:${JSON.stringify(cells[index] ?? "")}`);
    return createHash("sha256").update(`{${members.join(",")}}`).digest("hex");
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
  const hash = createHash("sha256");
  hash.update(JSON.stringify(columns.filter((name) => !ownNames.has(name))));
  return {
    add: (checksum) => void hash.update(checksum),
    digest: () => hash.digest("hex"),
  };
}
