/**
 * Turns at the files of a folder, among all processes: the sheets of one workbook are shipped side by
 * side, and two merges at once would lose the numbers of one of them.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { folderOf } from "../../durable_file.ts";

/** Longer than a merge of the largest workbook takes, in milliseconds. */
const patienceMs = 60_000;

const pollMs = 50;

/**
 * Does something while no other process does so in the same folder. The lock is the folder's own, so
 * nothing is left lying about, and it ends with the process.
 *
 * @param path A file in the folder.
 * @param work What to do.
 * @returns What it gave.
 * @throws {WaybillError} `E-4014` if another process does not come to an end.
 */
export async function inFolderTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  using folder = openFolder(folderOf(path));
  if (!folder || !await isLocked(folder, path)) return await work();
  try {
    return await work();
  } finally {
    folder.unlockSync();
  }
}

/** Windows cannot open a folder. */
function openFolder(path: string): Deno.FsFile | undefined {
  return Deno.build.os === "windows" ? undefined : Deno.openSync(path, { read: true });
}

async function isLocked(folder: Deno.FsFile, path: string): Promise<boolean> {
  for (let waited = 0; waited <= patienceMs; waited += pollMs) {
    try {
      if (folder.tryLockSync(true)) return true;
    } catch {
      // Some network file systems lock no folders.
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new WaybillError(
    "E-4014",
    `Cannot write to ${path}: another process is writing beside it`,
    {
      remedy: "Wait for it to end, or stop it, then run the job again",
    },
  );
}
