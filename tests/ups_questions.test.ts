/** Prices, addresses, tracking: what UPS answers, in every form that it has been seen in. */
import { describe, expect, it } from "vitest";
import { shipmentRequestSchema } from "../src/contracts/carrier.ts";
import { getLabel } from "../src/servers/ups/get_label.ts";
import { quoteShipment, shopShipment } from "../src/servers/ups/rate_shipment.ts";
import { trackByNumber, trackByReference } from "../src/servers/ups/track_packages.ts";
import type { Ups } from "../src/servers/ups/ups.ts";
import { validateAddress } from "../src/servers/ups/validate_address.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { abroad, canadian } from "./helpers/international.ts";
import {
  refusedWith,
  type Script,
  type Scripted,
  scriptedUps,
  upsIn,
} from "./helpers/scripted_ups.ts";
import { shipment } from "./helpers/shipments.ts";

const Response = { ResponseStatus: { Code: "1", Description: "Success" } };
const usd = (MonetaryValue: string) => ({ CurrencyCode: "USD", MonetaryValue });
const request = shipmentRequestSchema.parse(shipment("KEY00001"));
const number = "1ZA1B2C30300000012";

function rated(...shipments: Record<string, unknown>[]): Scripted {
  const [only] = shipments;
  const RatedShipment = shipments.length === 1 ? only : shipments;
  return [200, { RateResponse: { Response, RatedShipment } }];
}

function checked(results: Record<string, unknown>): Scripted {
  return [200, { XAVResponse: { Response, ...results } }];
}

function tracked(...shipments: Record<string, unknown>[]): Scripted {
  return [200, { trackResponse: { shipment: shipments } }];
}

/** What comes of asking, and what UPS was asked. */
async function ask<Value>(script: Script, question: (ups: Ups) => Promise<Value>) {
  using folder = temporaryFolder();
  await using carrier = scriptedUps(script);
  using opened = upsIn(folder.path, carrier.url);
  const ups = { ...opened, patience: { tries: 3, pauseMs: 1, limitMs: 5_000 } };
  const answer = await question(ups).catch((error: unknown) => ({ error }));
  const asked = carrier.asked.filter(({ endpoint }) => endpoint !== "token");
  const bodies = asked.map(({ body }) => body === "" ? undefined : JSON.parse(body));
  return { answer, asked, bodies, tokens: carrier.count("token") };
}

const ground = { Service: { Code: "03" }, TotalCharges: usd("12.36") };

