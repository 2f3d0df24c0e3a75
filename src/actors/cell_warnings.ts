/**
 * Cells that a spreadsheet has probably spoilt: a ZIP code without its leading zero, a long number cut to
 * `1.2E+11`, a date as a number. The row may be right all the same, so a person is told and decides.
 *
 * @module
 */

/** The values of a row, by column, or of a request. */
export type Data = Readonly<Record<string, unknown>>;

interface Suspicion {
  /** Whether a cell looks like it. */
  matches(text: string, column: string, country: string): boolean;
  /** What is told of it. */
  readonly words: string;
}

const suspicions: readonly Suspicion[] = [
  {
    matches: (text, column, country) =>
      isZipColumn(column) && ["US", "PR", ""].includes(country) && /^\d{3,4}(-\d{4})?$/.test(text),
    words: "has fewer than 5 digits: a leading zero may be lost",
  },
  {
    matches: (text) => /^[+-]?\d(?:[.,]\d+)?E\+?\d+$/i.test(text),
    words: "is a number that a spreadsheet has shortened: its last digits are lost",
  },
  {
    matches: (text, column) => isDateColumn(column) && isSerial(text),
    words: "is a number where a date should be: a spreadsheet's count of days",
  },
  {
    matches: (text) => /^#(?:N\/A|REF!|VALUE!|DIV\/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)$/.test(text),
    words: "holds a spreadsheet's error",
  },
  {
    matches: (text) => /^=[A-Za-z0-9(+-]/.test(text),
    words: "holds a formula and not its value",
  },
  {
    matches: (text) => /\uFFFD|Ã[\u0080-\u00BF]|â€/.test(text),
    words: "has garbled letters: the file is written in another encoding (import --encoding)",
  },
];

/**
 * What looks wrong in a row. No value is told, only its column.
 *
 * @param data The row.
 * @param request What the template made of it.
 * @returns One line for each cell.
 */
export function cellWarnings(data: Data, request: Data): string[] {
  const country = countryOf(request);
  return Object.entries(data).flatMap(([column, value]) => {
    if (typeof value !== "string" && typeof value !== "number") return [];
    const text = String(value).trim();
    const found = suspicions.find(({ matches }) => matches(text, column, country));
    return found ? [`"${column}" ${found.words}`] : [];
  });
}

function isZipColumn(column: string): boolean {
  return /zip|postal|post_?code|plz/i.test(column);
}

/** `ship_date`, `Order Date`, `shipDate`, `orderdate`; not `update`. */
function isDateColumn(column: string): boolean {
  return /(?:^|[^a-z])(?:date|day)(?:[^a-z]|$)|(?:order|ship|shipping)date$/i.test(column) ||
    /[a-z]Date$/.test(column);
}

/** From 1982 to 2064. */
function isSerial(text: string): boolean {
  const days = Number(text);
  return /^\d{5}(\.\d+)?$/.test(text) && days >= 30_000 && days < 60_000;
}

function countryOf(request: Data): string {
  const to = request["ship_to"];
  if (typeof to !== "object" || to === null || !("country_code" in to)) return "";
  return String(to.country_code).toUpperCase();
}
