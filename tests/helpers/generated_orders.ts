/**
 * Orders of every kind that can be bought: lanes, services, packagings, units, customs data, label
 * formats. All of them are within UPS's limits, often at their edge.
 *
 * @module
 */
import fc from "fast-check";
import type { ShippingCreate } from "../../src/contracts/carrier.ts";

type Address = ShippingCreate["ship_to"];
type International = NonNullable<ShippingCreate["international"]>;

/** A text of a length, of letters that stand on a label. */
function words(most: number, least = 1): fc.Arbitrary<string> {
  const letter = fc.constantFrom(..."ABCXYZabcxyz0189", " ", "'", "&", "é", "ü", "ß", "’");
  return fc.array(letter, { minLength: least, maxLength: most }).map((letters) => letters.join(""))
    .filter((text) => text.trim().length >= least);
}

function digits(least: number, most: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(..."0123456789"), { minLength: least, maxLength: most })
    .map((each) => each.join(""));
}

const optional = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

/** States and postal codes that go together, in the forms in which people write them. */
const places: Readonly<Record<string, readonly (readonly [state: string, code: string])[]>> = {
  US: [["GA", "30005"], ["ny", "10001-1234"], ["HI", "968151234"]],
  PR: [["", "00901"], ["PR", "00901-1234"]],
  GU: [["", "96910"]],
  CA: [["ON", "M5H 2N2"], ["qc", "h2x1y4"]],
  GB: [["", "SW1A 1AA"], ["LND", "EC1A 1BB"]],
  DE: [["", "80331"]],
  FR: [["", "75006"]],
  IE: [["DUB", "D02 AF30"]],
  JP: [["13", "100-0005"]],
  MX: [["CMX", "06050"]],
  VN: [["VN-44", "700000"]],
};

/** From where to where, and the services that are offered there. */
const lanes: readonly (readonly [from: string, to: string, services: string[]])[] = [
  ["US", "US", ["01", "02", "03", "12", "13", "14", "59"]],
  ["PR", "PR", ["01", "02", "03"]],
  ["US", "PR", ["01", "02", "03"]],
  ["PR", "US", ["01", "02"]],
  ["US", "GU", ["07", "08"]],
  ["US", "CA", ["07", "08", "11", "54", "65"]],
  ["US", "MX", ["07", "08", "11", "65"]],
  ["US", "GB", ["07", "54", "65", "17", "72"]],
  ["US", "DE", ["07", "08", "65"]],
  ["US", "JP", ["07", "65"]],
  ["US", "VN", ["07", "08"]],
  ["CA", "US", ["07", "08", "11"]],
  ["CA", "CA", ["01", "02", "11", "13"]],
  ["DE", "FR", ["07", "11", "65", "74"]],
  ["IE", "US", ["07", "65"]],
];

function addressIn(country: string): fc.Arbitrary<Address> {
  const place = fc.constantFrom(...(places[country] ?? []));
  return place.chain(([state_province_code, postal_code]) =>
    fc.record({
      name: words(35),
      attention_name: words(35),
      phone: fc.oneof(digits(10, 10).map((each) => `2${each.slice(1)}`), withExtension),
      email: optional(words(40).map((name) => `${name.replace(/[^a-z]/gi, "a")}@x.example`)),
      address_line1: words(35),
      address_line2: optional(words(35)),
      address_line3: optional(words(35)),
      city: words(30),
      state_province_code: fc.constant(state_province_code),
      postal_code: fc.constant(postal_code),
      country_code: fc.constant(country),
      residential: optional(fc.boolean()),
    })
  );
}

const withExtension = fc.constant("410-555-0100 x12");

function packagesIn(service: string): fc.Arbitrary<ShippingCreate["packages"]> {
  const flying = ["01", "03", "04", "21", "2a", "2b", "2c"];
  const packagings = [
    "02",
    ...(service === "03" || service === "11" ? [] : flying),
    ...(Number(service) < 7 || ["12", "13", "14", "59"].includes(service) ? [] : ["24", "25"]),
  ];
  return fc.boolean().chain((isMetric) => {
    const side = fc.double({ min: 0.1, max: 30, noNaN: true });
    const parcel = fc.record({
      weight: fc.oneof(
        fc.double({ min: 0.01, max: isMetric ? 70 : 150, noNaN: true }),
        fc.constantFrom(0.1, 1, 12.345, isMetric ? 70 : 150),
      ),
      weight_unit: fc.constant(isMetric ? "KGS" as const : "LBS" as const),
      sides: optional(fc.tuple(side, side, side)),
      dimension_unit: fc.constant(isMetric ? "CM" as const : "IN" as const),
      packaging_type: fc.constantFrom(...packagings),
      description: words(35),
    }).map(({ sides, ...rest }) => ({
      ...rest,
      // A letter holds half a kilogram.
      ...(rest.packaging_type === "01" ? { weight: 0.4 } : {}),
      ...(sides ? { length: sides[0], width: sides[1], height: sides[2] } : {}),
    }));
    return fc.array(parcel, { minLength: 1, maxLength: 3 });
  });
}

const product: fc.Arbitrary<International["products"][number]> = fc.record({
  description: fc.array(words(16), { minLength: 1, maxLength: 3 }).map((each) => each.join(" ")),
  quantity: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.constant(9_999)),
  unit: fc.constantFrom("PCS", "box", "KG"),
  unit_value: fc.constantFrom("0.01", "15", "15.50", "0.000001", "2499.999999"),
  commodity_code: fc.constantFrom("6109.10", "610910", "6109.10.0012"),
  origin_country_code: fc.constantFrom("US", "CN"),
  part_number: words(35),
}, { requiredKeys: ["description", "quantity", "unit", "unit_value", "origin_country_code"] });

const eei: fc.Arbitrary<NonNullable<International["eei"]>> = fc.constantFrom(
  { itn: "AES X20261126012345" },
  { exemption: "30.37(a)" },
);

function internationalIn(sold: fc.Arbitrary<Address>): fc.Arbitrary<International> {
  return fc.record({
    description: words(50),
    invoice_number: words(35),
    invoice_date: fc.constant("2026-11-23"),
    reason_for_export: fc.constantFrom("SALE", "GIFT", "INTERCOMPANYDATA"),
    terms_of_shipment: fc.constantFrom("DAP", "DDP", "EXW"),
    currency_code: fc.constantFrom("USD", "EUR"),
    products: fc.array(product, { minLength: 1, maxLength: 4 }),
    sold_to: sold,
    duties_paid_by: fc.constantFrom("receiver", "shipper"),
    comments: words(150),
    eei,
  }, {
    requiredKeys: [
      "description",
      "reason_for_export",
      "currency_code",
      "products",
      "duties_paid_by",
      "eei",
    ],
  });
}

/** Orders that UPS should take. */
export const orders: fc.Arbitrary<ShippingCreate> = fc.constantFrom(...lanes).chain(
  ([from, to, services]) =>
    fc.constantFrom(...services).chain((service) =>
      fc.record({
        idempotency_key: digits(8, 26).map((each) => `K${each}`),
        order_reference: words(35),
        shipper: addressIn(from),
        ship_to: addressIn(to),
        packages: packagesIn(service),
        service_code: fc.constant(service),
        account_number: fc.constantFrom("A1B2C3", "999999"),
        label_format: fc.constantFrom("GIF", "zpl", "EPL", "SPL"),
        residential: fc.boolean(),
        international: internationalIn(addressIn(to)),
      }, {
        requiredKeys: [
          "idempotency_key",
          "shipper",
          "ship_to",
          "packages",
          "service_code",
          "international",
        ],
      })
    ),
);
