/**
 * The filter that takes a person's name apart.
 *
 * @module
 */
import { cellText, FilterError } from "./filter_error.ts";

/** Words that belong to the surname behind them, however they are written. */
const particles = new Set(
  "van von vom der den ter ten de del della dos das du zu zum zur".split(" "),
);
/** The same, but given names too when they have a capital: Al, Ben, Di. */
const lowerParticles = new Set("al el bin ben ibn la le los las da di do san santa".split(" "));
const suffix = /^(?:jr|sr|ii|iii|iv|phd|ph\.d|md|m\.d|esq)\.?$/i;

/**
 * One part of a person's name.
 *
 * The last name is the last word with the particles before it ("Van Dyke", "de la Hoya") and a
 * suffix behind it ("Downey Jr."). A single word is a first name. "Smith, John" is read as John
 * Smith. An empty cell has only empty parts.
 *
 * @param value The name.
 * @param part `"first"`, `"last"` or `"all"`.
 * @returns That part.
 * @throws {FilterError} If there is no such part.
 * @example splitName("Mary Ann Van Dyke", "last") // "Van Dyke"
 */
export function splitName(value: unknown, part: unknown): string {
  const name = cellText(value).replace(/\s+/g, " ");
  const [first, last] = firstAndLast(name);
  switch (part) {
    case "first":
      return first;
    case "last":
      return last;
    case "all":
      return name;
    default:
      throw new FilterError(
        "it can be split only into first, last and all",
        'Write split_name("first")',
      );
  }
}

function firstAndLast(name: string): [string, string] {
  const comma = /^([^,]+),\s*([^,]+)$/.exec(name);
  if (comma && !suffix.test(comma[2] ?? "")) {
    return [(comma[2] ?? "").split(" ")[0] ?? "", (comma[1] ?? "").trim()];
  }
  const words = name.split(" ");
  let from = words.length - 1;
  while (from > 1 && suffix.test(words[from] ?? "")) from--;
  while (from > 1 && isParticle(words[from - 1] ?? "")) from--;
  return [words[0] ?? "", from < 1 ? "" : words.slice(from).join(" ")];
}

function isParticle(word: string): boolean {
  return particles.has(word.toLowerCase()) || lowerParticles.has(word);
}
