/**
 * Waits for what another process writes, without asking again and again.
 *
 * @module
 */

/** Resolves when `isTrue` is, which is asked at every change in a folder. */
export async function folderShows(folder: string, isTrue: () => boolean): Promise<void> {
  const watcher = Deno.watchFs(folder);
  try {
    if (isTrue()) return;
    for await (const _ of watcher) if (isTrue()) return;
  } finally {
    watcher.close();
  }
}
