/**
 * What a file that is not UTF-8 is likely to be, and the names of encodings that a person may give.
 *
 * @module
 */
import iconv from "iconv-lite";
import { UsageError, WaybillError } from "../../../errors.ts";

/** The mark that a text begins with, by its encoding. */
const marks = [
  { name: "UTF-8", option: "utf-8", bytes: [0xef, 0xbb, 0xbf] },
  { name: "UTF-16 LE", option: "utf-16le", bytes: [0xff, 0xfe] },
  { name: "UTF-16 BE", option: "utf-16be", bytes: [0xfe, 0xff] },
] as const;

/** What iconv-lite takes for encodings and no file is written in. */
const noEncodings = /^(?:base64|hex|binary|utf-?7|utf-?7-?imap|cesu-?8|internal)$/i;

const common =
  "windows-1252, iso-8859-1, iso-8859-15, windows-1250, windows-1251, macintosh, utf-16le, " +
  "utf-16be, shift_jis, gb18030, big5, euc-kr";

/** Bytes that Windows-1252 gives no meaning. */
const noWindows1252: ReadonlySet<number> = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

/**
 * Reads the name of an encoding.
 *
 * @param name What a person gave.
 * @param start The first bytes of the file, some thousand at the best.
 * @returns The name as iconv-lite has it; `undefined` for UTF-8, which needs no conversion.
 * @throws {UsageError} If there is no such encoding, or the file begins as another one does.
 */
export function readEncoding(name: string, start: Uint8Array): string | undefined {
  const mark = markOf(start);
  const plain = name.trim().toLowerCase();
  const seen = mark ?? utf16Of(start);
  if (/^utf-?16$/.test(plain) && !seen) throw whichUtf16(name);
  const given = /^utf-?16$/.test(plain) ? seen?.option ?? plain : plain;
  const isUtf8 = /^utf-?8$/.test(given);
  if (!isUtf8 && (noEncodings.test(given) || !iconv.encodingExists(given))) {
    throw new UsageError(
      `Cannot read the file in the encoding "${name}": there is none of that name`,
      `Name one of: ${common}`,
    );
  }
  if (!mark && seen && /^utf-?16/.test(plain) && squeezed(seen.option) !== squeezed(given)) {
    throw new UsageError(
      `Cannot read the file in the encoding "${name}": it is ${seen.name}`,
      `Give --encoding ${seen.option}`,
    );
  }
  if (mark && squeezed(mark.option) !== squeezed(given)) {
    throw new UsageError(
      `Cannot read the file in the encoding "${name}": it begins with the mark of ${mark.name}`,
      mark.option === "utf-8" ? "Leave --encoding out" : `Give --encoding ${mark.option}`,
    );
  }
  return isUtf8 ? undefined : given;
}

/**
 * Checks that a file is not something else altogether, before anybody looks for quotes in it.
 *
 * @param bytes The first bytes of the file.
 * @throws {WaybillError} `E-1005` if they are UTF-16 or binary.
 */
export function checkFirstBytes(bytes: Uint8Array): void {
  const utf16 = markOf(bytes) ?? utf16Of(bytes);
  if (utf16 && utf16.option !== "utf-8") throw notUtf8(`it is ${utf16.name}`, utf16.option);
  const nul = bytes.indexOf(0);
  if (nul < 0) return;
  const line = 1 + bytes.subarray(0, nul).filter((byte) => byte === 0x0a).length;
  throw nulByte(line);
}

/**
 * The error of a line that is not UTF-8.
 *
 * @param line The 1-based line.
 * @param bytes Its bytes.
 * @returns The error; it names the byte, and the encoding that it may be.
 */
export function notUtf8Line(line: number, bytes: Uint8Array): WaybillError {
  if (bytes.includes(0)) return nulByte(line);
  const at = firstBad(bytes);
  const byte = `0x${(bytes[at] ?? 0).toString(16).toUpperCase()}`;
  const where = `line ${line} has ${byte} at byte ${at + 1}`;
  return bytes.some((each) => noWindows1252.has(each))
    ? notUtf8(where, undefined)
    : notUtf8(`${where}, which may be Windows-1252`, "windows-1252");
}

function whichUtf16(name: string): UsageError {
  return new UsageError(
    `Cannot read the file in the encoding "${name}": nothing in it tells which of the two it is`,
    "Give --encoding utf-16le, as Windows writes it, or --encoding utf-16be",
  );
}

function nulByte(line: number): WaybillError {
  return notUtf8(`line ${line} holds a NUL byte, as no text does`, undefined);
}

function notUtf8(why: string, encoding: string | undefined): WaybillError {
  const option = encoding === undefined ? "" : `, or import it with --encoding ${encoding}`;
  return new WaybillError("E-1005", `Cannot read the file: it is not UTF-8 text, ${why}`, {
    remedy: `Save it again as "CSV UTF-8"${option}`,
  });
}

function markOf(bytes: Uint8Array) {
  return marks.find((mark) => mark.bytes.every((byte, at) => bytes[at] === byte));
}

/** UTF-16 without a mark: in most scripts, every other byte of separators and digits is NUL. */
function utf16Of(bytes: Uint8Array) {
  const nuls = [0, 0];
  bytes.forEach((byte, at) => byte === 0 && (nuls[at % 2] = (nuls[at % 2] ?? 0) + 1));
  const [even = 0, odd = 0] = nuls;
  if (even + odd < Math.max(4, bytes.length / 8)) return undefined;
  if (odd > 20 * even) return marks[1];
  return even > 20 * odd ? marks[2] : undefined;
}

/** Where the first bytes are that make no character. */
function firstBad(bytes: Uint8Array): number {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const end = text.indexOf("\ufffd");
  return new TextEncoder().encode(end < 0 ? text : text.slice(0, end)).length;
}

function squeezed(name: string): string {
  return name.replaceAll(/[^a-z0-9]/g, "");
}
