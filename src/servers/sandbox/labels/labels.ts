/**
 * The labels of a shipment in any format, printed from the request that it was bought with. What
 * pictures need is heavy, and loaded when the first one is asked for: labels in ZPL wait for nothing.
 *
 * @module
 */
import type { ShipEntry } from "../ledger_entries.ts";
import type { Shipment } from "../ship_request.ts";
import type { Label } from "./drawing.ts";
import { eplLabel } from "./epl_label.ts";
import { labelOf } from "./shipment_label.ts";
import { zplLabel } from "./zpl_label.ts";

/** What a label can be; upright is for people, UPS gives pictures that lie on their side. */
export type LabelFormat = "ZPL" | "EPL" | "GIF" | "PDF" | "UPRIGHT-GIF";

/**
 * The labels of a shipment's packages.
 *
 * @param shipment The shipment.
 * @param entry What was bought.
 * @param format What they should be.
 * @returns The files, in the order of the packages.
 *
 * @internal
 */
export function labelsOf(
  shipment: Shipment,
  entry: ShipEntry,
  format: LabelFormat,
): Promise<Uint8Array[]> {
  return Promise.all(
    entry.tracking_numbers.map((_, at) => labelFile(labelOf(shipment, entry, at), format)),
  );
}

/**
 * A label as a file.
 *
 * @param label What stands on it.
 * @param format What it should be.
 * @returns The file.
 */
export async function labelFile(label: Label, format: LabelFormat): Promise<Uint8Array> {
  switch (format) {
    case "ZPL":
      return new TextEncoder().encode(zplLabel(label));
    case "EPL":
      return new TextEncoder().encode(eplLabel(label));
    case "GIF":
    case "UPRIGHT-GIF": {
      const { gifLabel } = await import("./gif_label.ts");
      return await gifLabel(label, format === "GIF" ? "ups" : "upright");
    }
    case "PDF": {
      const { pdfLabel } = await import("./pdf_label.ts");
      return await pdfLabel(label);
    }
    default:
      return format satisfies never;
  }
}

/**
 * The page that UPS gives with a GIF: it shows the picture, which lies beside it.
 *
 * @param trackingNumber The package's number.
 * @returns The page.
 */
export function labelPage(trackingNumber: string): Uint8Array {
  return new TextEncoder().encode(
    `<!DOCTYPE html><html><head><title>Label ${trackingNumber}</title></head><body>` +
      `<img src="./label${trackingNumber}.gif" height="392" width="651" alt="Label">` +
      `</body></html>`,
  );
}
