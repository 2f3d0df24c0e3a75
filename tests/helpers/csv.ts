/** CSV files for tests. @module */

/** A file with this content, open for reading. */
export function openText(folder: string, content: string | Uint8Array): Deno.FsFile {
  return Deno.openSync(writeText(folder, content), { read: true });
}

/** The path of a file with this content. */
export function writeText(folder: string, content: string | Uint8Array): string {
  const path = `${folder}/orders.csv`;
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
  return path;
}

/** The error that a promise is rejected with. */
export async function rejectedBy(promise: unknown): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("It did not reject");
}

/** What is asked of an error. */
export interface Fault {
  code?: string;
  message: string;
}

/** The error that a function throws. */
export function thrownBy(body: () => unknown): Fault {
  try {
    body();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("It did not throw");
}
