/**
 * 1Z tracking numbers with true check digits.
 *
 * @module
 */
import { checkDigit } from "../check_digit.ts";

/**
 * Makes the tracking number of a package.
 *
 * @param account The six characters of the shipper's number.
 * @param service The two characters of the service code.
 * @param sequence The number of the package, unique in a ledger.
 * @returns The 18 characters.
 */
export function trackingNumber(account: string, service: string, sequence: number): string {
  const body = `${account}${service}${String(sequence).padStart(7, "0")}`;
  return `1Z${body}${checkDigit(body)}`;
}

/** What UPS's test environment (CIE) gives to every package. */
export const cieNumber = "1ZXXXXXXXXXXXXXXXX";
