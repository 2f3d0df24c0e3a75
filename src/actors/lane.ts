/**
 * The lane of a request: carriers keep references apart by it, so a look-up is proven for a lane.
 *
 * @module
 */

/**
 * From where to where a request goes.
 *
 * @param request The carrier request.
 * @returns Such as `US>US`. Puerto Rico is its own, however an address writes it.
 */
export function laneOf(request: Readonly<Record<string, unknown>>): string {
  return `${zoneOf(request["shipper"])}>${zoneOf(request["ship_to"])}`;
}

/**
 * How many packages a request has.
 *
 * @param request The carrier request.
 * @returns The number, 0 if it cannot be told.
 */
export function packagesOf({ packages }: Readonly<Record<string, unknown>>): number {
  return Array.isArray(packages) ? packages.length : 0;
}

function zoneOf(address: unknown): string {
  const country: unknown = Reflect.get(Object(address), "country_code");
  const state: unknown = Reflect.get(Object(address), "state_province_code");
  return country === "US" && state === "PR" ? "PR" : String(country ?? "");
}
