/**
 * What UPS refuses about packages: their kind, weight, size and units.
 *
 * @module
 */
import { faultIf, type UpsFault } from "../fault.ts";
import { inchesOf, poundsOf } from "../parcels.ts";
import type { Parcel, Shipment } from "../ship_request.ts";

const packagings: ReadonlySet<string> = new Set(
  ["01", "02", "03", "04", "21", "24", "25", "2a", "2b", "2c", "30"],
);
const mostPackages = 200;
const most = { pounds: 150, letterPounds: 1.1, inches: 108, lengthAndGirth: 165 };

/**
 * Checks the packages of a shipment.
 *
 * @param shipment The shipment.
 * @returns What is wrong.
 *
 * @internal
 */
export function checkPackages({ Package: packages }: Shipment): UpsFault[] {
  if (packages.length === 0) return faultIf(true, "120600", "Missing package");
  return [
    ...faultIf(packages.length > mostPackages, "120020", "Too many packages"),
    ...checkUnits(packages),
    ...packages.flatMap((parcel) => [...checkWeight(parcel), ...checkSize(parcel)]),
  ];
}

function checkUnits(packages: readonly Parcel[]): UpsFault[] {
  const weightUnits = new Set(packages.map((parcel) => weightUnit(parcel)));
  const sizeUnits = new Set(
    packages.flatMap(({ Dimensions }) =>
      Dimensions ? [Dimensions.UnitOfMeasurement?.Code ?? "IN"] : []
    ),
  );
  const isMixed = (weightUnits.has("LBS") && sizeUnits.has("CM")) ||
    (weightUnits.has("KGS") && sizeUnits.has("IN"));
  const isWeightUnit = [...weightUnits].every((unit) => unit === "LBS" || unit === "KGS");
  const isSizeUnit = [...sizeUnits].every((unit) => unit === "IN" || unit === "CM");
  return [
    ...faultIf(!isWeightUnit, "120604", "Invalid unit of weight: LBS or KGS"),
    ...faultIf(!isSizeUnit, "120605", "Invalid unit of size: IN or CM"),
    ...faultIf(weightUnits.size > 1, "120528", "One unit of weight for the whole shipment"),
    ...faultIf(sizeUnits.size > 1, "120529", "One unit of size for the whole shipment"),
    ...faultIf(isMixed, "120548", "LBS go with IN, and KGS with CM"),
  ];
}

function weightUnit({ PackageWeight }: Parcel): string {
  return PackageWeight?.UnitOfMeasurement?.Code ?? "LBS";
}

function checkWeight(parcel: Parcel): UpsFault[] {
  const pounds = poundsOf(parcel);
  const packaging = parcel.Packaging?.Code ?? "";
  return [
    ...faultIf(!packagings.has(packaging), "120600", "Missing or invalid packaging type"),
    ...faultIf(!(pounds > 0), "120608", "Missing or invalid package weight"),
    ...faultIf(
      (parcel.PackageWeight?.Weight ?? "").length > 5,
      "120616",
      "The package weight has at most 5 characters",
    ),
    // A kilogram limit of 70 is a little more than 150 pounds.
    ...faultIf(Math.floor(pounds * 10) / 10 > limitOf(parcel), "121030", tooHeavy),
    ...faultIf(
      packaging === "01" && pounds > most.letterPounds,
      "121055",
      "The package is too heavy for a UPS Letter",
    ),
    ...faultIf(
      (parcel.Description ?? "").length > 35,
      "120609",
      "The package description has at most 35 characters",
    ),
  ];
}

const tooHeavy = "The package weighs more than 150 pounds or 70 kilograms";

function limitOf(parcel: Parcel): number {
  return weightUnit(parcel) === "KGS" ? 70 * 2.20462 : most.pounds;
}

function checkSize(parcel: Parcel): UpsFault[] {
  const sides = inchesOf(parcel);
  if (sides === undefined) return [];
  const [longest, middle, shortest] = sides;
  if (!(shortest > 0)) return faultIf(true, "120606", "Missing or invalid package dimensions");
  return [
    ...faultIf(longest > most.inches, "121050", "The package is longer than 108 inches"),
    ...faultIf(
      longest + 2 * (middle + shortest) > most.lengthAndGirth,
      "121056",
      "Length and girth of the package are more than 165 inches",
    ),
  ];
}