describe("rating_quote and rating_shop", () => {
  it("asks in rating's own words, and takes the negotiated price of one object", async () => {
    const { answer, asked, bodies } = await ask({
      rate: [rated({
        ...ground,
        NegotiatedRateCharges: { TotalCharge: usd("9.10") },
        RatedShipmentAlert: { Code: "110971", Description: "May differ&#xD;" },
        GuaranteedDelivery: { BusinessDaysInTransit: "2", DeliveryByTime: "10:30 A.M." },
      })],
    }, (ups) => quoteShipment(request, ups));
    expect(answer).toEqual({
      service: { code: "03", name: "UPS Ground" },
      total_charges: { currency_code: "USD", monetary_value: "9.10", basis: "negotiated" },
      delivery: { business_days: 2, by: "10:30 A.M." },
      alerts: [{ code: "110971", description: "May differ" }],
    });
    expect(asked[0]?.url.pathname).toBe("/api/rating/v2409/Rate");
    expect(bodies[0].RateRequest).toMatchObject({
      Request: { SubVersion: "2409" },
      Shipment: { Service: { Code: "03" }, Package: [{ PackagingType: { Code: "02" } }] },
    });
  });

  it("shops for every service, the cheapest first, and counts no missing price as zero", async () => {
    const { answer, asked, bodies } = await ask({
      rate: [rated(
        { Service: { Code: "01" }, TotalCharges: usd("100.00") },
        { Service: { Code: "02" } },
        { Service: { Code: "12" }, TotalCharges: usd("9.99") },
        { ...ground, NegotiatedRateCharges: {} },
      )],
    }, (ups) => shopShipment({ ...request, service_code: "07" }, ups));
    const codes = Array.isArray(answer) ? answer.map(({ service }) => Object(service).code) : [];
    expect(codes).toEqual(["12", "03", "01"]);
    expect(asked[0]?.url.pathname).toBe("/api/rating/v2409/Shop");
    expect(bodies[0].RateRequest.Shipment).not.toHaveProperty("Service");
  });

  it("gives the worth of the goods to Canada", async () => {
    const toCanada = shipmentRequestSchema.parse(abroad("K", { ship_to: canadian }));
    const { bodies } = await ask({ rate: [rated(ground)] }, (ups) => shopShipment(toCanada, ups));
    expect(bodies[0].RateRequest.Shipment.InvoiceLineTotal).toEqual(usd("30"));
  });

  it.each<[string, Script, string, number]>([
    ["a lane without the service", { rate: [refusedWith(400, "111210")] }, "E-3005", 1],
    ["a code that nobody knows", { rate: [refusedWith(400, "119999")] }, "E-3005", 1],
    ["an account that is refused", { rate: [refusedWith(400, "120100")] }, "E-5001", 1],
    ["no permission", { rate: [refusedWith(403, "250002")] }, "E-5001", 1],
    ["a client that is refused", { token: [refusedWith(401, "10401")] }, "E-5001", 0],
    ["a token's quota", { token: [refusedWith(429, "10429")] }, "E-3002", 0],
    ["a token page in HTML", { token: [[502, "<html>"]] }, "E-3001", 0],
    ["too many requests", { rate: [[429, "", { "retry-after": "60" }]] }, "E-3002", 1],
    ["an outage", { rate: [[503, "<html>no healthy upstream</html>"]] }, "E-3001", 3],
    ["a failure at HTTP 400", { rate: [refusedWith(400, "20001")] }, "E-3001", 3],
    ["no JSON", { rate: [[200, "<html>"]] }, "E-3001", 1],
    ["another status", { rate: [[200, { RateResponse: { Response: {} } }]] }, "E-3001", 1],
    [
      "another service's price",
      { rate: [rated({ ...ground, Service: { Code: "01" } })] },
      "E-3001",
      1,
    ],
  ])("says %s", async (_, script, code, times) => {
    const { answer, asked } = await ask(script, (ups) => quoteShipment(request, ups));
    expect(answer).toMatchObject({ error: { code } });
    expect(asked.length).toBe(times);
  });

  it("says what UPS says and what it means, without the row's people", async () => {
    const words = [{ code: "111210", message: "Not for Zoë O'Brien at 123 Main St" }];
    const { answer } = await ask(
      { rate: [[400, { errors: words }]] },
      (ups) => quoteShipment(request, ups),
    );
    const { message, remedy } = Object(Object(answer).error);
    expect(message).toBe(
      "Cannot rate this shipment: 111210 Not for … at … " +
        "(The service is not offered between the two places)",
    );
    expect(remedy).toContain("Choose a service");
  });

  it("asks again after an outage, and not about what is beyond a limit", async () => {
    const busy: Scripted = [429, "", { "retry-after": "0" }];
    const again = await ask(
      { rate: [[503, ""], busy, rated(ground)] },
      (ups) => quoteShipment(request, ups),
    );
    expect(again.answer).toMatchObject({ total_charges: { monetary_value: "12.36" } });
    expect([again.asked.length, again.tokens]).toEqual([3, 1]);
    const heavy = {
      ...request,
      packages: request.packages.map((each) => ({ ...each, weight: 151 })),
    };
    const { answer, asked } = await ask({}, (ups) => quoteShipment(heavy, ups));
    expect(answer).toMatchObject({ error: { code: "E-2001" } });
    expect(asked).toEqual([]);
  });
});

const address = {
  address_line1: "123 Main St.",
  city: "Alpharetta",
  state_province_code: "ga",
  postal_code: "30005-1234",
  country_code: "US",
};
const AddressKeyFormat = {
  AddressLine: "123 MAIN ST",
  PoliticalDivision2: "ALPHARETTA",
  PoliticalDivision1: "GA",
  PostcodePrimaryLow: "30005",
  PostcodeExtendedLow: "1234",
  CountryCode: "US",
};
const candidate = {
  address_line1: "123 MAIN ST",
  city: "ALPHARETTA",
  state_province_code: "GA",
  postal_code: "30005-1234",
  country_code: "US",
};

describe("address_validate", () => {
  it.each<[string, Scripted, unknown]>([
    [
      "valid, one object, a line that is no list",
      checked({
        ValidAddressIndicator: "",
        AddressClassification: { Code: "2" },
        Candidate: { AddressKeyFormat },
      }),
      { status: "valid", candidates: [candidate], classification: "residential" },
    ],
    [
      "ambiguous",
      checked({
        AmbiguousAddressIndicator: "",
        AddressClassification: { Code: "0" },
        Candidate: [
          { AddressKeyFormat },
          {
            AddressKeyFormat: {
              ...AddressKeyFormat,
              AddressLine: ["1", "2"],
              PostcodeExtendedLow: "",
            },
          },
        ],
      }),
      {
        status: "ambiguous",
        candidates: [
          candidate,
          { ...candidate, address_line1: "1", address_line2: "2", postal_code: "30005" },
        ],
        classification: "unknown",
      },
    ],
    ["invalid", checked({ NoCandidatesIndicator: "" }), { status: "invalid", candidates: [] }],
  ])("is %s", async (_, script, expected) => {
    const { answer, asked, bodies } = await ask(
      { validate: [script] },
      (ups) => validateAddress(address, ups),
    );
    expect(answer).toEqual(expected);
    expect(asked[0]?.url.pathname).toBe("/api/addressvalidation/v2/3");
    expect(bodies[0].XAVRequest.AddressKeyFormat).toEqual({
      AddressLine: ["123 Main St."],
      PoliticalDivision2: "Alpharetta",
      PoliticalDivision1: "GA",
      PostcodePrimaryLow: "30005",
      PostcodeExtendedLow: "1234",
      CountryCode: "US",
    });
  });

  it("is unavailable where UPS knows no addresses, without asking", async () => {
    const { answer, asked } = await ask(
      {},
      (ups) => validateAddress({ ...address, country_code: "DE" }, ups),
    );
    expect(answer).toEqual({ status: "unavailable", candidates: [] });
    expect(asked).toEqual([]);
  });

  it("takes nothing of what it cannot read for an answer", async () => {
    for (const wrong of [checked({}), [200, "<html>"], [500, ""]] satisfies Scripted[]) {
      const { answer } = await ask({ validate: [wrong] }, (ups) => validateAddress(address, ups));
      expect(answer).toMatchObject({ error: { code: "E-3001" } });
    }
  });
});

