/**
 * Saves labels: once the tool has answered, the file is there, whatever happens.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { ShippingAnswer } from "../../contracts/carrier.ts";
import { ensureError } from "../../errors.ts";
import { writeFileDurably } from "../durable_file.ts";
import type { FormImage, LabelImage } from "./ship_response.ts";

/** @internal The labels and forms that were saved, and an alert for each that was not. */
export interface SavedLabels {
  labels: NonNullable<ShippingAnswer["labels"]>;
  forms: NonNullable<ShippingAnswer["forms"]>;
  alerts: NonNullable<ShippingAnswer["alerts"]>;
}

/**
 * Saves the labels of a shipment as `<key>-<n>-<tracking number>.<format>`, and its customs forms as
 * `<key>-form-<n>-<first number>.<format>`. The key keeps them apart where the carrier's test system gives the same
 * number to everybody.
 *
 * A file that cannot be saved does not undo the purchase: it can be fetched again by its number.
 *
 * @param folder Where.
 * @param key The key of the purchase.
 * @param images The labels.
 * @param forms The forms.
 * @returns What was saved and what was not.
 *
 * @internal
 */
export function saveLabels(
  folder: string,
  key: string,
  images: readonly LabelImage[],
  forms: readonly FormImage[] = [],
): SavedLabels {
  const saved: SavedLabels = { labels: [], forms: [], alerts: [] };
  const save = (name: string, { format, bytes }: FormImage, what: string) => {
    const path = `${folder}/${key}-${name}.${plain(format).toLowerCase()}`;
    try {
      writeFileDurably(path, bytes);
      return { format, path, sha256: createHash("sha256").update(bytes).digest("hex") };
    } catch (error) {
      const description = `Bought, but ${what} could not be saved: ${ensureError(error).message}`;
      saved.alerts.push({ code: "label_not_saved", description });
      return undefined;
    }
  };
  images.forEach((image, at) => {
    const { trackingNumber } = image;
    const what = `the label of ${trackingNumber}`;
    const file = save(`${at + 1}-${plain(trackingNumber)}`, image, what);
    if (file) saved.labels.push({ tracking_number: trackingNumber, ...file });
  });
  const [first] = images;
  forms.forEach((form, at) => {
    const file = save(
      `form-${at + 1}-${plain(first?.trackingNumber ?? "")}`,
      form,
      "its customs form",
    );
    if (file) saved.forms.push(file);
  });
  return saved;
}

/**
 * What was saved, as answers tell it.
 *
 * @param saved What was saved.
 * @returns The labels, and the forms if there are some.
 *
 * @internal
 */
export function filesOf(
  { labels, forms }: SavedLabels,
): Pick<SavedLabels, "labels"> & Partial<Pick<SavedLabels, "forms">> {
  return { labels, ...(forms.length > 0 ? { forms } : {}) };
}

/** Letters and digits only: the carrier's words become part of a path. */
function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, "") || "label";
}
