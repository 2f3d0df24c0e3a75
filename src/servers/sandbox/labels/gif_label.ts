/**
 * The sandbox's label as a GIF: drawn as SVG, made into dots, and packed in sixteen shades of grey.
 *
 * @module
 */
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import wasm from "@resvg/resvg-wasm/index_bg.wasm" with { type: "bytes" };
// @ts-types="@types/omggif"
import { GifWriter } from "omggif";
import { code128, maxicode } from "./barcodes.ts";
import { drawLabel, type Label, labelSize, type Mark, maxicodeSize } from "./drawing.ts";
import { fontFamily, fonts } from "./fonts.ts";

/** How the label lies in the picture. */
export type Orientation =
  /** As a person reads it: 800 x 1200. */
  | "upright"
  /** As UPS gives it: on its side, in 1400 x 800. */
  | "ups";

/** A label of 4 x 6 inches at 200 dots an inch. */
const image = { width: 800, height: 1200 };
const scale = image.width / labelSize.width;
const shades = 16;

let ready: Promise<unknown> | undefined;

const font = {
  fontBuffers: [fonts.regular, fonts.bold],
  loadSystemFonts: false,
  defaultFontFamily: fontFamily,
};

/**
 * Draws a label as a GIF.
 *
 * @param label What stands on it.
 * @param orientation How it lies in the picture.
 * @returns The file.
 */
export async function gifLabel(label: Label, orientation: Orientation): Promise<Uint8Array> {
  await (ready ??= initWasm(wasm));
  const resvg = new Resvg(svgLabel(label, orientation), { font });
  const rendered = resvg.render();
  try {
    return pack(rendered);
  } finally {
    // What lies in the wasm's memory is nobody's to collect.
    rendered.free();
    resvg.free();
  }
}

function pack({ pixels, width, height }: { pixels: Uint8Array; width: number; height: number }) {
  const dots = Array.from({ length: width * height }, (_, at) => (pixels[at * 4] ?? 255) >> 4);
  const palette = Array.from({ length: shades }, (_, shade) => shade * 0x111111);
  // Nothing is ever longer than its dots and some bytes about them.
  const bytes: number[] = [];
  const writer = new GifWriter(bytes, width, height, { palette });
  writer.addFrame(0, 0, width, height, dots);
  return Uint8Array.from(bytes.slice(0, writer.end()));
}

/**
 * Draws a label as SVG.
 *
 * @param label What stands on it.
 * @param orientation How it lies in the picture.
 * @returns The SVG.
 */
export function svgLabel(label: Label, orientation: Orientation): string {
  const isUpright = orientation === "upright";
  const [width, height] = isUpright ? [image.width, image.height] : [1400, image.width];
  // Turned to the left: the label's upper edge becomes the left one.
  const turn = isUpright ? "" : `translate(0 ${image.width}) rotate(-90) `;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<g transform="${turn}scale(${scale})" font-family="${fontFamily}">`,
    ...drawLabel(label).map(svg),
    "</g></svg>",
  ].join("");
}

function svg(mark: Mark): string {
  const { x, y } = mark;
  switch (mark.kind) {
    case "text": {
      const weight = mark.bold ? "bold" : "normal";
      const base = y + mark.size * 0.8;
      return `<text x="${x}" y="${base}" font-size="${mark.size}" font-weight="${weight}">${
        escaped(mark.value)
      }</text>`;
    }
    case "box":
      return `<rect x="${x}" y="${y}" width="${mark.width}" height="${mark.height}"/>`;
    case "barcode":
      // In whole dots of the picture: a bar that ends between two of them would be grey.
      return code128(mark.value).map(({ at, width }) => {
        const [left, module] = [Math.round(x * scale) / scale, mark.module / scale];
        return `<rect x="${left + at * module}" y="${y}" width="${
          width * module
        }" height="${mark.height}" shape-rendering="crispEdges"/>`;
      }).join("");
    case "maxicode": {
      const shape = maxicode(mark.data);
      const by = maxicodeSize.width / shape.width;
      return `<path transform="translate(${x} ${y}) scale(${by})" fill-rule="evenodd" d="${shape.path}"/>`;
    }
    default:
      return mark satisfies never;
  }
}

/** XML has no control characters at all, not even escaped. */
function escaped(text: string): string {
  return text.replace(/\p{Cc}|[\uFFFE\uFFFF]/gu, " ").toWellFormed()
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
