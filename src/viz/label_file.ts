/**
 * The file of a label, for the page: read only where a row's record names it, and shown only as what its
 * own bytes say that it is.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { VizFile } from "./views.ts";

/** No label is as large, in bytes. */
const largestFile = 20_000_000;

/** What a browser may show; whatever else it is, it is downloaded. */
const images: readonly (readonly [type: string, begins: string])[] = [
  ["image/gif", "GIF8"],
  ["image/png", "\x89PNG\r\n\x1a\n"],
];

/** A file that was read. */
export interface ReadFile {
  /** Its type. */
  readonly type: string;
  /** Whether a browser may show it. */
  readonly isImage: boolean;
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a label.
 *
 * @param file The file as it is recorded.
 * @returns It; `undefined` if it is gone, is not what was recorded, or nothing was.
 */
export async function readLabelFile(file: VizFile): Promise<ReadFile | undefined> {
  if (file.sha256 === undefined) return undefined;
  // A pipe or a device would be read for ever.
  const found = await stat(file.path).catch(() => undefined);
  if (!found?.isFile() || found.size > largestFile) return undefined;
  const bytes = new Uint8Array(await readFile(file.path));
  if (createHash("sha256").update(bytes).digest("hex") !== file.sha256) return undefined;
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  const image = images.find(([, begins]) => head.startsWith(begins));
  return { type: image?.[0] ?? "application/octet-stream", isImage: image !== undefined, bytes };
}
