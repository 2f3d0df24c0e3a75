/**
 * One PDF of many labels, 4 by 6 inches a page, written as it grows: memory stays flat.
 *
 * @module
 */
import { createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { Buffer } from "node:buffer";
import process from "node:process";
import { deflateSync } from "node:zlib";
import { decode } from "fast-png";
// @ts-types="@types/omggif"
import { GifReader } from "omggif";
// @ts-types="@types/pdfkit"
import PDFDocument from "pdfkit";
import { ensureError, WaybillError } from "../errors.ts";

/** In points, 72 an inch. */
const page = { width: 288, height: 432 };

/** More than a label has at 600 dots an inch; what claims more would take minutes and all memory. */
const mostPixels = 25_000_000;

/** A PDF that grows. */
export interface LabelPdf {
  /** Adds a page. It rejects with `E-4021`, and the PDF is as it was, if the picture cannot be read. */
  add(format: string, bytes: Uint8Array): Promise<void>;
  /** Puts the file in place, whole and durable. */
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/**
 * Begins a PDF beside its place; it is put there when it is whole.
 *
 * @param path Where.
 * @param title What it says of itself.
 * @returns The PDF.
 * @throws {WaybillError} `E-4002` if it cannot be written.
 */
export async function openLabelPdf(path: string, title: string): Promise<LabelPdf> {
  // Two that make the same one at the same time do not write into each other's.
  const temporary = `${path}.${process.pid}.part`;
  // Tells of a folder that is not there, or that is in its place, before anything is fetched.
  try {
    if (await isFolder(path)) throw new Error("it is a folder");
    await rm(temporary, { force: true });
    // A link that somebody has put there is not written through.
    await (await open(temporary, "wx")).close();
  } catch (error) {
    throw cannotWrite(path, error);
  }
  const file = createWriteStream(temporary, { flags: "r+" });
  // Not `once()`, which would reject with the failure that is kept below.
  const closed = new Promise<void>((resolve) => file.once("close", resolve));
  let failure: unknown;
  file.on("error", (error) => failure = error);
  const document = new PDFDocument({
    size: [page.width, page.height],
    margin: 0,
    autoFirstPage: false,
    info: { Title: title, Producer: "Waybill" },
  });
  document.pipe(file);
  return {
    async add(format, bytes) {
      if (failure !== undefined) throw cannotWrite(path, failure);
      const image = readImage(format, bytes);
      document.addPage();
      place(document, image);
      // Nothing piles up in memory while the disk is slow.
      if (!file.writableNeedDrain) return;
      const drained = new Promise<void>((resolve) => file.once("drain", resolve));
      await Promise.race([drained, closed]);
    },
    async finish() {
      document.end();
      await closed;
      if (failure !== undefined) throw cannotWrite(path, failure);
      try {
        const written = await open(temporary, "r+");
        await written.sync();
        await written.close();
        await rename(temporary, path);
      } catch (error) {
        throw cannotWrite(path, error);
      }
    },
    async discard() {
      document.unpipe(file);
      file.destroy();
      await closed;
      await rm(temporary, { force: true });
    },
  };
}

/** A picture in one channel: black on white prints the same, and is small. */
interface Image {
  readonly width: number;
  readonly height: number;
  /** Bits a pixel: 1 where it is black and white only. */
  readonly bits: 1 | 8;
  /** The rows, each filled up to whole bytes, compressed by zlib. */
  readonly data: Buffer;
}

/**
 * Puts a picture on the page as large as it fits; one that lies on its side is turned upright. It is
 * written at once and let go of: what pdfkit does with a picture keeps it until the end.
 */
function place(document: PDFKit.PDFDocument, { width, height, bits, data }: Image): void {
  const picture = document.ref({
    Type: "XObject",
    Subtype: "Image",
    Width: width,
    Height: height,
    ColorSpace: "DeviceGray",
    BitsPerComponent: bits,
    Filter: "FlateDecode",
  });
  picture.end(data);
  const isOnItsSide = width > height;
  const [wide, high] = isOnItsSide ? [height, width] : [width, height];
  const scale = Math.min(page.width / wide, page.height / high);
  const [x, y] = [(page.width - wide * scale) / 2, (page.height - high * scale) / 2];
  const [w, h] = [width * scale, height * scale];
  // pdfkit's own axis points down; a picture's lowest row is drawn at its matrix's foot.
  const matrix = isOnItsSide ? [0, w, h, 0, x, y] : [w, 0, 0, -h, x, y + h];
  document.page.xobjects["Label"] = picture;
  document.addContent(`q ${matrix.map((each) => each.toFixed(4)).join(" ")} cm /Label Do Q`);
}

function readImage(format: string, bytes: Uint8Array): Image {
  try {
    return imageOf(format, bytes);
  } catch (error) {
    const why = typeof error === "string" ? error : ensureError(error).message;
    throw new WaybillError("E-4021", `its ${format} picture cannot be read: ${why}`, {
      cause: error,
    });
  }
}

function imageOf(format: string, bytes: Uint8Array): Image {
  const { width, height, grey } = format.toUpperCase() === "PNG" ? readPng(bytes) : readGif(bytes);
  if (!grey.every((each) => each === 0 || each === 255)) {
    return { width, height, bits: 8, data: deflateSync(grey) };
  }
  const stride = Math.ceil(width / 8);
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (grey[y * width + x] === 255) {
        const at = y * stride + (x >> 3);
        rows[at] = (rows[at] ?? 0) | (0x80 >> (x & 7));
      }
    }
  }
  return { width, height, bits: 1, data: deflateSync(rows) };
}

