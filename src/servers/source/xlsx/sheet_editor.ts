/**
 * Sets cells in a worksheet's XML and leaves every other character of it as it is.
 *
 * @module
 */
import { cellReference, parseCell, parseRange } from "./a1_reference.ts";
import type { CellFormats } from "./styles.ts";
import { type PartEditor, textEditor } from "./text_editor.ts";
import { type XmlElement, xmlParser } from "./xml_parser.ts";
import { encodeXstring } from "./xstring.ts";

/** The text that belongs in a cell. */
export interface CellEdit {
  /** Its 1-based column. */
  readonly column: number;
  /** Its text; empty for none. */
  readonly text: string;
}

/** What to change in a worksheet. */
export interface SheetEdit {
  /** The part, for messages. */
  readonly part: string;
  /** The cells to set in a row of the sheet, by column; none for most rows. */
  cellsOf(row: number): readonly CellEdit[] | undefined;
  /** The row of the header: what is put into it looks like its neighbour. */
  readonly headerRow: number;
  /** The last column that is used afterwards. */
  readonly lastColumn: number;
  /** The formats of cells. */
  readonly formats: CellFormats;
}

/** The row that is being changed. */
interface OpenRow {
  readonly number: number;
  /** What is not yet set, by column. */
  readonly waiting: CellEdit[];
  /** The last cell that has begun. */
  column: number;
  style: string | undefined;
}

/** A cell that is being replaced. */
interface OpenCell {
  readonly from: number;
  readonly edit: CellEdit;
  readonly style: string | undefined;
  readonly prefix: string;
  hasFormula: boolean;
}

/**
 * Begins to change a worksheet.
 *
 * @param edit What to change.
 * @param give Is given the new text of the part, piece by piece.
 * @returns What takes the text of the part.
 */
export function sheetEditor(edit: SheetEdit, give: (text: string) => void): PartEditor {
  const editor = textEditor(give);
  let isData = false;
  let rowNumber = 0;
  let row: OpenRow | undefined;
  let cell: OpenCell | undefined;

  const openRow = (element: XmlElement) => {
    rowNumber = Number(element.attributes.r ?? rowNumber + 1);
    const edits = edit.cellsOf(rowNumber);
    if (!edits || edits.length === 0) return;
    row = { number: rowNumber, waiting: [...edits], column: 0, style: undefined };
    const spans = element.attributes.spans?.replace(
      /\d+$/,
      (last) => String(Math.max(Number(last), edit.lastColumn)),
    );
    setAttribute(editor, element, "spans", spans);
  };
  const openCell = (row: OpenRow, { attributes, prefix, end }: XmlElement) => {
    const { r, s } = attributes;
    const column = r === undefined ? row.column + 1 : parseCell(r)?.column ?? 0;
    const from = editor.tagStart(end);
    while ((row.waiting[0]?.column ?? Infinity) < column) insert(row, from, prefix);
    if (row.waiting[0]?.column === column) {
      const [wanted] = row.waiting.splice(0, 1);
      if (wanted) cell = { from, edit: wanted, style: s, prefix, hasFormula: false };
    }
    row.column = column;
    row.style = s;
  };
  const insert = (row: OpenRow, at: number, prefix: string) => {
    const [wanted] = row.waiting.splice(0, 1);
    if (!wanted || wanted.text === "") return;
    const isFit = row.number === edit.headerRow ||
      (row.style !== undefined && edit.formats.isPlain(row.style));
    editor.replace(at, at, cellXml(wanted, row.number, isFit ? row.style : undefined, prefix));
  };
  const closeCell = (row: OpenRow, { from, edit: wanted, style, prefix }: OpenCell, end: number) =>
    editor.replace(from, end, cellXml(wanted, row.number, style, prefix));

  const parser = xmlParser(edit.part, {
    open(element) {
      const { name, attributes, depth } = element;
      if (depth === 1) isData = name === "sheetData";
      if (name === "dimension" && depth === 1) {
        setAttribute(editor, element, "ref", widened(attributes.ref, edit));
      }
      if (!isData) return;
      if (depth === 2 && name === "row") openRow(element);
      else if (row && depth === 3 && name === "c") openCell(row, element);
      else if (cell && depth === 4 && name === "f") cell.hasFormula = true;
    },
    close(name, depth, end) {
      if (!isData || !row) return;
      if (depth === 3 && cell) {
        // Whoever put a formula there wants it there.
        if (!cell.hasFormula) closeCell(row, cell, end);
        cell = undefined;
      } else if (depth === 2 && name === "row") {
        const from = editor.tagStart(end);
        const prefix = /^<\/([^:>]+:)?/.exec(editor.between(from, end))?.[1] ?? "";
        while (row.waiting.length > 0) insert(row, from, prefix);
        row = undefined;
      }
    },
  });
  return {
    write(text: string) {
      editor.write(text);
      parser.write(text);
      editor.release(cell?.from);
    },
    end() {
      parser.end();
      editor.end();
    },
  };
}

function cellXml(
  { column, text }: CellEdit,
  row: number,
  style: string | undefined,
  prefix: string,
): string {
  const attributes = ` r="${cellReference(column, row)}"${
    style === undefined ? "" : ` s="${style}"`
  }`;
  if (text === "") return `<${prefix}c${attributes}/>`;
  const inline = `<${prefix}is><${prefix}t>${encodeXstring(text)}</${prefix}t></${prefix}is>`;
  return `<${prefix}c${attributes} t="inlineStr">${inline}</${prefix}c>`;
}

/** The range of the used cells, as wide as it is afterwards. */
function widened(ref: string | undefined, { lastColumn }: SheetEdit): string | undefined {
  const range = parseRange(ref ?? "");
  if (!range || range.to.column >= lastColumn) return ref;
  const { from, to } = range;
  return `${cellReference(from.column, from.row)}:${cellReference(lastColumn, to.row)}`;
}

/** Changes the value of an attribute in the text of its tag. */
function setAttribute(
  editor: ReturnType<typeof textEditor>,
  { attributes, end }: XmlElement,
  name: string,
  value: string | undefined,
): void {
  if (value === undefined || value === attributes[name]) return;
  const from = editor.tagStart(end);
  const tag = editor.between(from, end);
  const found = new RegExp(`\\s${name}\\s*=\\s*["']`).exec(tag);
  if (!found) return;
  const start = from + found.index + found[0].length;
  const quote = found[0].slice(-1);
  const stop = from + tag.indexOf(quote, start - from);
  editor.replace(start, stop, value);
}
