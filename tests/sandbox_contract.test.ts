/**
 * Every answer of the sandbox, judged by UPS's own documents: what the sandbox teaches our client is
 * what UPS documents, but for the patches, and each of those must be needed.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporaryFolder, writeText } from "./helpers/folders.ts";
import { startSandbox, type TestSandbox } from "./helpers/servers.ts";
import { orders, questions, type UpsOrder } from "./helpers/ups_orders.ts";
import { ask, call, codesIn, paths, type UpsAnswer } from "./helpers/ups_calls.ts";
import { describeWithDocuments, type DocumentName, type Example } from "./helpers/ups_documents.ts";
import { byReference, domestic, international, rateOf, recovery } from "./helpers/ups_requests.ts";

describeWithDocuments("an answer of the sandbox", (documents) => {
  let folder: ReturnType<typeof temporaryFolder>;
  let sandbox: TestSandbox;
  /** Everything that was sent and answered, and is right. */
  const examples: Example[] = [];

  beforeAll(async () => {
    folder = temporaryFolder();
    sandbox = await startSandbox(folder.path);
  });
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  function judge(document: DocumentName, schema: string, body: unknown): void {
    expect([schema, documents().validator(document, schema)(body)]).toEqual([schema, []]);
    examples.push({ document, schema, body });
  }

  /** Asks, and has both sides judged; a refusal is judged as one. */
  async function exchange(
    path: string,
    request: unknown,
    [document, asked, answered]: readonly [DocumentName, string, string],
  ): Promise<UpsAnswer> {
    judge(document, asked, request);
    const answer = await ask(sandbox.url, path, request);
    judge(document, answer.status === 200 ? answered : "ErrorResponse", answer.body);
    return answer;
  }

  const ship = (request: unknown) =>
    exchange(paths.ship, request, ["Shipping", "SHIPRequestWrapper", "SHIPResponseWrapper"]);
  const recover = (request: unknown) =>
    exchange(paths.recovery, request, [
      "Shipping",
      "LABELRECOVERYRequestWrapper",
      "LABELRECOVERYResponseWrapper",
    ]);
  const rate = (request: unknown, option: string) =>
    exchange(`${paths.rating}/${option}`, request, [
      "Rating",
      "RATERequestWrapper",
      "RATEResponseWrapper",
    ]);
  const validate = (request: unknown, option: string) =>
    exchange(`${paths.validation}/${option}`, request, [
      "AddressValidation",
      "XAVRequestWrapper",
      "XAVResponseWrapper",
    ]);

  async function voided(path: string): Promise<UpsAnswer> {
    const answer = await call(sandbox.url, `${paths.voiding}/${path}`, { method: "DELETE" });
    const schema = answer.status === 200 ? "VOIDSHIPMENTResponseWrapper" : "ErrorResponse";
    judge("Shipping", schema, answer.body);
    return answer;
  }

  async function track(path: string): Promise<UpsAnswer> {
    const answer = await ask(sandbox.url, path);
    const schema = answer.status === 200 ? "TrackApiResponse" : "Response";
    judge("Tracking", schema, answer.body);
    return answer;
  }

  /** The number of a shipment that is bought with this. */
  async function bought(request: unknown): Promise<string> {
    const { status, body } = await ship(request);
    expect([status, body.response]).toEqual([200, undefined]);
    return body.ShipmentResponse.ShipmentResults.ShipmentIdentificationNumber;
  }

  it("is one by the documents for any order: bought, rated, recovered, tracked, voided", async () => {
    await fc.assert(
      fc.asyncProperty(orders, async (order: UpsOrder) => {
        const answer = await ship(order.request);
        expect([answer.status, codesIn(answer)]).toEqual([200, []]);
        const { ShipmentResults } = answer.body.ShipmentResponse;
        expect(ShipmentResults.PackageResults).toHaveLength(order.packages);
        const number = ShipmentResults.ShipmentIdentificationNumber;
        const quote = await rate(rateOf(order.request), "Rate");
        const [rated] = quote.body.RateResponse.RatedShipment;
        expect(rated.TotalCharges).toEqual(ShipmentResults.ShipmentCharges.TotalCharges);
        expect(rated.NegotiatedRateCharges.TotalCharge)
          .toEqual(ShipmentResults.NegotiatedRateCharges.TotalCharge);
        const again = await recover(recovery(byReference(order.reference), "ZPL"));
        expect(again.body.LabelRecoveryResponse.ShipmentIdentificationNumber).toBe(number);
        const tracked = await track(`${paths.track}/${number}`);
        expect(tracked.body.trackResponse.shipment[0].package[0].trackingNumber).toBe(number);
        expect((await voided(number)).status).toBe(200);
        expect(codesIn(await recover(recovery(byReference(order.reference), "ZPL"))))
          .toEqual(["9801040"]);
      }),
      { numRuns: 25 },
    );
  });

  it("is one with labels in each format, when they are bought and when they are recovered", async () => {
    for (const format of ["GIF", "ZPL", "EPL"]) {
      await bought(domestic({ reference: `FORMAT${format}`, format, weights: ["1", "2"] }));
    }
    const number = await bought(international({ reference: "FORMATABROAD" }));
    for (const format of ["GIF", "PDF", "ZPL", "EPL", undefined]) {
      const { body } = await recover(recovery({ TrackingNumber: number }, format));
      const { LabelImage } = body.LabelRecoveryResponse.LabelResults[0];
      expect(LabelImage.LabelImageFormat.Code).toBe(format?.toLowerCase() ?? "html");
    }
  });

  it("is one for candidates, packages voided one by one, and tracking by reference", async () => {
    const two = { reference: "CANDIDATES", weights: ["1", "2"] };
    const [first, second] = [await bought(domestic(two)), await bought(domestic(two))];
    const many = await recover(recovery(byReference("CANDIDATES"), "ZPL"));
    expect(many.body.LabelRecoveryResponse.TrackingCandidate).toHaveLength(4);
    const numbers = await track(`${paths.trackReference}/CANDIDATES?shipperNum=A1B2C3`);
    const packages = numbers.body.trackResponse.shipment[0].package;
    expect(packages.map(({ trackingNumber }: { trackingNumber: string }) => trackingNumber))
      .toEqual(expect.arrayContaining([first, second]));
    const one = await voided(`${first}?trackingnumber=${packages[1].trackingNumber}`);
    expect(one.body.VoidShipmentResponse.PackageLevelResults).toHaveLength(1);
    expect((await voided(`${second}?trackingnumber=["${second}"]`)).status).toBe(200);
  });

  it("is one for every service, with times and without", async () => {
    const request = rateOf(domestic({ weights: ["12", "60"] }));
    for (const option of ["Shop", "Shoptimeintransit", "Ratetimeintransit"]) {
      const { body } = await rate(request, option);
      expect(body.RateResponse.RatedShipment.length).toBe(option.startsWith("Shop") ? 7 : 1);
    }
    const abroad = await rate(rateOf(international()), "Shop");
    expect(abroad.body.RateResponse.RatedShipment).toHaveLength(4);
  });

  it.each(questions)("is one for an address that is %s", async (name, key, indicator) => {
    for (const option of ["1", "2", "3"]) {
      const { status, body } = await validate({ XAVRequest: { AddressKeyFormat: key } }, option);
      expect([name, status, body.XAVResponse?.[indicator]]).toEqual([name, 200, ""]);
    }
  });

  it("is one for a token, and for what has none", async () => {
    const token = async (credentials: string, grant = "client_credentials") => {
      const answer = await call(sandbox.url, "/security/v1/oauth/token", {
        method: "POST",
        headers: { authorization: `Basic ${btoa(credentials)}` },
        body: new URLSearchParams({ grant_type: grant }),
      });
      const schema = answer.status === 200 ? "tokenSuccessResponse" : "tokenErrorResponse";
      judge("OAuthClientCredentials", schema, answer.body);
      return answer.status;
    };
    const statuses = [
      await token("id:secret"),
      await token("id:"),
      await token("id:s", "password"),
    ];
    expect(statuses).toEqual([200, 401, 400]);
    writeText(`${folder.path}/faults.json`, '{"token": ["quota"]}');
    expect(await token("id:secret")).toBe(429);
    expect(await token("id:secret")).toBe(200);
  });

  it("is one for what is refused", async () => {
    const { status, body } = await call(sandbox.url, paths.ship, {
      method: "POST",
      headers: { authorization: "Bearer sandbox.1" },
      body: JSON.stringify(domestic()),
    });
    expect(status).toBe(401);
    judge("Shipping", "ErrorResponse", body);
    expect(codesIn(await ship(domestic({ service: "65" })))).toEqual(["120124"]);
    expect(codesIn(await rate(rateOf(domestic({ service: "65" })), "Rate"))).toEqual(["111210"]);
    expect(codesIn(await recover(recovery(byReference("NOBODY"), "ZPL")))).toEqual(["9801031"]);
    expect(codesIn(await voided("1ZA1B2C30399999999"))).toEqual(["190102"]);
    expect(codesIn(await track(`${paths.track}/1ZA1B2C30399999999`))).toEqual(["TW0001"]);
    const germany = { AddressLine: ["Marienplatz 1"], CountryCode: "DE" };
    const unsupported = await validate({ XAVRequest: { AddressKeyFormat: germany } }, "1");
    expect(unsupported.status).toBe(400);
  });

  it("needs every patch of UPS's documents that is about answers", () => {
    // Those about requests are needed by what our client sends: ups_requests.test.ts.
    expect(documents().unneededPatches("answer", examples)).toEqual([]);
  });
});
