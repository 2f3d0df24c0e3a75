/**
 * Packages in pounds and inches, as prices and limits want them.
 *
 * @module
 */
import type { Parcel } from "./ship_request.ts";

const poundsPerKilogram = 2.20462;
const centimetresPerInch = 2.54;
/** So many cubic inches count as a pound. */
const dimensionalDivisor = 139;

/**
 * The weight of a package in pounds.
 *
 * @param parcel The package.
 * @returns The weight; not a number if it cannot be read.
 *
 * @internal
 */
export function poundsOf(parcel: Parcel): number {
  const { UnitOfMeasurement, Weight } = parcel.PackageWeight ?? {};
  const weight = numberOf(Weight);
  return UnitOfMeasurement?.Code === "KGS" ? weight * poundsPerKilogram : weight;
}

/**
 * The sides of a package in inches.
 *
 * @param parcel The package.
 * @returns The sides, the longest first, not numbers if they cannot be read; none if it says none.
 *
 * @internal
 */
export function inchesOf({ Dimensions }: Parcel): readonly [number, number, number] | undefined {
  if (Dimensions === undefined) return undefined;
  const perInch = Dimensions.UnitOfMeasurement?.Code === "CM" ? centimetresPerInch : 1;
  const { Length, Width, Height } = Dimensions;
  const [longest = NaN, middle = NaN, shortest = NaN] = [Length, Width, Height]
    .map((side) => numberOf(side) / perInch).sort((left, right) => right - left);
  return [longest, middle, shortest];
}

/**
 * The weight that is charged: a large light package weighs as much as its size says.
 *
 * @param parcel The package.
 * @returns The weight in pounds, started ones not yet counted as whole.
 *
 * @internal
 */
export function billablePounds(parcel: Parcel): number {
  const sides = inchesOf(parcel);
  if (sides === undefined || parcel.Packaging?.Code !== "02") return poundsOf(parcel);
  const volume = sides.reduce((product, side) => product * Math.round(side), 1);
  return Math.max(poundsOf(parcel), volume / dimensionalDivisor);
}

/**
 * Whether a package is too long, too wide or too heavy for the belt.
 *
 * @param parcel The package.
 * @returns Whether it costs the surcharge for additional handling.
 *
 * @internal
 */
export function needsHandling(parcel: Parcel): boolean {
  const [longest = 0, middle = 0] = inchesOf(parcel) ?? [];
  return longest > 48 || middle > 30 || poundsOf(parcel) > 50;
}

function numberOf(text: string | undefined): number {
  return /^\d+(\.\d+)?$/.test(text ?? "") ? Number(text) : NaN;
}
