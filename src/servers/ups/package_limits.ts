/**
 * The limits of packages: weight, size, packaging, and one system of units for all.
 *
 * @module
 */
import type { ShipmentRequest } from "../../contracts/carrier.ts";
import { type Findings, type Issue, issueIf, tooLong } from "./limits.ts";
import { type Parcel, sidesOf, weightText } from "./parcel.ts";

const mostPackages = 200;
const heaviest = { LBS: 150, KGS: 70 } as const;
/** What a UPS Letter holds. */
const heaviestLetter = { LBS: 1.1, KGS: 0.5 } as const;
const longest = { IN: 108, CM: 270 } as const;
/** Length and girth together: the longest side and twice the two others. */
const largest = { IN: 165, CM: 419 } as const;
const unitOfLength = { LBS: "IN", KGS: "CM" } as const;

const packagings: ReadonlyMap<string, string> = new Map(Object.entries({
  "01": "UPS Letter",
  "02": "packaging of your own",
  "03": "Tube",
  "04": "PAK",
  "21": "Express Box",
  "24": "25 KG Box",
  "25": "10 KG Box",
  "2a": "Small Express Box",
  "2b": "Medium Express Box",
  "2c": "Large Express Box",
}));

/** UPS gives them away for its air services. */
const forAir: ReadonlySet<string> = new Set(["01", "03", "04", "21", "2a", "2b", "2c"]);
const byRoad: ReadonlyMap<string, string> = new Map([["03", "Ground"], ["11", "Standard"]]);
/** The boxes with a price of their own are for crossing borders. */
const forBorders: ReadonlySet<string> = new Set(["24", "25"]);
const american: ReadonlySet<string> = new Set(["01", "02", "03", "12", "13", "14", "59"]);

/**
 * Checks the packages of a request.
 *
 * @param request The request.
 * @returns What is beyond the limits, and what is rounded.
 *
 * @internal
 */
export function packageFindings({ packages, service_code }: ShipmentRequest): Findings {
  const each = packages.map((parcel, at) => ofParcel(`packages[${at}]`, parcel, service_code));
  return {
    issues: [
      ...issueIf(
        packages.length > mostPackages,
        `packages are ${packages.length}, UPS allows ${mostPackages} in a shipment`,
        "Split the row into several",
      ),
      ...unitIssues(packages),
      ...each.flatMap(({ issues }) => issues),
    ],
    warnings: each.flatMap(({ warnings }) => warnings),
  };
}

function unitIssues(packages: readonly Parcel[]): Issue[] {
  const [first] = packages;
  const measured = packages.filter((parcel) => sidesOf(parcel));
  const weights = new Set(packages.map(({ weight_unit }) => weight_unit));
  const lengths = new Set(measured.map(({ dimension_unit }) => dimension_unit));
  if (weights.size > 1) {
    return issueIf(true, "packages have weights in LBS and in KGS, UPS allows one unit");
  }
  if (lengths.size > 1) {
    return issueIf(true, "packages have sides in IN and in CM, UPS allows one unit");
  }
  const wanted = first && unitOfLength[first.weight_unit];
  const [used] = lengths;
  return issueIf(
    used !== undefined && used !== wanted,
    `packages have weights in ${first?.weight_unit} and sides in ${used}, UPS allows only ` +
      `${wanted} with that`,
  );
}

function ofParcel(field: string, parcel: Parcel, service: string): Findings {
  const { weight, weight_unit, packaging_type, description } = parcel;
  const most = heaviest[weight_unit];
  const text = weightText(weight);
  const isRounded = Number(text) !== weight;
  return {
    issues: [
      ...issueIf(
        weight > most,
        `${field}.weight is above ${most} ${weight_unit}, UPS's limit for a package`,
        "Split the package, or send it as freight",
      ),
      ...issueIf(
        packaging_type === "01" && weight > heaviestLetter[weight_unit],
        `${field}.weight is above ${
          heaviestLetter[weight_unit]
        } ${weight_unit}, UPS's limit for a ` +
          "UPS Letter (01)",
      ),
      ...issueIf(weight <= most && text.length > 5, `${field}.weight has too many digits`),
      ...tooLong(`${field}.description`, description, 35),
      ...packagingIssues(`${field}.packaging_type`, packaging_type, service),
      ...sizeIssues(field, parcel),
    ],
    warnings: [
      ...(isRounded ? [`${field}.weight is sent as ${text}: UPS takes no more digits`] : []),
      ...roundedSides(field, parcel),
    ],
  };
}

function packagingIssues(field: string, code: string, service: string): Issue[] {
  const name = packagings.get(code);
  if (name === undefined) {
    const known = [...packagings].map(([each, words]) => `${each} (${words})`);
    return issueIf(true, `${field} is none that is supported`, `Use one of ${known.join(", ")}`);
  }
  const road = byRoad.get(service);
  return [
    ...issueIf(
      road !== undefined && forAir.has(code),
      `${field} ${code} (${name}) is for air services, not for UPS ${road} (${service})`,
      "Use packaging 02, or an air service",
    ),
    ...issueIf(
      american.has(service) && forBorders.has(code),
      `${field} ${code} (${name}) is for worldwide services, not for service ${service}`,
      "Use packaging 02",
    ),
  ];
}

function sizeIssues(field: string, parcel: Parcel): Issue[] {
  const { length, width, height, dimension_unit: unit } = parcel;
  const given = [length, width, height].filter((side) => side !== undefined).length;
  if (given === 1 || given === 2) {
    return issueIf(true, `${field} needs length, width and height together, or none of them`);
  }
  const [side = 0, middle = 0, shortest = 0] = sidesOf(parcel) ?? [];
  return [
    ...issueIf(
      side > longest[unit],
      `${field} is longer than ${longest[unit]} ${unit}, UPS's limit for a package`,
    ),
    ...issueIf(
      side + 2 * (middle + shortest) > largest[unit],
      `${field} is larger than ${largest[unit]} ${unit} in length and girth, UPS's limit`,
    ),
  ];
}

function roundedSides(field: string, { length, width, height }: Parcel): string[] {
  return Object.entries({ length, width, height }).flatMap(([name, side]) =>
    side === undefined || Number.isInteger(side)
      ? []
      : [`${field}.${name} is sent as ${Math.ceil(side)}: UPS takes whole numbers`]
  );
}
