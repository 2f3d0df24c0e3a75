/**
 * What was learned of a CSV file, kept for the next start: a file of a million rows is read from end to
 * end once, and not again until it changes.
 *
 * An index can always be made again: one that is damaged, of another version or of another state of the
 * file is as good as none.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { readAt, writeAll } from "../../durable_file.ts";
import type { CsvIndex } from "./csv_index.ts";
import type { FileIdentity } from "../files/file_identity.ts";

/** A file whose index is kept. */
export interface IndexedFile {
  /** Its real path. */
  readonly path: string;
  /** The open file; its position is moved. */
  readonly file: Deno.FsFile;
  /** The state that the index belongs to. */
  readonly identity: FileIdentity;
}

const suffix = ".csv-index";
const magic = new TextEncoder().encode("waybill csv index 1\n");
const digestBytes = 32;
const probeBytes = 1 << 16;
const unusedMs = 90 * 24 * 3_600_000;

/**
 * A change in the same tick of the file system's clock leaves size and time as they are: what was read
 * so soon after the last change is not relied on.
 */
const tickMs = 20;

const headerSchema = z.object({
  path: z.string(),
  identity: z.object({
    device: z.number().nullable(),
    inode: z.number().nullable(),
    size: z.number(),
    modifiedAt: z.number().optional(),
  }),
  probe: z.string(),
  index: z.object({
    style: z.object({ delimiter: z.string().length(1), quoteAll: z.boolean() }),
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    headRecords: z.number().int().positive(),
    rowCount: z.number().int().nonnegative(),
    size: z.number().int().nonnegative(),
    fingerprint: z.string(),
  }),
});

/**
 * Gives the index that is kept of a file.
 *
 * @param folder Where indexes are kept.
 * @param file The file.
 * @returns The index, or `undefined` if none is kept of this state of the file.
 */
export function keptIndex(folder: string, file: IndexedFile): CsvIndex | undefined {
  const kept = pathIn(folder, file.path);
  try {
    const read = readIndex(Deno.readFileSync(kept));
    if (!read || read.path !== file.path || !isOf(read, file)) return undefined;
    const now = new Date();
    Deno.utimeSync(kept, now, now);
    return { ...read.index, starts: read.starts };
  } catch {
    return undefined;
  }
}

/**
 * Keeps the index of a file for the next start. That it cannot is no error: then the file is read again.
 *
 * @param folder Where indexes are kept; it is made if it is missing.
 * @param file The file.
 * @param index Its index.
 * @param now The time, in milliseconds since 1970.
 * @returns Whether that is settled; if not, the file was changed so lately that it is to be tried later.
 */
export function keepIndex(
  folder: string,
  file: IndexedFile,
  index: CsvIndex,
  now: number,
): boolean {
  const { modifiedAt = now } = file.identity;
  if (now - modifiedAt < tickMs && now >= modifiedAt) return false;
  const kept = pathIn(folder, file.path);
  const temporary = `${kept}.${crypto.randomUUID()}.tmp`;
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeUnused(folder);
    if (now < modifiedAt) return true;
    writeIndex(temporary, file, index);
    Deno.renameSync(temporary, kept);
  } catch {
    removeQuietly(temporary);
  }
  return true;
}

function writeIndex(path: string, file: IndexedFile, index: CsvIndex): void {
  const { starts, ...described } = index;
  const { identity } = file;
  const header = { path: file.path, identity, probe: probeOf(file), index: described };
  const text = new TextEncoder().encode(JSON.stringify(header) + "\n");
  const rows = new Uint8Array(starts.buffer, starts.byteOffset, 8 * index.rowCount);
  const digest = createHash("sha256").update(text).update(rows).digest();
  using output = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  for (const part of [magic, digest, text, rows]) writeAll(output, part);
}

function readIndex(bytes: Uint8Array<ArrayBuffer>) {
  const from = magic.length + digestBytes;
  if (!magic.every((byte, at) => bytes[at] === byte)) return undefined;
  const digest = createHash("sha256").update(bytes.subarray(from)).digest();
  if (!digest.every((byte, at) => bytes[magic.length + at] === byte)) return undefined;
  const end = bytes.indexOf(0x0a, from) + 1;
  const header = headerSchema.safeParse(
    JSON.parse(new TextDecoder().decode(bytes.subarray(from, end))),
  ).data;
  // A copy, as the numbers must begin at a multiple of their size.
  const starts = new Float64Array(bytes.slice(end).buffer);
  return header?.index.rowCount === starts.length ? { ...header, starts } : undefined;
}

function isOf(kept: z.infer<typeof headerSchema>, file: IndexedFile): boolean {
  const { device, inode, size, modifiedAt } = kept.identity;
  const now = file.identity;
  return device === now.device && inode === now.inode && size === now.size &&
    modifiedAt === now.modifiedAt && kept.probe === probeOf(file);
}

/** A look at both ends of the file: a clock that was set back does not tell of a change. */
function probeOf({ file, identity }: IndexedFile): string {
  const tail = Math.max(0, identity.size - probeBytes);
  return createHash("sha256").update(readAt(file, 0, probeBytes))
    .update(readAt(file, tail, probeBytes)).digest("hex");
}

function pathIn(folder: string, path: string): string {
  const name = createHash("sha256").update(path).digest("hex").slice(0, 32);
  return `${folder}/${name}${suffix}`;
}

/** Removes indexes of files that are gone, and those that nobody asked for in a long time. */
function removeUnused(folder: string): void {
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (!isFile || !name.includes(suffix)) continue;
    const kept = `${folder}/${name}`;
    const { mtime } = Deno.statSync(kept);
    const isOld = mtime !== null && Date.now() - mtime.getTime() > unusedMs;
    if (isOld || (name.endsWith(suffix) && isOfNothing(kept))) removeQuietly(kept);
  }
}

function isOfNothing(kept: string): boolean {
  using file = Deno.openSync(kept, { read: true });
  const start = readAt(file, magic.length + digestBytes, 1 << 15);
  const [, path] = /^\{"path":("(?:[^"\\]|\\.)*")/.exec(new TextDecoder().decode(start)) ?? [];
  try {
    if (path !== undefined) Deno.statSync(JSON.parse(path));
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Another process was faster, or it was never there.
  }
}
