/**
 * CSV files as they are and as they must be after write-backs: an independent writer, cell by cell.
 *
 * @module
 */
import fc from "fast-check";

/** The columns that are ours, in the order in which they are added. */
export const own = ["tracking_number", "shipped_at", "voided_at"] as const;

/** How a table is written down: everything that a write-back must leave as it is. */
export interface Dialect {
  delimiter: string;
  lineBreak: string;
  mark: string;
  saysDelimiter: boolean;
  endsWithBreak: boolean;
  /** Which cells are quoted without need; used round and round. */
  quoted: readonly boolean[];
  /** After which lines a blank one stands; used round and round. */
  blank: boolean[];
}

/** A table, our columns among the others or not. */
export interface Table {
  columns: string[];
  rows: string[][];
  /** Those of our columns that are there, in this order, and where. */
  ours: string[];
  place: number;
  /** The numbers that rows have from the start. */
  numbers: string[];
}

const styles = fc.record({
  delimiter: fc.constantFrom(",", ";", "\t", "|"),
  lineBreak: fc.constantFrom("\n", "\r\n", "\r"),
  mark: fc.constantFrom("", "\ufeff"),
  saysDelimiter: fc.boolean(),
  endsWithBreak: fc.boolean(),
  quoted: fc.oneof(
    fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
    fc.constant([true]),
    fc.constant([false]),
  ),
  blank: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
});

const cell = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 4 }),
  fc.constantFrom("", " ", '"', ",", ";", "a,b", "x\ny", "x\r\ny", "O'Brien", '2" pipe', "|", "=1"),
).filter((text) => !text.includes("\0"));

/** Any way of writing a table down. */
export const dialects: fc.Arbitrary<Dialect> = styles;

/** Any table of two to five columns and up to six rows. */
export const tables: fc.Arbitrary<Table> = fc.integer({ min: 2, max: 5 }).chain((width) =>
  fc.record({
    columns: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z ]{0,5}[a-z]$/), {
      minLength: width,
      maxLength: width,
    }),
    rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), {
      minLength: 1,
      maxLength: 6,
    }),
    ours: fc.shuffledSubarray([...own]),
    place: fc.integer({ min: 0, max: width }),
    numbers: fc.array(fc.constantFrom("", "", "1ZOLD", "=OLD"), { minLength: 6, maxLength: 6 }),
  })
);

/** The number of a write-back, or null and when it was voided. */
export type Owed = { number: string; at: string } | { number: null; at: string };

interface OwnCell {
  value: string;
  quoted: boolean;
}

/** A file whose every byte is known. */
export interface CsvModel {
  /** The bytes as text. */
  text(): string;
  /** What a row shows of ours. */
  shown(row: number): Record<string, string>;
  /** Puts what is owed into the file, by row. */
  flush(owed: ReadonlyMap<number, Owed>): void;
}

/** A file that holds a table. */
export function csvModel(table: Table, style: Dialect): CsvModel {
  const { delimiter, lineBreak, mark, quoted } = style;
  let cells = 0;
  const isQuoted = () => quoted[cells++ % quoted.length] ?? false;
  const encode = (text: string, quoteAnyway: boolean) =>
    quoteAnyway || /["\r\n]/.test(text) || text.includes(delimiter)
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  const names = table.columns.map((name) => encode(name, isQuoted()));
  const ownNames = table.ours.map((name) => encode(name, isQuoted()));
  const added: string[] = [];
  const quoteAll = [...names, ...ownNames].every((text) => text.startsWith('"'));
  const rows = table.rows.map((values, at) => ({
    plain: values.map((value) => encode(value, isQuoted())),
    own: new Map<string, OwnCell>(table.ours.map((name) => {
      const value = name === "tracking_number" ? table.numbers[at] ?? "" : "";
      return [name, { value, quoted: isQuoted() }];
    })),
  }));
  const lineOf = (plain: string[], ours: string[], rest: string[]) =>
    [...plain.slice(0, table.place), ...ours, ...plain.slice(table.place), ...rest].join(delimiter);
  // What a spreadsheet would take for a formula stands behind an apostrophe.
  const ownText = ({ value, quoted }: OwnCell) =>
    encode(/^[=+@-]/.test(value) ? `'${value}` : value, quoted);
  return {
    text() {
      const lines = [
        ...style.saysDelimiter ? [`sep=${delimiter}`] : [],
        lineOf(names, ownNames, added.map((name) => encode(name, quoteAll))),
        ...rows.map(({ plain, own }) => {
          const textsOf = (names: string[]) =>
            names.map((name) => ownText(own.get(name) ?? { value: "", quoted: quoteAll }));
          return lineOf(plain, textsOf(table.ours), textsOf(added));
        }),
      ];
      return mark + lines.map((line, at) => {
        const isLast = at === lines.length - 1;
        const gap = style.blank[at % style.blank.length] ? lineBreak : "";
        return line + (isLast && !style.endsWithBreak ? "" : lineBreak + gap);
      }).join("");
    },
    shown: (row) =>
      Object.fromEntries([...rows[row - 1]?.own ?? []].map(([name, { value }]) => [name, value])),
    flush(owed) {
      const all = [...owed.values()];
      const needed = [
        ...all.some(({ number }) => number !== null) ? ["tracking_number", "shipped_at"] : [],
        ...all.some(({ number }) => number === null) ? ["voided_at"] : [],
      ].filter((name) => !table.ours.includes(name) && !added.includes(name));
      for (const { own } of rows) {
        for (const name of needed) own.set(name, { value: "", quoted: quoteAll });
      }
      added.push(...needed);
      for (const [row, { number, at }] of owed) {
        const ownCells = rows[row - 1]?.own ?? new Map<string, OwnCell>();
        const set = (name: string, value: string) => {
          const before = ownCells.get(name);
          if (before) ownCells.set(name, { value, quoted: before.quoted || quoteAll });
        };
        set("tracking_number", number ?? "");
        if (number !== null) set("shipped_at", at);
        set("voided_at", number === null ? at : "");
      }
    },
  };
}
