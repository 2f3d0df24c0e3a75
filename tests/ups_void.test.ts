/** Voiding a shipment: what each answer of UPS means, and what the server remembers of it. */
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { findShipment } from "../src/servers/ups/find_shipment.ts";
import { openJournal } from "../src/servers/ups/journal.ts";
import { voidShipment } from "../src/servers/ups/void_shipment.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import {
  refusedWith,
  type Script,
  type Scripted,
  scriptedUps,
  upsIn,
} from "./helpers/scripted_ups.ts";

const key = "KEY00001";
const shipmentId = "1ZA1B2C30300000012";
const patience = { tries: 3, pauseMs: 1, limitMs: 5_000 };
const success = { Response: { ResponseStatus: { Code: "1", Description: "Success" } } };
const voided = { Status: { Code: "1", Description: "Voided" } };
const kept = { Status: { Code: "0", Description: "Not voided" } };

function answered(results: Record<string, unknown>): Scripted {
  return [200, { VoidShipmentResponse: { ...success, ...results } }];
}

const bought = { outcome: "bought" as const, shipment_id: shipmentId, tracking_numbers: ["1ZX"] };
const purchase = {
  key,
  payloadHash: "hash",
  account: "A1B2C3",
  environment: "sandbox",
  packages: 1,
  labelFormat: "ZPL",
};

/** What the tool answers to a script, how often UPS was asked, and what the server says afterwards. */
async function attempt(script: readonly Scripted[], rest: Script = {}) {
  using folder = temporaryFolder();
  await using carrier = scriptedUps({
    recovery: [refusedWith(400, "9801040")],
    ...rest,
    void: script,
  });
  using ups = { ...upsIn(folder.path, carrier.url), patience };
  ups.journal.begin(purchase);
  ups.journal.finish(key, bought);
  const answer = await voidShipment({ shipment_id: shipmentId }, ups)
    .catch((error: unknown) => ({ error }));
  const count = carrier.count("void");
  const recoveriesBefore = carrier.count("recovery");
  const { found } = await findShipment({ idempotency_key: key }, ups);
  const isUpsAsked = carrier.count("recovery") > recoveriesBefore;
  return { answer, count, found, isUpsAsked, asked: carrier.asked };
}

