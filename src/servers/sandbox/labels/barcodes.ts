/**
 * Barcodes as shapes: what printers that know barcodes draw themselves, an image must be told.
 *
 * @module
 */
import { toSVG } from "bwip-js/node";
import type { MaxiCode } from "./drawing.ts";

/** A shape: the path of an SVG, and the size of the field that it is drawn in. */
export interface Shape {
  /** Closed paths, to be filled by the even-odd rule. */
  path: string;
  /** The field's width. */
  width: number;
  /** Its height. */
  height: number;
}

/** A bar of a Code 128: where it begins and how wide it is, in modules. */
export interface Bar {
  /** Where it begins. */
  at: number;
  /** How wide it is. */
  width: number;
}

/**
 * The bars of a Code 128.
 *
 * @param text What it says.
 * @returns The bars.
 */
export function code128(text: string): Bar[] {
  const svg = toSVG({ bcid: "code128", text, scale: 1, height: 1 });
  // Bars of the same width are one path of strokes, each with its middle.
  const strokes = svg.matchAll(/stroke-width="(\d+)" d="([^"]*)"/g);
  return [...strokes].flatMap(([, width, path]) =>
    [...(path ?? "").matchAll(/M([\d.]+) /g)].map(([, middle]) => ({
      at: Number(middle) - Number(width) / 2,
      width: Number(width),
    }))
  ).sort((left, right) => left.at - right.at);
}

/**
 * The shape of a MaxiCode. Where it cannot hold everything, it says less: how much goes into one
 * depends on the characters, and UPS's test number packs worst.
 *
 * @param data What it says.
 * @returns The shape.
 */
export function maxicode(data: MaxiCode): Shape {
  for (let kept = data.fields.length; kept > neededFields; kept--) {
    try {
      return drawn({ ...data, fields: data.fields.map((each, at) => at < kept ? each : "") });
    } catch (error) {
      if (!String(error).includes("TooLong")) throw error;
    }
  }
  return drawn({ ...data, fields: data.fields.slice(0, neededFields) });
}

/** The number, whose it is and the account. */
const neededFields = 3;

function drawn({ postalCode, country, serviceClass, fields }: MaxiCode): Shape {
  const [first = "", ...rest] = fields.map(escaped);
  // UPS's order inside: the first field comes after the address, with the header before it.
  const message = ["[)>^03001^02996" + postalCode, country, serviceClass, first, ...rest];
  // The library's types leave out what only one kind of code has.
  const options = {
    bcid: "maxicode",
    text: message.join("^029") + "^030^004",
    mode: /^\d{9}$/.test(postalCode) ? "2" : "3",
    parse: true,
    // Smaller, its hexagons are rounded out of shape.
    scale: 4,
  };
  const svg = toSVG(options);
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  const paths = [...svg.matchAll(/<path[^>]* d="([^"]*)"/g)].map(([, path]) => path);
  return { path: paths.join(""), width: Number(width), height: Number(height) };
}

/** bwip-js takes ^ and three digits as a character's number. */
function escaped(text: string): string {
  return text.normalize("NFD").replace(/[^\x20-\x7e]/g, "").replaceAll("^", " ");
}
