import { describe, expect, it } from "vitest";
import type { ShippingCreate } from "../src/contracts/carrier.ts";
import { shippingCreateSchema } from "../src/contracts/carrier.ts";
import { priceOf, zoneOf } from "../src/servers/sandbox/prices.ts";
import { serviceOf } from "../src/servers/sandbox/services.ts";
import { checkDigit } from "../src/servers/check_digit.ts";
import { trackingNumber } from "../src/servers/sandbox/tracking_number.ts";
import { zplLabel } from "../src/servers/sandbox/labels/zpl_label.ts";
import { shipPayload } from "../src/servers/ups/ship_payload.ts";
import { projectFolder } from "./helpers/cli.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";
import { soldIn } from "./helpers/ledger.ts";
import { startSandbox, type TestSandbox } from "./helpers/servers.ts";
import { shipment } from "./helpers/shipments.ts";
import { ask, codesIn, paths } from "./helpers/ups_calls.ts";
import { international } from "./helpers/ups_requests.ts";

describe("checkDigit()", () => {
  it("agrees with a number that UPS gave out", () => {
    expect(checkDigit("14A6G9030388962")).toBe("2");
    expect(trackingNumber("14A6G9", "03", 388_962)).toBe("1Z14A6G90303889622");
  });
});

describe("priceOf()", () => {
  const base = {
    service: "03",
    from: { country: "US", postalCode: "21093" },
    to: { country: "US", postalCode: "30005" },
    residential: false,
    weights: [2.5],
  };

  it("adds base, zone and started pounds", () => {
    expect(priceOf(base)).toEqual({
      ...{ transport: 1149, options: 0, residential: 0, handling: 0 },
      ...{ list: 1149, negotiated: 850 },
    });
  });

  it("grows with weight, distance, packages and a home at the end", () => {
    const price = priceOf(base).list;
    expect(priceOf({ ...base, weights: [3.1] }).list).toBeGreaterThan(price);
    expect(priceOf({ ...base, to: { country: "US", postalCode: "90210" } }).list)
      .toBeGreaterThan(price);
    expect(priceOf({ ...base, weights: [2.5, 2.5] }).list).toBe(2 * price);
    expect(priceOf({ ...base, residential: true }).list).toBe(price + 555);
  });

  it("knows zones 2 to 8 inside and 9 abroad", () => {
    const to = (country: string, postalCode: string) =>
      zoneOf({ from: base.from, to: { country, postalCode } });
    expect([to("US", "21000"), to("US", "99501"), to("CA", "K1A 0B1")]).toEqual([2, 8, 9]);
    expect([serviceOf("03")?.name, serviceOf("M4")]).toEqual(["UPS Ground", undefined]);
  });
});

describe("zplLabel()", () => {
  const label = zplLabel({
    from: ["Acme ^XZ~ Inc_"],
    to: ["Zoë"],
    service: "UPS Ground",
    trackingNumber: "1ZA1B2C30300000012",
    references: ["KEY1"],
    weight: "2.5 LBS",
    position: { number: 1, count: 2 },
  });

  it("is one label with a Code 128 barcode and SAMPLE on it", () => {
    expect(label.startsWith("^XA")).toBe(true);
    expect(label.endsWith("^XZ")).toBe(true);
    expect(label).toContain("^BCN,176,N,N,N^FD1ZA1B2C30300000012^FS");
    expect(label).toContain("SAMPLE");
    expect(label).toContain("^FDUPS GROUND^FS");
    expect(label).toContain("^FD1 OF 2^FS");
  });

  it("takes no commands from an address", () => {
    expect(label).toContain("^FDAcme _5eXZ_7e Inc_5f^FS");
    expect(label.match(/\^XZ/g)).toHaveLength(1);
  });
});

describe("deno task sandbox", () => {
  it("keeps its ledger where WAYBILL_DATA says", async () => {
    using folder = temporaryFolder();
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "sandbox", "--live-labels"],
      cwd: projectFolder,
      env: { WAYBILL_DATA: `${folder.path}/my data` },
    }).output();
    expect([code, new TextDecoder().decode(stdout)]).toEqual([0, '{"orders":[]}\n']);
    expect(namesIn(`${folder.path}/my data/sandbox`)).toEqual(["ledger.jsonl"]);
  });
});

