/** What a carrier said, read: only what is plain is believed, the rest may have been billed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../src/actors/read_answer.ts";

const charges = { currency_code: "USD", monetary_value: "12.36", basis: "negotiated" };

describe("readAnswer()", () => {
  it("reads a purchase with everything", () => {
    const label = { tracking_number: "1Z1", format: "ZPL", path: "/labels/1Z1.zpl", sha256: "f" };
    const answer = {
      outcome: "bought",
      shipment_id: "S1",
      tracking_numbers: ["1Z1", "1Z2"],
      labels: [label],
      total_charges: charges,
    };
    expect(readAnswer(answer)).toEqual({
      type: "bought",
      evidence: answer,
      label: {
        shipmentId: "S1",
        trackingNumbers: ["1Z1", "1Z2"],
        labels: [label],
        costMinor: 1236,
        currencyCode: "USD",
      },
    });
  });

  it("takes the bare minimum and invents nothing", () => {
    expect(readAnswer({ outcome: "bought", tracking_numbers: ["1Z1"] })).toMatchObject({
      type: "bought",
      label: {
        shipmentId: undefined,
        trackingNumbers: ["1Z1"],
        labels: [],
        costMinor: undefined,
        currencyCode: undefined,
      },
    });
  });

  it.each(["pending", "accepted", "", null, 1])(
    "takes an outcome that is none of the contract's for unknown: %j",
    (outcome) => {
      expect(readAnswer({ outcome, errors: [] })).toMatchObject({
        type: "uncertain",
        problem: { code: "E-3010" },
      });
    },
  );

  it("leaves a cost that it cannot read unknown, and the label bought", () => {
    for (const monetary_value of ["12.365", "free", "", "1e3"]) {
      const answer = {
        outcome: "bought",
        tracking_numbers: ["1Z1"],
        total_charges: { ...charges, monetary_value },
      };
      expect(readAnswer(answer)).toMatchObject({
        type: "bought",
        label: { costMinor: undefined, currencyCode: undefined },
      });
    }
  });

  it.each([
    `{"outcome":"bought"}`,
    `{"outcome":"bought","tracking_numbers":[]}`,
    `{"outcome":"bought","tracking_numbers":[""]}`,
    `{"outcome":"bought","tracking_numbers":"1Z1"}`,
    `{"outcome":"Bought","tracking_numbers":["1Z1"]}`,
    `{"outcome":"uncertain"}`,
    `{"outcome":null}`,
    `{"tracking_numbers":["1Z1"]}`,
    `{"errors":[{"code":"1","message":"m"}]}`,
    `{"outcome":"rejected","errors":"no"}`,
    `{}`,
    `[]`,
    `null`,
    `"rejected"`,
    `42`,
  ])("does not know what became of: %s", (json) => {
    expect(readAnswer(JSON.parse(json))).toMatchObject({
      type: "uncertain",
      problem: { code: "E-3010" },
    });
  });

  it("reads a refusal and its first reason", () => {
    const errors = [{ code: "120802", message: "Bad address" }, { code: "9", message: "more" }];
    expect(readAnswer({ outcome: "rejected", errors })).toMatchObject({
      type: "rejected",
      problem: errors[0],
    });
    expect(readAnswer({ outcome: "rejected" })).toMatchObject({
      type: "rejected",
      problem: { code: "E-3005", message: "The carrier gave no reason" },
    });
    expect(readAnswer({ outcome: "not_sent", errors: [] })).toMatchObject({
      type: "not_sent",
      problem: { code: "E-3001" },
    });
  });

  it("takes UPS's own rate limit for one, though nobody says how long to wait", () => {
    const errors = [{ code: "10429", message: "Too Many Requests" }];
    expect(readAnswer({ outcome: "rejected", errors })).toMatchObject({ retryAfterMs: 0 });
    const other = [{ code: "120802", message: "Bad address" }];
    expect(readAnswer({ outcome: "rejected", errors: other }))
      .toMatchObject({ retryAfterMs: undefined });
  });

  it("keeps as evidence what the contract names and nothing else: no personal data", () => {
    const answer = {
      outcome: "rejected",
      ship_to: { name: "Ada Lovelace" },
      errors: [{ code: "1", message: "m", name: "Ada Lovelace" }],
    };
    expect(JSON.stringify(readAnswer(answer))).not.toContain("Ada");
  });

  it("believes nothing but a plain outcome, and never throws, whatever it is given", () => {
    fc.assert(fc.property(fc.anything(), (answer) => {
      expect(readAnswer(answer).type).toBe("uncertain");
    }));
    const outcomes = fc.constantFrom("bought", "rejected", "not_sent", "uncertain", "voided");
    const others = fc.record(
      { outcome: outcomes, tracking_numbers: fc.anything(), errors: fc.anything() },
      { requiredKeys: ["outcome"] },
    );
    fc.assert(fc.property(others, (answer) => {
      const { type } = readAnswer(answer);
      expect(type === "uncertain" || type === answer.outcome).toBe(true);
    }));
  });
});

describe("readAnswer() of an answer that is partly unreadable", () => {
  it("keeps the number of a purchase, however oddly it is told", () => {
    for (
      const odd of [{ errors: null }, { tracking_numbers: [9400] }, {
        labels: null,
        alerts: "none",
      }]
    ) {
      const answer = { outcome: "bought", tracking_numbers: ["9400"], ...odd };
      expect(readAnswer(answer)).toMatchObject({
        type: "bought",
        label: { trackingNumbers: ["9400"] },
      });
    }
    const partial = readAnswer({ outcome: "bought", tracking_numbers: ["1ZA", null] });
    expect(partial).toMatchObject({
      type: "uncertain",
      evidence: { tracking_numbers: ["1ZA"] },
    });
  });

  it("does not believe a refusal that names a shipment or a label", () => {
    const label = { tracking_number: "1ZA", format: "ZPL", path: "/l" };
    for (const named of [{ shipment_id: "1ZA" }, { labels: [label] }]) {
      for (const outcome of ["rejected", "not_sent"]) {
        expect(readAnswer({ outcome, ...named })).toMatchObject({ type: "uncertain" });
      }
    }
  });

  it("leaves out what PostgreSQL cannot keep", () => {
    const answer = readAnswer({
      outcome: "bought",
      tracking_numbers: ["1Z\0A"],
      shipment_id: "S\0",
    });
    expect(JSON.stringify(answer)).not.toContain("\\u0000");
    expect(answer).toMatchObject({ type: "bought", label: { trackingNumbers: ["1ZA"] } });
  });

  it("keeps the tracking number when the price cannot be read", () => {
    const answer = readAnswer({
      outcome: "bought",
      tracking_numbers: ["1ZMON000000000003"],
      total_charges: { currency_code: "usd", monetary_value: "9.10" },
      labels: "none",
    });
    expect(answer).toMatchObject({
      type: "bought",
      label: { trackingNumbers: ["1ZMON000000000003"], costMinor: undefined, labels: [] },
    });
  });
});
