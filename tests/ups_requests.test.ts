/** Every request that we can make, held against UPS's own documents. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ShippingCreate } from "../src/contracts/carrier.ts";
import { rateQuestion } from "../src/servers/ups/rate_payload.ts";
import { recoveryQuestion } from "../src/servers/ups/recovery.ts";
import { checkLimits } from "../src/servers/ups/ship_limits.ts";
import { shipPayload } from "../src/servers/ups/ship_payload.ts";
import { addressQuestion } from "../src/servers/ups/validate_address.ts";
import { orders } from "./helpers/generated_orders.ts";
import { describeWithDocuments, type Example } from "./helpers/ups_documents.ts";

const runs = { numRuns: 250 };
const account = "A1B2C3";

/** What would be asked for an order: everything but the questions that have no body. */
function requestsOf(order: ShippingCreate): Example[] {
  const shipping = (schema: string, body: unknown): Example => ({
    document: "Shipping",
    schema,
    body,
  });
  const recoveries = [
    recoveryQuestion({ reference: order.idempotency_key, account }, order.label_format ?? "PDF"),
    recoveryQuestion({ trackingNumber: "1ZA1B2C30300000012" }, order.label_format ?? "PDF"),
  ];
  const rates = (["Rate", "Shop"] as const).map((option) => rateQuestion(order, account, option));
  return [
    shipping("SHIPRequestWrapper", shipPayload(order, account, "20261126")),
    ...recoveries.map(({ body }) => shipping("LABELRECOVERYRequestWrapper", body)),
    ...rates.map(({ body }): Example => ({
      document: "Rating",
      schema: "RATERequestWrapper",
      body,
    })),
    {
      document: "AddressValidation",
      schema: "XAVRequestWrapper",
      body: addressQuestion(order.ship_to).body,
    },
  ];
}

describe("generated orders", () => {
  it("are within the limits that we check ourselves", () => {
    fc.assert(
      fc.property(orders, (order) => {
        expect(checkLimits(order).faults.map(({ message }) => message)).toEqual([]);
      }),
      runs,
    );
  });
});

describeWithDocuments("what we send, by UPS's documents", (documents) => {
  it("is right in every field, for orders of every kind", () => {
    fc.assert(
      fc.property(orders, (order) => {
        for (const { document, schema, body } of requestsOf(order)) {
          const faults = documents().validator(document, schema)(body);
          expect({ schema, faults }).toEqual({ schema, faults: [] });
        }
      }),
      runs,
    );
  });

  it("needs every patch of the documents", () => {
    const examples = fc.sample(orders, { numRuns: 80, seed: 1 }).flatMap(requestsOf);
    expect(documents().unneededPatches("request", examples)).toEqual([]);
  });
});
