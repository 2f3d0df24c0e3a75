/**
 * Saves labels: once the tool has answered, the file is there, whatever happens.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { ShippingAnswer } from "../../contracts/carrier.ts";
import { ensureError } from "../../errors.ts";
import { writeFileDurably } from "../durable_file.ts";
import type { LabelImage } from "./ship_response.ts";

/** @internal The labels that were saved, and an alert for each that was not. */
export interface SavedLabels {
  labels: NonNullable<ShippingAnswer["labels"]>;
  alerts: NonNullable<ShippingAnswer["alerts"]>;
}

/**
 * Saves the labels of a shipment as `<key>-<n>-<tracking number>.<format>`. The key keeps them apart
 * where the carrier's test system gives the same number to everybody.
 *
 * A label that cannot be saved does not undo the purchase: it can be fetched again by its number.
 *
 * @param folder Where.
 * @param key The key of the purchase.
 * @param images The labels.
 * @returns What was saved and what was not.
 *
 * @internal
 */
export function saveLabels(
  folder: string,
  key: string,
  images: readonly LabelImage[],
): SavedLabels {
  const saved: SavedLabels = { labels: [], alerts: [] };
  images.forEach(({ trackingNumber, format, bytes }, at) => {
    const path = `${folder}/${key}-${at + 1}-${plain(trackingNumber)}.${
      plain(format).toLowerCase()
    }`;
    try {
      writeFileDurably(path, bytes);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      saved.labels.push({ tracking_number: trackingNumber, format, path, sha256 });
    } catch (error) {
      const description = `Bought, but the label of ${trackingNumber} could not be saved: ` +
        ensureError(error).message;
      saved.alerts.push({ code: "label_not_saved", description });
    }
  });
  return saved;
}

/** Letters and digits only: the carrier's words become part of a path. */
function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, "") || "label";
}
