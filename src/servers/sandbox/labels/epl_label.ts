/**
 * The sandbox's label in EPL2, the language of Eltron's label printers.
 *
 * @module
 */
import { drawLabel, type Label, labelSize, type Mark } from "./drawing.ts";

/** EPL's letters: five sizes, width and height in dots at 203 dots an inch. */
const fonts = [
  { name: 1, width: 10, height: 12 },
  { name: 2, width: 12, height: 16 },
  { name: 3, width: 14, height: 20 },
  { name: 4, width: 16, height: 24 },
] as const;

/**
 * Draws a label in EPL2. It has no MaxiCode: EPL's own takes fewer fields than UPS's labels have.
 *
 * @param label What stands on it.
 * @returns The EPL, to be sent to a label printer as it is; Latin letters only.
 */
export function eplLabel(label: Label): string {
  const marks = drawLabel(label).map(epl).filter((line) => line !== "");
  return ["", "N", `q${labelSize.width}`, `Q${labelSize.height},24`, ...marks, "P1", ""].join("\n");
}

function epl(mark: Mark): string {
  switch (mark.kind) {
    case "text": {
      const scale = Math.max(1, Math.round(mark.size / 32));
      const fitting = fonts.findLast(({ height }) => height * scale <= mark.size) ?? fonts[0];
      return `A${mark.x},${mark.y},0,${fitting.name},${scale},${scale},N,"${safe(mark.value)}"`;
    }
    case "box":
      return `LO${mark.x},${mark.y},${mark.width},${mark.height}`;
    case "barcode": {
      const { x, y, module, height, value } = mark;
      return `B${x},${y},0,1,${module},${module * 2},${height},N,"${safe(value)}"`;
    }
    case "maxicode":
      return "";
    default:
      return mark satisfies never;
  }
}

/** A quotation mark would end the text; the printer's letters are plain ones. */
function safe(value: string): string {
  return value.normalize("NFD").replace(/\p{M}/gu, "").replace(/\p{Cc}/gu, " ")
    .replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, (char) => `\\${char}`);
}
