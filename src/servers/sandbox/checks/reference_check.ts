/**
 * What UPS refuses about references: on which level they stand depends on the lane.
 *
 * @module
 */
import { faultIf, fits, type UpsFault } from "../fault.ts";
import { isAmerican, laneOf, originOf, placeOf } from "../lane.ts";
import type { Shipment } from "../ship_request.ts";

/**
 * Whether references belong on the packages: from US to US and from PR to PR. On every other lane
 * they belong on the shipment.
 *
 * @param shipment The shipment.
 * @returns Whether they do.
 *
 * @internal
 */
export function hasPackageReferences(shipment: Shipment): boolean {
  return laneOf(shipment) === "domestic" && isAmerican(placeOf(originOf(shipment)).country);
}

/**
 * Checks the references of a shipment: their level, their number and their form.
 *
 * @param shipment The shipment.
 * @returns What is wrong.
 *
 * @internal
 */
export function checkReferences(shipment: Shipment): UpsFault[] {
  const onPackages = shipment.Package.map(({ ReferenceNumber }) => ReferenceNumber);
  const all = [shipment.ReferenceNumber, ...onPackages].flat();
  const belongOnPackages = hasPackageReferences(shipment);
  return [
    ...faultIf(
      belongOnPackages && shipment.ReferenceNumber.length > 0,
      "120541",
      "References of this shipment belong on its packages",
    ),
    ...faultIf(
      !belongOnPackages && onPackages.some((references) => references.length > 0),
      "120542",
      "References of this shipment do not belong on its packages",
    ),
    ...faultIf(shipment.ReferenceNumber.length > 2, "120543", "More than two references"),
    ...faultIf(
      onPackages.some((references) => references.length > 2),
      "120544",
      "More than two references on a package",
    ),
    ...faultIf(all.some(({ Value }) => !fits(Value, 35)), "120603", "Invalid reference value"),
    ...faultIf(all.some(({ Code }) => (Code ?? "").length > 2), "120607", "Invalid reference code"),
  ];
}
