/**
 * The filter for dates.
 *
 * @module
 */
import { cellText, FilterError, withoutFloatTail } from "./filter_error.ts";

const isoDate =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;
const usDate = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;
const upsDate = /^(\d{4})(\d{2})(\d{2})$/;

/**
 * A date as UPS writes it: `YYYYMMDD`.
 *
 * Takes a `Date` (its UTC day, which is how spreadsheets and databases hand over a plain date),
 * `YYYY-MM-DD` with or without a time, `YYYYMMDD`, and `MM/DD/YYYY` in the US order. A date-time
 * keeps the day as written: its zone moves nothing. A month above 12 is refused, not swapped with
 * the day; a year is never guessed; a day that no calendar has is refused; so is a spreadsheet's
 * serial number, since it depends on that spreadsheet's settings.
 *
 * @param value The date.
 * @returns Eight digits.
 * @throws {FilterError} If it is not a date, or could be read in two ways.
 * @example toUpsDate("2026-01-15") // "20260115"
 * @example toUpsDate("01/02/2026") // "20260102"
 */
export function toUpsDate(value: unknown): string {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new FilterError("it is not a date");
    return toUpsDate(value.toISOString().slice(0, 10));
  }
  const text = withoutFloatTail(cellText(value));
  if (text === "") throw new FilterError("it is empty", "Fill in the date");
  const us = usDate.exec(text);
  if (us) return checked(us[3], us[1], us[2]);
  const other = isoDate.exec(text) ?? upsDate.exec(text);
  if (other) return checked(other[1], other[2], other[3]);
  if (/^\d{1,6}(?:\.\d+)?$/.test(text)) {
    throw new FilterError(
      "it looks like a spreadsheet's serial number",
      "Format the column as text, such as 2026-01-15",
    );
  }
  throw new FilterError("it is not a date", "Write it as YYYY-MM-DD");
}

function checked(year = "", month = "", day = ""): string {
  if (Number(month) > 12) {
    throw new FilterError(
      `there is no month ${Number(month)}`,
      "Write it as YYYY-MM-DD: with slashes the month comes first",
    );
  }
  // Date moves February 30 to March 2, and years below 100 to the 20th century.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const ups = `${year}${month.padStart(2, "0")}${day.padStart(2, "0")}`;
  if (date.toISOString().slice(0, 10).replaceAll("-", "") === ups) return ups;
  throw new FilterError("there is no such day", "Write it as YYYY-MM-DD");
}
