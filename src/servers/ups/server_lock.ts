/**
 * Tells whether a server lives: while it does, it holds a lock on a file of its own. The operating
 * system lets go of the lock when the process ends, however it ends; a process id would tell nothing
 * once it was given to somebody else.
 *
 * @module
 */

/** The lock of this server, and the view of others. */
export interface ServerLock extends Disposable {
  /** The id of this server, never given to another. */
  readonly id: string;
  /** Whether the server with an id lives. */
  isAlive(id: string): boolean;
}

const ending = ".lock";

/**
 * Takes the lock of this server, and removes what dead ones left.
 *
 * @param folder Where the locks are; made if it is missing.
 * @returns The lock, held until it is disposed of.
 */
export function takeServerLock(folder: string): ServerLock {
  Deno.mkdirSync(folder, { recursive: true });
  removeStale(folder);
  const id = crypto.randomUUID();
  const path = `${folder}/${id}${ending}`;
  const file = lockNew(path);
  return {
    id,
    isAlive: (other) => other === id || !isFree(`${folder}/${other}${ending}`),
    [Symbol.dispose]() {
      // Removed while it is held, so that nobody sees a free lock of a server that is still there.
      removeIfThere(path);
      file.close();
    },
  };
}

/** Another server may remove the file between its creation and its lock: then it is made again. */
function lockNew(path: string): Deno.FsFile {
  for (;;) {
    const file = Deno.openSync(path, { write: true, create: true });
    file.lockSync(true);
    if (isThere(path)) return file;
    file.close();
  }
}

function removeStale(folder: string): void {
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.endsWith(ending)) isFree(`${folder}/${name}`, removeIfThere);
  }
}

/** Whether nobody holds a lock; `whileHeld` is done before another can take it. */
function isFree(path: string, whileHeld: (path: string) => void = () => {}): boolean {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    if (!file.tryLockSync(true)) return false;
    whileHeld(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
