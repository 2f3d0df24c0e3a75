/**
 * Files that survive a power cut: what these functions have returned from is on the disk.
 *
 * @module
 */

/**
 * Makes a rename, a creation or a removal inside a folder durable.
 *
 * @param folder The folder.
 */
export function syncFolder(folder: string): void {
  // Windows cannot open a folder, and needs no such call.
  if (Deno.build.os === "windows") return;
  if (held?.folder !== folder) {
    held?.handle.close();
    held = { folder, handle: Deno.openSync(folder, { read: true }) };
  }
  held.handle.syncSync();
}

/** The folder synced last stays open: a server syncs the same one for every file. */
let held: { readonly folder: string; readonly handle: Deno.FsFile } | undefined;

/**
 * Writes all bytes: one call of `writeSync` may write fewer.
 *
 * @param file The open file.
 * @param bytes What to write at its position.
 */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += file.writeSync(bytes.subarray(written));
}

/**
 * Reads exactly these bytes, or fewer at the end of the file.
 *
 * @param file The open file.
 * @param offset Where to start.
 * @param length How many bytes.
 * @returns The bytes.
 */
export function readAt(file: Deno.FsFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, readInto(file, offset, bytes));
}

/**
 * Fills a buffer from a file, or as much of it as there is.
 *
 * @param file The open file; its position is moved.
 * @param offset Where to start.
 * @param bytes The buffer.
 * @returns How many bytes were read.
 */
export function readInto(file: Deno.FsFile, offset: number, bytes: Uint8Array): number {
  file.seekSync(offset, Deno.SeekMode.Start);
  let read = 0;
  while (read < bytes.length) {
    const count = file.readSync(bytes.subarray(read));
    if (count === null) break;
    read += count;
  }
  return read;
}

/**
 * Puts a file in place in one step: after a crash it is either absent (or as it was) or complete.
 *
 * @param path Where.
 * @param bytes What.
 */
export function writeFileDurably(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`;
  {
    using file = Deno.openSync(temporary, { write: true, create: true, truncate: true });
    writeAll(file, bytes);
    file.syncSync();
  }
  Deno.renameSync(temporary, path);
  syncFolder(folderOf(path));
}

/**
 * The folder that a file lies in.
 *
 * @param path The file's path.
 * @returns The folder's path, `.` if the path names none.
 */
export function folderOf(path: string): string {
  const slash = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  if (slash < 0) return ".";
  return slash === 0 ? path.slice(0, 1) : path.slice(0, slash);
}
