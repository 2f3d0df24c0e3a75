/**
 * The text of numbers that stand for something else: days, times, codes with leading zeros, and
 * numbers that are too long.
 *
 * @module
 */
import type { NumberFormat } from "./number_format.ts";

const dayMs = 86_400_000;
const daySeconds = 86_400;
const epoch1900 = Date.UTC(1899, 11, 31);
const epoch1904 = Date.UTC(1904, 0, 1);
/** 9999-12-31, the last day that Excel knows; counted from 1900. */
const lastDay = 2_958_465;
/** Excel takes 1900 for a leap year, as Lotus 1-2-3 did: this is its 29 February. */
const missingDay = 60;

/**
 * The ISO text of a day or time.
 *
 * @param serial The days since the epoch, with the time as a fraction.
 * @param format What the cell shows of it.
 * @param is1904 Whether days are counted from 1904.
 * @returns Such as `2026-11-26`, `2026-11-26T14:30:00` or `14:30:00`; `undefined` if it is no date.
 */
export function timeText(
  serial: number,
  format: Extract<NumberFormat, { kind: "time" }>,
  is1904: boolean,
): string | undefined {
  // Excel keeps times as fractions, so a whole second is hardly ever exact.
  const seconds = Math.round(serial * daySeconds);
  const day = Math.floor(seconds / daySeconds);
  if (seconds < 0 || day > lastDay) return undefined;
  const ofDay = seconds % daySeconds;
  if (!format.hasDate) return clock(format.isElapsed ? seconds : ofDay);
  if (day === 0 && !is1904) return format.hasTime ? clock(ofDay) : undefined;
  const date = is1904 ? isoDay(epoch1904, day) : day1900(day);
  return format.hasTime ? `${date}T${clock(ofDay)}` : date;
}

/**
 * A whole number with leading zeros, as its cell shows it.
 *
 * @param value The number.
 * @param format What its format is.
 * @returns Such as `02139`; `undefined` if the format does not fit.
 */
export function digitsText(
  value: number,
  format: Extract<NumberFormat, { kind: "digits" }>,
): string | undefined {
  if (!Number.isSafeInteger(value) || value < 0) return undefined;
  const pattern = value > format.limit ? format.longPattern : format.pattern;
  const places = pattern.split("0").length - 1;
  const digits = String(value).padStart(places, "0");
  // Digits that have no place of their own stand before the first one.
  let at = digits.length - places;
  let isFirst = true;
  return pattern.replaceAll("0", () => {
    const from = isFirst ? 0 : at;
    isFirst = false;
    return digits.slice(from, ++at);
  });
}

/**
 * A whole number without an exponent, digit for digit as it was written.
 *
 * @param text The number, such as `1.5E+17`.
 * @returns Its digits, such as `150000000000000000`.
 */
export function wholeText(text: string): string {
  const [mantissa = "", exponent = "0"] = text.trim().replace(/^\+/, "").split(/e/i);
  const [whole = "", fraction = ""] = mantissa.split(".");
  const places = Number(exponent);
  const digits = (whole + fraction).padEnd(whole.length + places, "0");
  return BigInt(digits.slice(0, whole.length + places)).toString();
}

function day1900(day: number): string {
  if (day === missingDay) return "1900-02-29";
  return isoDay(epoch1900, day > missingDay ? day - 1 : day);
}

function isoDay(epoch: number, days: number): string {
  return new Date(epoch + days * dayMs).toISOString().slice(0, 10);
}

function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
