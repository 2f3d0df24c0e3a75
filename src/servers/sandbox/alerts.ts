/**
 * What UPS tells with a success: nothing is wrong, and yet it is not quite what was asked for.
 *
 * @module
 */
import { isReclassified } from "./charges.ts";
import { needsHandling } from "./parcels.ts";
import type { Shipment } from "./ship_request.ts";

/** An alert, as UPS tells it. */
export interface Alert {
  /** Six digits. */
  Code: string;
  /** For people. */
  Description: string;
}

/**
 * What UPS tells with a shipment or with its rate.
 *
 * @param shipment The shipment.
 * @returns The alerts, often none.
 *
 * @internal
 */
export function alertsOf(shipment: Shipment): Alert[] {
  const wantsNegotiated = shipment.ShipmentRatingOptions?.NegotiatedRatesIndicator !== undefined;
  return [
    ...alertIf(
      !wantsNegotiated,
      "120901",
      "Negotiated rates were not asked for: published rates are charged",
    ),
    ...alertIf(
      shipment.Package.some(needsHandling),
      "129001",
      "Additional Handling has automatically been set on one or more packages",
    ),
    // The code is that of a rate, moved to shipping as UPS's other twins are (111210, 120124).
    ...alertIf(
      isReclassified(shipment.ShipTo),
      "120920",
      "Ship To Address Classification is changed from Commercial to Residential",
    ),
  ];
}

function alertIf(isSo: boolean, Code: string, Description: string): Alert[] {
  return isSo ? [{ Code, Description }] : [];
}
