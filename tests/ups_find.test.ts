/** Looking a purchase up: what each answer of UPS means, and what none of them may mean. */
import { readRecovery } from "../src/servers/ups/recovery.ts";
import { describe, expect, it } from "vitest";
import { checkDigit, isTrackingNumber } from "../src/servers/check_digit.ts";
import { findShipment } from "../src/servers/ups/find_shipment.ts";
import { getLabel } from "../src/servers/ups/get_label.ts";
import { namesIn, readText, temporaryFolder } from "./helpers/folders.ts";
import {
  refusedWith,
  type Script,
  type Scripted,
  scriptedUps,
  upsIn,
} from "./helpers/scripted_ups.ts";

const key = "KEY00001";
const [one, two] = [numberOf("A1B2C3030000001"), numberOf("A1B2C3030000002")];
const miss = refusedWith(404, "TW0001");
const notFound = refusedWith(400, "9801031");

function numberOf(body: string): string {
  return `1Z${body}${checkDigit(body)}`;
}

/** A success of label recovery, with UPS's oddities: lower case, one object for a list, `&#xD;`. */
function recovered(...numbers: string[]): Scripted {
  const results = numbers.map((number) => ({
    TrackingNumber: `${number}&#xD;`,
    LabelImage: { LabelImageFormat: { Code: "zpl" }, GraphicImage: btoa(`^XA${number}^XZ`) },
  }));
  return success({
    ShipmentIdentificationNumber: numbers[0],
    LabelResults: results.length === 1 ? results[0] : results,
  });
}

function success(results: Record<string, unknown>): Scripted {
  const Response = { ResponseStatus: { Code: "1" } };
  return [200, { LabelRecoveryResponse: { Response, ...results } }];
}

function tracked(...packages: string[]): Scripted {
  const list = packages.map((trackingNumber) => ({ trackingNumber }));
  return [200, { trackResponse: { shipment: [{ inquiryNumber: key, package: list }] } }];
}

const purchase = {
  key,
  payloadHash: "hash",
  account: "B1B2C3",
  environment: "sandbox",
  packages: 1,
  labelFormat: "ZPL",
};

/** What is found by a script, for a key that a dead server sent, or that nobody knows. */
async function found(script: Script, packages?: number) {
  using folder = temporaryFolder();
  await using carrier = scriptedUps(script);
  using ups = upsIn(folder.path, carrier.url);
  if (packages !== undefined) {
    ups.journal.begin({ ...purchase, packages });
    ups.journal.finish(key, { outcome: "uncertain", errors: [] });
  }
  return await findShipment({ idempotency_key: key }, ups);
}

describe("isTrackingNumber()", () => {
  it("takes a number that UPS gave out, and not one with another check digit", () => {
    expect(isTrackingNumber("1Z14A6G90303889622")).toBe(true);
    expect(isTrackingNumber("1Z14A6G90303889623")).toBe(false);
    expect(isTrackingNumber("1ZXXXXXXXXXXXXXXXX")).toBe(false);
  });
});

