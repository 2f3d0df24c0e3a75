/**
 * What UPS answers when a label is recovered.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Answer, json } from "./answer.ts";
import type { BookedShipment } from "./books.ts";
import { customsForm } from "./labels/customs_form.ts";
import { labelPage, labelsOf } from "./labels/labels.ts";
import type { Ledger } from "./ledger.ts";
import type { ShipEntry } from "./ledger_entries.ts";
import { type Shipment, shipmentRequestSchema } from "./ship_request.ts";

/** What a label that is recovered can be. */
export type RecoveryFormat = "HTML" | "GIF" | "PDF" | "ZPL" | "EPL";

/** What the client wants to see again. */
export type Context = { CustomerContext?: string | undefined } | undefined;

/** How long UPS says that it looks back. */
const daysLooked = 30;

/**
 * A shipment as it was bought.
 *
 * @param ledger The books.
 * @param booked Which one.
 * @returns Its entry, and the shipment in it.
 * @throws {Error} If the books were changed by somebody else.
 *
 * @internal
 */
export function boughtAs(
  ledger: Ledger,
  booked: BookedShipment,
): { entry: ShipEntry; shipment: Shipment } {
  const entry = ledger.entryAt(booked.place);
  if (entry.kind !== "ship") throw new Error("The books were changed by somebody else");
  return { entry, shipment: shipmentRequestSchema.parse(entry.request).Shipment };
}

/**
 * The answer with the labels of a shipment: of the packages that are not voided.
 *
 * @param ledger The books.
 * @param booked The shipment.
 * @param format What the labels should be.
 * @param context What the client wants to see again.
 * @returns The answer.
 */
export async function recovered(
  ledger: Ledger,
  booked: BookedShipment,
  format: RecoveryFormat,
  context: Context,
): Promise<Answer> {
  const { entry, shipment } = boughtAs(ledger, booked);
  const labels = await labelsOf(shipment, entry, format === "HTML" ? "GIF" : format);
  const form = await customsForm(shipment, entry);
  return success(context, {
    ShipmentIdentificationNumber: booked.shipmentId,
    LabelResults: booked.trackingNumbers.flatMap((number, at) =>
      booked.voidedNumbers.has(number) ? [] : [{
        TrackingNumber: number,
        LabelImage: {
          // In lower case, as UPS does here and nowhere else.
          LabelImageFormat: { Code: format.toLowerCase() },
          GraphicImage: base64(labels[at] ?? new Uint8Array()),
          ...(format === "HTML" ? { HTMLImage: base64(labelPage(number)) } : {}),
        },
      }]
    ),
    ...(form ? { Form: form } : {}),
  });
}

/**
 * The answer when several shipments match: no label, only their numbers.
 *
 * @param ledger The books.
 * @param shipments The shipments.
 * @param context What the client wants to see again.
 * @param others Numbers of packages that are not in the books.
 * @returns The answer.
 */
export function candidates(
  ledger: Ledger,
  shipments: readonly BookedShipment[],
  context: Context,
  others: readonly string[],
): Answer {
  const known = shipments.flatMap((booked) => {
    const address = boughtAs(ledger, booked).shipment.ShipTo?.Address;
    const { PostalCode = "", CountryCode = "" } = address ?? {};
    const begin = new Date(booked.at);
    const end = new Date(begin.valueOf() + daysLooked * 86_400_000);
    return booked.trackingNumbers.filter((number) => !booked.voidedNumbers.has(number))
      .map((TrackingNumber) => ({
        TrackingNumber,
        ...(PostalCode === "" ? {} : { DestinationPostalCode: PostalCode }),
        DestinationCountryCode: CountryCode,
        PickupDateRange: { BeginDate: dateOf(begin), EndDate: dateOf(end) },
      }));
  });
  const more = others.map((TrackingNumber) => ({ TrackingNumber }));
  return success(context, { LabelResults: [], TrackingCandidate: [...known, ...more] });
}

function success(context: Context, results: Record<string, unknown>): Answer {
  return json(200, {
    LabelRecoveryResponse: {
      Response: {
        ResponseStatus: { Code: "1", Description: "Success" },
        ...(context ? { TransactionReference: context } : {}),
      },
      ...results,
    },
  });
}

/** Such as `20261126`. */
function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10).replaceAll("-", "");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
