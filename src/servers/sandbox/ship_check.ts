/**
 * What UPS refuses about a ship request, with its codes (UPS Shipping API, as far as the sandbox
 * knows them).
 *
 * @module
 */
import { faultIf, fits, type UpsFault } from "./fault.ts";
import { isKnownService } from "./prices.ts";
import { checkReferences } from "./reference_check.ts";
import type { Party, Shipment, ShipRequest } from "./ship_request.ts";
import { usStates } from "./us_states.ts";

const domesticServices: ReadonlySet<string> = new Set(["01", "02", "03", "12", "13", "14", "59"]);
const packagings: ReadonlySet<string> = new Set(
  ["01", "02", "03", "04", "21", "24", "25", "2a", "2b", "2c", "30"],
);
const account = /^[A-Z0-9]{6}$/i;
const maxPounds = 150;
const poundsPerKilogram = 2.20462;

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
  const format = LabelSpecification?.LabelImageFormat?.Code;
  return [
    ...checkShipper(shipment.Shipper),
    ...checkParty(shipment.ShipTo, "1202", "ShipTo"),
    ...checkService(shipment),
    ...checkPayment(shipment),
    ...checkPackages(shipment),
    ...checkReferences(shipment),
    ...faultIf(!format, "120700", "Missing label specification"),
    ...faultIf(!!format && format !== "ZPL", "120702", "Invalid label image format"),
  ];
}

/**
 * The weight of a package in pounds.
 *
 * @param parcel The package.
 * @returns The weight; not a number if it cannot be read.
 *
 * @internal
 */
export function poundsOf(parcel: Shipment["Package"][number]): number {
  const { UnitOfMeasurement, Weight } = parcel.PackageWeight ?? {};
  const weight = /^\d+(\.\d+)?$/.test(Weight ?? "") ? Number(Weight) : NaN;
  return UnitOfMeasurement?.Code === "KGS" ? weight * poundsPerKilogram : weight;
}

function checkShipper(shipper: Party | undefined): UpsFault[] {
  return [
    ...faultIf(
      !account.test(shipper?.ShipperNumber ?? ""),
      "120100",
      "Missing or invalid shipper number",
    ),
    ...checkParty(shipper, "1201", "Shipper"),
  ];
}

/** The two blocks of codes are alike: 1201xx for the shipper, 1202xx for the receiver. */
function checkParty(party: Party | undefined, block: "1201" | "1202", who: string): UpsFault[] {
  const address = party?.Address;
  const lines = address?.AddressLine ?? [];
  const country = address?.CountryCode ?? "";
  const phone = party?.Phone?.Number;
  const postalCode = address?.PostalCode ?? "";
  const isUs = country === "US" || country === "PR";
  const isBadState = country === "US" && !usStates.has(address?.StateProvinceCode ?? "");
  const isBadPostal = isUs && !/^\d{5}(\d{4})?$/.test(postalCode);
  const isBadLine = lines.length < 1 || lines.length > 3 ||
    lines.some((line) => !fits(line, 35));
  const invalid = (what: string) => `Missing or invalid ${who} ${what}`;
  return [
    ...faultIf(!fits(party?.Name, 35), block + (block === "1201" ? "01" : "00"), invalid("name")),
    ...faultIf(isBadLine, `${block}02`, invalid("address line")),
    ...faultIf(!fits(address?.City, 30), `${block}05`, invalid("city")),
    ...faultIf(isBadState, `${block}06`, invalid("state or province code")),
    ...faultIf(isBadPostal, `${block}07`, invalid("postal code")),
    ...faultIf(!/^[A-Z]{2}$/.test(country), `${block}08`, invalid("country code")),
    ...faultIf(
      phone !== undefined && !/^\d{10,15}$/.test(phone),
      block + (block === "1201" ? "15" : "13"),
      invalid("phone number"),
    ),
  ];
}

function checkService(shipment: Shipment): UpsFault[] {
  const service = shipment.Service?.Code ?? "";
  if (!isKnownService(service)) return faultIf(true, "120500", "Missing or invalid service code");
  const isInside = [shipment.Shipper, shipment.ShipTo].every((party) =>
    party?.Address?.CountryCode === "US" || party?.Address?.CountryCode === "PR"
  );
  return faultIf(
    isInside !== domesticServices.has(service),
    "120124",
    "The requested service is unavailable between the selected locations",
  );
}

function checkPayment(shipment: Shipment): UpsFault[] {
  const charges = shipment.PaymentInformation?.ShipmentCharge ?? [];
  const payer = charges.find(({ Type }) => Type === "01")?.BillShipper?.AccountNumber;
  if (payer === undefined) return faultIf(true, "120400", "Missing payment information");
  return [
    ...faultIf(!account.test(payer), "120412", "Missing or invalid account number"),
    ...faultIf(
      payer !== shipment.Shipper?.ShipperNumber,
      "120415",
      "The account number must be the shipper number",
    ),
  ];
}

function checkPackages({ Package: packages }: Shipment): UpsFault[] {
  if (packages.length === 0) return faultIf(true, "120600", "Missing package");
  const count = faultIf(packages.length > 200, "120020", "Too many packages");
  return count.concat(packages.flatMap((parcel) => {
    const pounds = poundsOf(parcel);
    return [
      ...faultIf(
        !packagings.has(parcel.Packaging?.Code ?? ""),
        "120600",
        "Missing or invalid packaging type",
      ),
      ...faultIf(!(pounds > 0), "120608", "Missing or invalid package weight"),
      ...faultIf(pounds > maxPounds, "121030", "The package weighs more than 150 pounds"),
    ];
  }));
}