describe("findShipment()", () => {
  it("adopts one whole shipment, saves its labels, and never asks UPS for it again", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ recovery: [recovered(one, two)] });
    using ups = upsIn(folder.path, carrier.url);
    ups.journal.begin({ ...purchase, packages: 2 });
    ups.journal.finish(key, { outcome: "uncertain", errors: [] });
    const answer = await findShipment({ idempotency_key: key }, ups);
    expect(answer).toMatchObject({
      found: "one",
      shipment_id: one,
      tracking_numbers: [one, two],
      environment: "sandbox",
    });
    expect(answer.labels?.map(({ path }) => readText(path))).toEqual([
      `^XA${one}^XZ`,
      `^XA${two}^XZ`,
    ]);
    expect(await findShipment({ idempotency_key: key }, ups)).toEqual(answer);
    expect(carrier.count("recovery")).toBe(1);
    const [asked] = carrier.asked.filter(({ endpoint }) => endpoint === "recovery");
    // The account that the purchase was made with, not today's; a size, since it is ZPL.
    expect(JSON.parse(asked?.body ?? "").LabelRecoveryRequest).toMatchObject({
      ReferenceValues: { ReferenceNumber: { Value: key }, ShipperNumber: "B1B2C3" },
      LabelSpecification: { LabelImageFormat: { Code: "ZPL" }, LabelStockSize: { Height: "6" } },
    });
  });

  it("asks UPS for what its own journal knows, when it is told to: that is a control", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ recovery: [notFound], track: [miss] });
    using ups = upsIn(folder.path, carrier.url);
    ups.journal.begin(purchase);
    ups.journal.finish(key, { outcome: "bought", shipment_id: one, tracking_numbers: [one] });
    const asked = { idempotency_key: key };
    expect(await findShipment(asked, ups)).toMatchObject({ found: "one" });
    expect(carrier.count("recovery")).toBe(0);
    expect((await findShipment(asked, ups, true)).found).toBe("none");
    expect(carrier.count("recovery")).toBe(1);
  });

  it("changes nothing when it is asked as a control", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ recovery: [recovered(one)] });
    using ups = upsIn(folder.path, carrier.url);
    ups.journal.begin(purchase);
    const total_charges = { currency_code: "USD", monetary_value: "9.10" };
    const answer = { outcome: "bought" as const, shipment_id: one, tracking_numbers: [one] };
    ups.journal.finish(key, { ...answer, total_charges });
    expect(await findShipment({ idempotency_key: key }, ups, true)).toMatchObject({
      found: "one",
      tracking_numbers: [one],
    });
    expect(ups.journal.find(key)?.answer).toEqual({ ...answer, total_charges });
    expect(namesIn(`${folder.path}/labels`)).toEqual([]);
  });

  it("says nothing of a key that went to another environment", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ recovery: [notFound], track: [miss] });
    using ups = upsIn(folder.path, carrier.url);
    ups.journal.begin({ ...purchase, environment: "production" });
    // Nobody is at work on it any more.
    ups.journal.finish(key, { outcome: "uncertain" });
    expect(await findShipment({ idempotency_key: key }, ups)).toMatchObject({
      found: "unknown",
      errors: [{ message: expect.stringContaining("UPS's production") }],
    });
  });

  it("believes a not-found only where UPS says nothing else, at the statuses that it has for it", () => {
    const answer = (status: number, ...codes: string[]) => {
      const errors = codes.map((code) => ({ code, message: "words" }));
      return readRecovery({
        status,
        retryAfter: null,
        body: JSON.stringify({ response: { errors } }),
      })
        .kind;
    };
    expect([answer(400, "9801031"), answer(404, "300007")]).toEqual(["not_found", "not_found"]);
    expect(answer(400, "9801031", "9801039")).toBe("exists");
    expect(answer(400, "9801031", "250003")).toBe("unknown");
    expect(answer(400)).toBe("unknown");
    expect([401, 403, 429, 500, 503].map((status) => answer(status, "9801031")))
      .toEqual(Array(5).fill("unknown"));
  });

  it("asks by the number that a broken answer named, and never says none of it", async () => {
    for (
      const [recovery, expected] of [
        [[notFound, recovered(one)], "one"],
        [[notFound, notFound], "exists_no_label"],
        [[notFound, refusedWith(400, "9801040")], "voided"],
      ] as const
    ) {
      using folder = temporaryFolder();
      await using carrier = scriptedUps({ recovery: [...recovery], track: [miss] });
      using ups = upsIn(folder.path, carrier.url);
      ups.journal.begin(purchase);
      ups.journal.finish(key, { outcome: "uncertain", errors: [], tracking_numbers: [one] });
      expect((await findShipment({ idempotency_key: key }, ups)).found).toBe(expected);
      expect(carrier.count("track")).toBe(0);
    }
  });

  it("asks the account that it is told, and UPS's own settings' where nobody knows", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ recovery: [notFound], track: [miss] });
    using ups = upsIn(folder.path, carrier.url);
    await findShipment({ idempotency_key: key, account_number: "C1C2C3" }, ups);
    await findShipment({ idempotency_key: key }, ups);
    const asked = carrier.asked.filter(({ endpoint }) => endpoint === "track");
    expect(asked.map(({ url }) => url.searchParams.get("shipperNum"))).toEqual([
      "C1C2C3",
      "A1B2C3",
    ]);
    expect(asked[0]?.url.searchParams.get("refNumType")).toBe("SmallPackage");
    const days = ["fromPickUpDate", "toPickUpDate"].map((name) =>
      Number(asked[0]?.url.searchParams.get(name))
    );
    expect((days[0] ?? 0) < (days[1] ?? 0)).toBe(true);
  });

  const several = success({
    TrackingCandidate: [{ TrackingNumber: one }, { TrackingNumber: two }],
  });
  it.each<[string, Script, number | undefined, Record<string, unknown>]>([
    ["one shipment of a key that nobody knows", { recovery: [recovered(one)] }, undefined, {
      found: "one",
      tracking_numbers: [one],
    }],
    ["several candidates", { recovery: [several] }, 1, {
      found: "many",
      tracking_numbers: [one, two],
    }],
    ["more packages than were sent", { recovery: [recovered(one, two)] }, 1, { found: "many" }],
    ["fewer packages than were sent", { recovery: [recovered(one)] }, 2, {
      found: "exists_no_label",
      tracking_numbers: [one],
    }],
    ["a number that is none", { recovery: [recovered("1ZXXXXXXXXXXXXXXXX")] }, 1, {
      found: "exists_no_label",
    }],
    [
      "a package without a label",
      { recovery: [success({ LabelResults: { TrackingNumber: one } })] },
      1,
      { found: "exists_no_label", tracking_numbers: [one] },
    ],
    ["a success without a number", { recovery: [success({})] }, 1, { found: "exists_no_label" }],
    ["a voided shipment", { recovery: [refusedWith(400, "9801040")] }, 1, { found: "voided" }],
    ["not found, and tracking agrees", { recovery: [notFound], track: [miss] }, 1, {
      found: "none",
    }],
    [
      "not found, and tracking agrees in another way",
      {
        recovery: [notFound],
        track: [[200, { trackResponse: { shipment: { warnings: { code: "TW0001" } } } }]],
      },
      1,
      { found: "none" },
    ],
    ["not found, and tracking knows it", { recovery: [notFound], track: [tracked(one)] }, 1, {
      found: "exists_no_label",
      tracking_numbers: [one],
    }],
    ["a refused token, once", { recovery: [refusedWith(401, "250002"), recovered(one)] }, 1, {
      found: "one",
    }],
  ])("tells %s", async (_, script, packages, answer) => {
    expect(await found(script, packages)).toMatchObject({ ...answer, environment: "sandbox" });
  });

  it.each(["9800020", "9801028", "9801039", "9801041", "9801042"])(
    "tells code %s as a shipment whose label cannot be had",
    async (code) => {
      expect(await found({ recovery: [refusedWith(400, code)] }, 1))
        .toMatchObject({ found: "exists_no_label" });
    },
  );

  it.each<[string, Script]>([
    ["no token", { token: [refusedWith(401, "10401")] }],
    ["a token that is refused twice", { recovery: [refusedWith(401, "250002")] }],
    ["400 9801030", { recovery: [refusedWith(400, "9801030")] }],
    ["400 9801050", { recovery: [refusedWith(400, "9801050")] }],
    ["400 9800000", { recovery: [refusedWith(400, "9800000")] }],
    ["not found beside another fault", { recovery: [refusedWith(400, "9801031", "9800000")] }],
    ["not found with 500", { recovery: [refusedWith(500, "9801031")] }],
    ["403", { recovery: [refusedWith(403, "250003")] }],
    ["429", { recovery: [refusedWith(429, "10429")] }],
    ["503 in HTML", { recovery: [[503, "<html>no healthy upstream</html>"]] }],
    ["404 in HTML", { recovery: [[404, "<html>"]] }],
    ["200 that is no JSON", { recovery: [[200, "{"]] }],
    ["200 of another status", {
      recovery: [[200, { LabelRecoveryResponse: { Response: { ResponseStatus: { Code: "0" } } } }]],
    }],
    ["tracking that fails", { recovery: [notFound], track: [[503, ""]] }],
    ["tracking that says nothing", { recovery: [notFound], track: [tracked()] }],
    ["tracking that is not there", { recovery: [notFound], track: [[404, "<html>"]] }],
    ["tracking refused", { recovery: [notFound], track: [refusedWith(403, "250003")] }],
  ])("knows nothing by %s", async (_, script) => {
    const answer = await found(script, 1);
    expect(answer.found).toBe("unknown");
    expect(answer.errors?.length).toBeGreaterThan(0);
  });

  it("says how long to wait after a 429, and knows nothing when nobody answers", async () => {
    const busy: Scripted = [429, refusedWith(429, "10429")[1], { "retry-after": "7" }];
    expect(await found({ recovery: [busy] })).toMatchObject({ retry_after_ms: 7_000 });
    using folder = temporaryFolder();
    const carrier = scriptedUps({});
    await carrier[Symbol.asyncDispose]();
    using ups = upsIn(folder.path, carrier.url);
    expect(await findShipment({ idempotency_key: key }, ups)).toMatchObject({ found: "unknown" });
  });

  it("waits for a purchase that is under way, and asks nobody", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({});
    using ups = upsIn(folder.path, carrier.url);
    ups.journal.begin(purchase);
    const answer = { found: "unknown", retry_after_ms: 1_000 };
    expect(await findShipment({ idempotency_key: key }, ups)).toMatchObject(answer);
    expect(carrier.asked).toEqual([]);
  });

  it("keeps nothing as bought while the label cannot be saved", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ recovery: [recovered(one)] });
    using ups = upsIn(folder.path, carrier.url);
    await Deno.remove(ups.settings.labelsFolder);
    const answer = await findShipment({ idempotency_key: key }, ups);
    expect(answer).toMatchObject({
      found: "one",
      labels: [],
      errors: [{ code: "label_not_saved" }],
    });
    await Deno.mkdir(ups.settings.labelsFolder);
    expect((await findShipment({ idempotency_key: key }, ups)).labels).toHaveLength(1);
  });
});

