/**
 * A package in the words of UPS: weight and size as texts of a few characters.
 *
 * @module
 */
import type { ShipmentRequest } from "../../contracts/carrier.ts";
import type { Json } from "./party.ts";

/** @internal A package of a request. */
export type Parcel = ShipmentRequest["packages"][number];

/**
 * A weight as UPS takes it: at most five characters. What does not fit is rounded up to tenths.
 *
 * @param weight The weight.
 * @returns Such as `2.5`.
 */
export function weightText(weight: number): string {
  const exact = String(weight);
  return exact.length <= 5 && !exact.includes("e") ? exact : String(Math.ceil(weight * 10) / 10);
}

/**
 * The sides of a package in whole numbers, rounded up, the longest first.
 *
 * @param parcel The package.
 * @returns The sides, or `undefined` if it is not measured.
 *
 * @internal
 */
export function sidesOf({ length, width, height }: Parcel): [number, number, number] | undefined {
  if (length === undefined || width === undefined || height === undefined) return undefined;
  const [longest = 0, middle = 0, shortest = 0] = [length, width, height]
    .map(Math.ceil).sort((left, right) => right - left);
  return [longest, middle, shortest];
}

/**
 * Weight and size of a package.
 *
 * @param parcel The package.
 * @param withWords Whether units are named in words too, as the Rating API wants it.
 * @returns UPS's `PackageWeight` and, if it is measured, `Dimensions`.
 *
 * @internal
 */
export function measuresOf(parcel: Parcel, withWords = false): Json {
  const unit = (code: Parcel["weight_unit"] | Parcel["dimension_unit"]) => ({
    Code: code,
    ...(withWords ? { Description: unitNames[code] } : {}),
  });
  const sides = sidesOf(parcel);
  return {
    PackageWeight: {
      UnitOfMeasurement: unit(parcel.weight_unit),
      Weight: weightText(parcel.weight),
    },
    ...(sides
      ? {
        Dimensions: {
          UnitOfMeasurement: unit(parcel.dimension_unit),
          Length: String(sides[0]),
          Width: String(sides[1]),
          Height: String(sides[2]),
        },
      }
      : {}),
  };
}

const unitNames = { LBS: "Pounds", KGS: "Kilograms", IN: "Inches", CM: "Centimeters" } as const;
