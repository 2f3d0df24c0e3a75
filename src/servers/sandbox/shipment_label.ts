/**
 * The label of a package, printed from the request that it was bought with.
 *
 * @module
 */
import type { ShipEntry } from "./ledger_entries.ts";
import { hasPackageReferences } from "./reference_check.ts";
import type { Party, Shipment } from "./ship_request.ts";
import { zplLabel } from "./zpl_label.ts";

const serviceNames: Readonly<Record<string, string>> = {
  "01": "UPS Next Day Air",
  "02": "UPS 2nd Day Air",
  "03": "UPS Ground",
  "07": "UPS Worldwide Express",
  "08": "UPS Worldwide Expedited",
  "11": "UPS Standard",
  "12": "UPS 3 Day Select",
  "13": "UPS Next Day Air Saver",
  "14": "UPS Next Day Air Early",
  "54": "UPS Worldwide Express Plus",
  "59": "UPS 2nd Day Air A.M.",
  "65": "UPS Worldwide Saver",
};

/**
 * Prints the label of a package.
 *
 * @param shipment The shipment.
 * @param entry Its numbers and its service.
 * @param at Which package, the first is 0.
 * @returns The label, in ZPL.
 *
 * @internal
 */
export function labelOf(
  shipment: Shipment,
  entry: Pick<ShipEntry, "service" | "tracking_numbers">,
  at: number,
): string {
  const parcel = shipment.Package[at];
  const references = hasPackageReferences(shipment) ? parcel : shipment;
  return zplLabel({
    from: addressLines(shipment.Shipper),
    to: addressLines(shipment.ShipTo),
    service: serviceNames[entry.service] ?? `UPS ${entry.service}`,
    trackingNumber: entry.tracking_numbers[at] ?? "",
    references: (references?.ReferenceNumber ?? []).map(({ Value }) => Value),
    weight: `${parcel?.PackageWeight?.Weight} ${
      parcel?.PackageWeight?.UnitOfMeasurement?.Code ?? "LBS"
    }`,
    position: { number: at + 1, count: entry.tracking_numbers.length },
  });
}

function addressLines(party: Party | undefined): string[] {
  const address = party?.Address;
  if (!party || !address) return [];
  const { City, StateProvinceCode, PostalCode, CountryCode } = address;
  const attention = party.AttentionName === party.Name ? undefined : party.AttentionName;
  return [attention, party.Name, ...address.AddressLine]
    .concat(`${City} ${StateProvinceCode} ${PostalCode}`, CountryCode)
    .filter((line) => line !== undefined && line !== "")
    .map(String);
}
