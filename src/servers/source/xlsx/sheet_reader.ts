/**
 * Reads a worksheet's XML from beginning to end: its rows as they come, and what else about it
 * matters to whoever reads orders from it.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import {
  type CellRange,
  cellReference,
  maxColumn,
  maxRow,
  parseCell,
  parseRange,
} from "./a1_reference.ts";
import { type Archive, tooLarge } from "./archive.ts";
import { type ReadCell, readCell } from "./cell_value.ts";
import type { PackedTexts } from "./packed_texts.ts";
import { textCollector } from "./shared_strings.ts";
import type { CellFormats } from "./styles.ts";
import { entryOf, isOn, type Sheet } from "./workbook.ts";
import { cellTooLong, maxCellLength } from "./xstring.ts";
import { type XmlElement, xmlParser } from "./xml_parser.ts";

/** No sheet of orders has more merged ranges. */
const maxMerged = 100_000;

/** A cell that is not empty. */
export interface SheetCell extends ReadCell {
  /** Its 1-based column. */
  readonly column: number;
  /** Its formula, perhaps empty where it shares another cell's; `undefined` if it has none. */
  readonly formula: string | undefined;
  /** Whether it has a formula and nobody has worked it out yet. */
  readonly isUnknown: boolean;
}

/** What is said of a sheet besides its cells. */
export interface SheetFacts {
  /** The ranges that are merged into one cell. */
  readonly merged: readonly CellRange[];
  /** What lies under a filter, if anything does. */
  readonly filtered: CellRange | undefined;
  /** Whether it is protected against changes. */
  readonly isProtected: boolean;
  /** Whether any of its cells holds a formula. */
  readonly hasFormulas: boolean;
}

/** What is needed to read cells. */
export interface SheetContext {
  /** The texts that cells share. */
  readonly shared: PackedTexts;
  /** The formats of cells. */
  readonly formats: CellFormats;
  /** Whether days are counted from 1904. */
  readonly is1904: boolean;
}

/**
 * Reads a worksheet.
 *
 * @param archive The archive.
 * @param sheet The sheet.
 * @param context What its cells refer to.
 * @param takeRow Is given each row with the cells that are not empty, in order.
 * @returns What else is said of the sheet.
 * @throws {WaybillError} `E-1003` if a cell cannot be read or is out of its place.
 */
export async function readSheet(
  archive: Archive,
  sheet: Sheet,
  context: SheetContext,
  takeRow: (row: number, cells: SheetCell[]) => void,
): Promise<SheetFacts> {
  const merged: CellRange[] = [];
  let filtered: CellRange | undefined;
  let isProtected = false;
  let isData = false;
  let hasFormulas = false;
  const rows = rowReader(sheet, context, takeRow);
  const parser = xmlParser(sheet.part, {
    open(element) {
      const { name, attributes, depth } = element;
      if (depth === 1) isData = name === "sheetData";
      if (isData && depth >= 2) rows.open(element);
      if (isData && name === "f" && depth === 4) hasFormulas = true;
      if (name === "mergeCell" && depth === 2) {
        const range = parseRange(attributes.ref ?? "");
        if (range) merged.push(range);
        if (merged.length > maxMerged) throw tooLarge(`the list of merged cells in ${sheet.part}`);
      }
      if (name === "autoFilter" && depth === 1) filtered = parseRange(attributes.ref ?? "");
      if (name === "sheetProtection" && depth === 1) isProtected = isOn(attributes.sheet);
    },
    text: rows.text,
    close: rows.close,
  });
  await archive.readText(entryOf(archive, sheet.part), parser.write);
  parser.end();
  return { merged, filtered, isProtected, hasFormulas };
}

interface OpenCell {
  column: number;
  style: string | undefined;
  type: string;
  text: string | undefined;
  formula: string | undefined;
}

/** Puts rows together: `sheetData` is at depth 1, a row at 2, a cell at 3, what it holds at 4. */
function rowReader(
  sheet: Sheet,
  context: SheetContext,
  takeRow: (row: number, cells: SheetCell[]) => void,
) {
  const inline = textCollector();
  let row = 0;
  let column = 0;
  let cells: SheetCell[] = [];
  let cell: OpenCell | undefined;
  let isInline = false;
  let reading: "v" | "f" | undefined;
  return {
    open({ name, attributes, depth }: XmlElement) {
      if (depth === 2 && name === "row") {
        const wanted = attributes.r ?? row + 1;
        row = placeAfter(row, Number(wanted), maxRow, sheet, `row ${wanted}`);
        column = 0;
        cells = [];
      } else if (depth === 3 && name === "c") {
        const { r, s, t = "n" } = attributes;
        const wanted = r === undefined ? column + 1 : parseCell(r)?.column ?? 0;
        const place = r ?? cellReference(wanted, row);
        column = placeAfter(column, wanted, maxColumn, sheet, `cell ${place} of row ${row}`);
        cell = { column, style: s, type: t, text: undefined, formula: undefined };
      } else if (cell) {
        if (isInline) inline.open(name);
        else if (depth === 4) {
          reading = name === "v" || name === "f" ? name : undefined;
          if (name === "v") cell.text = "";
          if (name === "f") cell.formula = "";
          if (name === "is") {
            isInline = true;
            inline.begin();
          }
        }
      }
    },
    text(piece: string) {
      if (isInline) inline.add(piece);
      else if (cell && reading === "v") cell.text = appended(cell.text, piece);
      else if (cell && reading === "f") cell.formula = appended(cell.formula, piece);
    },
    close(name: string, depth: number) {
      if (isInline) inline.close(name);
      if (depth === 4) {
        if (isInline && cell) cell.text = inline.end();
        isInline = false;
        reading = undefined;
      } else if (depth === 3 && cell) {
        const read = readOpenCell(cell, row, context);
        if (read) cells.push(read);
        cell = undefined;
      } else if (depth === 2 && name === "row" && cells.length > 0) {
        takeRow(row, cells);
        cells = [];
      }
    },
  };
}

function appended(text: string | undefined, piece: string): string {
  const whole = (text ?? "") + piece;
  if (whole.length > maxCellLength) throw cellTooLong();
  return whole;
}

function readOpenCell(
  { column, style, type, text, formula }: OpenCell,
  row: number,
  { shared, formats, is1904 }: SheetContext,
): SheetCell | undefined {
  const isUnknown = formula !== undefined &&
    (text === undefined || (text === "" && type === "n"));
  const format = formats.numberFormatOf(style);
  const read = readCell({ text, type, format }, shared, is1904);
  if (!read) {
    const place = cellReference(column, row);
    throw new WaybillError(
      "E-1003",
      `Cannot read cell ${place}: its value is none that Excel writes`,
      {
        remedy: "Open the file in Excel, correct the cell, and save it again",
      },
    );
  }
  if (read.kind === "empty" && formula === undefined) return undefined;
  return { column, formula, isUnknown, ...read };
}

/** Rows and cells stand in order, and what has no place of its own stands after the one before. */
function placeAfter(last: number, place: number, max: number, sheet: Sheet, what: string): number {
  if (Number.isInteger(place) && place > last && place <= max) return place;
  throw new WaybillError(
    "E-1003",
    `Cannot read sheet "${sheet.name}": ${what} is out of its place`,
    {
      remedy: "Open the file in Excel, let it repair the file, and save it again",
    },
  );
}