describe("UPS sandbox", () => {
  it("gives tokens in UPS's form, to whoever has an id and a secret", async () => {
    using folder = temporaryFolder();
    await using sandbox = await startSandbox(folder.path);
    const { status, body } = await askToken(sandbox, "id:secret");
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: "14399", client_id: "id" });
    expect((await askToken(sandbox, "id:")).status).toBe(401);
    const bare = await post(sandbox, payloadOf(shipment("KEY00001")), "Bearer nonsense");
    expect([bare.status, codeOf(bare.body)]).toEqual([401, "250002"]);
  });

  it("refuses with UPS's codes and sells nothing", async () => {
    using folder = temporaryFolder();
    await using sandbox = await startSandbox(folder.path);
    const token = await tokenOf(sandbox);
    const refused = async (change: (text: string) => string) => {
      const text = change(payloadOf(shipment("KEY00001")));
      const { status, body } = await post(sandbox, text, token);
      return status === 400 ? codeOf(body) : String(status);
    };
    const swap = (from: string, to: string) => refused((text) => text.replace(from, to));
    expect(await swap('"A1B2C3"', '"A1"')).toBe("120100");
    expect(await swap("Acme Inc", "")).toBe("120101");
    expect(await swap("Zoë O'Brien", "x".repeat(36))).toBe("120200");
    expect(await swap("123 Main St", "")).toBe("120202");
    expect(await swap("Alpharetta", "")).toBe("120205");
    expect(await swap('"GA"', '"XX"')).toBe("120206");
    expect(await swap('"300051234"', '"3000"')).toBe("120207");
    expect(await swap('"Service":{"Code":"03"}', '"Service":{"Code":"99"}')).toBe("120500");
    expect(await swap('"Service":{"Code":"03"}', '"Service":{"Code":"07"}')).toBe("120124");
    expect(await swap('"Weight":"2.5"', '"Weight":"0"')).toBe("120608");
    expect(await swap('"Weight":"2.5"', '"Weight":"150.1"')).toBe("121030");
    expect(await swap('"Code":"ZPL"', '"Code":"PDF"')).toBe("120702");
    expect(await swap('"Package":[', '"ReferenceNumber":[{"Value":"X"}],"Package":[')).toBe(
      "120541",
    );
    expect(await swap('"ReferenceNumber":[', '"ReferenceNumber":[{"Value":"A"},')).toBe("120544");
    expect(await refused((text) => text.replaceAll('"PostalCode":"21093"', '"PostalCode":""')))
      .toBe("120107");
    expect(await refused(() => "{")).toBe("10001");
    expect(soldIn(folder.path)).toEqual([]);
  });

  it("wants references on the shipment when it crosses a border", async () => {
    using folder = temporaryFolder();
    await using sandbox = await startSandbox(folder.path);
    const right = JSON.stringify(international());
    expect((await ask(sandbox.url, paths.ship, right)).status).toBe(200);
    const moved = right.replace('"Packaging":', '"ReferenceNumber":[{"Value":"X"}],"Packaging":');
    expect(codesIn(await ask(sandbox.url, paths.ship, moved))).toEqual(["120542"]);
  });

  it("gives every package of every process a number of its own", async () => {
    using folder = temporaryFolder();
    await using one = await startSandbox(folder.path);
    await using other = await startSandbox(folder.path);
    const token = await tokenOf(one);
    const two = shipment("KEY00001", { packages: [{ weight: 1 }, { weight: 2 }] });
    await Promise.all(Array.from(
      { length: 30 },
      async (_, at) => await post(at % 2 ? one : other, payloadOf(two), token),
    ));
    const entries = soldIn(folder.path);
    const numbers = entries.flatMap(({ tracking_numbers }) => tracking_numbers);
    expect(entries).toHaveLength(30);
    expect(new Set(numbers).size).toBe(60);
    for (const number of numbers) expect(number.at(-1)).toBe(checkDigit(number.slice(2, 17)));
  });
});

function payloadOf(args: ReturnType<typeof shipment>): string {
  const request: ShippingCreate = shippingCreateSchema.parse(args);
  return JSON.stringify(shipPayload(request, "A1B2C3"));
}

async function askToken({ url }: TestSandbox, credentials: string) {
  const response = await fetch(`${url}/security/v1/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(credentials)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return { status: response.status, body: await response.json() };
}

async function tokenOf(sandbox: TestSandbox): Promise<string> {
  return `Bearer ${(await askToken(sandbox, "id:secret")).body.access_token}`;
}

async function post({ url }: TestSandbox, body: string, authorization: string) {
  const response = await fetch(`${url}/api/shipments/v2409/ship`, {
    method: "POST",
    headers: { authorization },
    body,
  });
  return { status: response.status, body: await response.json() };
}

function codeOf(body: { response?: { errors?: { code: string }[] } }): string | undefined {
  return body.response?.errors?.[0]?.code;
}
