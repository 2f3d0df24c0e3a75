/**
 * The limits of an address: lengths, state, postal code, phone.
 *
 * @module
 */
import type { Address } from "../../contracts/address.ts";
import { countryOf } from "./lane.ts";
import { type Issue, issueIf, missing, tooLong } from "./limits.ts";
import { isUs, linesOf, phoneOf, postalCodeOf } from "./party.ts";
import { plainText } from "./plain_text.ts";

const states: ReadonlySet<string> = new Set(
  ("AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ " +
    "NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY PR VI GU AS MP AA AE AP FM MH PW")
    .split(" "),
);
const provinces: ReadonlySet<string> = new Set("AB BC MB NB NL NS NT NU ON PE QC SK YT".split(" "));

/** Why a contact is needed, or `undefined` if it is not. */
export type ContactReason = string | undefined;

/**
 * Checks an address.
 *
 * @param field Where it stands, such as `ship_to`.
 * @param address The address.
 * @param contactFor Why a name and a phone number are needed, if they are.
 * @returns What is beyond the limits.
 *
 * @internal
 */
export function addressIssues(
  field: string,
  address: Address,
  contactFor: ContactReason,
): Issue[] {
  return [
    ...missing(`${field}.name`, address.name, "UPS wants it"),
    ...missing(`${field}.city`, address.city, "UPS wants it"),
    ...issueIf(linesOf(address).length === 0, `${field}.address_line1 is missing: UPS wants it`),
    ...tooLong(`${field}.name`, address.name, 35),
    ...tooLong(`${field}.attention_name`, address.attention_name, 35),
    ...tooLong(`${field}.address_line1`, address.address_line1, 35),
    ...tooLong(`${field}.address_line2`, address.address_line2, 35),
    ...tooLong(`${field}.address_line3`, address.address_line3, 35),
    ...tooLong(`${field}.city`, address.city, 30),
    ...tooLong(`${field}.email`, address.email, 50),
    ...stateIssues(`${field}.state_province_code`, address),
    ...postalIssues(`${field}.postal_code`, address),
    ...phoneIssues(`${field}.phone`, address, contactFor),
    ...(contactFor ? missing(`${field}.attention_name`, address.attention_name, contactFor) : []),
  ];
}

function stateIssues(field: string, address: Address): Issue[] {
  const state = plainText(address.state_province_code).toUpperCase();
  const country = address.country_code;
  if (["US", "CA", "VN"].includes(country) && state === "") {
    return issueIf(true, `${field} is missing: UPS wants it in ${country}`);
  }
  if (country === "US") {
    return issueIf(!states.has(state), `${field} is no state of the US, such as GA`);
  }
  if (country === "CA") {
    return issueIf(!provinces.has(state), `${field} is no province of Canada, such as ON`);
  }
  return tooLong(field, state, 5);
}

function postalIssues(field: string, address: Address): Issue[] {
  const code = postalCodeOf(address);
  const country = countryOf(address);
  if (isUs(country)) {
    return issueIf(!/^\d{5}(\d{4})?$/.test(code), `${field} must be 5 or 9 digits in ${country}`);
  }
  if (country === "CA") {
    return issueIf(!/^([A-Z]\d){3}$/.test(code), `${field} must be of the form A1A 1A1 in CA`);
  }
  return tooLong(field, code, 9);
}

function phoneIssues(field: string, address: Address, contactFor: ContactReason): Issue[] {
  const phone = phoneOf(address);
  if (!phone) {
    const isGiven = plainText(address.phone) !== "";
    if (isGiven) return issueIf(true, `${field} has no digits`);
    return issueIf(contactFor !== undefined, `${field} is missing: ${contactFor}`);
  }
  const { number, extension = "" } = phone;
  const isWrong = number.length < 10 || number.length > 15;
  return [
    ...issueIf(
      isWrong,
      `${field} has ${number.length} digits, UPS wants 10 to 15`,
      "Write the number with its area code, abroad with its country's code too",
    ),
    ...issueIf(
      extension.length > 4,
      `${field} has an extension of ${extension.length} digits, UPS allows 4`,
    ),
  ];
}
