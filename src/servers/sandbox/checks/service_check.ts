/**
 * What UPS refuses about the service: which go where, and which boxes they carry.
 *
 * @module
 */
import { faultIf, type UpsFault } from "../fault.ts";
import { goesThere, isOtherService, serviceOf } from "../services.ts";
import type { Shipment } from "../ship_request.ts";

/** Boxes that UPS gives away: they fly. */
const flyingPackagings: ReadonlySet<string> = new Set(["01", "03", "04", "21", "2a", "2b", "2c"]);
/** Boxes and pallets that only go abroad. */
const packagingsAbroad: ReadonlySet<string> = new Set(["24", "25", "30"]);

/**
 * Checks the service of a shipment.
 *
 * @param shipment The shipment.
 * @returns What is wrong.
 *
 * @internal
 */
export function checkService(shipment: Shipment): UpsFault[] {
  const code = shipment.Service?.Code ?? "";
  const service = serviceOf(code);
  if (!service && isOtherService(code)) {
    const message = `The requested service ${code} is not available in the sandbox`;
    return faultIf(true, "121210", message);
  }
  if (!service) return faultIf(true, "120500", "Missing or invalid service code");
  const packagings = shipment.Package.map(({ Packaging }) => Packaging?.Code ?? "");
  return [
    ...faultIf(
      !goesThere(code, shipment),
      "120124",
      "The requested service is unavailable between the selected locations",
    ),
    ...faultIf(
      service.byRoad && packagings.some((packaging) => flyingPackagings.has(packaging)),
      "120600",
      "Invalid packaging type: this one is for air services",
    ),
    ...faultIf(
      service.where === "inside" &&
        packagings.some((packaging) => packagingsAbroad.has(packaging)),
      "120600",
      "Invalid packaging type: this one is for international services",
    ),
  ];
}
