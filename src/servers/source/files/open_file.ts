/**
 * The user's file: where it is, opening it, and telling one state of it from another.
 *
 * @module
 */
import { ensureError, WaybillError } from "../../../errors.ts";

/** Tells one state of a file from another. */
export interface FileIdentity {
  /** Of the file system. */
  readonly inode: number | null;
  /** In bytes. */
  readonly size: number;
  /** In milliseconds since 1970. */
  readonly modifiedAt: number | undefined;
}

/**
 * Where a path leads.
 *
 * @param path The path, perhaps a symbolic link.
 * @returns The path of the file itself.
 * @throws {WaybillError} `E-4002` if there is no such file.
 */
export function realPathOf(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * What a file is identified by now.
 *
 * @param path Its path.
 * @returns Its identity.
 * @throws {WaybillError} `E-4002` if it is gone.
 */
export function identityOf(path: string): FileIdentity {
  return identityFrom(statOf(path));
}

/**
 * What an open file is identified by.
 *
 * @param info What the system says of it.
 * @returns Its identity.
 */
export function identityFrom(info: Deno.FileInfo): FileIdentity {
  return { inode: info.ino, size: info.size, modifiedAt: info.mtime?.getTime() };
}

/**
 * Whether a file is the one that it was.
 *
 * @param left Its identity then.
 * @param right Its identity now.
 * @returns Whether they are the same.
 */
export function isSameFile(left: FileIdentity, right: FileIdentity): boolean {
  return left.inode === right.inode && left.size === right.size &&
    left.modifiedAt === right.modifiedAt;
}

/**
 * Opens a file for reading.
 *
 * @param path Its path.
 * @returns The open file.
 * @throws {WaybillError} `E-4002` if it cannot be opened or is no file.
 */
export function openForReading(path: string): Deno.FsFile {
  if (!statOf(path).isFile) {
    throw new WaybillError("E-4002", `Cannot read ${path}: it is not a file`, {
      remedy: "Name a file",
    });
  }
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    throw unreadable(path, error);
  }
}

function statOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): WaybillError {
  const isMissing = error instanceof Deno.errors.NotFound;
  const why = isMissing ? "there is no such file" : ensureError(error).message;
  return new WaybillError("E-4002", `Cannot read ${path}: ${why}`, {
    remedy: isMissing ? "Check the path" : "Allow this program to read the file",
    cause: error,
  });
}
