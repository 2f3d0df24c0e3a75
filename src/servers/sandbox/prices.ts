/**
 * The sandbox's price list: invented, but shaped like a real one, by service, zone and weight.
 *
 * Price of a package = base + per zone above 2 + per started pound. A residential address costs a
 * surcharge, and so does each package that needs additional handling. The negotiated price is 74 % of the list price. All in cents; no floats.
 *
 * | service | base | per zone | per pound |
 * |---|---|---|---|
 * | 03 Ground | 9.40 | 0.65 | 0.48 |
 * | 12 3 Day Select | 13.80 | 1.45 | 0.95 |
 * | 59, 02 2nd Day Air A.M., 2nd Day Air | 21.90, 18.60 | 2.80 | 1.70 |
 * | 13, 01, 14 Next Day Air Saver, Next Day Air, Early | 32.10, 35.40, 66.40 | 4.10 | 2.60 |
 * | 11, 08, 65, 07, 54 international | 28.00 to 71.00 | 5.20 | 3.90 |
 *
 * @module
 */

interface Rate {
  base: number;
  perZone: number;
  perPound: number;
}

const rates: Readonly<Record<string, Rate>> = {
  "03": { base: 940, perZone: 65, perPound: 48 },
  "12": { base: 1380, perZone: 145, perPound: 95 },
  "02": { base: 1860, perZone: 280, perPound: 170 },
  "59": { base: 2190, perZone: 280, perPound: 170 },
  "13": { base: 3210, perZone: 410, perPound: 260 },
  "01": { base: 3540, perZone: 410, perPound: 260 },
  "14": { base: 6640, perZone: 410, perPound: 260 },
  "11": { base: 2800, perZone: 520, perPound: 390 },
  "08": { base: 4200, perZone: 520, perPound: 390 },
  "65": { base: 5600, perZone: 520, perPound: 390 },
  "07": { base: 6200, perZone: 520, perPound: 390 },
  "54": { base: 7100, perZone: 520, perPound: 390 },
};

const residentialSurcharge = 555;
const handlingSurcharge = 2750;
const abroadZone = 9;

/** What a price depends on. */
export interface PricedShipment {
  /** The service code. */
  service: string;
  /** Where it leaves from. */
  from: { country: string; postalCode: string };
  /** Where it goes. */
  to: { country: string; postalCode: string };
  /** Whether it goes to a home. */
  residential: boolean;
  /** The weight that is charged for each package in pounds. */
  weights: readonly number[];
  /** How many packages need additional handling; none if it is left out. */
  handling?: number;
}

/** The prices of a shipment, in cents of a US dollar. */
export interface Prices {
  /** Carrying the packages. */
  transport: number;
  /** Surcharges. */
  options: number;
  /** Of these, for a home. */
  residential: number;
  /** Of these, for additional handling. */
  handling: number;
  /** The list price: both. */
  list: number;
  /** What a customer with a contract pays. */
  negotiated: number;
}

/**
 * The prices of a shipment.
 *
 * @param shipment What the price depends on.
 * @returns The prices.
 * @throws {RangeError} If the service is unknown.
 */
export function priceOf(shipment: PricedShipment): Prices {
  const rate = rates[shipment.service];
  if (!rate) throw new RangeError(`No price for service "${shipment.service}"`);
  const zones = (zoneOf(shipment) - 2) * rate.perZone;
  const transport = shipment.weights.reduce(
    (sum, weight) => sum + rate.base + zones + Math.ceil(weight) * rate.perPound,
    0,
  );
  const residential = shipment.residential ? residentialSurcharge : 0;
  const handling = (shipment.handling ?? 0) * handlingSurcharge;
  const options = residential + handling;
  const list = transport + options;
  return { transport, options, residential, handling, list, negotiated: negotiatedOf(list) };
}

/**
 * What a customer with a contract pays.
 *
 * @param list The list price in cents.
 * @returns The price in cents.
 */
export function negotiatedOf(list: number): number {
  return Math.round((list * 74) / 100);
}

/**
 * The zone of a shipment: 2 to 8 by how far apart the first digits of the ZIP codes are, 9 abroad.
 *
 * @param shipment From where to where.
 * @returns The zone.
 */
export function zoneOf({ from, to }: Pick<PricedShipment, "from" | "to">): number {
  const distance = Math.abs(Number(from.postalCode[0]) - Number(to.postalCode[0]));
  if (from.country !== to.country || Number.isNaN(distance)) return abroadZone;
  return Math.min(2 + distance, 8);
}

/**
 * An amount as UPS writes it.
 *
 * @param cents Cents.
 * @returns Such as `12.36`.
 */
export function decimal(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}
