/**
 * Buying in the sandbox: a checked request becomes an entry in the books, and the answer UPS gives.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Ledger } from "./ledger.ts";
import type { ShipEntry } from "./ledger_entries.ts";
import { decimal, priceOf, type Prices } from "./prices.ts";
import { poundsOf } from "./ship_check.ts";
import { labelOf } from "./shipment_label.ts";
import type { Party, Shipment, ShipRequest } from "./ship_request.ts";
import { trackingNumber } from "./tracking_number.ts";

/** @internal The body of the answer to a purchase. */
export type ShipAnswer = ReturnType<typeof answerOf>;

/**
 * Buys a shipment: from here on it is in the books.
 *
 * @param ledger The books.
 * @param request A request without faults.
 * @returns The body of the answer.
 *
 * @internal
 */
export function buy(ledger: Ledger, request: ShipRequest): ShipAnswer {
  const shipment = request.Shipment;
  const prices = pricesOf(shipment);
  const service = shipment.Service?.Code ?? "";
  const account = shipment.Shipper?.ShipperNumber.toUpperCase() ?? "";
  const packages = shipment.Package.length;
  const entry = ledger.append((books): ShipEntry => {
    const first = books.lastSequence + 1;
    const numbers = shipment.Package.map((_, at) => trackingNumber(account, service, first + at));
    return {
      kind: "ship",
      at: new Date().toISOString(),
      last_sequence: first + packages - 1,
      account,
      service,
      shipment_id: numbers[0] ?? "",
      tracking_numbers: numbers,
      references: allReferences(shipment),
      list: decimal(prices.list),
      negotiated: decimal(prices.negotiated),
      request,
    };
  });
  return answerOf(request, entry, prices);
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

function pricesOf(shipment: Shipment): Prices {
  return priceOf({
    service: shipment.Service?.Code ?? "",
    from: placeOf(shipment.Shipper),
    to: placeOf(shipment.ShipTo),
    residential: shipment.ShipTo?.Address?.ResidentialAddressIndicator !== undefined,
    weights: shipment.Package.map(poundsOf),
  });
}

function placeOf(party: Party | undefined): { country: string; postalCode: string } {
  const { CountryCode = "", PostalCode = "" } = party?.Address ?? {};
  return { country: CountryCode, postalCode: PostalCode };
}

/**
 * The references of a shipment, each once: the buyer's key, the buyer's order.
 *
 * @param shipment The shipment.
 * @returns The references.
 *
 * @internal
 */
export function allReferences(shipment: Shipment): string[] {
  const all = [shipment, ...shipment.Package]
    .flatMap(({ ReferenceNumber }) => ReferenceNumber.map(({ Value }) => Value));
  return [...new Set(all)];
}

function answerOf(request: ShipRequest, entry: ShipEntry, prices: Prices) {
  const shipment = request.Shipment;
  const wantsNegotiated = shipment.ShipmentRatingOptions?.NegotiatedRatesIndicator !== undefined;
  const weight = shipment.Package.reduce((sum, parcel) => sum + poundsOf(parcel), 0);
  return {
    ShipmentResponse: {
      Response: {
        ResponseStatus: { Code: "1", Description: "Success" },
        TransactionReference: request.Request?.TransactionReference ?? {},
      },
      ShipmentResults: {
        ShipmentCharges: {
          TransportationCharges: usd(prices.transport),
          ServiceOptionsCharges: usd(prices.options),
          TotalCharges: usd(prices.list),
        },
        ...(wantsNegotiated
          ? { NegotiatedRateCharges: { TotalCharge: usd(prices.negotiated) } }
          : {}),
        BillingWeight: {
          UnitOfMeasurement: { Code: "LBS", Description: "Pounds" },
          Weight: weight.toFixed(1),
        },
        ShipmentIdentificationNumber: entry.shipment_id,
        PackageResults: entry.tracking_numbers.map((number, at) => ({
          TrackingNumber: number,
          ServiceOptionsCharges: usd(0),
          ShippingLabel: {
            ImageFormat: { Code: "ZPL", Description: "ZPL" },
            GraphicImage: Buffer.from(labelOf(shipment, entry, at)).toString("base64"),
          },
        })),
      },
    },
  };
}

function usd(cents: number): { CurrencyCode: string; MonetaryValue: string } {
  return { CurrencyCode: "USD", MonetaryValue: decimal(cents) };
}
