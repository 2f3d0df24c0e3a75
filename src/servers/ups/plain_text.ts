/**
 * Texts as UPS can print them. Its labels have one alphabet each: Latin, Central European, Turkish,
 * Cyrillic or Greek. What none of them holds would come out as question marks, so it is refused
 * instead; signs of typography become the plain ones that they stand for.
 *
 * @module
 */

/** Typography that no alphabet of UPS's has, and that says the same in plain signs. */
const plainSigns: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201A\u2032\u02BC]/g, "'"],
  [/[\u201C\u201D\u201E\u2033]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, "-"],
  [/\u2026/g, "..."],
  // Romanian letters as UPS's Central European alphabet has them.
  [/\u0218/g, "\u015E"],
  [/\u0219/g, "\u015F"],
  [/\u021A/g, "\u0162"],
  [/\u021B/g, "\u0163"],
  // What nobody sees, as it is copied along from web pages: marks of direction, joiners, soft hyphens.
  [/(?![\u200B\uFEFF])[\p{Cf}\uFE00-\uFE0F]/gu, ""],
  // Spaces of every width, line breaks and tabs.
  [/[\s\u200B\uFEFF]+/g, " "],
];

/** Letters of another width, and two in one, are the plain letters. */
const otherForms = /[\uFB00-\uFB06\uFF01-\uFF5E]/g;

/**
 * A text as it is sent: composed letters, plain signs, no space around it.
 *
 * @param text The text; none counts as empty.
 * @returns The same in what UPS takes.
 */
export function plainText(text: string | undefined): string {
  const composed = (text ?? "").normalize("NFC")
    .replace(otherForms, (letter) => letter.normalize("NFKC"));
  return plainSigns.reduce((known, [from, to]) => known.replace(from, to), composed).trim();
}

/** What UPS calls the alphabets, by one language of each; the first is its default. */
const alphabets: readonly (readonly [name: string, encoding: string])[] = [
  ["eng", "iso-8859-1"],
  ["pol", "iso-8859-2"],
  ["tur", "iso-8859-9"],
  ["rus", "iso-8859-5"],
  ["ell", "iso-8859-7"],
];

const letters: readonly (readonly [name: string, letters: ReadonlySet<string>])[] = alphabets
  .map(([name, encoding]) => [name, lettersOf(encoding)]);

/**
 * The alphabet that a label needs.
 *
 * @param texts What is printed on it.
 * @returns UPS's name of it (`CharacterSet`), or `undefined` if no alphabet holds it all.
 */
export function alphabetOf(texts: readonly string[]): string | undefined {
  const needed = new Set(texts.join(""));
  return letters.find(([, known]) => needed.isSubsetOf(known))?.[0];
}

function lettersOf(encoding: string): ReadonlySet<string> {
  const plain = Array.from({ length: 95 }, (_, at) => at + 0x20);
  const rest = Array.from({ length: 96 }, (_, at) => at + 0xA0);
  return new Set(new TextDecoder(encoding).decode(new Uint8Array([...plain, ...rest])));
}