describe("tracking", () => {
  const delivered = {
    trackingNumber: number,
    currentStatus: { type: "D", code: "FS", description: "Delivered&#xD;" },
    deliveryDate: { type: "DEL", date: "20261125" },
  };

  it("tells where packages are, by a number and by a reference", async () => {
    const script: Script = { track: [tracked({ inquiryNumber: number, package: delivered })] };
    const expected = {
      found: true,
      packages: [{
        tracking_number: number,
        status: { code: "FS", description: "Delivered" },
        delivered_on: "2026-11-25",
      }],
    };
    const byNumber = await ask(script, (ups) => trackByNumber({ tracking_number: number }, ups));
    expect(byNumber.answer).toEqual(expected);
    expect(byNumber.asked[0]?.url.pathname).toBe(`/api/track/v1/details/${number}`);
    for (const header of ["transid", "transactionsrc"]) {
      expect(byNumber.asked[0]?.headers.get(header)).toMatch(/./);
    }
    const byOrder = await ask(script, (ups) => trackByReference({ reference: "SO 1/2" }, ups));
    expect(byOrder.answer).toEqual(expected);
    const url = byOrder.asked[0]?.url;
    expect(url?.pathname).toBe("/api/track/v1/reference/details/SO%201%2F2");
    expect(url?.searchParams.get("shipperNum")).toBe("A1B2C3");
  });

  it.each<[string, Scripted]>([
    ["a 404 of UPS", refusedWith(404, "TW0001")],
    ["a success with a warning", tracked({ warnings: { code: "TW0001" } })],
  ])("finds nothing: %s", async (_, script) => {
    const { answer } = await ask(
      { track: [script] },
      (ups) => trackByNumber({ tracking_number: number }, ups),
    );
    expect(answer).toEqual({ found: false, packages: [] });
  });

  it.each<[string, Scripted]>([
    ["a 404 of a gateway", [404, "<html>"]],
    ["a warning that is not of that kind", tracked({ warnings: [{ code: "TW9999" }] })],
    ["no shipment at all", tracked()],
  ])("does not know: %s", async (_, script) => {
    const { answer } = await ask(
      { track: [script] },
      (ups) => trackByNumber({ tracking_number: number }, ups),
    );
    expect(answer).toMatchObject({ error: { code: "E-3001" } });
  });
});

describe("shipping_get_label", () => {
  it("fetches a PDF and the customs form beside it, and refuses a format that there is not", async () => {
    const pdf = btoa("%PDF-1.7");
    const recovery: Scripted[] = [[200, {
      LabelRecoveryResponse: {
        Response,
        ShipmentIdentificationNumber: number,
        LabelResults: {
          TrackingNumber: number,
          LabelImage: { LabelImageFormat: { Code: "pdf" }, GraphicImage: pdf },
        },
        Form: { Image: { ImageFormat: { Code: "pdf" }, GraphicImage: pdf } },
      },
    }]];
    const { answer, bodies } = await ask(
      { recovery },
      (ups) => getLabel({ tracking_number: number, format: "pdf" }, ups),
    );
    expect(answer).toMatchObject({
      labels: [{ format: "PDF", path: expect.stringMatching(`reprint-1-${number}.pdf$`) }],
      forms: [{ format: "PDF", path: expect.stringMatching(`reprint-form-1-${number}.pdf$`) }],
    });
    expect(bodies[0].LabelRecoveryRequest.LabelSpecification.LabelImageFormat.Code).toBe("PDF");
    const other = await ask(
      {},
      (ups) => getLabel({ tracking_number: number, format: "TIFF" }, ups),
    );
    expect(other.answer).toMatchObject({ error: { code: "E-2100" } });
    expect(other.asked).toEqual([]);
  });
});
