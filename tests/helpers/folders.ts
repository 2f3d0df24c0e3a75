/**
 * Folders for tests.
 *
 * @module
 */

/** A folder that is removed at the end of the test. */
export function temporaryFolder(): { path: string } & Disposable {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "waybill-test-" }));
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** A file's text. */
export function readText(path: string): string {
  return Deno.readTextFileSync(path);
}

/** Writes a file. */
export function writeText(path: string, text: string): void {
  Deno.writeTextFileSync(path, text);
}

/** The names in a folder, sorted. */
export function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}
