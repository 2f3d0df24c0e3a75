import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { writeText } from "./helpers/csv.ts";
import { temporaryFolder } from "./helpers/folders.ts";

const own = ["tracking_number", "shipped_at"];
const shippedAt = "2026-11-23T08:00:00Z";

/** How a table is written down: everything that a write-back must leave as it is. */
const dialect = fc.record({
  delimiter: fc.constantFrom(",", ";", "\t", "|"),
  lineBreak: fc.constantFrom("\n", "\r\n", "\r"),
  mark: fc.constantFrom("", "\ufeff"),
  endsWithBreak: fc.boolean(),
  /** Which cells are quoted without need; used round and round. */
  quoted: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
  /** After which lines a blank one stands; used round and round. */
  blank: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
});

const cell = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 4 }),
  fc.constantFrom("", " ", '"', ",", ";", "a,b", "x\ny", "x\r\ny", "O'Brien", '2" pipe', "|"),
).filter((text) => !text.includes("\0"));

const table = fc.integer({ min: 2, max: 5 }).chain((width) =>
  fc.record({
    columns: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z ]{0,5}[a-z]$/), {
      minLength: width,
      maxLength: width,
    }),
    rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 6 }),
    /** Where our columns are in the file already; none means that they are to be added. */
    ownAt: fc.option(fc.integer({ min: 0, max: width })),
    written: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  })
);

describe("write-back into a CSV file", () => {
  it("changes nothing but our two columns, whatever the table and however it is written", async () => {
    await fc.assert(
      fc.asyncProperty(table, dialect, async (data, style) => {
        using folder = temporaryFolder();
        const { before, after } = render(data, style);
        const path = writeText(folder.path, before);
        await using source = openCsvSource(path);
        const { fingerprint, row_count } = await source.describe();
        expect(row_count).toBe(data.rows.length);
        const checksums = (await source.getRows(0, 100)).rows.map(({ checksum }) => checksum);
        for (const [at, row] of data.rows.entries()) {
          const plain = Object.fromEntries(data.columns.map((name, place) => [name, row[place]]));
          expect((await source.getRow(at + 1)).data).toMatchObject(plain);
          if (data.written[at]) {
            expect(await source.writeBack(writeBackOf(at + 1))).toBe("written");
          }
        }
        await source.flush();
        const merged = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
          await Deno.readFile(path),
        );
        expect(merged).toBe(
          data.written.some((is, at) => is && at < data.rows.length) ? after : before,
        );
        // The index that the merge left behind is the one that a fresh look would make.
        await using fresh = openCsvSource(path);
        expect(await source.getRows(0, 100)).toEqual(await fresh.getRows(0, 100));
        expect(await source.describe()).toEqual(await fresh.describe());
        expect((await fresh.describe()).fingerprint).toBe(fingerprint);
        expect((await fresh.getRows(0, 100)).rows.map(({ checksum }) => checksum)).toEqual(
          checksums,
        );
      }),
      { numRuns: 200 },
    );
  });
});

interface Table {
  columns: string[];
  rows: string[][];
  ownAt: number | null;
  written: boolean[];
}

interface Dialect {
  delimiter: string;
  lineBreak: string;
  mark: string;
  endsWithBreak: boolean;
  quoted: boolean[];
  blank: boolean[];
}

function writeBackOf(row: number) {
  return {
    row_number: row,
    tracking_number: `1ZTEST${row}`,
    shipped_at: shippedAt,
    idempotency_key: `KEY${row}`,
  };
}

/** The file as it is, and as it must be: an independent writer, cell by cell. */
function render(data: Table, style: Dialect): { before: string; after: string } {
  const { delimiter, lineBreak, mark, endsWithBreak, quoted, blank } = style;
  let cells = 0;
  const encode = (text: string, quoteAnyway: boolean) =>
    quoteAnyway || /["\r\n]/.test(text) || text.includes(delimiter)
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  const lineOf = (values: string[], ours: string[]) => {
    const isQuoted = () => quoted[cells++ % quoted.length] ?? false;
    const plain = values.map((value) => encode(value, isQuoted()));
    if (data.ownAt === null) return { plain, empty: [], ours };
    const flags = ours.map(isQuoted);
    return {
      plain,
      empty: flags.map((flag) => encode("", flag)),
      ours: ours.map((value, at) => encode(value, flags[at] ?? false)),
    };
  };
  const header = lineOf(data.columns, own);
  const quoteAll = [...header.plain, ...(data.ownAt === null ? [] : header.ours)]
    .every((text) => text.startsWith('"'));
  const place = data.ownAt ?? data.columns.length;
  const insert = (plain: string[], ours: string[]) =>
    [...plain.slice(0, place), ...ours, ...plain.slice(place)].join(delimiter);
  const added = (values: string[]) =>
    data.ownAt === null ? values.map((value) => encode(value, quoteAll)) : values;
  // A cell of ours in a fully quoted file is written quoted, even where it was not.
  const set = (values: string[]) =>
    values.map((text) => quoteAll && !text.startsWith('"') ? `"${text}"` : text);
  const before = [insert(header.plain, data.ownAt === null ? [] : header.ours)];
  const after = [insert(header.plain, added(header.ours))];
  data.rows.forEach((row, at) => {
    const ours = [`1ZTEST${at + 1}`, shippedAt];
    const line = lineOf(row, ours);
    before.push(insert(line.plain, line.empty));
    const untouched = data.ownAt === null ? added(["", ""]) : line.empty;
    after.push(insert(line.plain, data.written[at] ? set(added(line.ours)) : untouched));
  });
  const joined = (lines: string[]) =>
    mark + lines.map((line, at) => {
      const isLast = at === lines.length - 1;
      const gap = blank[at % blank.length] ? lineBreak : "";
      return line + (isLast && !endsWithBreak ? "" : lineBreak + gap);
    }).join("");
  return { before: joined(before), after: joined(after) };
}
