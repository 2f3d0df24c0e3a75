/**
 * An address in the words of UPS.
 *
 * @module
 */
import type { Address } from "../../contracts/address.ts";
import { countryOf } from "./lane.ts";
import { plainText } from "./plain_text.ts";

/** @internal A part of a body for UPS. */
export type Json = Record<string, unknown>;

/** A phone number as UPS takes it. */
export interface Phone {
  /** Its digits. */
  readonly number: string;
  /** The digits of the extension, if there is one. */
  readonly extension: string | undefined;
}

/** Where numbers have ten digits, with or without a 1 before them. */
const northAmerican: ReadonlySet<string> = new Set(["US", "PR", "CA", "VI", "GU", "AS", "MP"]);

/**
 * A phone number in digits, and its extension apart: `410-555-0100 x12` is not a longer number.
 *
 * @param address The address with the number.
 * @returns The number; `undefined` if there is none.
 *
 * @internal
 */
export function phoneOf(address: Address): Phone | undefined {
  const [, main = "", extension] =
    /^(.*?)(?:\s*(?:x|ext\.?|extension|#)\s*(\d+)\s*)?$/i.exec(address.phone ?? "") ?? [];
  const digits = main.replace(/\D/g, "");
  if (digits === "") return undefined;
  const isLong = northAmerican.has(countryOf(address)) && /^1\d{10}$/.test(digits);
  return { number: isLong ? digits.slice(1) : digits, extension };
}

/**
 * A postal code as UPS takes it: nine characters at the most.
 *
 * @param address The address with the code.
 * @returns The code; empty if there is none.
 *
 * @internal
 */
export function postalCodeOf(address: Pick<Address, "postal_code" | "country_code">): string {
  const code = plainText(address.postal_code).toUpperCase();
  // Nine digits, not the ten characters of 12345-6789; and A1A1A1, not A1A 1A1.
  return isUs(address.country_code) || address.country_code === "CA"
    ? code.replace(/[\s-]/g, "")
    : code;
}

/** Whether postal codes are of the American kind. */
export function isUs(country: string): boolean {
  return ["US", "PR", "VI", "GU", "AS", "MP"].includes(country);
}

/**
 * The lines of a street, those that are empty left out.
 *
 * @param address The address.
 * @returns The lines.
 *
 * @internal
 */
export function linesOf(
  address: Pick<Address, "address_line1" | "address_line2" | "address_line3">,
): string[] {
  return [address.address_line1, address.address_line2, address.address_line3]
    .map(plainText).filter((line) => line !== "");
}

/**
 * The place of an address.
 *
 * @param address The address.
 * @returns UPS's `Address`.
 *
 * @internal
 */
export function placeOf(address: Address): Json {
  const state = plainText(address.state_province_code).toUpperCase();
  const postalCode = postalCodeOf(address);
  return {
    AddressLine: linesOf(address),
    City: plainText(address.city),
    ...(state ? { StateProvinceCode: state } : {}),
    ...(postalCode ? { PostalCode: postalCode } : {}),
    CountryCode: countryOf(address),
  };
}

/**
 * A party of a shipment.
 *
 * @param address Its address.
 * @returns UPS's name, contact and place of it.
 *
 * @internal
 */
export function partyOf(address: Address): Json & { Address: Json } {
  const phone = phoneOf(address);
  const [contact, email] = [address.attention_name, address.email].map(plainText);
  return {
    Name: plainText(address.name),
    ...(contact ? { AttentionName: contact } : {}),
    ...(phone
      ? {
        Phone: {
          Number: phone.number,
          ...(phone.extension ? { Extension: phone.extension } : {}),
        },
      }
      : {}),
    ...(email ? { EMailAddress: email } : {}),
    Address: placeOf(address),
  };
}
