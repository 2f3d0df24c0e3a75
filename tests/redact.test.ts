/** What a carrier says of a recipient is not kept with the purchase. */
import { describe, expect, it } from "vitest";
import { redact } from "../src/actors/redact.ts";
import type { Answer } from "../src/machines/purchase.ts";

const request = {
  ship_to: {
    name: "Marisol (Mari) Nunez",
    phone: "303-555-0199",
    address_line1: "1 Main St",
    city: "Denver",
    postal_code: "80202",
  },
};

describe("redact()", () => {
  it("takes name, phone, street and tokens out of a refusal, and leaves what tells the fault", () => {
    const message =
      "No MARISOL (MARI) NUNEZ at 1 Main St, Denver 80202 (303-555-0199); Bearer s3c.ret";
    const problem = { code: "120802", message };
    const evidence = { outcome: "rejected", errors: [{ code: "120802", message }] };
    const said = "No … at …, Denver 80202 (…); Bearer …";
    expect(redact({ type: "rejected", problem, retryAfterMs: undefined, evidence }, request))
      .toEqual({
        type: "rejected",
        problem: { code: "120802", message: said },
        evidence: { outcome: "rejected", errors: [{ code: "120802", message: said }] },
      });
  });

  it("leaves what was bought as it is, whatever the recipient is called", () => {
    const bought: Answer = {
      type: "bought",
      label: {
        shipmentId: "1Z1",
        trackingNumbers: ["1Z1"],
        labels: [{ path: "/labels/1Z1.zpl" }],
        costMinor: 1,
        currencyCode: "USD",
      },
      evidence: { tracking_numbers: ["1Z1"], alerts: [{ code: "1", description: "For 1Z1" }] },
    };
    expect(redact(bought, { ship_to: { name: "1Z1" } })).toEqual({
      ...bought,
      evidence: { tracking_numbers: ["1Z1"], alerts: [{ code: "1", description: "For …" }] },
    });
    expect(redact(bought, {})).toEqual(bought);
  });
});
