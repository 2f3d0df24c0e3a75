/**
 * A folder that may be written under one path and only be read under another: permissions do not count
 * for root, a mount does.
 *
 * @module
 */
import { temporaryFolder } from "./folders.ts";

/** The two paths of it. */
export interface ReadOnlyFolder extends Disposable {
  /** Where it may be written. */
  readonly written: string;
  /** The same folder, where it may only be read. */
  readonly seen: string;
}

/** Makes one; `undefined` where nothing may be mounted. */
export function readOnlyFolder(): ReadOnlyFolder | undefined {
  const folder = temporaryFolder();
  const [written, seen] = [`${folder.path}/written`, `${folder.path}/seen`];
  Deno.mkdirSync(written);
  Deno.mkdirSync(seen);
  const isBound = run("mount", "--bind", written, seen);
  const isReadOnly = isBound && run("mount", "-o", "remount,ro,bind", seen);
  const dispose = () => {
    if (isBound) run("umount", "-l", seen);
    folder[Symbol.dispose]();
  };
  if (isReadOnly) return { written, seen, [Symbol.dispose]: dispose };
  dispose();
  return undefined;
}

function run(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
