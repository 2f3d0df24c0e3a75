/**
 * The services that the sandbox carries by, and where.
 *
 * @module
 */
import { isAmerican, type Lane, laneOf, originOf, placeOf } from "./lane.ts";
import type { Shipment } from "./ship_request.ts";

/** A service. */
export interface Service {
  /** Its name. */
  name: string;
  /** Where it goes. */
  where: "inside" | "abroad";
  /** Whether it goes by road: the boxes that UPS gives away are for what flies. */
  byRoad: boolean;
  /** How many working days it takes at most. */
  days: number;
  /** By when it arrives on its last day, HHMMSS; a service without one guarantees nothing. */
  by?: string;
}

const inside = (name: string, days: number, by?: string): Service => ({
  ...{ name, where: "inside", byRoad: by === undefined, days },
  ...(by === undefined ? {} : { by }),
});
const abroad = (name: string, days: number, by?: string): Service => ({
  ...inside(name, days, by),
  where: "abroad",
});

const services: Readonly<Record<string, Service>> = {
  "03": inside("UPS Ground", 5),
  "12": inside("UPS 3 Day Select", 3, "233000"),
  "02": inside("UPS 2nd Day Air", 2, "233000"),
  "59": inside("UPS 2nd Day Air A.M.", 2, "103000"),
  "13": inside("UPS Next Day Air Saver", 1, "150000"),
  "01": inside("UPS Next Day Air", 1, "103000"),
  "14": inside("UPS Next Day Air Early", 1, "080000"),
  "11": abroad("UPS Standard", 6),
  "08": abroad("UPS Worldwide Expedited", 5, "233000"),
  "65": abroad("UPS Worldwide Saver", 3, "233000"),
  "07": abroad("UPS Worldwide Express", 3, "103000"),
  "54": abroad("UPS Worldwide Express Plus", 3, "083000"),
};

/** Services of UPS that the sandbox does not carry by: their rules are others. */
const otherServices = /^(17|70|71|72|74|75|82|83|84|85|86|96|M[2-7]|C[678]|T[01])$/;

/**
 * A service.
 *
 * @param code Its code.
 * @returns The service, if the sandbox carries by it.
 */
export function serviceOf(code: string): Service | undefined {
  return Object.hasOwn(services, code) ? services[code] : undefined;
}

/**
 * The name of a service.
 *
 * @param code Its code.
 * @returns The name.
 */
export function serviceName(code: string): string {
  return serviceOf(code)?.name ?? `UPS ${code}`;
}

/**
 * Whether UPS has a service that the sandbox has not.
 *
 * @param code Its code.
 * @returns Whether it has.
 */
export function isOtherService(code: string): boolean {
  return otherServices.test(code);
}

/**
 * The services that go from where a shipment leaves to where it goes.
 *
 * @param shipment The shipment.
 * @returns Their codes.
 *
 * @internal
 */
export function servicesFor(shipment: Shipment): string[] {
  return Object.keys(services).filter((code) => goesThere(code, shipment));
}

/**
 * Whether a service goes from where a shipment leaves to where it goes.
 *
 * @param code The service.
 * @param shipment The shipment.
 * @returns Whether it does.
 *
 * @internal
 */
export function goesThere(code: string, shipment: Shipment): boolean {
  const lane: Lane = laneOf(shipment);
  const from = placeOf(originOf(shipment)).country;
  const to = placeOf(shipment.ShipTo).country;
  const isInside = lane === "territory" || (lane === "domestic" && isAmerican(from));
  if ((serviceOf(code)?.where === "inside") !== isInside) return false;
  // From the United States, Standard goes by road to the neighbours only.
  return code !== "11" || !isAmerican(from) || to === "CA" || to === "MX";
}
