/**
 * The check digit of 1Z tracking numbers.
 *
 * @module
 */

/**
 * The check digit of a 1Z number: a letter counts as (ASCII - 63) mod 10, every second place counts
 * double, and the digit fills the sum up to the next ten. Verified on real numbers.
 *
 * @param body The 15 characters between `1Z` and the check digit.
 * @returns The digit.
 */
export function checkDigit(body: string): string {
  let sum = 0;
  for (let at = 0; at < body.length; at++) {
    const code = body.charCodeAt(at);
    const value = code >= 65 ? (code - 63) % 10 : code - 48;
    sum += at % 2 === 1 ? value * 2 : value;
  }
  return String((10 - (sum % 10)) % 10);
}

/**
 * Whether a text is a 1Z number, check digit and all.
 *
 * @param text The text.
 * @returns Whether it is one.
 */
export function isTrackingNumber(text: string): boolean {
  return /^1Z[A-Z0-9]{15}\d$/.test(text) && text.at(-1) === checkDigit(text.slice(2, 17));
}
