/**
 * Keeps values out of a template's text while it renders, and puts them into the finished text.
 *
 * A rendered value leaves only a mark in the text: control characters around its index. JSON allows
 * no control character and a template's own text is refused if it holds one, so a mark cannot be
 * anything else; and since no value is ever part of the text, no value can forge one.
 *
 * @module
 */
import { templateFault } from "./fault.ts";

/** A value that a template puts out. */
export interface PlacedValue {
  /** The value. */
  value: unknown;
  /** The template's line that puts it out. */
  line: number;
}

/** Text that is JSON already, as `dump` makes it. */
export class JsonText {
  /** The JSON. */
  readonly json: string;

  /**
   * Makes it.
   *
   * @param value Any value.
   * @param indent As `JSON.stringify` takes it.
   */
  constructor(value: unknown, indent?: number | string) {
    this.json = JSON.stringify(value, plainJson, indent) ?? "null";
  }

  /** The JSON, for everything that wants text. */
  toString(): string {
    return this.json;
  }
}

const markOpen = "\u0001";
const markClose = "\u0002";
const quote = 0x22;
const backslash = 0x5c;
const open = markOpen.charCodeAt(0);

/**
 * The mark of a value.
 *
 * @param index Its place in the list of values.
 * @returns What stands in the text for it.
 */
export function mark(index: number): string {
  return `${markOpen}${index}${markClose}`;
}

/**
 * Puts the values into a rendered text as plain text, for whoever works with it further.
 *
 * @param text The text with marks.
 * @param values The values.
 * @returns The text without marks.
 */
export function plainText(text: string, values: readonly PlacedValue[]): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf(markOpen); at >= 0; at = text.indexOf(markOpen, from)) {
    const end = text.indexOf(markClose, at);
    out += text.slice(from, at) + toText(placed(text, at, end, values).value);
    from = end + 1;
  }
  return out + text.slice(from);
}

/**
 * Puts the values into a rendered JSON text: escaped inside quotes, as one literal elsewhere.
 *
 * @param text The text with marks.
 * @param values The values.
 * @returns JSON, if the template's own text is.
 * @throws {TemplateFault} If a value is used as a key, is glued to other text outside of quotes, or
 *   follows an unfinished escape.
 */
export function spliceValues(text: string, values: readonly PlacedValue[]): string {
  let out = "";
  let from = 0;
  let inString = false;
  /** The last value inside the string at hand, since it may turn out to be a key. */
  let inside: PlacedValue | undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === open) {
      const end = text.indexOf(markClose, at);
      const { value, line } = placed(text, at, end, values);
      out += text.slice(from, at);
      if (inString) {
        out += JSON.stringify(toText(value)).slice(1, -1);
        inside = { value, line };
      } else {
        refuseGlued(text, at, end, line);
        out += toLiteral(value, line);
      }
      at = end;
      from = end + 1;
    } else if (code === quote) {
      inString = !inString;
      if (inString) inside = undefined;
      else if (inside !== undefined && isKey(text, at + 1)) refuseKey(inside.line);
    } else if (code === backslash && inString) {
      refuseBrokenEscape(text, at, values);
      at++;
    }
  }
  return out + text.slice(from);
}

/**
 * A value as text inside quotes.
 *
 * @param value Any value.
 * @returns Nothing for an empty cell; JSON for a list or an object.
 */
export function toText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return isoDate(value);
  if (value instanceof JsonText) return value.json;
  return typeof value === "object" ? JSON.stringify(value, plainJson) : String(value);
}

function toLiteral(value: unknown, line: number): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof JsonText) return value.json;
  if (typeof value === "string") return isNumber(value) ? String(Number(value)) : quoted(value);
  if (typeof value === "bigint") return toLiteral(String(value), line);
  if (value instanceof Date) return quoted(isoDate(value));
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw templateFault(`${value} is not a number that JSON knows`, line);
  }
  return JSON.stringify(value, plainJson);
}

/**
 * Whether text is a number that JavaScript holds without loss: JSON's grammar without an exponent,
 * and 15 digits at most. A leading zero makes it a code, such as a ZIP.
 */
function isNumber(text: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) &&
    text.replace(/^-?[0.]*|\./g, "").length <= 15;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function isoDate(date: Date): string {
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}

/** `JSON.stringify` refuses a bigint, which a database may well answer. */
function plainJson(_key: string, value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  return isNumber(String(value)) ? Number(value) : String(value);
}

function placed(
  text: string,
  at: number,
  end: number,
  values: readonly PlacedValue[],
): PlacedValue {
  const found = end < 0 ? undefined : values[Number(text.slice(at + 1, end))];
  if (found === undefined) throw templateFault("the template makes control characters");
  return found;
}

/** A value beside a digit would become part of that number, and no longer be one value. */
function refuseGlued(text: string, at: number, end: number, line: number): void {
  if (isBoundary(text[at - 1]) && isBoundary(text[end + 1])) {
    if (isKey(text, end + 1)) refuseKey(line);
    return;
  }
  throw templateFault(
    "a value without quotes stands right beside other text",
    line,
    'Put quotes around the whole, as in "{{ row.a }}-{{ row.b }}"',
  );
}

function isBoundary(char: string | undefined): boolean {
  return char === undefined || " \t\r\n,:[]{}".includes(char);
}

function isKey(text: string, from: number): boolean {
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? "";
    if (!" \t\r\n".includes(char)) return char === ":";
  }
  return false;
}

function refuseKey(line: number): never {
  throw templateFault(
    "a value is used as the name of a JSON field",
    line,
    "Write field names into the template: only a field's content may come from a row",
  );
}

/** The template's `\` would swallow the first character of the value's own escape. */
function refuseBrokenEscape(text: string, at: number, values: readonly PlacedValue[]): void {
  const length = text[at + 1] === "u" ? 6 : 2;
  const found = text.slice(at, at + length).indexOf(markOpen);
  if (found < 0) return;
  const markAt = at + found;
  const { line } = placed(text, markAt, text.indexOf(markClose, markAt), values);
  throw templateFault("a value follows an unfinished escape", line, "Write \\\\ for a backslash");
}
