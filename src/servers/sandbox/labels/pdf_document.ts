/**
 * Opens PDF files to draw in.
 *
 * @module
 */
import { Buffer } from "node:buffer";
// @ts-types="@types/pdfkit"
import PDFDocument from "pdfkit";
import { fonts } from "./fonts.ts";

/** @internal A PDF file that is drawn in. */
export type PdfDocument = PDFKit.PDFDocument;

/**
 * Makes a PDF file of one page.
 *
 * @param size Its width and height in points, 72 an inch.
 * @param title What it is.
 * @param draw Draws; the fonts are `regular` and `bold`.
 * @returns The file.
 *
 * @internal
 */
export async function makePdf(
  size: readonly [number, number],
  title: string,
  draw: (document: PdfDocument) => void,
): Promise<Uint8Array> {
  const document = new PDFDocument({
    size: [...size],
    margin: 0,
    // Its own default is read from a file.
    font: "",
    info: { Title: title, Creator: "Waybill's UPS sandbox", CreationDate: new Date(0) },
  });
  document.registerFont("regular", Buffer.from(fonts.regular))
    .registerFont("bold", Buffer.from(fonts.bold)).font("regular");
  const parts: Uint8Array[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  document.on("data", (part: Uint8Array) => parts.push(part));
  document.once("end", resolve).once("error", reject);
  draw(document);
  document.end();
  await promise;
  return Buffer.concat(parts);
}
