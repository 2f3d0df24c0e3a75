/** What a template rendered, checked against the contract before anything is sent. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRequest, nearestField } from "../src/actors/check_request.ts";
import { shipper } from "./helpers/tools.ts";

const shipTo = {
  name: "Ada Lovelace",
  address_line1: "1 Main St",
  city: "Alpharetta",
  state_province_code: "GA",
  postal_code: "30005",
  country_code: "US",
};
const request = { ship_to: shipTo, packages: [{ weight: 2.5 }], service_code: "03" };

function messageFor(rendered: unknown): string {
  const checked = checkRequest(rendered, shipper);
  return checked.type === "refused" ? checked.problem.message : "";
}

describe("checkRequest()", () => {
  it("fills in the defaults and the job's shipper", () => {
    expect(checkRequest(request, shipper)).toEqual({
      type: "rendered",
      request: {
        ...request,
        shipper,
        packages: [{
          weight: 2.5,
          weight_unit: "LBS",
          dimension_unit: "IN",
          packaging_type: "02",
        }],
      },
    });
  });

  it("leaves a request its own shipper and its own values", () => {
    const own = {
      ...request,
      shipper: { ...shipper, name: "Other Inc" },
      packages: [{ weight: 1, weight_unit: "KGS", dimension_unit: "CM", packaging_type: "01" }],
    };
    expect(checkRequest(own, shipper)).toEqual({ type: "rendered", request: own });
  });

  it("checks the job's shipper as it checks any other address", () => {
    const checked = checkRequest(request, { ...shipper, city: undefined });
    expect(checked).toMatchObject({ type: "refused", problem: { code: "E-2001" } });
    expect(checkRequest(request, undefined)).toMatchObject({ type: "refused" });
  });

  it.each<[string, unknown, string]>([
    [
      "a field is missing",
      { ...request, ship_to: { ...shipTo, city: undefined } },
      "ship_to.city is missing",
    ],
    [
      "a field is empty",
      { ...request, ship_to: { ...shipTo, name: "  " } },
      "ship_to.name is empty",
    ],
    [
      "a number is text",
      { ...request, packages: [{ weight: "2.5" }] },
      "packages[0].weight is a text: a number is needed, without quotes around it",
    ],
    [
      "yes or no is another text",
      { ...request, ship_to: { ...shipTo, residential: "maybe" } },
      "ship_to.residential is neither true nor false",
    ],
    [
      "a weight is not above zero",
      { ...request, packages: [{ weight: 1 }, { weight: 0 }] },
      "packages[1].weight does not fit: ",
    ],
    ["there is no package", { ...request, packages: [] }, "packages does not fit: "],
    [
      "the country is a name",
      { ...request, ship_to: { ...shipTo, country_code: "USA" } },
      "must be a two-letter country code such as US",
    ],
    [
      "the unit is another one",
      { ...request, packages: [{ weight: 1, weight_unit: "OZ" }] },
      "packages[0].weight_unit does not fit: ",
    ],
    ["an address has a person's name for a field", {
      ...request,
      ship_to: { ...shipTo, zip: "30005" },
    }, "ship_to.zip: did you mean postal_code?"],
    [
      "a package has an unknown field",
      { ...request, packages: [{ weight: 1, heigth: 3 }] },
      "packages[0].heigth: did you mean height?",
    ],
    [
      "the top level has a near miss",
      { ...request, acount_number: "A1" },
      "acount_number: did you mean account_number?",
    ],
    ["it is a list", [request], "it is not a JSON object"],
    ["it is text", "x", "it is not a JSON object"],
    ["it is null", null, "it is not a JSON object"],
  ])("refuses when %s", (_, rendered, message) => {
    expect(messageFor(rendered)).toContain(message);
  });

  it("lets fields of somebody else's carrier pass at the top level", () => {
    const checked = checkRequest({ ...request, dropoff_point: "B7", x: 1 }, shipper);
    expect(checked).toMatchObject({ type: "rendered", request: { dropoff_point: "B7", x: 1 } });
  });

  it("tells three faults and counts the rest", () => {
    const message = messageFor({ ship_to: {}, packages: [{}] });
    expect(message).toContain("is missing; ");
    expect(message.split("; ").length).toBe(3);
    expect(message).toMatch(/\(and \d+ more\)$/);
  });

  it("answers with a request or a problem, and never throws, whatever was rendered", () => {
    fc.assert(fc.property(fc.anything(), (rendered) => {
      expect(checkRequest(rendered, shipper).type).toBe("refused");
    }));
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.anything()), (more) => {
      const checked = checkRequest({ ...more, ...request }, shipper);
      if (checked.type === "refused") expect(checked.problem.message).toContain("Cannot ship");
      else expect(checked.request).toMatchObject({ ship_to: shipTo });
    }));
  });
});

describe("nearestField()", () => {
  it("knows people's names where no edit distance finds them", () => {
    const known = ["postal_code", "state_province_code", "address_line1", "name"];
    expect(nearestField("ZIP", known)).toBe("postal_code");
    expect(nearestField("state", known)).toBe("state_province_code");
    expect(nearestField("street", known)).toBe("address_line1");
    expect(nearestField("nmae", known)).toBe("name");
    // A name that every object has is no name of ours.
    expect(nearestField("constructor", known)).toBeUndefined();
  });
});
