/**
 * What a shipment costs, in the form in which UPS tells it. Rating and shipping both ask here: a
 * rate and the bill for the same shipment are the same.
 *
 * @module
 */
import { isSurelyHome } from "./addresses/classification.ts";
import { originOf, placeOf } from "./lane.ts";
import { billablePounds, needsHandling } from "./parcels.ts";
import { decimal, negotiatedOf, priceOf, type Prices } from "./prices.ts";
import type { Parcel, Party, Shipment } from "./ship_request.ts";

/** An amount as UPS tells it. */
export interface Money {
  /** Always US dollars. */
  CurrencyCode: string;
  /** Decimal text. */
  MonetaryValue: string;
}

/** One surcharge as UPS tells it. */
export interface ItemizedCharge extends Money {
  /** Three digits. */
  Code: string;
  /** For people. */
  Description: string;
}

/**
 * The prices of a shipment.
 *
 * @param shipment The shipment.
 * @param service The service to price it with.
 * @param parcels The packages to price.
 * @returns The prices in cents.
 * @throws {RangeError} If the service is unknown.
 *
 * @internal
 */
export function pricesOf(
  shipment: Shipment,
  service: string = shipment.Service?.Code ?? "",
  parcels: readonly Parcel[] = shipment.Package,
): Prices {
  return priceOf({
    service,
    from: placeOf(originOf(shipment)),
    to: placeOf(shipment.ShipTo),
    residential: isHome(shipment.ShipTo),
    weights: parcels.map(billablePounds),
    handling: parcels.filter(needsHandling).length,
  });
}

/**
 * The surcharges one by one.
 *
 * @param prices The prices.
 * @param basis At which price.
 * @returns The surcharges that are not nothing.
 */
export function itemized(prices: Prices, basis: "list" | "negotiated"): ItemizedCharge[] {
  const parts = [
    { Code: "270", Description: "Residential Surcharge", cents: prices.residential },
    { Code: "100", Description: "Additional Handling", cents: prices.handling },
  ];
  return parts.filter(({ cents }) => cents > 0).map(({ Code, Description, cents }) => ({
    ...{ Code, Description },
    ...usd(basis === "list" ? cents : negotiatedOf(cents)),
  }));
}

/**
 * An amount in US dollars.
 *
 * @param cents Cents.
 * @returns The amount.
 */
export function usd(cents: number): Money {
  return { CurrencyCode: "USD", MonetaryValue: decimal(cents) };
}

/**
 * Whether a shipment goes to a home: it says so, or the address shows it.
 *
 * @param party The receiver.
 * @returns Whether it does.
 *
 * @internal
 */
export function isHome(party: Party | undefined): boolean {
  return party?.Address?.ResidentialAddressIndicator !== undefined || isReclassified(party);
}

/**
 * Whether UPS makes a home of an address that was not called one.
 *
 * @param party The receiver.
 * @returns Whether it does.
 *
 * @internal
 */
export function isReclassified(party: Party | undefined): boolean {
  const { ResidentialAddressIndicator, AddressLine = [] } = party?.Address ?? {};
  return ResidentialAddressIndicator === undefined && isSurelyHome(AddressLine);
}

/**
 * The weight that is charged for packages, as UPS tells it.
 *
 * @param parcels The packages.
 * @returns The weight in whole pounds.
 *
 * @internal
 */
export function billingWeight(parcels: readonly Parcel[]): {
  UnitOfMeasurement: { Code: string; Description: string };
  Weight: string;
} {
  const pounds = parcels.reduce((sum, parcel) => sum + Math.ceil(billablePounds(parcel)), 0);
  return {
    UnitOfMeasurement: { Code: "LBS", Description: "Pounds" },
    Weight: pounds.toFixed(1),
  };
}
