/**
 * What a cell holds, as a person sees it: text, a number, a day, yes or no.
 *
 * @module
 */
import type { CellValue } from "../row_checksum.ts";
import type { NumberFormat } from "./number_format.ts";
import { digitsText, timeText, wholeText } from "./number_text.ts";
import type { PackedTexts } from "./packed_texts.ts";
import { decodeXstring } from "./xstring.ts";

/** A cell as it stands in the sheet. */
export interface RawCell {
  /** What `v` holds, or the text of `is`; `undefined` if there is neither. */
  readonly text: string | undefined;
  /** What `t` says: `s`, `str`, `inlineStr`, `b`, `e`, `d`, or `n` if it is left out. */
  readonly type: string;
  /** What its number format says. */
  readonly format: NumberFormat;
}

/** What a cell was read as. */
export interface ReadCell {
  /** Its value; null for an error such as `#N/A`; `""` for nothing. */
  readonly value: CellValue;
  /** What kind of value that is. */
  readonly kind: "empty" | "integer" | "decimal" | "date" | "boolean" | "string" | "error";
  /** Whether it is a number of which Excel has lost digits. */
  readonly isInexact: boolean;
}

/** The digits that Excel keeps of a number. */
const keptDigits = 1e15;

const numeral = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const midnight = /T00:00(?::00(?:\.0*)?)?Z?$/;
const empty: ReadCell = { value: "", kind: "empty", isInexact: false };

/**
 * Reads a cell.
 *
 * @param cell The cell.
 * @param shared The texts that cells share.
 * @param is1904 Whether days are counted from 1904.
 * @returns What it holds, or `undefined` if that cannot be read.
 */
export function readCell(
  { text, type, format }: RawCell,
  shared: PackedTexts,
  is1904: boolean,
): ReadCell | undefined {
  const isLiteral = type === "inlineStr" || type === "str";
  if (text === undefined || (!isLiteral && text.trim() === "")) return empty;
  switch (type) {
    case "s": {
      const known = /^\s*\d+\s*$/.test(text) ? shared.get(Number(text)) : undefined;
      return known === undefined ? undefined : ofText(known);
    }
    case "inlineStr":
      return ofText(text);
    case "str":
      return ofText(decodeXstring(text));
    case "b":
      return {
        value: text.trim() === "1" || text.trim() === "true",
        kind: "boolean",
        isInexact: false,
      };
    case "e":
      return { value: null, kind: "error", isInexact: false };
    case "d":
      return ofDate(text.trim(), format);
    case "n":
      return numeral.test(text) ? ofNumber(text, format, is1904) : undefined;
    default:
      return undefined;
  }
}

function ofText(value: string): ReadCell {
  return value === "" ? empty : { value, kind: "string", isInexact: false };
}

/** Only the strict kind of .xlsx writes dates as text. */
function ofDate(text: string, format: NumberFormat): ReadCell {
  const isDay = format.kind !== "time" || !format.hasTime;
  const value = isDay ? text.replace(midnight, "") : text;
  return { value, kind: "date", isInexact: false };
}

function ofNumber(text: string, format: NumberFormat, is1904: boolean): ReadCell | undefined {
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  if (format.kind === "time") {
    const time = timeText(value, format, is1904);
    const kind = format.hasDate ? "date" : "string";
    if (time !== undefined) return { value: time, kind, isInexact: false };
  }
  if (format.kind === "digits") {
    const digits = digitsText(value, format);
    if (digits !== undefined) return ofText(digits);
  }
  if (!Number.isInteger(value)) return { value, kind: "decimal", isInexact: false };
  if (Math.abs(value) < keptDigits) return { value: value + 0, kind: "integer", isInexact: false };
  return { value: wholeText(text), kind: "string", isInexact: true };
}
