/** UPS's limits, before anything is sent: in the row's own words, and never with a cell's content. */
import { describe, expect, it } from "vitest";
import { shippingCreateSchema } from "../src/contracts/carrier.ts";
import { checkShipments } from "../src/servers/ups/check_shipments.ts";
import { shipPayload } from "../src/servers/ups/ship_payload.ts";
import {
  abroad,
  canadian,
  customs,
  exporter,
  german,
  puertoRican,
  shirts,
} from "./helpers/international.ts";
import { shipment } from "./helpers/shipments.ts";

type Changes = Record<string, unknown>;

const domestic = (changes: Changes) => shipment("KEY00001", changes);
const to = (changes: Changes) =>
  domestic({ ship_to: { ...Object(shipment("K")["ship_to"]), ...changes } });
const packed = (changes: Changes) => domestic({ packages: [{ weight: 2.5, ...changes }] });
const sold = (changes: Changes) =>
  abroad("KEY00001", { international: { ...customs, ...changes } });
const goods = (changes: Changes) => sold({ products: [{ ...shirts, ...changes }] });

function check(request: Changes) {
  const [result] = checkShipments({ shipments: [request] }).results;
  const faults = result?.faults ?? [];
  return { faults, messages: faults.map(({ message }) => message), warnings: result?.warnings };
}

