/** What the sandbox refuses as UPS does, what it charges, and what it tells with a success. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "./helpers/folders.ts";
import { startSandbox, type TestSandbox } from "./helpers/servers.ts";
import { ask, codesIn, paths } from "./helpers/ups_calls.ts";
import {
  abroad,
  asPart,
  asParts,
  domestic,
  forms,
  inCanada,
  international,
  type Part,
  rateOf,
} from "./helpers/ups_requests.ts";

let folder: ReturnType<typeof temporaryFolder>;
let sandbox: TestSandbox;

beforeAll(async () => {
  folder = temporaryFolder();
  sandbox = await startSandbox(folder.path);
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** The codes that a ship request is refused with; none if it is bought. */
async function refusedWith(request: unknown): Promise<string[]> {
  return codesIn(await ask(sandbox.url, paths.ship, request));
}

/** A domestic request whose first package is another one. */
function withPackage(change: Part, wish: Parameters<typeof domestic>[0] = {}): Part {
  const [parcel] = asParts(
    asPart(asPart(domestic(wish)["ShipmentRequest"])["Shipment"])["Package"],
  );
  return domestic({ ...wish, shipment: { Package: [{ ...parcel, ...change }] } });
}

function sized(Length: string, Width: string, Height: string, unit = "IN"): Part {
  return { Dimensions: { UnitOfMeasurement: { Code: unit }, Length, Width, Height } };
}

const pounds = (Weight: string, unit = "LBS"): Part => ({
  PackageWeight: { UnitOfMeasurement: { Code: unit }, Weight },
});

const lineTotal = (MonetaryValue: string): Part => ({
  InvoiceLineTotal: { CurrencyCode: "USD", MonetaryValue },
});

const toCanada = (shipment: Part) =>
  international({
    to: inCanada,
    service: "11",
    shipment: { ShipmentServiceOptions: { InternationalForms: forms(inCanada) }, ...shipment },
  });

const withForms = (change: Part) =>
  international({
    shipment: { ShipmentServiceOptions: { InternationalForms: { ...forms(), ...change } } },
  });

const withProduct = (change: Part) =>
  withForms({ Product: [{ ...asParts(forms()["Product"])[0], ...change }] });

const paidBy = (...ShipmentCharge: Part[]) =>
  domestic({ shipment: { PaymentInformation: { ShipmentCharge } } });

const bill = (account: string): Part => ({ BillShipper: { AccountNumber: account } });

describe("a ship request", () => {
  const cases: readonly [name: string, request: Part, code?: string][] = [
    ["in a service that the sandbox has not", domestic({ service: "M4" }), "121210"],
    ["by Standard from the US to Germany", international({ service: "11" }), "120124"],
    ["in a UPS box by Ground", withPackage({ Packaging: { Code: "21" } }), "120600"],
    ["in a UPS box by air", withPackage({ Packaging: { Code: "21" } }, { service: "01" })],
    ["in a Letter that is heavy", withPackage(letter("2"), { service: "01" }), "121055"],
    ["of 151 pounds", withPackage(pounds("151")), "121030"],
    ["of 70 kilograms", withPackage({ ...pounds("70", "KGS"), ...sized("9", "9", "9", "CM") })],
    ["of 109 inches", withPackage(sized("109", "5", "5")), "121050"],
    ["of 166 inches with its girth", withPackage(sized("100", "17", "16")), "121056"],
    ["with a side of nothing", withPackage(sized("10", "0", "5")), "120606"],
    ["in pounds and centimetres", withPackage(sized("10", "5", "5", "CM")), "120548"],
    ["in pounds and kilograms", twoUnits(), "120528"],
    ["with a weight of six characters", withPackage(pounds("10.125")), "120616"],
    ["in a ZIP code of another state", domestic({ to: inTexas("30005") }), "120802"],
    ["in a ZIP code of its state", domestic({ to: inTexas("78701") })],
    ["paid by somebody else's account", paidBy({ Type: "01", ...bill("ZZZZZZ") }), "120415"],
    ["paid by nobody", paidBy({ Type: "01" }), "120410"],
    [
      "paid by two",
      paidBy({ Type: "01", ...bill("A1B2C3"), BillReceiver: { AccountNumber: "ZZZZZZ" } }),
      "120410",
    ],
    [
      "paid by whoever receives it",
      paidBy({ Type: "01", BillReceiver: { AccountNumber: "ZZZZZZ" } }),
    ],
    [
      "with duties, though it is domestic",
      paidBy({ Type: "01", ...bill("A1B2C3") }, { Type: "02", ...bill("A1B2C3") }),
      "120410",
    ],
    ["in SPL", domestic({ format: "SPL" }), "120702"],
    ["in PDF", domestic({ format: "PDF" }), "120702"],
    ["in ZPL of no size", withoutStockSize(), "120703"],
    ["abroad without forms", withoutForms(), "128100"],
    ["abroad without a description", international({ shipment: { Description: "" } }), "120512"],
    ["abroad to nobody's attention", without("AttentionName"), "120201"],
    ["abroad without a phone", without("Phone"), "120213"],
    ["abroad on no day", withForms({ InvoiceDate: "20261131" }), "128103"],
    ["abroad for no reason", withForms({ ReasonForExport: "FUN" }), "128104"],
    ["abroad in no currency", withForms({ CurrencyCode: "" }), "128105"],
    ["abroad, sold to nobody", withForms({ Contacts: {} }), "128110"],
    ["abroad with nothing in it", withForms({ Product: [] }), "128120"],
    ["abroad with goods of no country", withProduct({ OriginCountryCode: "" }), "128126"],
    ["abroad with goods of no name", withProduct({ Description: [""] }), "128122"],
    ["abroad with half a shirt", withProduct(unit("0.5", "15.00")), "128123"],
    ["abroad with goods of no value", withProduct(unit("1", "")), "128125"],
    ["abroad with an invoice total", international({ shipment: lineTotal("30") }), "120539"],
    ["at home with an invoice total", domestic({ shipment: lineTotal("30") }), "120539"],
    ["to Canada without an invoice total", toCanada({}), "120526"],
    ["to Canada with cents in it", toCanada(lineTotal("30.50")), "120502"],
    ["to Canada with an invoice total", toCanada(lineTotal("30"))],
  ];

  it.each(cases)("%s: is taken, or refused with its code", async (_, request, code) => {
    expect(await refusedWith(request)).toEqual(code === undefined ? [] : [code]);
  });
});

