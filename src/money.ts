/**
 * Money: integer minor units and an ISO currency, read from decimal text without floats.
 *
 * @module
 */

/**
 * Reads a carrier's decimal amount.
 *
 * @param text Decimal text, such as `12.36`.
 * @param currencyCode ISO 4217; it tells how many decimals a minor unit has.
 * @returns Minor units (cents for USD), or `undefined` if the text is not an amount that can be
 * expressed exactly: an unknown cost is better than a wrong one.
 */
export function parseMinorUnits(text: string, currencyCode: string): number | undefined {
  const match = /^(\d{1,13})(?:\.(\d*))?$/.exec(text.trim());
  const decimals = decimalsOf(currencyCode);
  if (!match || decimals === undefined) return undefined;
  const [, whole = "", fraction = ""] = match;
  if (/[1-9]/.test(fraction.slice(decimals))) return undefined;
  const minor = Number(whole + fraction.slice(0, decimals).padEnd(decimals, "0"));
  return Number.isSafeInteger(minor) ? minor : undefined;
}

/**
 * Writes an amount for people.
 *
 * @param minor Minor units.
 * @param currencyCode ISO 4217.
 * @returns As in `12.36 USD`.
 */
export function formatMinorUnits(minor: number, currencyCode: string): string {
  const decimals = decimalsOf(currencyCode) ?? 2;
  const digits = String(minor).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const amount = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
  return `${amount} ${currencyCode}`;
}

/**
 * Writes amounts of several currencies for people.
 *
 * @param costs Minor units by currency.
 * @returns As in `12.36 USD + 9.00 CAD`; `0` if there are none.
 */
export function formatCosts(costs: Readonly<Record<string, number>>): string {
  const parts = Object.entries(costs).map(([code, minor]) => formatMinorUnits(minor, code));
  return parts.length === 0 ? "0" : parts.join(" + ");
}

const decimalsByCurrency = new Map<string, number | undefined>();

/** What the standard (ISO 4217, as ICU has it) says; `undefined` for what is no currency code. */
function decimalsOf(currencyCode: string): number | undefined {
  if (decimalsByCurrency.has(currencyCode)) return decimalsByCurrency.get(currencyCode);
  let decimals: number | undefined;
  if (/^[A-Z]{3}$/.test(currencyCode)) {
    decimals = new Intl.NumberFormat("en", { style: "currency", currency: currencyCode })
      .resolvedOptions().maximumFractionDigits;
  }
  decimalsByCurrency.set(currencyCode, decimals);
  return decimals;
}
