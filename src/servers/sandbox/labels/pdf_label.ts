/**
 * The sandbox's label as a PDF of 4 x 6 inches.
 *
 * @module
 */
import { code128, maxicode } from "./barcodes.ts";
import { drawLabel, type Label, labelSize, type Mark, maxicodeSize } from "./drawing.ts";
import { makePdf, type PdfDocument } from "./pdf_document.ts";

/** Four by six inches in points. */
const page = [288, 432] as const;

/**
 * Draws a label as a PDF.
 *
 * @param label What stands on it.
 * @returns The file.
 */
export function pdfLabel(label: Label): Promise<Uint8Array> {
  return makePdf(page, `Label ${label.trackingNumber}`, (document) => {
    document.scale(page[0] / labelSize.width);
    for (const mark of drawLabel(label)) draw(document, mark);
  });
}

function draw(document: PdfDocument, mark: Mark): void {
  const { x, y } = mark;
  switch (mark.kind) {
    case "text":
      document.font(mark.bold ? "bold" : "regular").fontSize(mark.size)
        .text(mark.value.replace(/\p{Cc}/gu, " "), x, y, { lineBreak: false });
      return;
    case "box":
      document.rect(x, y, mark.width, mark.height).fill();
      return;
    case "barcode":
      for (const { at, width } of code128(mark.value)) {
        document.rect(x + at * mark.module, y, width * mark.module, mark.height);
      }
      document.fill();
      return;
    case "maxicode": {
      const shape = maxicode(mark.data);
      document.save().translate(x, y).scale(maxicodeSize.width / shape.width)
        .path(shape.path).fill("even-odd").restore();
      return;
    }
    default:
      mark satisfies never;
  }
}
