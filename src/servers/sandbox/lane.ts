/**
 * From where to where a shipment goes: rules about references, services and customs depend on it.
 *
 * @module
 */
import type { Party, Shipment } from "./ship_request.ts";

/** A place, as far as lanes and prices depend on it. */
export interface Place {
  /** The country; Puerto Rico is its own, however the address writes it. */
  country: string;
  /** The postal code. */
  postalCode: string;
}

/**
 * Where a shipment leaves from.
 *
 * @param shipment The shipment.
 * @returns The party there: `ShipFrom`, or the shipper where there is none.
 *
 * @internal
 */
export function originOf({ ShipFrom, Shipper }: Shipment): Party | undefined {
  return ShipFrom ?? Shipper;
}

/**
 * The place of a party.
 *
 * @param party The party.
 * @returns The place; empty texts if nobody is there.
 *
 * @internal
 */
export function placeOf(party: Party | undefined): Place {
  const { CountryCode = "", PostalCode = "", StateProvinceCode = "" } = party?.Address ?? {};
  const isPuertoRico = CountryCode === "US" && StateProvinceCode === "PR";
  return { country: isPuertoRico ? "PR" : CountryCode, postalCode: PostalCode };
}

/** The kind of a lane. */
export type Lane =
  /** Inside of one country; `US` to `US` and `PR` to `PR` are such. */
  | "domestic"
  /** Between the United States and Puerto Rico: no customs, and yet not domestic. */
  | "territory"
  /** Across a border. */
  | "international";

/**
 * The lane of a shipment.
 *
 * @param shipment The shipment.
 * @returns The lane.
 *
 * @internal
 */
export function laneOf(shipment: Shipment): Lane {
  const from = placeOf(originOf(shipment)).country;
  const to = placeOf(shipment.ShipTo).country;
  if (from === to) return "domestic";
  return isAmerican(from) && isAmerican(to) ? "territory" : "international";
}

/**
 * Whether a place is in the United States or Puerto Rico.
 *
 * @param country The country.
 * @returns Whether it is.
 */
export function isAmerican(country: string): boolean {
  return country === "US" || country === "PR";
}
