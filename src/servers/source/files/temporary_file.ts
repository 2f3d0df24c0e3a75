/**
 * The new file that a merge writes beside the user's before it takes its place.
 *
 * @module
 */

/**
 * Where the new file is written.
 *
 * @param path The user's file.
 * @returns A path in the same folder.
 */
export function temporaryPath(path: string): string {
  return `${path}.waybill-tmp`;
}

/**
 * Removes what a merge that was killed left beside the file.
 *
 * @param path The user's file.
 */
export function removeTemporary(path: string): void {
  try {
    Deno.removeSync(temporaryPath(path));
  } catch {
    // It was renamed, or never made.
  }
}

/**
 * Gives the new file the mode and the owner of the user's.
 *
 * @param path The user's file.
 */
export function keepModeAndOwner(path: string): void {
  const temporary = temporaryPath(path);
  const { mode, uid, gid } = Deno.statSync(path);
  if (mode === null) return;
  try {
    Deno.chownSync(temporary, uid, gid);
  } catch {
    // Only root may give a file away: then it is the user's own, which is right as well.
  }
  Deno.chmodSync(temporary, mode & 0o7777);
}
