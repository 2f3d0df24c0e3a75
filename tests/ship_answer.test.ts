import { describe, expect, it } from "vitest";
import { readShipAnswer } from "../src/servers/ups/ship_answer.ts";

const asked = { key: "KEY00001", packages: 1 };

function answer(status: number, body: unknown, retryAfter: string | null = null) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return readShipAnswer({ status, body: text, retryAfter }, asked).answer;
}

const refusal = (...codes: string[]) => ({
  response: { errors: codes.map((code) => ({ code, message: "…" })) },
});

function success(results: Record<string, unknown> = {}, response: Record<string, unknown> = {}) {
  return {
    ShipmentResponse: {
      Response: { ResponseStatus: { Code: "1" }, ...response },
      ShipmentResults: {
        ShipmentCharges: { TotalCharges: { CurrencyCode: "USD", MonetaryValue: "12.36" } },
        ShipmentIdentificationNumber: "1ZA1B2C30300000012",
        PackageResults: [{
          TrackingNumber: "1ZA1B2C30300000012",
          ShippingLabel: { ImageFormat: { Code: "ZPL" }, GraphicImage: btoa("^XA^XZ") },
        }],
        ...results,
      },
    },
  };
}

describe("readShipAnswer()", () => {
  it("reads a complete answer as bought, at the price that is charged", () => {
    const negotiated = { TotalCharge: { CurrencyCode: "USD", MonetaryValue: "9.10" } };
    expect(answer(200, success())).toEqual({
      outcome: "bought",
      shipment_id: "1ZA1B2C30300000012",
      tracking_numbers: ["1ZA1B2C30300000012"],
      total_charges: { currency_code: "USD", monetary_value: "12.36", basis: "published" },
    });
    expect(answer(200, success({ NegotiatedRateCharges: negotiated })).total_charges)
      .toEqual({ currency_code: "USD", monetary_value: "9.10", basis: "negotiated" });
  });

  it("takes one object for a list, stray carriage returns, alerts, and no price", () => {
    const [first] = success().ShipmentResponse.ShipmentResults.PackageResults;
    const read = answer(
      200,
      success({
        ShipmentCharges: undefined,
        PackageResults: { ...first, TrackingNumber: "&#xD;\n1ZA1B2C30300000012 " },
      }, { Alert: { Code: "120900", Description: "No negotiated rate" } }),
    );
    expect(read.outcome).toBe("bought");
    expect(read.tracking_numbers).toEqual(["1ZA1B2C30300000012"]);
    expect(read).not.toHaveProperty("total_charges");
    expect(read.alerts).toEqual([{ code: "120900", description: "No negotiated rate" }]);
  });

  it.each([400, 401, 403, 429])("reads a refusal with status %s as rejected", (status) => {
    const read = answer(status, refusal("120206", "120207"));
    expect(read.outcome).toBe("rejected");
    expect(read.errors?.map(({ code }) => code)).toEqual(["120206", "120207"]);
    expect(answer(status, { errors: [{ code: 120100, message: "…" }] }).outcome).toBe("rejected");
  });

  it("says how long to wait after a 429", () => {
    expect(answer(429, refusal("10429")).retry_after_ms).toBe(5000);
    expect(answer(429, refusal("10429"), "7").retry_after_ms).toBe(7000);
    expect(answer(400, refusal("120100"), "7")).not.toHaveProperty("retry_after_ms");
  });

  const noLabel = { PackageResults: [{ TrackingNumber: "1ZA1B2C30300000012" }] };
  it.each<[string, number, unknown]>([
    ["500 with codes", 500, refusal("120206")],
    ["503 with HTML", 503, "<html>no healthy upstream</html>"],
    ["400 with HTML", 400, "<html></html>"],
    ["400 with no errors", 400, { response: { errors: [] } }],
    ["400 with a transient code", 400, refusal("120206", "20001")],
    ["404", 404, refusal("120206")],
    ["408", 408, refusal("120206")],
    ["409", 409, refusal("120206")],
    ["302", 302, ""],
    ["201", 201, success()],
    ["200 that is no JSON", 200, "<html>1ZA1B2C30300000012</html>"],
    ["200 cut short", 200, JSON.stringify(success()).slice(0, -9)],
    ["200 without a shipment number", 200, success({ ShipmentIdentificationNumber: "" })],
    ["200 without packages", 200, success({ PackageResults: [] })],
    ["200 without a label", 200, success(noLabel)],
    ["200 of another status", 200, success({}, { ResponseStatus: { Code: "0" } })],
    [
      "200 of another request",
      200,
      success({}, { TransactionReference: { CustomerContext: "X" } }),
    ],
  ])("is uncertain about %s", (_, status, body) => {
    const read = answer(status, body);
    expect(read.outcome).toBe("uncertain");
    expect(read.errors?.[0]?.code).toBe(`HTTP-${status}`);
  });

  it("notes the numbers that it saw", () => {
    expect(answer(200, success(noLabel)).tracking_numbers).toEqual(["1ZA1B2C30300000012"]);
  });

  it("is uncertain when fewer packages come back than were sent", () => {
    const http = { status: 200, body: JSON.stringify(success()), retryAfter: null };
    expect(readShipAnswer(http, { ...asked, packages: 2 }).answer.outcome).toBe("uncertain");
  });
});
