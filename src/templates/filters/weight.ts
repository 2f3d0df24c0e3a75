/**
 * Filters for weights. They count in whole units of the last decimal, never in binary fractions,
 * so that 2.25 rounds to 2.3 as on paper.
 *
 * @module
 */
import { cellText, FilterError, wholeSetting } from "./filter_error.ts";

/** `units` divided by ten to the `scale`. */
interface Decimal {
  units: bigint;
  scale: number;
}

/** What one unit weighs, in 10⁻¹² kg: exact, as the international pound of 1959 defines it. */
const picokilograms: Readonly<Record<string, bigint>> = {
  lb: 453_592_370_000n,
  lbs: 453_592_370_000n,
  kg: 1_000_000_000_000n,
  kgs: 1_000_000_000_000n,
  oz: 28_349_523_125n,
  g: 1_000_000_000n,
};

/**
 * Rounds a weight, halves up, by its decimal text.
 *
 * What is not a weight (empty, zero, negative, not a number) is refused: the predecessor made 0.1
 * of it. A weight too small for the decimals becomes the smallest one they can say.
 *
 * @param value The weight, as text or number.
 * @param decimals How many decimals to keep: 0 to 6.
 * @returns The weight.
 * @throws {FilterError} If it is not a weight.
 * @example roundWeight("2.25") // 2.3
 * @example roundWeight(0.02) // 0.1
 */
export function roundWeight(value: unknown, decimals: unknown = 1): number {
  const kept = wholeSetting(decimals, "the number of decimals", 6);
  const { units, scale } = readWeight(value);
  return fixed(units, 10n ** BigInt(scale), kept);
}

/**
 * Converts a weight from one unit to another, exactly, and rounds to 6 decimals.
 *
 * Units are lb, lbs, kg, kgs, oz and g, in capitals or not. 1 lb is 0.45359237 kg.
 *
 * @param value The weight, as text or number.
 * @param fromUnit Its unit.
 * @param toUnit The unit wanted.
 * @returns The weight in that unit.
 * @throws {FilterError} If it is not a weight, or a unit is unknown.
 * @example convertWeight(16, "oz", "lbs") // 1
 */
export function convertWeight(value: unknown, fromUnit: unknown, toUnit: unknown): number {
  const from = unitWeight(fromUnit);
  const to = unitWeight(toUnit);
  const { units, scale } = readWeight(value);
  return fixed(units * from, to * 10n ** BigInt(scale), 6);
}

function readWeight(value: unknown): Decimal {
  const text = cellText(value);
  if (text === "") throw new FilterError("it is empty", "Fill in the weight");
  const parts = /^\+?(\d*)(?:\.(\d*))?$/.exec(text);
  const whole = parts?.[1] ?? "";
  const fraction = parts?.[2] ?? "";
  if (whole + fraction === "" || text.length > 40) {
    throw new FilterError(
      /^-\s*[\d.]+$/.test(text) ? "a weight cannot be negative" : "it is not a number",
      "Write the weight in digits with a decimal point, without a unit",
    );
  }
  const units = BigInt(whole + fraction);
  if (units === 0n) throw new FilterError("a weight cannot be zero", "Fill in the weight");
  return { units, scale: fraction.length };
}

function unitWeight(unit: unknown): bigint {
  const name = cellText(unit).toLowerCase();
  const weight = Object.hasOwn(picokilograms, name) ? picokilograms[name] : undefined;
  if (weight !== undefined) return weight;
  throw new FilterError(
    `there is no unit "${name}"`,
    `Use one of ${Object.keys(picokilograms).join(", ")}`,
  );
}

/** `over / under` to so many decimals, halves up, but never down to nothing. */
function fixed(over: bigint, under: bigint, decimals: number): number {
  const step = 10n ** BigInt(decimals);
  const rounded = (2n * over * step + under) / (2n * under);
  return Number(rounded === 0n ? 1n : rounded) / Number(step);
}
