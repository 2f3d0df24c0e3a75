/**
 * What UPS answers to a purchase.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Alert, alertsOf } from "./alerts.ts";
import { billingWeight, itemized, type Money, pricesOf, usd } from "./charges.ts";
import { customsForm, type FormImage } from "./labels/customs_form.ts";
import { type LabelFormat, labelPage, labelsOf } from "./labels/labels.ts";
import type { ShipEntry } from "./ledger_entries.ts";
import type { ShipRequest } from "./ship_request.ts";

/** The label of a package. */
interface ShippingLabel {
  ImageFormat: { Code: string; Description: string };
  GraphicImage: string;
  HTMLImage?: string;
}

/** @internal The body of the answer to a purchase. */
export interface ShipAnswer {
  ShipmentResponse: {
    Response: {
      ResponseStatus: { Code: string; Description: string };
      Alert?: Alert[];
      TransactionReference: { CustomerContext?: string | undefined };
    };
    ShipmentResults: {
      ShipmentCharges: Record<string, unknown>;
      NegotiatedRateCharges?: Record<string, unknown>;
      BillingWeight: ReturnType<typeof billingWeight>;
      ShipmentIdentificationNumber: string;
      PackageResults: {
        TrackingNumber: string;
        ServiceOptionsCharges?: Money;
        ShippingLabel?: ShippingLabel;
      }[];
      Form?: FormImage & { Code: string; Description: string };
    };
  };
}

/**
 * The answer to a purchase, labels and customs forms and all.
 *
 * @param request The request.
 * @param entry What was bought.
 * @returns The body.
 *
 * @internal
 */
export async function shipAnswer(request: ShipRequest, entry: ShipEntry): Promise<ShipAnswer> {
  const shipment = request.Shipment;
  const prices = pricesOf(shipment);
  const alerts = alertsOf(shipment);
  const wantsNegotiated = shipment.ShipmentRatingOptions?.NegotiatedRatesIndicator !== undefined;
  const format = formatOf(request);
  const labels = await labelsOf(shipment, entry, format);
  const form = await customsForm(shipment, entry);
  return {
    ShipmentResponse: {
      Response: {
        ResponseStatus: { Code: "1", Description: "Success" },
        ...(alerts.length > 0 ? { Alert: alerts } : {}),
        TransactionReference: request.Request?.TransactionReference ?? {},
      },
      ShipmentResults: {
        ShipmentCharges: {
          TransportationCharges: usd(prices.transport),
          ...surcharges(itemized(prices, "list")),
          ServiceOptionsCharges: usd(prices.options),
          TotalCharges: usd(prices.list),
        },
        ...(wantsNegotiated
          ? {
            NegotiatedRateCharges: {
              ...surcharges(itemized(prices, "negotiated")),
              TotalCharge: usd(prices.negotiated),
            },
          }
          : {}),
        BillingWeight: billingWeight(shipment.Package),
        ShipmentIdentificationNumber: entry.shipment_id,
        PackageResults: entry.tracking_numbers.map((number, at) => ({
          TrackingNumber: number,
          ServiceOptionsCharges: usd(0),
          ShippingLabel: {
            ImageFormat: { Code: format, Description: format },
            GraphicImage: base64(labels[at] ?? new Uint8Array()),
            ...(format === "GIF" ? { HTMLImage: base64(labelPage(number)) } : {}),
          },
        })),
        ...(form
          ? { Form: { Code: "01", Description: "All Requested International Forms", ...form } }
          : {}),
      },
    },
  };
}

/**
 * An answer as it is without labels: UPS has been seen to give such.
 *
 * @param answer The answer.
 * @returns The same without labels.
 *
 * @internal
 */
export function withoutLabels({ ShipmentResponse }: ShipAnswer): Record<string, unknown> {
  const { ShipmentResults } = ShipmentResponse;
  const PackageResults = ShipmentResults.PackageResults.map(({ TrackingNumber }) => ({
    TrackingNumber,
  }));
  const results = { ...ShipmentResults, PackageResults };
  return { ShipmentResponse: { ...ShipmentResponse, ShipmentResults: results } };
}

function formatOf({ LabelSpecification }: ShipRequest): LabelFormat {
  const code = LabelSpecification?.LabelImageFormat?.Code;
  return code === "GIF" || code === "EPL" ? code : "ZPL";
}

function surcharges<Charge>(ItemizedCharges: Charge[]): { ItemizedCharges?: Charge[] } {
  return ItemizedCharges.length > 0 ? { ItemizedCharges } : {};
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