function readGif(bytes: Uint8Array): { width: number; height: number; grey: Uint8Array } {
  const gif = new GifReader(Buffer.from(bytes));
  const { width, height } = gif;
  refuseHuge(width, height);
  const frame = gif.frameInfo(0);
  refuseHuge(frame.width, frame.height);
  const pixels = new Uint8Array(width * height * 4);
  if (isTorn(() => gif.decodeAndBlitFrameRGBA(0, pixels))) throw new Error("it is torn");
  return { width, height, grey: greyOf(pixels, 4) };
}

function readPng(bytes: Uint8Array): { width: number; height: number; grey: Uint8Array } {
  // Width and height are the first words of every PNG.
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  refuseHuge(head.getUint32(16), head.getUint32(20));
  const { width, height, data, channels, depth, palette } = decode(bytes);
  if (palette) {
    const pixels = Uint8Array.from(data, (index) => palette[index]?.[0] ?? 255);
    return { width, height, grey: pixels };
  }
  const most = 2 ** depth - 1;
  return {
    width,
    height,
    grey: greyOf(Uint8Array.from(data, (each) => each * 255 / most), channels),
  };
}

/**
 * Whether a picture ends before its last point: half a barcode is worse than none. omggif tells only on
 * stdout, where our results are.
 */
function isTorn(decode: () => void): boolean {
  const { log } = globalThis.console;
  let isTold = false;
  globalThis.console.log = () => isTold = true;
  try {
    decode();
    return isTold;
  } finally {
    globalThis.console.log = log;
  }
}

function refuseHuge(width: number, height: number): void {
  if (width * height > mostPixels) throw new Error(`it has ${width} by ${height} points`);
}

/** One channel of pixels that have one to four; what is transparent is paper. No arrays in the loop. */
function greyOf(pixels: Uint8Array, channels: number): Uint8Array {
  const isColour = channels > 2;
  const hasAlpha = channels === 2 || channels === 4;
  const grey = new Uint8Array(pixels.length / channels);
  for (let at = 0; at < grey.length; at++) {
    const from = at * channels;
    const red = pixels[from] ?? 0;
    const light = isColour
      ? (299 * red + 587 * (pixels[from + 1] ?? 0) + 114 * (pixels[from + 2] ?? 0)) / 1000
      : red;
    const alpha = hasAlpha ? pixels[from + channels - 1] ?? 255 : 255;
    grey[at] = Math.round((light * alpha + 255 * (255 - alpha)) / 255);
  }
  return grey;
}

function cannotWrite(path: string, error: unknown): WaybillError {
  return new WaybillError("E-4002", `Cannot write ${path}: ${ensureError(error).message}`, {
    cause: error,
    remedy: "Check the folder, its permissions and the room on the disk",
  });
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}
