/**
 * What stands on the label of a package, from the request that it was bought with.
 *
 * @module
 */
import { hasPackageReferences } from "../checks/reference_check.ts";
import { isAmerican, originOf, placeOf } from "../lane.ts";
import type { ShipEntry } from "../ledger_entries.ts";
import { serviceName } from "../services.ts";
import type { Parcel, Party, Shipment } from "../ship_request.ts";
import { countryNumber } from "./country_numbers.ts";
import type { Label, Routing } from "./drawing.ts";

type Bought = Pick<ShipEntry, "at" | "account" | "service" | "tracking_numbers">;

/**
 * What stands on the label of a package.
 *
 * @param shipment The shipment.
 * @param entry What was bought.
 * @param at Which package, the first is 0.
 * @returns The label.
 *
 * @internal
 */
export function labelOf(shipment: Shipment, entry: Bought, at: number): Label {
  const parcel = shipment.Package[at];
  const references = hasPackageReferences(shipment) ? parcel : shipment;
  const trackingNumber = entry.tracking_numbers[at] ?? "";
  const position = { number: at + 1, count: entry.tracking_numbers.length };
  const description = parcel?.Description ?? shipment.Description;
  return {
    ...{ trackingNumber, position },
    from: addressLines(originOf(shipment)),
    to: addressLines(shipment.ShipTo),
    service: serviceName(entry.service),
    references: (references?.ReferenceNumber ?? []).map(({ Value }) => Value),
    weight: weightOf(parcel),
    routing: routingOf(shipment, entry, { trackingNumber, position, parcel }),
    ...(description ? { description } : {}),
  };
}

function weightOf(parcel: Parcel | undefined): string {
  const { Weight = "", UnitOfMeasurement } = parcel?.PackageWeight ?? {};
  return `${Weight} ${UnitOfMeasurement?.Code ?? "LBS"}`;
}

function addressLines(party: Party | undefined): string[] {
  const address = party?.Address;
  if (!party || !address) return [];
  const { City, StateProvinceCode, PostalCode, CountryCode } = address;
  const attention = party.AttentionName === party.Name ? undefined : party.AttentionName;
  return [attention, party.Name, ...address.AddressLine]
    .concat(
      [City, StateProvinceCode, readable(PostalCode)].filter((part) => part !== "").join(" "),
    )
    .concat(CountryCode)
    .filter((line) => line !== undefined && line !== "")
    .map(String);
}

/** UPS takes nine digits; people read 12345-6789. */
function readable(postalCode: string): string {
  return postalCode.replace(/^(\d{5})(\d{4})$/, "$1-$2");
}

function routingOf(
  { ShipTo }: Shipment,
  { at, account, service }: Bought,
  { trackingNumber, position, parcel }: Pick<Label, "trackingNumber" | "position"> & {
    parcel: Parcel | undefined;
  },
): Routing {
  const { country, postalCode } = placeOf(ShipTo);
  const { City = "", StateProvinceCode = "", AddressLine = [] } = ShipTo?.Address ?? {};
  const isUs = isAmerican(country);
  const plain = postalCode.replace(/[^A-Z0-9]/gi, "").toUpperCase();
  const number = countryNumber(isUs ? "US" : country);
  const state = isUs ? StateProvinceCode || country : country;
  return {
    code: `${state} ${isUs ? `${plain.slice(0, 3)} ${plain.slice(3, 5)}` : plain.slice(0, 5)}`,
    postal: plain === "" ? "" : isUs ? `420${plain.slice(0, 5)}` : `421${number}${plain}`,
    maxicode: {
      postalCode: isUs ? plain.padEnd(9, "0") : plain.slice(0, 6).padEnd(6, " "),
      country: number,
      serviceClass: `0${service}`,
      fields: [
        trackingNumber,
        "UPSN",
        account,
        dayOfYear(at),
        "",
        `${position.number}/${position.count}`,
        String(Math.max(1, Math.ceil(Number(parcel?.PackageWeight?.Weight) || 1))),
        "N",
        coded(AddressLine[0] ?? "", 14),
        coded(City, 10),
        coded(StateProvinceCode, 3),
      ],
    },
  };
}

/** A MaxiCode holds 93 capitals and digits, and less of anything else: the address is cut short. */
function coded(text: string, length: number): string {
  const plain = text.normalize("NFD").toUpperCase().replace(/[^A-Z0-9 ]/g, "");
  return plain.slice(0, length).trim();
}

/** The day of the year, three digits. */
function dayOfYear(at: string): string {
  const date = new Date(at);
  const days = (date.valueOf() - Date.UTC(date.getUTCFullYear(), 0, 0)) / 86_400_000;
  return String(Math.floor(days) || 1).padStart(3, "0");
}
