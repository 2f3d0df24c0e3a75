/**
 * From where to where: what UPS wants of a shipment depends on it more than on anything else.
 *
 * @module
 */
import type { Address } from "../../contracts/address.ts";
import type { ShipmentRequest } from "../../contracts/carrier.ts";

/** What a lane asks for. */
export interface Lane {
  /** The country from which it is shipped, as UPS counts countries. */
  readonly from: string;
  /** The country to which it is shipped. */
  readonly to: string;
  /** Whether it ends in the country where it begins. */
  readonly isDomestic: boolean;
  /** Whether references go on the packages; on every other lane they go on the shipment. */
  readonly hasPackageReferences: boolean;
  /** Whether an invoice for customs must go with it. */
  readonly needsInvoice: boolean;
  /** Whether one goes with it where there is customs data: within Europe it may, and need not. */
  readonly takesInvoice: boolean;
  /** Whether UPS wants the worth of it all as one number. */
  readonly needsInvoiceTotal: boolean;
  /** Whether US law wants dear goods to be declared before they leave. */
  readonly isUsExport: boolean;
}

/** Parts of the United States that are countries to UPS. */
const territories: ReadonlySet<string> = new Set(["PR", "VI", "GU", "AS", "MP"]);

const european: ReadonlySet<string> = new Set([
  ...["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"],
  ...["IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"],
]);

/** The Canaries, Ceuta and Melilla: of Spain, and not of the customs union's taxes. */
const spanishOutside = /^(35|38|51|52)/;

/**
 * The country of an address as UPS counts countries, however the address writes it.
 *
 * @param address The address.
 * @returns Such as `PR`, for `US` with the state `PR` as well.
 *
 * @internal
 */
export function countryOf(
  { country_code, state_province_code }: Pick<Address, "country_code" | "state_province_code">,
): string {
  const state = state_province_code?.trim().toUpperCase() ?? "";
  return country_code === "US" && territories.has(state) ? state : country_code;
}

/** @internal What of a request makes its lane. */
export type Shipment = Pick<ShipmentRequest, "shipper" | "ship_to" | "packages">;

/**
 * The lane of a shipment.
 *
 * @param request The shipment.
 * @returns What it asks for.
 *
 * @internal
 */
export function laneOf({ shipper, ship_to, packages }: Shipment): Lane {
  const [from, to] = [countryOf(shipper), countryOf(ship_to)];
  const isDomestic = from === to;
  const isWithinUs = isUs(from) && isUs(to);
  const isWithinEurope = isEuropean(shipper) && isEuropean(ship_to);
  const onlyLetters = packages.every(({ packaging_type }) => packaging_type === "01");
  const crossesCustoms = !isDomestic && !isWithinUs && !onlyLetters;
  return {
    from,
    to,
    isDomestic,
    hasPackageReferences: isDomestic && isUs(from),
    needsInvoice: crossesCustoms && !isWithinEurope,
    takesInvoice: crossesCustoms,
    needsInvoiceTotal: from === "US" && (to === "CA" || to === "PR"),
    // Exports to Canada need none, except of what needs a licence.
    isUsExport: isUs(from) && !isDomestic && to !== "CA",
  };
}

/** The 50 states with the capital, and Puerto Rico: the lanes that UPS treats as its own. */
function isUs(country: string): boolean {
  return country === "US" || country === "PR";
}

function isEuropean({ country_code, postal_code }: Address): boolean {
  if (country_code === "ES" && spanishOutside.test(postal_code?.trim() ?? "")) return false;
  return european.has(country_code);
}
