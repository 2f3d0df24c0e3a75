/**
 * The zip archive that a workbook is, read by zip.js: which entries it has, and the text of each,
 * inflated piece by piece, and not at all where it says that it is larger than a real workbook's. Nothing is extracted.
 *
 * @module
 */
import { configure, type Entry, type FileEntry, Reader, ZipReader } from "@zip.js/zip.js";
import { ensureError, WaybillError } from "../../../errors.ts";
import { readAt } from "../../durable_file.ts";
import type { Awaitable } from "../source.ts";
import { checkKind } from "./file_kind.ts";
import { notUtf8 } from "./xml_parser.ts";

/** So much is unpacked at once, a thousand times larger at the most: the memory that a bomb can take. */
const chunkSize = 1 << 15;

configure({ useWebWorkers: false, chunkSize });

/** An open archive. */
export interface Archive extends AsyncDisposable {
  /**
   * All its entries in order.
   *
   * @internal
   */
  readonly entries: readonly Entry[];
  /**
   * The entry of a part, if there is one; case does not matter, as the standard says.
   *
   * @internal
   */
  find(part: string): FileEntry | undefined;
  /** What the archive's author wrote at its end. */
  readonly comment: Uint8Array;
  /**
   * Gives the text of a part, piece by piece; the next one when the last was taken. A part that is
   * kept in memory whole has a limit of its own, in bytes.
   *
   * @internal
   */
  readText(part: FileEntry, take: TextTaker, maxBytes?: number): Promise<void>;
}

/** Takes a piece of text. */
export type TextTaker = (text: string) => Awaitable<void>;

/** How far an archive is inflated. */
export interface ArchiveLimits {
  /** The bytes of one part. */
  readonly partBytes: number;
  /** The bytes of all parts that are read. */
  readonly totalBytes: number;
  /** How many times larger than in the archive, beyond the first `freeBytes`. */
  readonly ratio: number;
  /** Up to here the ratio does not matter. */
  readonly freeBytes: number;
}

/** What a part that is not rows of cells has at the most, in bytes: lists of sheets, formats. */
export const listBytes = 2 ** 25;

/** A sheet that is full to its last row fits; its XML deflates to a twentieth or so. */
const usualLimits: ArchiveLimits = {
  partBytes: 2 ** 30,
  totalBytes: 2 ** 31,
  ratio: 200,
  freeBytes: 2 ** 24,
};

/**
 * Opens an archive.
 *
 * @param file The open file; it stays the caller's to close.
 * @param limits How far it is inflated.
 * @returns The archive.
 * @throws {WaybillError} `E-1002` if the file is empty, `E-1013` if it is no workbook or damaged.
 *
 * @internal
 */
export async function openArchive(
  file: Deno.FsFile,
  limits: ArchiveLimits = usualLimits,
): Promise<Archive> {
  checkKind(file);
  const reader = new ZipReader(new FileBytes(file));
  const entries = await readEntries(reader);
  const byName = new Map<string, FileEntry>();
  for (const entry of entries) {
    if (!entry.directory) byName.set(entry.filename.toLowerCase(), entry);
  }
  let total = 0;
  return {
    entries,
    comment: reader.comment,
    find: (part) => byName.get(part.toLowerCase()),
    async readText(entry, take, maxBytes = limits.partBytes) {
      const { filename, compressedSize, uncompressedSize: size } = entry;
      total += size;
      const isTooDense = size > limits.freeBytes && size > compressedSize * limits.ratio;
      const isTooLarge = size > Math.min(maxBytes, limits.partBytes) || total > limits.totalBytes;
      if (isTooDense || isTooLarge) throw unpacksToMore(filename);
      await inflate(entry, take);
    },
    [Symbol.asyncDispose]: () => reader.close(),
  };
}

/** The file as zip.js reads it. */
class FileBytes extends Reader<Deno.FsFile> {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    super(file);
    this.#file = file;
    this.size = file.statSync().size;
  }

  override readUint8Array(index: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(readAt(this.#file, index, length));
  }
}

async function readEntries(reader: ZipReader<Deno.FsFile>): Promise<Entry[]> {
  let entries: Entry[];
  try {
    entries = await reader.getEntries();
  } catch (error) {
    throw damaged("the list of its parts cannot be read: it is cut off or damaged", error);
  }
  const names = new Set<string>();
  // zip.js itself refuses names that lead outside.
  for (const { filename, encrypted } of entries) {
    if (encrypted) throw damaged("its parts are encrypted");
    if (names.has(filename.toLowerCase())) throw damaged(`it holds ${filename} twice`);
    names.add(filename.toLowerCase());
  }
  return entries;
}

/** zip.js itself stops where a part unpacks to more than the archive says of it. */
async function inflate(entry: FileEntry, take: TextTaker): Promise<void> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw notUtf8(entry.filename);
    }
  };
  // zip.js tells of its own fault when what it writes to has failed.
  let fault: unknown;
  const write = async (bytes: Uint8Array) => {
    try {
      await take(decode(bytes));
    } catch (error) {
      fault = error;
      throw error;
    }
  };
  try {
    await entry.getData(new WritableStream({ write }), { checkCrc32: true });
  } catch (error) {
    if (fault !== undefined) throw fault;
    throw damaged(`${entry.filename} cannot be unpacked: it is cut off or damaged`, error);
  }
  await take(decode());
}

function damaged(why: string, cause?: unknown): WaybillError {
  return new WaybillError("E-1013", `Cannot read the workbook: ${why}`, {
    remedy:
      "Open the file in Excel and save it again, or take it from where it came from once more",
    ...(cause === undefined ? {} : { cause: ensureError(cause) }),
  });
}

function unpacksToMore(part: string): WaybillError {
  return new WaybillError(
    "E-1013",
    `Cannot read the workbook: ${part} unpacks to more than any sheet of orders holds`,
    { remedy: "Check where the file comes from; save the orders alone as .xlsx or .csv" },
  );
}

/**
 * The error of a part that holds more than anybody reads.
 *
 * @param part Its name.
 * @returns The error.
 */
export function tooLarge(part: string): WaybillError {
  return new WaybillError(
    "E-1013",
    `Cannot read the workbook: ${part} holds more than any sheet of orders does`,
    { remedy: "Check where the file comes from; save the orders alone as .xlsx or .csv" },
  );
}
