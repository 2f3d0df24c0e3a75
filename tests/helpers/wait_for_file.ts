/**
 * Waits for what another process writes, without asking again and again.
 *
 * @module
 */

/** How often it is asked besides, in milliseconds. */
const againMs = 1_000;

/** Resolves when `isTrue` is, which is asked at every change in a folder. */
export async function folderShows(folder: string, isTrue: () => boolean): Promise<void> {
  const watcher = Deno.watchFs(folder);
  const changes = watcher[Symbol.asyncIterator]();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    let change = changes.next();
    while (!isTrue()) {
      // What changes while a busy machine is only beginning to watch is told by nobody.
      const late = new Promise<"late">((resolve) =>
        timer = setTimeout(() => resolve("late"), againMs)
      );
      if (await Promise.race([change, late]) !== "late") change = changes.next();
      clearTimeout(timer);
    }
  } finally {
    clearTimeout(timer);
    watcher.close();
  }
}