describe("getLabel()", () => {
  it("saves the label of a number", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ recovery: [recovered(one)] });
    using ups = upsIn(folder.path, carrier.url);
    const { labels } = await getLabel({ tracking_number: one, format: "gif" }, ups);
    expect(labels).toMatchObject([{ tracking_number: one, format: "ZPL" }]);
    expect(namesIn(`${folder.path}/labels`)).toEqual([`reprint-1-${one}.zpl`]);
    const body = carrier.asked.find(({ endpoint }) => endpoint === "recovery")?.body ?? "";
    // With GIF, UPS refuses a size.
    expect(JSON.parse(body).LabelRecoveryRequest.LabelSpecification).toEqual({
      LabelImageFormat: { Code: "GIF" },
      HTTPUserAgent: "Mozilla/4.5",
    });
  });

  it.each<[string, Scripted, string]>([
    ["there is none", notFound, "E-3005"],
    ["it is voided", refusedWith(400, "9801040"), "E-3005"],
    ["UPS keeps it", refusedWith(400, "9801041"), "E-3005"],
    ["UPS fails", [503, "<html>"], "E-3001"],
  ])("throws when %s", async (_, answer, code) => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ recovery: [answer] });
    using ups = {
      ...upsIn(folder.path, carrier.url),
      patience: { tries: 2, pauseMs: 1, limitMs: 5_000 },
    };
    await expect(getLabel({ tracking_number: one }, ups)).rejects.toMatchObject({ code });
  });
});
