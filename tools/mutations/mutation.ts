/**
 * A way to break the program, as data, and how it is done to a file's text.
 *
 * @module
 */

/** One change of a file. */
export interface Edit {
  /** The file, from the project's folder. */
  readonly file: string;
  /** The code that is there once; blanks and line breaks count as any others. */
  readonly find: string;
  /** What stands there instead. */
  readonly replace: string;
}

/** One way to break the program. */
export interface Mutation extends Edit {
  /** Its name: unique, and what `--only` takes. */
  readonly name: string;
  /** What is broken, in words. */
  readonly breaks: string;
  /** What has to be broken with it, where one safeguard stands behind another. */
  readonly also?: readonly Edit[];
  /**
   * The tests that catch it, the quickest first: a test file by its name, such as `row_machine`, or some
   * of its tests, such as `storage > refuses`.
   */
  readonly tests: readonly string[];
  /** Why no test can tell: it changes nothing, or another safeguard catches what gets past this one. */
  readonly survives?: string;
  /** Only a real server shows it (`WAYBILL_TEST_POSTGRES`): without one it is not tried. */
  readonly needsPostgres?: boolean;
  /** A test that does not end within its time counts as caught. */
  readonly mayHang?: boolean;
}

/**
 * All changes that a mutation makes.
 *
 * @param mutation The mutation.
 * @returns Them, in order.
 */
export function editsOf(mutation: Mutation): readonly Edit[] {
  return [mutation, ...mutation.also ?? []];
}

/**
 * A file's text after a change.
 *
 * @param text The text.
 * @param edit The change.
 * @returns The text, or how often the code is there, if that is not once.
 */
export function edited(text: string, { find, replace }: Edit): string | number {
  const pattern = find.trim().split(/\s+/).map(RegExp.escape).join("\\s+");
  const found = [...text.matchAll(new RegExp(pattern, "g"))];
  const [first] = found;
  if (found.length !== 1 || first === undefined) return found.length;
  return text.slice(0, first.index) + replace + text.slice(first.index + first[0].length);
}

/** A test file, and which of its tests. */
export interface TestChoice {
  /** From the project's folder. */
  readonly file: string;
  /** What their names hold; all of them where it is left out. */
  readonly filter: string | undefined;
}

/**
 * Which tests a name means.
 *
 * @param name Such as `row_machine`, or `storage > refuses`.
 * @returns The file and its tests.
 */
export function testsNamed(name: string): TestChoice {
  const [file = "", ...rest] = name.split(" > ");
  return { file: `tests/${file}.test.ts`, filter: rest.length > 0 ? rest.join(" > ") : undefined };
}
