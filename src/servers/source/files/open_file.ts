/**
 * The user's file: where it is, opening it, and what is wrong with it.
 *
 * @module
 */
import { UsageError, WaybillError } from "../../../errors.ts";
import { fileFault } from "./file_fault.ts";

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
    throw isLink(path) ? deadLink(path, error) : unreadable(path, error);
  }
}

/**
 * What the file system says of a file.
 *
 * @param path Its path.
 * @returns That.
 * @throws {WaybillError} `E-4002` if it is gone.
 */
export function statOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Opens a file for reading.
 *
 * @param path Its path.
 * @param kind What it should be, such as `an Excel file`.
 * @returns The open file.
 * @throws {WaybillError} `E-4002` if it cannot be opened or is no file.
 */
export function openForReading(path: string, kind: string): Deno.FsFile {
  const info = statOf(path);
  if (!info.isFile) {
    const what = info.isDirectory ? "a folder" : "a pipe or a device";
    throw new WaybillError("E-4002", `Cannot read ${path}: it is ${what}, not a file`, {
      remedy: `Name ${kind}`,
    });
  }
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * An error with the path of the file, which those who read it do not know.
 *
 * @param error What was thrown.
 * @param path The file.
 * @returns The same error, its message naming the file.
 */
export function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof WaybillError)) return error;
  const { code, message, rowNumber, remedy } = error;
  if (message.includes(path)) return error;
  if (error instanceof UsageError) return new UsageError(`${message} (${path})`, remedy);
  return new WaybillError(code, `${message} (${path})`, { rowNumber, remedy, cause: error });
}

function unreadable(path: string, error: unknown): WaybillError {
  const isMissing = error instanceof Deno.errors.NotFound;
  const why = isMissing ? "there is no such file" : fileFault(error);
  return new WaybillError("E-4002", `Cannot read ${path}: ${why}`, {
    remedy: isMissing ? "Check the path" : "Allow this program to read the file",
    cause: error,
  });
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

function deadLink(path: string, cause: unknown): WaybillError {
  const why = cause instanceof Deno.errors.NotFound ? "nothing" : "no end";
  return new WaybillError("E-4002", `Cannot read ${path}: it is a link that leads to ${why}`, {
    remedy: "Name the file itself, or mend the link",
    cause,
  });
}
