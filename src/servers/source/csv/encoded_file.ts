/**
 * A CSV file in another encoding than UTF-8: it is read through a copy in UTF-8, and written back in its
 * own encoding. What does not come back byte for byte is refused at once.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import iconv from "iconv-lite";
import { WaybillError } from "../../../errors.ts";
import { readAt, writeAll } from "../../durable_file.ts";

const chunkBytes = 1 << 18;
const nothing = new Uint8Array(0);

/** A copy in UTF-8. */
export interface Utf8Copy extends Disposable {
  /** The open copy; nobody else can open it. */
  readonly file: Deno.FsFile;
}

/**
 * Makes a copy of a file in UTF-8.
 *
 * @param file The open file; its position is moved.
 * @param encoding Its encoding.
 * @param folder Where the copy is written; the system's folder for such files, if left out.
 * @returns The copy; it is gone when it is disposed of, or the process ends.
 * @throws {WaybillError} `E-1005` if the file is not in that encoding; it names the line.
 */
export function utf8Copy(file: Deno.FsFile, encoding: string, folder?: string): Utf8Copy {
  if (folder !== undefined) Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = Deno.makeTempFileSync({
    prefix: "waybill-utf8-",
    ...folder === undefined ? {} : { dir: folder },
  });
  const copy = Deno.openSync(path, { read: true, write: true });
  // An open file needs no name, but on Windows.
  const isNameless = Deno.build.os !== "windows";
  if (isNameless) Deno.removeSync(path);
  const dispose = () => {
    copy.close();
    if (!isNameless) Deno.removeSync(path);
  };
  try {
    convert(file, encoding, copy);
  } catch (error) {
    dispose();
    throw error;
  }
  return { file: copy, [Symbol.dispose]: dispose };
}

/** What takes UTF-8, however it is cut, and gives another encoding. */
export interface Encoder {
  /** Takes the next bytes of UTF-8 and gives bytes of the encoding. */
  encode(bytes: Uint8Array): Uint8Array;
  /** Gives what is left at the end. */
  end(): Uint8Array;
}

/**
 * Makes what converts UTF-8 back.
 *
 * @param encoding The encoding.
 * @returns The encoder; a byte order mark that the text has is written, and no other.
 */
export function encoderTo(encoding: string): Encoder {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
  const encoder = iconv.getEncoder(encoding, { addBOM: false });
  return {
    encode: (bytes) => encoder.write(decoder.decode(bytes, { stream: true })),
    end: () => {
      const rest = encoder.write(decoder.decode());
      return joined(rest, encoder.end() ?? nothing);
    },
  };
}

function convert(file: Deno.FsFile, encoding: string, copy: Deno.FsFile): void {
  const decoder = iconv.getDecoder(encoding, { stripBOM: false });
  const back = iconv.getEncoder(encoding, { addBOM: false });
  const utf8 = new TextEncoder();
  let line = 1;
  // The bytes that no text has come back for yet: a character may be cut in two.
  let open: Uint8Array = nothing;
  for (let offset = 0;;) {
    const bytes = readAt(file, offset, chunkBytes);
    const isLast = bytes.length === 0;
    offset += bytes.length;
    const text = (isLast ? decoder.end() : decoder.write(bufferOf(bytes))) ?? "";
    const again = joined(back.write(text), (isLast ? back.end() : undefined) ?? nothing);
    open = joined(open, bytes);
    const bad = again.findIndex((byte, at) => byte !== open[at]);
    if (bad >= 0 || (isLast && again.length < open.length)) {
      throw otherEncoding(encoding, line, open.subarray(0, bad < 0 ? again.length : bad));
    }
    open = open.subarray(again.length);
    line += linesIn(text);
    writeAll(copy, utf8.encode(text));
    if (isLast) return;
  }
}

function otherEncoding(encoding: string, line: number, before: Uint8Array): WaybillError {
  const bad = line + linesIn(iconv.decode(bufferOf(before), encoding));
  return new WaybillError(
    "E-1005",
    `Cannot read the file: line ${bad} holds bytes that are no text in ${encoding}`,
    { remedy: "Give the encoding that the file was saved in, or save it again as UTF-8" },
  );
}

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