describe("shipping_check", () => {
  it.each<[string, Changes, string]>([
    ["a long name", to({ name: "x".repeat(41) }), "ship_to.name is 41 characters, UPS allows 35"],
    ["a long line", to({ address_line2: "x".repeat(36) }), "ship_to.address_line2 is 36 char"],
    ["a long city", to({ city: "x".repeat(31) }), "ship_to.city is 31 characters, UPS allows 30"],
    [
      "a long email",
      to({ email: "x".repeat(51) }),
      "ship_to.email is 51 characters, UPS allows 50",
    ],
    ["no state", to({ state_province_code: "" }), "ship_to.state_province_code is missing"],
    ["a state in words", to({ state_province_code: "Georgia" }), "state_province_code is no state"],
    ["a short ZIP", to({ postal_code: "3000" }), "ship_to.postal_code must be 5 or 9 digits in US"],
    ["a phone", to({ phone: "555-0199" }), "ship_to.phone has 7 digits, UPS wants 10 to 15"],
    ["an extension", to({ phone: "410-555-0100 ext. 12345" }), "extension of 5 digits"],
    [
      "Japanese",
      to({ name: "山田太郎" }),
      "ship_to.name has letters that no label of UPS can show",
    ],
    ["two alphabets", to({ name: "Łódź", city: "Señor" }), "letters of two alphabets"],
    ["an order", domestic({ order_reference: "x".repeat(36) }), "order_reference is 36 characters"],
    ["an account", domestic({ account_number: "A1B2C" }), "account_number must be six letters"],
    ["a PDF", domestic({ label_format: "PDF" }), "label_format must be one of GIF, ZPL, EPL, SPL"],
    ["weight", packed({ weight: 150.1 }), "packages[0].weight is above 150 LBS"],
    [
      "a heavy letter",
      domestic({ service_code: "01", packages: [{ weight: 1.2, packaging_type: "01" }] }),
      "packages[0].weight is above 1.1 LBS, UPS's limit for a UPS Letter (01)",
    ],
    ["weight in kilograms", packed({ weight: 71, weight_unit: "KGS" }), "above 70 KGS"],
    ["length", packed({ length: 109, width: 1, height: 1 }), "packages[0] is longer than 108 IN"],
    ["girth", packed({ length: 100, width: 20, height: 13 }), "larger than 165 IN in length and g"],
    ["sides", packed({ length: 10 }), "packages[0] needs length, width and height together"],
    ["a description", packed({ description: "x".repeat(36) }), "packages[0].description is 36"],
    ["a PAK by Ground", packed({ packaging_type: "04" }), "packages[0].packaging_type 04 (PAK)"],
    ["a 25 KG box at home", packed({ packaging_type: "24" }), "(25 KG Box) is for worldwide serv"],
    ["a pallet", packed({ packaging_type: "30" }), "packaging_type is none that is supported"],
    [
      "LBS and CM",
      packed({ length: 1, width: 1, height: 1, dimension_unit: "CM" }),
      "only IN with",
    ],
    [
      "two units",
      domestic({ packages: [{ weight: 1 }, { weight: 1, weight_unit: "KGS" }] }),
      "packages have weights in LBS and in KGS",
    ],
    ["201 packages", domestic({ packages: Array(201).fill({ weight: 1 }) }), "packages are 201"],
    [
      "post",
      domestic({ service_code: "M4" }),
      "UPS Mail Innovations Expedited (M4) is not support",
    ],
    [
      "freight",
      domestic({ service_code: "96" }),
      "Express Freight (96) is not supported: it is fr",
    ],
    ["a courier", domestic({ service_code: "82" }), "UPS Today Standard (82) is not supported"],
    ["Roadie", domestic({ service_code: "C6" }), "UPS Roadie (C6) is not supported"],
    ["Trade Direct", domestic({ service_code: "T0" }), "UPS Trade Direct (T0) is not supported"],
    ["Express at home", domestic({ service_code: "07" }), "(07) is not offered within US"],
    ["Ground abroad", abroad("K", { service_code: "03" }), "(03) is not offered from US to DE"],
    [
      "Early without a phone",
      domestic({ service_code: "14" }),
      "attention_name is missing: UPS wa",
    ],
    ["no customs data", abroad("K", { international: undefined }), "international is missing"],
    [
      "no contact",
      abroad("K", { shipper: { ...exporter, phone: "" } }),
      "shipper.phone is missing",
    ],
    [
      "a Canadian code",
      abroad("K", { ship_to: { ...canadian, postal_code: "1" } }),
      "A1A 1A1 in CA",
    ],
    [
      "a province",
      abroad("K", { ship_to: { ...canadian, state_province_code: "XX" } }),
      "province",
    ],
    ["goods in words", goods({ description: "x ".repeat(60) }), "three lines of 35 characters"],
    [
      "a tariff number",
      goods({ commodity_code: "61.09" }),
      "commodity_code is 4 letters and digits",
    ],
    ["no worth", goods({ unit_value: "0.00" }), "products[0].unit_value is zero"],
    ["a quantity", goods({ quantity: 10_000_000 }), "products[0].quantity has more than 7 digits"],
    [
      "a worth",
      abroad("K", {
        ship_to: canadian,
        international: { ...customs, products: [{ ...shirts, unit_value: 50_000_000 }] },
      }),
      "worth more than 99999999",
    ],
    ["51 goods", sold({ products: Array(51).fill(shirts) }), "international.products are 51"],
    ["an export", goods({ quantity: 1, unit_value: 2500.01 }), "international.eei is missing"],
    [
      "two lines of it",
      sold({ products: Array(2).fill({ ...shirts, unit_value: "700" }) }),
      "eei is",
    ],
    ["an ITN", sold({ eei: { itn: "123" } }), "international.eei.itn is no ITN"],
    [
      "a line that nobody sees",
      to({ address_line1: "\u200B" }),
      "ship_to.address_line1 is missing",
    ],
    ["a city that nobody sees", to({ city: "\u200E" }), "ship_to.city is missing"],
    ["post in small letters", domestic({ service_code: "m4" }), "is not supported"],
    ["a day that is none", sold({ invoice_date: "2026-02-30" }), "invoice_date is no day"],
    ["goods in Chinese", goods({ description: "衬衫" }), "products[0].description has letters"],
    [
      "a buyer in Chinese",
      sold({ sold_to: { ...german, name: "王" } }),
      "sold_to.name has letters",
    ],
    [
      "a box beside a letter",
      european([{ weight: 0.5, packaging_type: "01" }, { weight: 1, description: " " }]),
      "packages[0].description is missing",
    ],
    ["a field of no contract", to({ zip: "30005" }), "ship_to.zip: there is no such field"],
  ])("finds %s", (_, request, words) => {
    const { faults, messages } = check(request);
    expect(messages.join("\n")).toContain(words);
    for (const fault of faults) {
      expect(fault).toMatchObject({ code: "E-2001", scope: "row", remedy: expect.any(String) });
    }
  });

  it.each<[string, Changes]>([
    ["what it can be at the most", domestic({ packages: Array(200).fill({ weight: 150 }) })],
    ["a phone with a 1 and an extension", to({ phone: "+1 (410) 555-0100 x12" })],
    ["typography", to({ name: "O’Brien – “Sons”" })],
    ["Polish, Turkish, Greek", to({ name: "Łódź" })],
    ["Romanian", to({ name: "Ștefan Țepeș" })],
    ["marks that nobody sees", to({ name: "\u200EJane\u2060 Doe\uFE0F", city: "Ａｌｐｈａ" })],
    ["a service that nobody knows yet", domestic({ service_code: "99" })],
    ["two shirts to Munich", abroad("K")],
    [
      "a letter to Munich",
      abroad("K", {
        international: undefined,
        packages: [{ weight: 0.5, packaging_type: "01" }],
      }),
    ],
    [
      "dear goods to Canada",
      abroad("K", {
        ship_to: canadian,
        international: { ...customs, products: [{ ...shirts, unit_value: 5000 }] },
      }),
    ],
    ["dear goods that were filed", filedExport()],
  ])("takes %s", (_, request) => {
    expect(check(request).messages).toEqual([]);
  });

  it("quotes no cell, whatever it holds", () => {
    const secret = "Zaphod Beeblebrox 42 ".repeat(8);
    const fields = ["name", "attention_name", "phone", "email", "city", "postal_code"];
    const request = to(Object.fromEntries(fields.map((field) => [field, secret])));
    const { faults } = check(request);
    expect(faults.length).toBeGreaterThan(3);
    expect(JSON.stringify(faults)).not.toContain("Zaphod");
  });

  it("says what is rounded or left out, and stops nothing for it", () => {
    const rounded = check(packed({ weight: 12.345, length: 10.1, width: 3, height: 2 }));
    expect(rounded).toMatchObject({ messages: [] });
    expect(rounded.warnings?.join("\n")).toMatch(
      /weight is sent as 12.4.*\n.*length is sent as 11/,
    );
    expect(check(domestic({ international: customs })).warnings?.join())
      .toContain("makes no invoice");
  });
});