describe("shipping_void", () => {
  it("asks with a DELETE that has no body and no type of one", async () => {
    const { asked } = await attempt([answered({ SummaryResult: voided })]);
    const request = asked.find(({ endpoint }) => endpoint === "void");
    expect(request).toMatchObject({ method: "DELETE", body: "" });
    expect(request?.url.pathname).toBe(`/api/shipments/v2409/void/cancel/${shipmentId}`);
    expect(request?.headers.get("content-type")).toBe(null);
    expect(request?.headers.get("authorization")).toBe("Bearer T");
    expect(request?.headers.get("transid")).toMatch(/^[0-9a-f]{32}$/);
    expect(request?.headers.get("transactionsrc")).toBe("waybill");
  });

  it.each<[string, Scripted]>([
    ["a plain success", answered({ SummaryResult: voided, PackageLevelResults: [voided] })],
    ["packages only, one object, the other key", answered({ PackageLevelResult: voided })],
    ["values with what UPS leaves around them", [200, {
      VoidShipmentResponse: {
        Response: { ResponseStatus: { Code: "1&#xD;" } },
        SummaryResult: { Status: { Code: "1&#xD;", Description: "Voided&#xD;" } },
      },
    }]],
    ["voided already", refusedWith(400, "190117")],
  ])("is voided: %s", async (_, answer) => {
    const { answer: told, count, found, isUpsAsked } = await attempt([answer]);
    expect(told).toMatchObject({ voided: true, status: { code: expect.any(String) } });
    expect(count).toBe(1);
    // The journal's own word: it vouches for the label no more.
    expect([found, isUpsAsked]).toEqual(["voided", false]);
  });

  it.each<[string, Scripted, string]>([
    ["expired", refusedWith(400, "190101"), "190101"],
    ["not found", refusedWith(404, "190102"), "190102"],
    [
      "one package that is not",
      answered({
        SummaryResult: voided,
        PackageLevelResults: [voided, kept],
      }),
      "0",
    ],
  ])("is a refusal, and the label is bought as before: %s", async (_, answer, code) => {
    const { answer: told, count, found, isUpsAsked } = await attempt([answer]);
    expect(told).toMatchObject({ voided: false, status: { code } });
    expect(count).toBe(1);
    expect([found, isUpsAsked]).toEqual(["one", false]);
  });

  it.each<[string, Scripted]>([
    ["a gateway's failure", [503, "<html>"]],
    ["UPS's own failure", refusedWith(500, "190001")],
    ["a 400 of a failing system", refusedWith(400, "190002")],
    ["too many requests", [429, { response: { errors: [{ code: "10429", message: "" }] } }, {
      "retry-after": "0",
    }]],
    ["no JSON", [200, "ok"]],
    ["nothing about the shipment", answered({})],
    ["another status than success", [200, {
      VoidShipmentResponse: {
        Response: { ResponseStatus: { Code: "0" } },
        SummaryResult: voided,
      },
    }]],
  ])("is asked again after %s, and is then voided already", async (_, failure) => {
    const { answer, count } = await attempt([failure, refusedWith(400, "190117")]);
    expect(answer).toMatchObject({ voided: true });
    expect(count).toBe(2);
  });

  it("says that nobody knows where UPS never answers, and lets a look-up ask UPS itself", async () => {
    const { answer, count, found, isUpsAsked } = await attempt([[503, "<html>"]]);
    expect(answer).toMatchObject({ error: { code: "E-3001" } });
    expect(count).toBe(patience.tries);
    expect([found, isUpsAsked]).toEqual(["voided", true]);
  });

  it("blames the client where UPS refuses it, and was never asked about the shipment", async () => {
    const refused = { token: [refusedWith(401, "10401")] };
    const { answer, count } = await attempt([answered({ SummaryResult: voided })], refused);
    expect(answer).toMatchObject({ error: { code: "E-5001" } });
    expect(count).toBe(0);
  });

  it("gives up in time for whoever waits, however long UPS wants to be left alone", async () => {
    const busy: Scripted = [429, { response: { errors: [{ code: "10429" }] } }, {
      "retry-after": "3600",
    }];
    const { answer, count } = await attempt([busy]);
    expect(answer).toMatchObject({ error: { code: "E-3001" } });
    expect(count).toBe(1);
  });

  it("takes a new token where the old one is refused", async () => {
    const { answer, asked } = await attempt([
      refusedWith(401, "250002"),
      answered({
        SummaryResult: voided,
      }),
    ]);
    expect(answer).toMatchObject({ voided: true });
    expect(asked.filter(({ endpoint }) => endpoint === "token").length).toBe(2);
  });

  it("remembers it in a journal that an earlier version began", () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/journal.db`;
    {
      using journal = openJournal(path);
      journal.begin(purchase);
      journal.finish(key, bought);
    }
    const old = new DatabaseSync(path);
    old.exec("drop table voids; pragma user_version = 1");
    old.close();
    {
      using journal = openJournal(path);
      expect(journal.find(key)?.answer).toEqual(bought);
      expect(journal.isVoided(bought)).toBe(false);
      journal.beginVoid(shipmentId);
      expect(journal.isVoided(bought)).toBe(undefined);
    }
    using journal = openJournal(path);
    expect(journal.isVoided(bought)).toBe(undefined);
    journal.finishVoid(shipmentId, true);
    expect(journal.isVoided(bought)).toBe(true);
    // A refusal that comes late does not bring it back.
    journal.finishVoid(shipmentId, false);
    expect(journal.isVoided({ ...bought, shipment_id: "1ZOTHER" })).toBe(false);
    expect(journal.isVoided(bought)).toBe(true);
    // A label that was found by its number alone.
    journal.beginVoid("1ZX");
    expect(journal.isVoided({ outcome: "bought", tracking_numbers: ["1ZX"] })).toBe(undefined);
  });
});
