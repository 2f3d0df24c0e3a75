/**
 * What UPS refuses about who sends and who receives.
 *
 * @module
 */
import { usStates } from "../addresses/us_states.ts";
import { statesOfZip } from "../addresses/zip_table.ts";
import { faultIf, fits, type UpsFault } from "../fault.ts";
import { isAmerican, laneOf } from "../lane.ts";
import type { Party, Shipment } from "../ship_request.ts";
import { isAccount } from "./payment_check.ts";

/** The blocks of codes are alike: 1201xx for the shipper, 1202xx for the receiver, 1203xx for else. */
type Block = "1201" | "1202" | "1203";

/**
 * Checks the parties of a shipment.
 *
 * @param shipment The shipment.
 * @param purpose What is asked for: a rate needs neither names nor phones.
 * @returns What is wrong.
 *
 * @internal
 */
export function checkParties(
  shipment: Shipment,
  purpose: "shipping" | "rating" = "shipping",
): UpsFault[] {
  const { Shipper, ShipTo, ShipFrom } = shipment;
  const isShipping = purpose === "shipping";
  const needsContact = isShipping && laneOf(shipment) !== "domestic";
  const needsPhone = isShipping && (needsContact || shipment.Service?.Code === "14");
  const check = (party: Party | undefined, block: Block, who: string): UpsFault[] => [
    ...(isShipping ? checkName(party, block, who) : []),
    ...checkAddress(party, block, who),
    ...checkContact(party, { block, who, needsContact, needsPhone }),
  ];
  return [
    ...faultIf(
      !isAccount(Shipper?.ShipperNumber),
      "120100",
      "Missing or invalid shipper number",
    ),
    ...check(Shipper, "1201", "Shipper"),
    ...check(ShipTo, "1202", "ShipTo"),
    ...(ShipFrom ? check(ShipFrom, "1203", "ShipFrom") : []),
  ];
}

function checkName(party: Party | undefined, block: Block, who: string): UpsFault[] {
  const code = block + (block === "1201" ? "01" : "00");
  return faultIf(!fits(party?.Name, 35), code, `Missing or invalid ${who} name`);
}

function checkAddress(party: Party | undefined, block: Block, who: string): UpsFault[] {
  const address = party?.Address;
  const lines = address?.AddressLine ?? [];
  const country = address?.CountryCode ?? "";
  const state = address?.StateProvinceCode ?? "";
  const postalCode = address?.PostalCode ?? "";
  const isBadLine = lines.length < 1 || lines.length > 3 ||
    lines.some((line) => !fits(line, 35));
  const isPostal = isPostalCode(postalCode, country);
  const isState = hasState(state, country);
  const invalid = (what: string) => `Missing or invalid ${who} ${what}`;
  return [
    ...faultIf(isBadLine, `${block}02`, invalid("address line")),
    ...faultIf(!fits(address?.City, 30), `${block}05`, invalid("city")),
    ...faultIf(!isState, `${block}06`, invalid("state or province code")),
    ...faultIf(!isPostal, `${block}07`, invalid("postal code")),
    ...faultIf(!/^[A-Z]{2}$/.test(country), `${block}08`, invalid("country code")),
    ...faultIf(
      country === "US" && isState && isPostal && !statesOfZip(postalCode).includes(state),
      // UPS's order: the shipper, who receives, from where.
      { "1201": "120801", "1202": "120802", "1203": "120803" }[block],
      `Address Validation Error on ${who} address: the postal code is not in that state`,
    ),
  ];
}

function isPostalCode(postalCode: string, country: string): boolean {
  if (isAmerican(country)) return /^\d{5}(\d{4})?$/.test(postalCode);
  if (country === "CA") return /^[A-Z]\d[A-Z] ?\d[A-Z]\d$/i.test(postalCode);
  // Not every country has postal codes.
  return postalCode.length <= 9;
}

function hasState(state: string, country: string): boolean {
  if (country === "US") return usStates.has(state);
  const isWanted = country === "CA" || country === "IE" || country === "VN";
  return isWanted ? fits(state, 5) : state.length <= 5;
}

function checkContact(
  party: Party | undefined,
  rules: { block: Block; who: string; needsContact: boolean; needsPhone: boolean },
): UpsFault[] {
  const { block, who, needsContact, needsPhone } = rules;
  const attention = party?.AttentionName;
  const phone = party?.Phone?.Number;
  const isBadAttention = attention === undefined ? needsContact : !fits(attention, 35);
  const isBadPhone = phone === undefined ? needsPhone : !/^\d{10,15}$/.test(phone);
  return [
    ...faultIf(
      isBadAttention,
      block + (block === "1201" ? "09" : "01"),
      `Missing or invalid ${who} attention name: shipments that leave the country need one`,
    ),
    ...faultIf(
      isBadPhone,
      block + (block === "1201" ? "15" : "13"),
      `Missing or invalid ${who} phone number, 10 to 15 digits`,
    ),
    ...faultIf(
      (party?.Phone?.Extension ?? "").length > 4,
      block + (block === "1201" ? "16" : "14"),
      `Invalid ${who} phone extension, at most 4 digits`,
    ),
    ...faultIf(
      (party?.EMailAddress ?? "").length > 50,
      block + (block === "1201" ? "17" : "18"),
      `Invalid ${who} e-mail address, at most 50 characters`,
    ),
  ];
}