/** Within Europe there is no customs. */
function european(packages: Changes[]): Changes {
  const paris = { ...german, city: "Paris", postal_code: "75001", country_code: "FR" };
  return abroad("KEY00001", { shipper: paris, international: undefined, packages });
}

function filedExport(): Changes {
  const products = [{ ...shirts, unit_value: 5000 }];
  return sold({ products, eei: { itn: "AES X20261126012345" } });
}

function bodyOf(request: Changes) {
  const body: { ShipmentRequest: { Shipment: Changes; LabelSpecification: Changes } } = JSON.parse(
    JSON.stringify(shipPayload(shippingCreateSchema.parse(request), "A1B2C3", "20261126")),
  );
  return body.ShipmentRequest;
}

describe("shipPayload()", () => {
  it("puts an invoice, a description and the references on a shipment that crosses a border", () => {
    const { Shipment, LabelSpecification } = bodyOf(abroad("KEY00001"));
    expect(Shipment).toMatchObject({
      Description: "Shirts",
      ReferenceNumber: [{ Code: "TN", Value: "KEY00001" }, { Value: "ORDER-1001" }],
      ShipmentServiceOptions: {
        InternationalForms: {
          FormType: ["01"],
          InvoiceNumber: "INV-1001",
          InvoiceDate: "20261123",
          ReasonForExport: "SALE",
          CurrencyCode: "USD",
          TermsOfShipment: "DAP",
          Contacts: { SoldTo: { Name: "Muster GmbH", Phone: { Number: "498912345678" } } },
          Product: [{
            Description: ["Cotton shirt"],
            Unit: { Number: "2", UnitOfMeasurement: { Code: "PCS" }, Value: "15.00" },
            CommodityCode: "610910",
            OriginCountryCode: "US",
          }],
        },
      },
    });
    expect(Shipment).not.toHaveProperty("InvoiceLineTotal");
    expect(Object(Shipment["Package"])[0]).not.toHaveProperty("ReferenceNumber");
    expect(LabelSpecification).not.toHaveProperty("CharacterSet");
  });

  it("totals the invoice, rounded up, to Canada and Puerto Rico only", () => {
    const products = [{ ...shirts, unit_value: "0.10", quantity: 3 }, { ...shirts, quantity: 1 }];
    const total = { CurrencyCode: "USD", MonetaryValue: "16" };
    const international = { ...customs, products };
    expect(bodyOf(abroad("K1234567", { ship_to: canadian, international })).Shipment)
      .toMatchObject({ InvoiceLineTotal: total, ShipTo: { Address: { PostalCode: "M5H2N2" } } });
    const { Shipment } = bodyOf(abroad("K1234567", { ship_to: puertoRican, international }));
    expect(Shipment).toMatchObject({
      InvoiceLineTotal: total,
      ShipTo: { Address: { CountryCode: "PR" } },
      ReferenceNumber: [{ Value: "K1234567" }, {}],
    });
    expect(Shipment).not.toHaveProperty("ShipmentServiceOptions");
    const back = { shipper: puertoRican, ship_to: exporter, international };
    expect(bodyOf(abroad("K1234567", back)).Shipment).not.toHaveProperty("InvoiceLineTotal");
  });

  it("bills duties to the shipper only where it is said, and names the filing of an export", () => {
    const charges = (changes: Changes) =>
      Object(bodyOf(sold(changes)).Shipment["PaymentInformation"]).ShipmentCharge.length;
    expect([charges({}), charges({ duties_paid_by: "shipper" })]).toEqual([1, 2]);
    const filing = (eei: Changes) =>
      Object(bodyOf(sold({ eei })).Shipment["ShipmentServiceOptions"]).InternationalForms
        .EEIFilingOption.ShipperFiled;
    expect(filing({ itn: "AES X20261126012345" }))
      .toEqual({ Code: "A", PreDepartureITNNumber: "X20261126012345" });
    expect(filing({ exemption: "30.37(a)" })).toEqual({ Code: "B", ExemptionLegend: "30.37(a)" });
  });

  it("keeps references on packages from US to US and from PR to PR, however PR is written", () => {
    const level = (shipper: unknown, ship_to: unknown) =>
      "ReferenceNumber" in bodyOf(domestic({ shipper, ship_to })).Shipment ? "shipment" : "package";
    const pr = { ...puertoRican, country_code: "PR" };
    expect([
      level(exporter, exporter),
      level(pr, puertoRican),
      level(exporter, puertoRican),
      level(puertoRican, exporter),
      level(exporter, { ...exporter, state_province_code: "GU" }),
      level(canadian, canadian),
    ]).toEqual(["package", "package", "shipment", "shipment", "shipment", "shipment"]);
  });

  it("says what is in a shipment by the first package that does", () => {
    const packages = [{ weight: 1, description: " " }, { weight: 1, description: "Shirts" }];
    expect(bodyOf(european(packages)).Shipment).toMatchObject({ Description: "Shirts" });
  });

  it("sends signs that print, whole, and names the alphabet that they need", () => {
    const body = bodyOf(
      to({
        name: "Łódź’s – Cafe\u0301",
        attention_name: " Jo \u200E Le\u00ADe ",
        phone: "1 410 5550100 x12",
      }),
    );
    expect(body.LabelSpecification["CharacterSet"]).toBe("pol");
    expect(body.Shipment["ShipTo"]).toMatchObject({
      Name: "Łódź's - Café",
      AttentionName: "Jo Lee",
      Phone: { Number: "4105550100", Extension: "12" },
    });
    expect(bodyOf(to({ name: "Zoë" })).LabelSpecification).not.toHaveProperty("CharacterSet");
    expect(bodyOf(to({ name: "Θεός" })).LabelSpecification["CharacterSet"]).toBe("ell");
  });
});
