import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RowCells } from "../src/servers/source/files/table_file.ts";
import { type SheetEdit, sheetEditor } from "../src/servers/source/xlsx/sheet_editor.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { escapeXml, openParts, partText, rawEntries, workbookParts } from "./helpers/xlsx.ts";

const tab = "xl/tabs/tab0.xml";
const own = ["tracking_number", "shipped_at", "voided_at"] as const;
const at = "2026-11-26T10:00:00Z";
/** Plain, plain with another look, text, date: the number of a cell's format. */
const isPlain = [true, true, true, false];
const styles = {
  cells: '<xf numFmtId="0"/><xf numFmtId="0" fontId="1"/><xf numFmtId="49"/><xf numFmtId="14"/>',
};

const style = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });
const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "grapheme", maxLength: 3 }),
  fc.constantFrom("</c>", "a&b", "<x:row>", "_x0041_", "😀", "x\ty"),
).filter((value) => /^[\t -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u.test(value));

const cell = fc.oneof(
  fc.constant({ kind: "missing" as const }),
  fc.record({ kind: fc.constantFrom("empty" as const), style }),
  fc.record({ kind: fc.constantFrom("number" as const), style, value: fc.integer() }),
  fc.record({
    kind: fc.constantFrom("inline" as const, "formula" as const, "shared" as const),
    style,
    value: text,
  }),
);
type Cell = typeof cell extends fc.Arbitrary<infer T> ? T : never;

const row = fc.record({
  cells: fc.array(cell, { minLength: 7, maxLength: 7 }),
  isBlank: fc.boolean(),
  /** How many rows of the sheet are left out before it. */
  gap: fc.integer({ min: 0, max: 2 }),
  change: fc.constantFrom("none" as const, "ship" as const, "void" as const),
});

const table = fc.record({
  width: fc.integer({ min: 1, max: 4 }),
  /** Before which data column each of ours stands; 9: it is not there. */
  ownAt: fc.tuple(...own.map(() => fc.constantFrom(0, 1, 2, 4, 9, 9))),
  firstColumn: fc.integer({ min: 1, max: 3 }),
  rows: fc.array(row, { maxLength: 5 }),
  headerStyle: style,
  prefix: fc.constantFrom("", "x:"),
  noise: fc.constantFrom("", "\n  ", "<!-- </c></row> 😀 -->"),
  quote: fc.constantFrom('"', "'"),
  mark: fc.constantFrom("", "\ufeff"),
});
type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;

describe("write-back into a worksheet", () => {
  it("changes nothing but our cells, whatever the sheet and however it is written", async () => {
    await fc.assert(
      fc.asyncProperty(table, async (data) => {
        using folder = temporaryFolder();
        const { before, after, changes, names, expected, texts } = render(data);
        const shared = texts.map((each) => `<si><t>${each}</t></si>`).join("");
        const sheets = [{ name: "Orders", xml: before }];
        const parts = workbookParts({
          sheets,
          shared,
          styles,
          after: '<calcPr fullCalcOnLoad="1"/>',
        });
        await using source = await openParts(folder.path, parts);
        const first = await source.current();
        const rows = await source.read(1, 100);
        expect(rows.map(({ data: found }) => dataOnly(found))).toEqual(expected);
        const entries = await rawEntries(source.path);
        expect(await source.merge(changes, first)).toBe(true);
        expect(await partText(source.path, tab)).toBe(after);
        const others = (all: typeof entries) => all.filter(({ name }) => name !== tab);
        expect(others(await rawEntries(source.path))).toEqual(others(entries));
        // What is known without reading again is what a fresh look finds.
        const known = [await source.current(), await source.read(1, 100)] as const;
        await Deno.utime(source.path, 1, 1);
        const fresh = [await source.current(), await source.read(1, 100)] as const;
        expect(known[1]).toEqual(fresh[1]);
        expect(known[0].columns).toEqual(fresh[0].columns);
        expect(fresh[0].fingerprint).toBe(first.fingerprint);
        expect(fresh[1].map(({ checksum }) => checksum)).toEqual(rows.map((each) => each.checksum));
        expect(fresh[1].map(({ data: found }) => dataOnly(found))).toEqual(expected);
        expect(fresh[0].columns.map(({ name }) => name)).toEqual(names);
      }),
      { numRuns: 100 },
    );
  });
});

function dataOnly(data: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(data).filter(([name]) => name.startsWith("c")));
}

