/**
 * Whether a user's file may be replaced now: it is not read-only, and no program has it open.
 *
 * @module
 */
import { basename } from "node:path";
import { WaybillError } from "../../../errors.ts";
import { folderOf } from "../../durable_file.ts";
import { fileFault } from "./file_fault.ts";
import { statOf } from "./open_file.ts";

/**
 * Checks that a file may be replaced.
 *
 * @param path The file.
 * @throws {WaybillError} `E-4014` if it may not be.
 */
export function checkWritable(path: string): void {
  checkOneName(path, "E-4014", `Cannot write to ${path}`);
  checkNotOpen(path);
  // A rename would replace a file that its owner made read-only: that is not ours to do.
  try {
    Deno.openSync(path, { write: true }).close();
    const { mode } = Deno.statSync(path);
    if (mode === null || (mode & 0o222) !== 0) return;
  } catch (error) {
    throw notWritable(path, fileFault(error), error);
  }
  throw notWritable(path, "it is read-only");
}

/**
 * Checks that a file has no second name (a hard link): under each it would be shipped by itself, and we
 * write by putting a new file into the place of one name.
 *
 * @param path The file.
 * @param code The code of the error.
 * @param what What cannot be done, for the error.
 * @throws {WaybillError} That code if it has; `E-4002` if it is gone.
 */
export function checkOneName(
  path: string,
  code: "E-4002" | "E-4014" = "E-4002",
  what = `Cannot ship from ${path}`,
): void {
  // Windows does not tell.
  const names = statOf(path).nlink ?? 1;
  if (names <= 1) return;
  const others = names === 2 ? "another name" : `${names - 1} other names`;
  throw new WaybillError(code, `${what}: the file has ${others} (hard links)`, {
    remedy: `Copy it to a file of its own and use that one, or remove the other name; this ` +
      `lists them: find <folder> -samefile ${path}`,
  });
}

/** Office programs say with a file beside it that they have one open; saving would undo our work. */
function checkNotOpen(path: string): void {
  const folder = folderOf(path);
  const name = basename(path);
  const locks = [[`.~lock.${name}#`, "LibreOffice"], [`~$${name}`, "Excel"]] as const;
  for (const [lock, program] of locks) {
    const lockPath = `${folder}/${lock}`;
    if (!isThere(lockPath)) continue;
    throw new WaybillError("E-4014", `Cannot write to ${path}: it is open in ${program}`, {
      remedy: `Close it there, then run the job again: nothing is lost meanwhile. If no program ` +
        `has it open, remove ${lockPath}`,
    });
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function notWritable(path: string, why: string, cause?: unknown): WaybillError {
  return new WaybillError("E-4014", `Cannot write to ${path}: ${why}`, {
    remedy: "Allow writing to the file, then run the job again: nothing is lost meanwhile",
    cause,
  });
}
