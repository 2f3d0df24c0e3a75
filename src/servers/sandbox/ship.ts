/**
 * Buying in the sandbox: a checked request becomes an entry in the books, and the answer UPS gives.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import { decimal, priceOf, type Prices } from "./prices.ts";
import { hasPackageReferences } from "./reference_check.ts";
import { poundsOf } from "./ship_check.ts";
import type { Party, Shipment, ShipRequest } from "./ship_request.ts";
import { trackingNumber } from "./tracking_number.ts";
import { zplLabel } from "./zpl_label.ts";

const serviceNames: Readonly<Record<string, string>> = {
  "01": "UPS Next Day Air",
  "02": "UPS 2nd Day Air",
  "03": "UPS Ground",
  "07": "UPS Worldwide Express",
  "08": "UPS Worldwide Expedited",
  "11": "UPS Standard",
  "12": "UPS 3 Day Select",
  "13": "UPS Next Day Air Saver",
  "14": "UPS Next Day Air Early",
  "54": "UPS Worldwide Express Plus",
  "59": "UPS 2nd Day Air A.M.",
  "65": "UPS Worldwide Saver",
};

/**
 * Buys a shipment: from here on it is in the books.
 *
 * @param ledger The books.
 * @param request A request without faults.
 * @returns The body of the answer.
 *
 * @internal
 */
export function buy(ledger: Ledger, request: ShipRequest): Record<string, unknown> {
  const shipment = request.Shipment;
  const prices = pricesOf(shipment);
  const service = shipment.Service?.Code ?? "";
  const account = shipment.Shipper?.ShipperNumber.toUpperCase() ?? "";
  const packages = shipment.Package.length;
  const entry = ledger.append(packages, (first): LedgerEntry => {
    const numbers = shipment.Package.map((_, at) => trackingNumber(account, service, first + at));
    return {
      kind: "ship",
      at: new Date().toISOString(),
      last_sequence: first + packages - 1,
      account,
      service,
      shipment_id: numbers[0] ?? "",
      tracking_numbers: numbers,
      references: [...new Set(allReferences(shipment))],
      list: decimal(prices.list),
      negotiated: decimal(prices.negotiated),
      request,
    };
  });
  return answerOf(request, entry, prices);
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

function allReferences(shipment: Shipment): string[] {
  return [shipment, ...shipment.Package]
    .flatMap(({ ReferenceNumber }) => ReferenceNumber.map(({ Value }) => Value));
}

function answerOf(request: ShipRequest, entry: LedgerEntry, prices: Prices) {
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

function labelOf(shipment: Shipment, entry: LedgerEntry, at: number): string {
  const parcel = shipment.Package[at];
  const references = hasPackageReferences(shipment) ? parcel : shipment;
  return zplLabel({
    from: addressLines(shipment.Shipper),
    to: addressLines(shipment.ShipTo),
    service: serviceNames[entry.service] ?? `UPS ${entry.service}`,
    trackingNumber: entry.tracking_numbers[at] ?? "",
    references: (references?.ReferenceNumber ?? []).map(({ Value }) => Value),
    weight: `${parcel?.PackageWeight?.Weight} ${
      parcel?.PackageWeight?.UnitOfMeasurement?.Code ?? "LBS"
    }`,
    position: { number: at + 1, count: entry.tracking_numbers.length },
  });
}

function addressLines(party: Party | undefined): string[] {
  const address = party?.Address;
  if (!party || !address) return [];
  const { City, StateProvinceCode, PostalCode, CountryCode } = address;
  const attention = party.AttentionName === party.Name ? undefined : party.AttentionName;
  return [attention, party.Name, ...address.AddressLine]
    .concat(`${City} ${StateProvinceCode} ${PostalCode}`, CountryCode)
    .filter((line) => line !== undefined && line !== "")
    .map(String);
}

function usd(cents: number): { CurrencyCode: string; MonetaryValue: string } {
  return { CurrencyCode: "USD", MonetaryValue: decimal(cents) };
}