function escapeXstring(value: string): string {
  return escapeXml(value).replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, "_x005F_");
}

/** The sheet as it is, and as it must be: an independent writer, cell by cell. */
function render(data: Table) {
  const { width, ownAt, firstColumn, prefix: p, noise, quote: q, mark } = data;
  const names: string[] = [];
  for (let column = 0; column <= 8; column++) {
    own.forEach((name, which) => ownAt[which] === column && column <= width && names.push(name));
    if (column < width) names.push(`c${column}`);
  }
  const missing = (name: string) => !names.includes(name);
  const live: Table["rows"] = data.rows.filter(({ isBlank }) => !isBlank);
  const needs = (change: string) => live.some((each) => each.change === change);
  const added: string[] = own.filter((name) =>
    missing(name) && needs(name === "voided_at" ? "void" : "ship")
  );
  const all = [...names, ...added];
  const letter = (place: number) => String.fromCharCode(64 + firstColumn + place);
  const xml = (ref: string, look: string, content: string, type = "") => {
    const attributes = ` r=${q}${ref}${q}${look}${type && ` t=${q}${type}${q}`}`;
    return content === "" ? `<${p}c${attributes}/>` : `<${p}c${attributes}>${content}</${p}c>`;
  };
  const ours = (ref: string, look: string, value: string) =>
    value === ""
      ? `<${p}c r="${ref}"${look}/>`
      : `<${p}c r="${ref}"${look} t="inlineStr"><${p}is><${p}t>${value}</${p}t></${p}is></${p}c>`;

  const shared: string[] = [];
  const cellXml = (each: Cell, ref: string): string => {
    if (each.kind === "missing") return "";
    const look = each.style === undefined ? "" : ` s=${q}${each.style}${q}`;
    switch (each.kind) {
      case "empty":
        return xml(ref, look, "");
      case "number":
        return xml(ref, look, `<${p}v>${each.value}</${p}v>`);
      case "shared":
        return xml(ref, look, `<${p}v>${shared.push(escapeXstring(each.value)) - 1}</${p}v>`, "s");
      case "formula":
        return xml(ref, look, `<${p}f>1</${p}f><${p}v>${escapeXstring(each.value)}</${p}v>`, "str");
      case "inline":
        return xml(
          ref,
          look,
          `<${p}is><${p}t>${escapeXstring(each.value)}</${p}t></${p}is>`,
          "inlineStr",
        );
    }
  };
  const wanted = (change: Table["rows"][number]["change"], number: number, name: string) => {
    if (change === "none" || !own.some((ours) => ours === name)) return undefined;
    if (name === "tracking_number") return change === "ship" ? `1Z${number}` : "";
    if (name === "shipped_at") return change === "ship" ? at : undefined;
    return change === "void" ? at : "";
  };

  const line = (
    sheetRow: number,
    cells: Cell[],
    isHeader: boolean,
    texts: (string | undefined)[],
  ) => {
    let [before, after, waiting] = ["", "", ""];
    let look: number | undefined;
    all.forEach((_, place) => {
      const ref = `${letter(place)}${sheetRow}`;
      const each: Cell = cells[place] ?? { kind: "missing" };
      const value = texts[place];
      if (each.kind === "missing") {
        const fits = look !== undefined && (isHeader || isPlain[look]);
        if (value) waiting += ours(ref, fits ? ` s="${look}"` : "", value);
        return;
      }
      const written = cellXml(each, ref);
      const kept = each.style === undefined ? "" : ` s="${each.style}"`;
      const isKept = value === undefined || each.kind === "formula";
      before += noise + written;
      // A new cell stands right before the next one, after what lies between the two.
      after += noise + waiting + (isKept ? written : ours(ref, kept, value));
      waiting = "";
      look = each.style;
    });
    const start = `<${p}row r=${q}${sheetRow}${q}>`;
    const end = `</${p}row>`;
    return [start + before + noise + end, start + after + noise + waiting + end] as const;
  };

  const changes = new Map<number, RowCells>();
  const expected: Record<string, unknown>[] = [];
  const header: Cell[] = names.map((value) => ({ kind: "inline", style: data.headerStyle, value }));
  const lines = [
    line(1, header, true, all.map((name) => added.includes(name) ? name : undefined)),
  ];
  let sheetRow = 1;
  let number = 0;
  for (const { cells, isBlank, gap, change } of data.rows) {
    sheetRow += gap + 1;
    const filled = names.map((name, place): Cell => {
      const each = cells[place] ?? { kind: "missing" };
      const isOwn = own.some((ours) => ours === name);
      if (isBlank) return each.kind === "empty" ? each : { kind: "missing" };
      return name === "c0" && (each.kind === "missing" || each.kind === "empty")
        ? { kind: "number", style: undefined, value: place }
        : isOwn && each.kind === "number"
        ? { kind: "empty", style: each.style }
        : each;
    });
    const texts = all.map((name) => isBlank ? undefined : wanted(change, number + 1, name));
    lines.push(line(sheetRow, filled, false, texts));
    if (isBlank) continue;
    number++;
    if (change === "ship") changes.set(number, { tracking_number: `1Z${number}`, shipped_at: at });
    if (change === "void") changes.set(number, { tracking_number: null, voided_at: at });
    expected.push(Object.fromEntries(names.flatMap((name, place) => {
      if (!name.startsWith("c")) return [];
      const each = filled[place] ?? { kind: "missing" };
      if (each.kind === "missing" || each.kind === "empty") return [[name, ""]];
      const isDay = each.kind === "number" && each.style === 3;
      return [[name, isDay ? expect.anything() : each.value]];
    })));
  }
  const whole = (which: 0 | 1) =>
    `${mark}<?xml version="1.0"?>\n<${p}worksheet xmlns${p && ":x"}="urn:x"><${p}sheetData>` +
    lines.map((pair) => pair[which]).join(noise) + `</${p}sheetData></${p}worksheet>`;
  return { before: whole(0), after: whole(1), changes, names: all, expected, texts: shared };
}

