/**
 * Copies of the working tree that may be broken: the user's own is never touched.
 *
 * @module
 */
import { dirname } from "node:path";
import { edited, editsOf, type Mutation } from "./mutation.ts";

/** A copy of the project. */
export interface WorkingCopy {
  /** Its folder. */
  readonly path: string;
  /** Where the tests that run in it put their files. */
  readonly temporary: string;
  /** Breaks it, and mends it again when it is disposed of. */
  breakBy(mutation: Mutation): Disposable;
}

/** The code that a mutation wants to change is not there, or is there more than once. */
export class StaleError extends Error {}

/**
 * Copies what git knows of the project and what is new in it.
 *
 * @param project The project's folder.
 * @param path Where the copy goes.
 * @returns The copy.
 */
export async function copyProject(project: string, path: string): Promise<WorkingCopy> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: project,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot list the files of ${project}`);
  const files = new Set(new TextDecoder().decode(stdout).split("\0").filter((name) => name !== ""));
  for (const file of files) {
    await Deno.mkdir(dirname(`${path}/${file}`), { recursive: true });
    // Deleted, and not committed yet.
    await Deno.copyFile(`${project}/${file}`, `${path}/${file}`).catch(ignoreMissing);
  }
  const temporary = `${path}.tmp`;
  await Deno.mkdir(temporary);
  return workingCopy(path, temporary);
}

function workingCopy(path: string, temporary: string): WorkingCopy {
  return {
    path,
    temporary,
    breakBy(mutation) {
      const whole = new Map<string, string>();
      for (const edit of editsOf(mutation)) {
        const file = `${path}/${edit.file}`;
        const text = Deno.readTextFileSync(file);
        const broken = edited(text, edit);
        if (typeof broken === "number") {
          restore(whole);
          throw new StaleError(`${edit.file} has its code ${broken} times`);
        }
        if (!whole.has(file)) whole.set(file, text);
        Deno.writeTextFileSync(file, broken);
      }
      return { [Symbol.dispose]: () => restore(whole) };
    },
  };
}

function restore(files: ReadonlyMap<string, string>): void {
  for (const [file, text] of files) Deno.writeTextFileSync(file, text);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