describe("a price", () => {
  it("grows with the size of a light package, and with what is hard to handle", async () => {
    const priceOf = async (request: Part) => {
      const { body } = await ask(sandbox.url, `${paths.rating}/Rate`, rateOf(request));
      return body.RateResponse.RatedShipment[0];
    };
    const plain = await priceOf(withPackage(pounds("2.5")));
    expect([plain.BillingWeight.Weight, plain.TotalCharges.MonetaryValue]).toEqual([
      "3.0",
      "17.04",
    ]);
    // 20 x 20 x 20 inches weigh as much as 58 pounds: 8000 / 139.
    const large = await priceOf(withPackage(sized("20", "20", "20")));
    expect(large.BillingWeight.Weight).toBe("58.0");
    const long = await priceOf(withPackage(sized("50", "2", "2")));
    expect(long.ItemizedCharges.map(({ Code }: { Code: string }) => Code)).toEqual(["270", "100"]);
    expect(long.RatedShipmentAlert.map(({ Code }: { Code: string }) => Code)).toEqual(["129001"]);
  });

  it("is told with what was changed, and a plain order has no alerts", async () => {
    const alertsOf = async (request: Part) => {
      const { body } = await ask(sandbox.url, paths.ship, request);
      return (body.ShipmentResponse.Response.Alert ?? [])
        .map(({ Code }: { Code: string }) => Code);
    };
    expect(await alertsOf(domestic())).toEqual([]);
    expect(await alertsOf(domestic({ shipment: { ShipmentRatingOptions: {} } }))).toEqual([
      "120901",
    ]);
    expect(await alertsOf(withPackage(pounds("60")))).toEqual(["129001"]);
    const flat = { ...inTexas("78701"), Name: "Someone" };
    const at = (line: string) => domestic({ to: addressed(flat, line) });
    expect(await alertsOf(at("600 Congress Ave Apt 5"))).toEqual(["120920"]);
    expect(await alertsOf(at("600 Congress Ave Ste 5"))).toEqual([]);
  });

  it("of every service is one that the lane has, and none that the packages forbid", async () => {
    const servicesOf = async (request: Part) => {
      const { body } = await ask(sandbox.url, `${paths.rating}/Shop`, rateOf(request));
      return body.RateResponse.RatedShipment.map(({ Service }: { Service: { Code: string } }) =>
        Service.Code
      ).sort();
    };
    expect(await servicesOf(domestic())).toEqual(["01", "02", "03", "12", "13", "14", "59"]);
    expect(await servicesOf(withPackage({ Packaging: { Code: "21" } })))
      .toEqual(["01", "02", "12", "13", "14", "59"]);
    expect(await servicesOf(international())).toEqual(["07", "08", "54", "65"]);
    expect(await servicesOf(toCanada({}))).toEqual(["07", "08", "11", "54", "65"]);
    const refused = await ask(
      sandbox.url,
      `${paths.rating}/Shop`,
      rateOf(withPackage(pounds("151"))),
    );
    expect(codesIn(refused)).toEqual(["121030"]);
  });
});

/** A receiver in Texas, in this ZIP code. */
function inTexas(PostalCode: string): Part {
  return {
    Name: "Priya Raman",
    Address: {
      AddressLine: ["600 Congress Ave"],
      City: "Austin",
      StateProvinceCode: "TX",
      PostalCode,
      CountryCode: "US",
    },
  };
}

function addressed(to: Part, line: string): Part {
  return { ...to, Address: { ...asPart(to["Address"]), AddressLine: [line] } };
}

function letter(weight: string): Part {
  return { Packaging: { Code: "01" }, ...pounds(weight) };
}

function unit(Number: string, Value: string): Part {
  return { Unit: { Number, UnitOfMeasurement: { Code: "PCS" }, Value } };
}

/** A package in pounds and one in kilograms. */
function twoUnits(): Part {
  const parcel = { Packaging: { Code: "02" } };
  return domestic({
    shipment: { Package: [{ ...parcel, ...pounds("1") }, { ...parcel, ...pounds("1", "KGS") }] },
  });
}

/** A shipment abroad whose receiver lacks something. */
function without(name: string): Part {
  const to = Object.fromEntries(Object.entries(abroad).filter(([each]) => each !== name));
  return international({
    to,
    shipment: { ShipmentServiceOptions: { InternationalForms: forms() } },
  });
}

function withoutForms(): Part {
  return international({ shipment: { ShipmentServiceOptions: {} } });
}

function withoutStockSize(): Part {
  const request = asPart(domestic()["ShipmentRequest"]);
  const LabelSpecification = { LabelImageFormat: { Code: "ZPL" } };
  return { ShipmentRequest: { ...request, LabelSpecification } };
}
