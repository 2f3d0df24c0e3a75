/**
 * Orders of many kinds, in UPS's words, and addresses of each kind.
 *
 * @module
 */
import fc from "fast-check";
import { domestic, forms, inCanada, international, type Part } from "./ups_requests.ts";

/** An order that UPS takes. */
export interface UpsOrder {
  reference: string;
  packages: number;
  request: Part;
}

/** What people write: letters of everywhere, marks, quotes. */
const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 35 })
  .map((text) => `x${text}`.slice(0, 35).toWellFormed());
/** A reference is in an address too: letters and digits. */
const references = fc.stringMatching(/^[A-Z0-9]{8,26}$/);
const weights = fc.array(fc.integer({ min: 1, max: 1_500 }).map((tenths) => String(tenths / 10)), {
  minLength: 1,
  maxLength: 4,
});
const lanes = [
  { name: "inside", services: ["01", "02", "03", "12", "13", "14", "59"] },
  { name: "Canada", services: ["07", "08", "11", "54", "65"] },
  { name: "Germany", services: ["07", "08", "54", "65"] },
  { name: "Puerto Rico", services: ["01", "02", "03"] },
] as const;

/** Orders that UPS takes. */
export const orders: fc.Arbitrary<UpsOrder> = fc.record({
  lane: fc.constantFrom(...lanes),
  service: fc.nat(),
  reference: references,
  order: words,
  name: words,
  line: words,
  weights,
}).map(({ lane, service, ...rest }) => ({
  reference: rest.reference,
  packages: rest.weights.length,
  request: requestFor(lane.name, {
    ...rest,
    service: lane.services[service % lane.services.length] ?? "",
  }),
}));

interface Choice {
  reference: string;
  order: string;
  name: string;
  line: string;
  service: string;
  weights: string[];
}

function requestFor(lane: (typeof lanes)[number]["name"], choice: Choice): Part {
  const { name, line, ...wish } = choice;
  const total = { InvoiceLineTotal: { CurrencyCode: "USD", MonetaryValue: "30" } };
  const to = (country: Part): Part => ({
    Name: name,
    AttentionName: name,
    Phone: { Number: "6135551234" },
    Address: { AddressLine: [line, "Apt 5"], ...country },
  });
  switch (lane) {
    case "inside":
      return domestic({
        ...wish,
        to: to({
          City: "Denver",
          StateProvinceCode: "CO",
          PostalCode: "80202",
          CountryCode: "US",
          ResidentialAddressIndicator: "",
        }),
      });
    case "Canada": {
      const there = to({
        City: "Ottawa",
        StateProvinceCode: "ON",
        PostalCode: "K1N8S7",
        CountryCode: "CA",
      });
      const forms_ = { InternationalForms: forms(inCanada) };
      return international({
        ...wish,
        to: there,
        shipment: { ...total, ShipmentServiceOptions: forms_ },
      });
    }
    case "Germany":
      return international({
        ...wish,
        to: to({ City: "Köln", PostalCode: "50667", CountryCode: "DE" }),
        shipment: { ShipmentServiceOptions: { InternationalForms: forms() } },
      });
    case "Puerto Rico":
      return international({
        ...wish,
        to: to({ City: "San Juan", PostalCode: "00901", CountryCode: "PR" }),
        shipment: { ...total, ShipmentServiceOptions: {} },
      });
    default:
      return lane satisfies never;
  }
}

const street = { AddressLine: ["600 Congress Avenue", "Floor 14"], CountryCode: "US" };
const austin = { PoliticalDivision2: "Austin", PoliticalDivision1: "TX" };

/** Addresses, and what address validation says of them. */
export const questions: readonly [name: string, key: Part, indicator: string][] = [
  ["right", { ...street, ...austin, PostcodePrimaryLow: "78701" }, "ValidAddressIndicator"],
  [
    "right but for its state",
    { ...street, ...austin, PoliticalDivision1: "OK", PostcodePrimaryLow: "78701" },
    "AmbiguousAddressIndicator",
  ],
  [
    "in a ZIP code that there is not",
    { ...street, ...austin, PostcodePrimaryLow: "00000" },
    "NoCandidatesIndicator",
  ],
  [
    "without a house number",
    { ...street, ...austin, AddressLine: ["Congress Avenue"], PostcodePrimaryLow: "78701" },
    "NoCandidatesIndicator",
  ],
];
