/**
 * The filter for telephone numbers.
 *
 * @module
 */
import { cellText, FilterError, withoutFloatTail } from "./filter_error.ts";

/** Countries whose numbers have ten digits, after +1. */
const tenDigitCountries = new Set(["US", "CA", "PR", "VI", "GU", "AS", "MP"]);

/**
 * A telephone number as UPS takes it: digits only.
 *
 * For the US and Canada ten digits, or eleven with the country's 1, which is dropped; for any other
 * country 7 to 15, all kept. A number with an extension or letters is refused, since dropping them
 * would make it another number.
 *
 * @param value The number, as text or number.
 * @param country The two-letter country code; empty means US.
 * @returns The digits.
 * @throws {FilterError} If it is not such a number.
 * @example toUpsPhone("+1 (555) 123-4567") // "5551234567"
 * @example toUpsPhone("+49 30 1234567", "DE") // "49301234567"
 */
export function toUpsPhone(value: unknown, country: unknown = "US"): string {
  const text = withoutFloatTail(cellText(value));
  if (text === "") throw new FilterError("it is empty", "Fill in the number");
  if (/(?:x|ext\.?|extension|#)\s*:?\s*\d+$/i.test(text)) {
    throw new FilterError(
      "it has an extension, which is no part of the number",
      "Keep the extension in a column of its own",
    );
  }
  if (!/^[+(]?[\d\s().\/+-]+$/.test(text)) {
    throw new FilterError("it is not a telephone number", "Write it in digits");
  }
  const digits = text.replace(/\D/g, "");
  if (!tenDigitCountries.has(cellText(country).toUpperCase() || "US")) {
    if (digits.length >= 7 && digits.length <= 15) return digits;
    throw new FilterError(`it has ${digits.length} digits`, "Write 7 to 15 digits");
  }
  if (digits.length === 10) return digits;
  if (digits.length === 11 && digits.startsWith("1")) return digits.slice(1);
  throw new FilterError(
    `it has ${digits.length} digits`,
    "Write 10 digits, or name the country, as in to_ups_phone(row.country)",
  );
}
