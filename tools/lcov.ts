/**
 * Reads a coverage report of the lcov kind: which lines there are, and which of them were reached.
 *
 * @module
 */

/** Lines that follow each other and are not reached. */
export interface Stretch {
  /** The first line, 1-based. */
  readonly first: number;
  /** The last one. */
  readonly last: number;
  /** What stands there. */
  readonly text: string;
}

/** What is known of a file. */
export interface FileCoverage {
  /** From the project's folder. */
  readonly path: string;
  /** How many lines have code. */
  readonly lines: number;
  /** How many of them were reached. */
  readonly reached: number;
  /** The others. */
  readonly stretches: readonly Stretch[];
}

/**
 * Reads a report.
 *
 * @param text The report.
 * @param projectFolder The project's folder, with a slash at its end.
 * @returns The files, in the order of their paths.
 */
export function readLcov(text: string, projectFolder: string): FileCoverage[] {
  return text.split("end_of_record").flatMap((record) => {
    const path = /^SF:(.*)$/m.exec(record)?.[1];
    if (path === undefined) return [];
    const lines = [...record.matchAll(/^DA:(\d+),(\d+)/gm)]
      .map(([, line, times]) => ({ line: Number(line), isReached: times !== "0" }));
    return [{
      path: path.replace(projectFolder, ""),
      lines: lines.length,
      reached: lines.filter(({ isReached }) => isReached).length,
      stretches: stretchesOf(lines, Deno.readTextFileSync(path).split("\n")),
    }];
  }).sort((one, two) => one.path.localeCompare(two.path));
}

/** Lines without code between two others part nothing. */
function stretchesOf(
  lines: readonly { line: number; isReached: boolean }[],
  source: readonly string[],
): Stretch[] {
  const stretches: { first: number; last: number }[] = [];
  let current: { first: number; last: number } | undefined;
  for (const { line, isReached } of lines) {
    if (isReached) current = undefined;
    else if (current) current.last = line;
    else stretches.push(current = { first: line, last: line });
  }
  return stretches.map(({ first, last }) => ({
    first,
    last,
    text: source.slice(first - 1, last).join("\n"),
  }));
}

/**
 * How much of some files is reached.
 *
 * @param files The files.
 * @returns In percent of their lines; 0 if none of them was measured.
 */
export function coveredPercent(files: readonly FileCoverage[]): number {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const reached = files.reduce((sum, file) => sum + file.reached, 0);
  return lines === 0 ? 0 : 100 * reached / lines;
}
