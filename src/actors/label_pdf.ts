/**
 * One PDF of many labels, 4 by 6 inches a page, written as it grows: memory stays flat.
 *
 * @module
 */
import { createWriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { once } from "node:events";
import { Buffer } from "node:buffer";
import { encode } from "fast-png";
// @ts-types="@types/omggif"
import { GifReader } from "omggif";
// @ts-types="@types/pdfkit"
import PDFDocument from "pdfkit";
import { ensureError, WaybillError } from "../errors.ts";

/** The formats that a page can be made of, the best first. */
export const printableFormats: readonly string[] = ["GIF", "PNG"];

/** In points, 72 an inch. */
const page = { width: 288, height: 432 };

/** A PDF that grows. */
export interface LabelPdf {
  /** Adds a page. */
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
  const temporary = `${path}.part`;
  // Tells of a folder that is not there before anything is fetched.
  await (await open(temporary, "w").catch((error) => {
    throw cannotWrite(path, error);
  })).close();
  const file = createWriteStream(temporary);
  const closed = once(file, "close");
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
      const image = imageOf(format, bytes);
      document.addPage();
      place(document, image);
      // Nothing piles up in memory while the disk is slow.
      if (file.writableNeedDrain) await Promise.race([once(file, "drain"), closed]);
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

interface Image {
  readonly png: Buffer;
  readonly width: number;
  readonly height: number;
}

/** A label that lies on its side is turned upright. */
function place(document: PDFKit.PDFDocument, { png, width, height }: Image): void {
  const isOnItsSide = width > height;
  const room = isOnItsSide ? { width: page.height, height: page.width } : page;
  document.save();
  if (isOnItsSide) document.rotate(90).translate(0, -page.width);
  document.image(png, 0, 0, {
    fit: [room.width, room.height],
    align: "center",
    valign: "center",
  });
  document.restore();
}

function imageOf(format: string, bytes: Uint8Array): Image {
  if (format.toUpperCase() === "PNG") {
    const png = Buffer.from(bytes);
    return { png, width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
  }
  const gif = new GifReader(bytes);
  const { width, height } = gif;
  const pixels = new Uint8Array(width * height * 4);
  gif.decodeAndBlitFrameRGBA(0, pixels);
  // Labels are black on white: one channel prints the same and is a quarter of the size.
  const grey = new Uint8Array(width * height);
  for (let at = 0; at < grey.length; at++) grey[at] = greyOf(pixels, at * 4);
  const png = encode({ width, height, data: grey, channels: 1, depth: 8 });
  return { png: Buffer.from(png), width, height };
}

/** Transparent is paper. */
function greyOf(pixels: Uint8Array, at: number): number {
  const [red = 0, green = 0, blue = 0, alpha = 0] = pixels.subarray(at, at + 4);
  return alpha === 0 ? 255 : Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
}

function cannotWrite(path: string, error: unknown): WaybillError {
  return new WaybillError("E-4002", `Cannot write ${path}: ${ensureError(error).message}`, {
    cause: error,
    remedy: "Check the folder, its permissions and the room on the disk",
  });
}
