/**
 * The customs forms of a shipment, as UPS gives them: one PDF with the commercial invoice.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ShipEntry } from "../ledger_entries.ts";
import type { Shipment } from "../ship_request.ts";

/** A form in UPS's answer. */
export interface FormImage {
  /** The file. */
  Image: { ImageFormat: { Code: string; Description: string }; GraphicImage: string };
}

/**
 * The customs forms of a shipment.
 *
 * @param shipment The shipment.
 * @param entry What was bought.
 * @returns The forms, if it asked for some.
 *
 * @internal
 */
export async function customsForm(
  shipment: Shipment,
  entry: Pick<ShipEntry, "shipment_id" | "tracking_numbers">,
): Promise<FormImage | undefined> {
  const forms = shipment.ShipmentServiceOptions?.InternationalForms;
  if (!forms) return undefined;
  const { invoicePdf } = await import("./invoice_pdf.ts");
  const bytes = await invoicePdf(shipment, forms, entry);
  return {
    Image: {
      ImageFormat: { Code: "PDF", Description: "PDF" },
      GraphicImage: Buffer.from(bytes).toString("base64"),
    },
  };
}
