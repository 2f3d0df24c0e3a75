/**
 * The sandbox's label in ZPL, the language of Zebra's label printers.
 *
 * @module
 */
import { drawLabel, type Label, labelSize, type Mark, type MaxiCode } from "./drawing.ts";

/**
 * Draws a label in ZPL.
 *
 * @param label What stands on it.
 * @returns The ZPL, to be sent to a label printer as it is.
 */
export function zplLabel(label: Label): string {
  const { width, height } = labelSize;
  return [
    `^XA^CI28^PW${width}^LL${height}^LH0,0`,
    ...drawLabel(label).map(zpl),
    "^XZ",
  ].join("\n");
}

function zpl(mark: Mark): string {
  const place = `^FO${mark.x},${mark.y}`;
  switch (mark.kind) {
    case "text":
      return `${place}^A0N,${mark.size},${mark.size}^FH^FD${safe(mark.value)}^FS`;
    case "box": {
      // The line is as thick as the box is flat: it is filled.
      const thickness = Math.min(mark.width, mark.height);
      return `${place}^GB${mark.width},${mark.height},${thickness}^FS`;
    }
    case "barcode":
      return `${place}^BY${mark.module}^BCN,${mark.height},N,N,N^FD${safe(mark.value)}^FS`;
    case "maxicode":
      return `${place}^BD${modeOf(mark.data)}^FH^FD${maxicode(mark.data)}^FS`;
    default:
      return mark satisfies never;
  }
}

/** ^ and ~ would be commands, so they are written in hexadecimal. */
function safe(value: string): string {
  return value.replace(/[\^~_\\]/g, (char) => `_${char.charCodeAt(0).toString(16)}`)
    .replace(/\p{Cc}/gu, " ");
}

function modeOf({ postalCode }: MaxiCode): 2 | 3 {
  return /^\d{9}$/.test(postalCode) ? 2 : 3;
}

/** ^BD wants class, country and postal code first, then the message with its separators. */
function maxicode({ serviceClass, country, postalCode, fields }: MaxiCode): string {
  const message = fields.map(safe).join("_1D");
  return `${serviceClass}${country}${postalCode}[)>_1E01_1D96${message}_1E_04`;
}
