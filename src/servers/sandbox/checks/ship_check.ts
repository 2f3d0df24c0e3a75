/**
 * What UPS refuses about a ship request, with its codes. Where only the group of a code is known to
 * us (`1281xx`), the message says what is meant.
 *
 * @module
 */
import type { UpsFault } from "../fault.ts";
import type { Shipment, ShipRequest } from "../ship_request.ts";
import { checkCustoms } from "./customs_check.ts";
import { checkLabelSpecification } from "./label_check.ts";
import { checkPackages } from "./package_check.ts";
import { checkParties } from "./party_check.ts";
import { checkPayment } from "./payment_check.ts";
import { checkReferences } from "./reference_check.ts";
import { checkService } from "./service_check.ts";

/**
 * Checks a ship request.
 *
 * @param request The request.
 * @returns What is wrong, the first fault first; empty if nothing is.
 *
 * @internal
 */
export function checkShipRequest(
  { Shipment: shipment, LabelSpecification }: ShipRequest,
): UpsFault[] {
  return [
    ...checkParties(shipment),
    ...checkService(shipment),
    ...checkPayment(shipment),
    ...checkPackages(shipment),
    ...checkReferences(shipment),
    ...checkCustoms(shipment),
    ...checkLabelSpecification(LabelSpecification),
  ];
}

/**
 * Checks a request for a rate: it needs neither references nor customs forms nor a label. Where the
 * ship codes have a twin of rating, it is that one.
 *
 * @param shipment The shipment.
 * @returns What is wrong.
 *
 * @internal
 */
export function checkRateRequest(shipment: Shipment): UpsFault[] {
  const faults = [
    ...checkParties(shipment, "rating"),
    ...checkService(shipment),
    ...checkPackages(shipment),
  ];
  return faults.map((fault) => ({ ...fault, code: ratingTwins[fault.code] ?? fault.code }));
}

const ratingTwins: Readonly<Record<string, string>> = { "120124": "111210", "121210": "111210" };
