/**
 * The sandbox's label: 4 x 6 inches at 203 dpi, in ZPL, with SAMPLE across it.
 *
 * @module
 */

/** What stands on a label. */
export interface Label {
  /** The sender's name and address, line by line. */
  from: readonly string[];
  /** The receiver's name and address, line by line. */
  to: readonly string[];
  /** The service's name. */
  service: string;
  /** The tracking number. */
  trackingNumber: string;
  /** References, printed at the foot. */
  references: readonly string[];
  /** The weight in words, such as `2.5 LBS`. */
  weight: string;
  /** Which package of how many. */
  position: { number: number; count: number };
}

/** 203 dots an inch. */
const width = 812;
const height = 1218;

/**
 * Draws a label.
 *
 * @param label What stands on it.
 * @returns The ZPL, to be sent to a label printer as it is.
 */
export function zplLabel(label: Label): string {
  const { number, count } = label.position;
  return [
    `^XA^CI28^PW${width}^LL${height}^LH0,0`,
    ...lines(label.from, { x: 40, y: 30, size: 22 }),
    text(540, 40, 30, label.weight),
    text(540, 76, 30, `${number} OF ${count}`),
    text(40, 230, 28, "SHIP TO:"),
    ...lines(label.to, { x: 70, y: 264, size: 30 }),
    rule(520),
    text(40, 540, 50, label.service.toUpperCase()),
    text(40, 600, 30, `TRACKING #: ${spaced(label.trackingNumber)}`),
    rule(640),
    `^FO90,670^BY3^BCN,220,N,N,N^FD${label.trackingNumber}^FS`,
    rule(920),
    text(150, 940, 150, "SAMPLE"),
    ...label.references.map((reference, at) => text(40, 1110 + at * 36, 28, `REF: ${reference}`)),
    "^XZ",
  ].join("\n");
}

/** Text at a place; ^ and ~ would be commands, so they are written in hexadecimal. */
function text(x: number, y: number, size: number, value: string): string {
  const data = value.replace(/[\^~_\\]/g, (char) => `_${char.charCodeAt(0).toString(16)}`)
    .replace(/\p{Cc}/gu, " ");
  return `^FO${x},${y}^A0N,${size},${size}^FH^FD${data}^FS`;
}

function lines(values: readonly string[], place: { x: number; y: number; size: number }): string[] {
  return values.map((value, at) =>
    text(place.x, place.y + at * (place.size + 6), place.size, value)
  );
}

function rule(y: number): string {
  return `^FO0,${y}^GB${width},4,4^FS`;
}

/** As UPS prints it: `1Z 999 AA1 01 2345 6784`. */
function spaced(trackingNumber: string): string {
  const parts = /^(..)(...)(...)(..)(....)(....)$/.exec(trackingNumber);
  return parts ? parts.slice(1).join(" ") : trackingNumber;
}