describe("sheetEditor()", () => {
  it("gives the same text however its pieces are cut", () => {
    const rows = '<dimension ref="A1:B2"/><sheetData><row r="1" spans="1:2"><c r="A1" s="1"/>' +
      '<c r="B1"/></row><!-- 😀 < > -->\r\n<row r="2"><c r="A2"><f>"😀"</f><v>1</v></c>' +
      '<c r="B2" t="s" ><v>0</v></c></row></sheetData>';
    const xml = `<worksheet>${rows}</worksheet>`;
    const edit: SheetEdit = {
      part: tab,
      cellsOf: (row) =>
        row === 2
          ? [{ column: 1, text: "no" }, { column: 2, text: "😀" }, { column: 4, text: "end" }]
          : [{ column: 3, text: "new" }],
      headerRow: 1,
      lastColumn: 4,
      formats: { isPlain: () => true, numberFormatOf: () => ({ kind: "number" }) },
    };
    const edited = (pieces: readonly string[]) => {
      let text = "";
      const editor = sheetEditor(edit, (piece) => text += piece);
      for (const piece of pieces) editor.write(piece);
      editor.end();
      return text;
    };
    const ours = (ref: string, text: string) =>
      `<c r="${ref}" t="inlineStr"><is><t>${text}</t></is></c>`;
    const expected = xml.replace("A1:B2", "A1:D2").replace("1:2", "1:4")
      .replace("</row>", `${ours("C1", "new")}</row>`)
      .replace('<c r="B2" t="s" ><v>0</v></c>', ours("B2", "😀") + ours("D2", "end"));
    expect(edited([xml])).toBe(expected);
    expect(edited([...xml])).toBe(expected);
    for (let cut = 1; cut < xml.length; cut++) {
      expect(edited([xml.slice(0, cut), xml.slice(cut)])).toBe(expected);
    }
  });
});
