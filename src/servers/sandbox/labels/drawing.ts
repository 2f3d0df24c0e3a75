/**
 * The sandbox's label, described once: what stands where on 4 x 6 inches at 203 dots an inch. The
 * renderers beside this file put it into ZPL, EPL, GIF and PDF.
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
  /** What a sorting machine reads. */
  routing?: Routing;
  /** What is in it, if it says so. */
  description?: string;
}

/** Where a package goes, as a sorting machine reads it. */
export interface Routing {
  /** Such as `GA 300`. */
  code: string;
  /** What the postal barcode says, such as `42030005`; empty where there is no postal code. */
  postal: string;
  /** What the MaxiCode says. */
  maxicode: MaxiCode;
}

/** What a MaxiCode says. */
export interface MaxiCode {
  /** The postal code, 9 digits (mode 2) or 6 characters (mode 3). */
  postalCode: string;
  /** The ISO number of the country. */
  country: string;
  /** The class of the service, three digits. */
  serviceClass: string;
  /** The fields after those, as UPS's labels have them. */
  fields: readonly string[];
}

/** A mark on the label; places are in dots from the upper left corner. */
export type Mark =
  | {
    readonly kind: "text";
    readonly x: number;
    /** The top of the letters. */
    readonly y: number;
    /** The height of the letters. */
    readonly size: number;
    readonly bold: boolean;
    readonly value: string;
  }
  /** A black box. */
  | {
    readonly kind: "box";
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }
  /** A Code 128 of this text; a bar is `module` dots at least. */
  | {
    readonly kind: "barcode";
    readonly x: number;
    readonly y: number;
    readonly height: number;
    readonly module: number;
    readonly value: string;
  }
  | { readonly kind: "maxicode"; readonly x: number; readonly y: number; readonly data: MaxiCode };

/** The size of a label in dots. */
export const labelSize = { width: 812, height: 1218 };

/** The width and height of a MaxiCode in dots: about an inch, whoever prints it. */
export const maxicodeSize = { width: 224, height: 214 };

/**
 * Lays a label out.
 *
 * @param label What stands on it.
 * @returns The marks.
 */
export function drawLabel(label: Label): Mark[] {
  const { number, count } = label.position;
  const { routing } = label;
  const [service, tracking] = [label.service.toUpperCase(), spaced(label.trackingNumber)];
  return [
    ...lines(label.from, { x: 30, y: 24, size: 22 }),
    text(500, 24, 32, label.weight, true),
    text(680, 24, 32, `${number} OF ${count}`, true),
    text(30, 204, 24, "SHIP TO:", true),
    ...lines(label.to, { x: 60, y: 236, size: 29 }, true),
    rule(476, 3),
    ...(routing
      ? [
        { kind: "maxicode", x: 28, y: 494, data: routing.maxicode } as const,
        text(286, 494, 64, routing.code, true),
        ...(routing.postal === "" ? [] : [
          { ...barcode(286, 574, 110, routing.postal), module: 2 },
          text(286, 692, 22, `(${routing.postal.slice(0, 3)}) ${routing.postal.slice(3)}`),
        ]),
      ]
      : []),
    rule(726, 10),
    text(30, 746, 46, service, true),
    text(30, 800, 28, `TRACKING #: ${tracking}`),
    rule(838, 3),
    barcode(96, 858, 176, label.trackingNumber),
    rule(1052, 10),
    text(30, 1074, 22, "BILLING: P/P"),
    ...(label.description ? [text(30, 1102, 22, `DESC: ${label.description}`)] : []),
    ...label.references.slice(0, 2).map((reference, at) =>
      text(30, 1130 + at * 28, 22, `REF ${at + 1}: ${reference}`)
    ),
    text(30, 1190, 18, "NO VALUE: MADE BY A TEST SYSTEM"),
    // So that nobody sends a parcel by it.
    text(474, 1078, 64, "SAMPLE", true),
  ];
}

function text(x: number, y: number, size: number, value: string, bold = false): Mark {
  return { kind: "text", x, y, size, bold, value };
}

function lines(
  values: readonly string[],
  place: { x: number; y: number; size: number },
  bold = false,
): Mark[] {
  return values.map((value, at) =>
    text(place.x, place.y + at * (place.size + 5), place.size, value, bold)
  );
}

function rule(y: number, height: number): Mark {
  return { kind: "box", x: 0, y, width: labelSize.width, height };
}

function barcode(x: number, y: number, height: number, value: string) {
  return { kind: "barcode", x, y, height, module: 3, value } as const;
}

/** As UPS prints it: `1Z 999 AA1 01 2345 6784`. */
function spaced(trackingNumber: string): string {
  const parts = /^(..)(...)(...)(..)(....)(....)$/.exec(trackingNumber);
  return parts ? parts.slice(1).join(" ") : trackingNumber;
}
