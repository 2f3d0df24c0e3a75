/**
 * Filters for addresses.
 *
 * @module
 */
import { cellText, FilterError, wholeSetting, withoutFloatTail } from "./filter_error.ts";

/**
 * Cuts an address line to a length, between words where it can.
 *
 * Counts code points, not UTF-16 halves, so that a cut never leaves half a character. A word that
 * ends exactly at the cut stays. A single word that is too long is cut hard. An empty cell is "".
 *
 * @param value The line.
 * @param maxLength The most characters: 35 is what UPS takes.
 * @returns The line, trimmed and cut.
 * @throws {FilterError} If `maxLength` is not a whole number.
 * @example truncateAddress("123 Main Street Suite 400", 20) // "123 Main Street"
 */
export function truncateAddress(value: unknown, maxLength: unknown = 35): string {
  const most = wholeSetting(maxLength, "the length", 10_000);
  const characters = [...cellText(value)];
  if (characters.length <= most) return characters.join("");
  const cut = characters.slice(0, most);
  if (isSpace(characters[most])) return cut.join("").trimEnd();
  const space = cut.findLastIndex(isSpace);
  return (space > 0 ? cut.slice(0, space) : cut).join("").trimEnd();
}

/**
 * Writes a US ZIP as UPS takes it: `12345` or `12345-6789`.
 *
 * Spreadsheets drop leading zeros (and add `.0`), so 3 or 4 digits are filled up from the left, and
 * so are the 8 of a ZIP+4; the predecessor filled up from the right and so made another town.
 * Everything else is refused, an empty cell and a foreign postal code too.
 *
 * @param value The ZIP, as text or number.
 * @returns The ZIP.
 * @throws {FilterError} If it is not a US ZIP.
 * @example formatUsZip(2139) // "02139"
 * @example formatUsZip("123456789") // "12345-6789"
 */
export function formatUsZip(value: unknown): string {
  const text = withoutFloatTail(cellText(value));
  if (text === "") throw new FilterError("it is empty", "Fill in the ZIP");
  const short = /^\d{3,5}$/.exec(text);
  if (short) return text.padStart(5, "0");
  const long = /^(\d{4,5})(\d{4})$/.exec(text) ?? /^(\d{3,5})[-\s]+(\d{4})$/.exec(text);
  if (long) return `${(long[1] ?? "").padStart(5, "0")}-${long[2]}`;
  throw new FilterError(
    "it is not a US ZIP",
    "Write 5 digits, or 5, a hyphen and 4; leave format_us_zip out for other countries",
  );
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /\s/.test(character);
}
