/** Which UPS, with which credentials, and who agreed to buy for real. */
import { describe, expect, it } from "vitest";
import { upsEnvironmentFrom } from "../src/actors/ups_environment.ts";
import { createShipment } from "../src/servers/ups/create_shipment.ts";
import { findShipment } from "../src/servers/ups/find_shipment.ts";
import { tokenSource } from "../src/servers/ups/oauth.ts";
import { reasonOf } from "../src/servers/ups/no_answer.ts";
import { consentTo, readOptions } from "../src/servers/ups/options.ts";
import { readSettings } from "../src/servers/ups/settings.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { successFor } from "./helpers/raw_ups.ts";
import {
  refusedWith,
  type Script,
  type Scripted,
  scriptedUps,
  upsIn,
} from "./helpers/scripted_ups.ts";
import { spawnUps } from "./helpers/servers.ts";
import { shipment } from "./helpers/shipments.ts";

const folders = { WAYBILL_LABELS_DIR: "/l", WAYBILL_UPS_JOURNAL: "/u/j" };
const secret = "s3cret-of-mine";
const credentials = {
  UPS_CLIENT_ID: "client-of-mine",
  UPS_CLIENT_SECRET: secret,
  UPS_ACCOUNT_NUMBER: "a1b2c4",
};

function read(env: Record<string, string>) {
  const all = new Map(Object.entries({ ...folders, ...env }));
  return readSettings((name) => all.get(name));
}

describe("readSettings()", () => {
  it("goes to the sandbox unless it is told otherwise, and never with real credentials", () => {
    expect(read({})).toMatchObject({ environment: "sandbox", url: "http://127.0.0.1:8730" });
    const led = read({ ...credentials, UPS_SANDBOX_URL: "http://evil.example/" });
    expect(led.url).toBe("http://evil.example");
    expect(JSON.stringify(led)).not.toMatch(/of-mine/);
  });

  it.each([["cie", "https://wwwcie.ups.com"], ["production", "https://onlinetools.ups.com"]])(
    "takes %s to UPS's own host, whatever else is set",
    (environment, url) => {
      const env = { UPS_ENV: environment, UPS_SANDBOX_URL: "http://evil.example" };
      expect(read({ ...env, ...credentials }))
        .toMatchObject({ environment, url, clientSecret: secret, account: "A1B2C4" });
    },
  );

  it.each(Object.keys(credentials))("says that %s is missing and where to get it", (name) => {
    const env = { UPS_ENV: "production", ...credentials, [name]: " " };
    expect(() => read(env)).toThrow(`${name} is not set`);
    expect(() => read(env)).not.toThrow(secret);
  });

  it("takes an account of exactly six, and no UPS that there is not", () => {
    for (const account of ["A1B2C", "A1B2C34", "A1B2C!"]) {
      const env = { UPS_ENV: "cie", ...credentials, UPS_ACCOUNT_NUMBER: account };
      expect(() => read(env)).toThrow("exactly six");
    }
    expect(() => read({ UPS_ENV: "prod" })).toThrow("UPS_ENV=prod");
  });

  it("is the same before a server is started", () => {
    const ask = (env: Record<string, string>) => upsEnvironmentFrom((name) => env[name]);
    const env = { UPS_ENV: "cie", ...credentials };
    expect([ask(env), ask({})]).toEqual(["cie", "sandbox"]);
    expect(() => ask({ ...env, UPS_ACCOUNT_NUMBER: "A1B2C" })).toThrow("no account number");
    expect(() => ask({ UPS_ENV: "cie" })).toThrow("UPS_ACCOUNT_NUMBER are not set");
  });
});

describe("consentTo()", () => {
  const real = read({ UPS_ENV: "production", ...credentials });
  const consent = (...args: string[]) => consentTo(real, readOptions(args));

  it("buys for real only for who agreed, and says on which account", () => {
    expect(() => consent()).toThrow("Cannot start with UPS_ENV=production");
    expect(consent("--yes")).toContain("BUYS FOR REAL");
    expect(consent("--yes")).toContain("A1B2C4, at https://onlinetools.ups.com");
    expect(consent("--no-purchases")).toContain("buys nothing");
    expect(consentTo(read({}), readOptions([]))).toBe(undefined);
    expect([consent("--yes"), consent("--no-purchases")].join()).not.toContain(secret);
  });

  it("understands its options and nothing else", () => {
    expect(readOptions(["--http"]).httpPort).toBe(8731);
    expect(readOptions(["--http", "0"]).httpPort).toBe(0);
    for (
      const wrong of [
        ["--http", "x"],
        ["8731"],
        ["--http", "1", "2"],
        ["--yes", "--no-purchases"],
        ["--no"],
      ]
    ) {
      expect(() => readOptions(wrong)).toThrow("Cannot start");
    }
  });

  it("is asked for by the program itself, which starts nothing and shows no secret", async () => {
    using folder = temporaryFolder();
    const env = { UPS_ENV: "production", ...credentials };
    const child = spawnUps("http://127.0.0.1:9", `${folder.path}/labels`, [], env);
    const { code, stdout, stderr } = await output(child);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/it would buy for real, on account A1B2C4.*Add --yes/);
    expect(stderr).not.toContain(secret);
  });
});

async function output(child: Deno.ChildProcess) {
  await child.stdin.close();
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => new Response(stream).text()),
  );
  return { code: (await child.status).code, stdout, stderr };
}

/** What a purchase comes to, and how often it was sent. */
async function bought(script: Script, changes: Parameters<typeof upsIn>[2] = {}) {
  using folder = temporaryFolder();
  await using carrier = scriptedUps(script);
  using ups = upsIn(folder.path, carrier.url, changes);
  const answer = await createShipment(shipment("KEY00001"), ups);
  const found = await findShipment({ idempotency_key: "KEY00001" }, ups);
  return { answer, found, ships: carrier.count("ship"), tokens: carrier.count("token") };
}

/** UPS's test system gives the same number, which fails its check digit, to everybody. */
const canned = "1ZXXXXXXXXXXXXXXXX";
const asked = JSON.stringify({
  ShipmentRequest: { Request: { TransactionReference: { CustomerContext: "KEY00001" } } },
});
const sold: Scripted = [200, successFor(asked).replaceAll("1ZA1B2C30300000012", canned)];

describe("shipping_create", () => {
  it("buys in UPS's test system, whose not-found is no answer of the real one", async () => {
    const { answer, found } = await bought({ ship: [sold] }, { environment: "cie" });
    expect(answer).toMatchObject({ outcome: "bought", tracking_numbers: [canned] });
    expect(found).toMatchObject({ found: "one", environment: "test" });
    const lost = await bought({
      ship: [[503, ""]],
      recovery: [refusedWith(400, "9801031")],
      track: [refusedWith(404, "TW0001")],
    }, { environment: "cie" });
    expect(lost.found).toMatchObject({ found: "none", environment: "test" });
  });

  it("buys nothing where nothing may be bought, and does the rest", async () => {
    const { answer, found, ships } = await bought(
      { recovery: [refusedWith(400, "9801031")], track: [refusedWith(404, "TW0001")] },
      { noPurchases: true },
    );
    expect(answer).toMatchObject({
      outcome: "not_sent",
      errors: [{ code: "E-2100", scope: "job" }],
    });
    expect([found.found, ships]).toEqual(["none", 0]);
  });

  it("takes what one UPS has sold for nothing of another's", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ ship: [sold] });
    {
      using ups = upsIn(folder.path, carrier.url, { environment: "cie" });
      await createShipment(shipment("KEY00001"), ups);
    }
    using ups = upsIn(folder.path, carrier.url, { environment: "production" });
    expect(await createShipment(shipment("KEY00001"), ups))
      .toMatchObject({ outcome: "uncertain", errors: [{ code: "E-3010" }] });
    expect(carrier.count("ship")).toBe(1);
  });

  it.each<[string, Scripted, Record<string, unknown>]>([
    ["a client that UPS does not know", refusedWith(401, "10401"), { code: "10401", scope: "job" }],
    ["a 401 in HTML", [401, "<html>"], { code: "E-3001", scope: "job" }],
    ["a quota", refusedWith(429, "10429"), { code: "10429", scope: undefined }],
    ["a gateway's 403", [403, "<html>"], { code: "E-3001", scope: undefined }],
    ["an outage", [503, "<html>"], { code: "E-3001", scope: undefined }],
    ["a failure of UPS's own", refusedWith(400, "20001"), { code: "20001", scope: undefined }],
  ])("has not sent anything without a token: %s", async (_, token, fault) => {
    const { answer, ships } = await bought({ token: [token] });
    expect(answer.outcome).toBe("not_sent");
    const [{ code, scope } = { code: "", scope: undefined }] = answer.errors ?? [];
    expect({ code, scope }).toEqual(fault);
    expect(ships).toBe(0);
    expect(answer.retry_after_ms).toBe(token[0] === 429 ? 5_000 : undefined);
  });

  it.each<[string, Scripted, "row" | "job" | undefined]>([
    ["an address", refusedWith(400, "120802"), "row"],
    ["a code that nobody knows", refusedWith(400, "129999"), "row"],
    ["the account", refusedWith(400, "120100"), "job"],
    ["our own mistake", refusedWith(400, "10002"), "job"],
    ["a merchant that is blocked", refusedWith(403, "123456"), "job"],
    ["the client, in a row's code", refusedWith(403, "120802"), "job"],
    ["too many requests", refusedWith(429, "10429"), undefined],
    ["a token that may be old", refusedWith(401, "250002"), undefined],
  ])("says whose fault a refusal is, and what to do: %s", async (_, ship, scope) => {
    const { answer } = await bought({ ship: [ship] });
    expect(answer.outcome).toBe("rejected");
    expect(answer.errors?.[0]?.scope).toBe(scope);
    if (scope) expect(answer.errors?.[0]?.remedy).toMatch(/^[A-Z]/);
  });

  it("blames the client when a new token is refused as well", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ ship: [refusedWith(401, "250002")] });
    using ups = upsIn(folder.path, carrier.url);
    const answers = [];
    for (const key of ["KEY00001", "KEY00002"]) {
      answers.push(await createShipment(shipment(key), ups));
    }
    expect(answers.map(({ retry_after_ms }) => retry_after_ms)).toEqual([0, undefined]);
    expect(answers[1]?.errors).toMatchObject([{ code: "250002", scope: "job" }]);
    expect([carrier.count("ship"), carrier.count("token")]).toEqual([2, 2]);
  });
});

describe("tokenSource()", () => {
  it("fetches one for all who ask at once, and another a minute before it ends", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({
      token: [[200, { access_token: "T", expires_in: "3600" }]],
    });
    using ups = upsIn(folder.path, carrier.url);
    let now = 0;
    const tokens = tokenSource(ups.settings, () => now);
    await Promise.all([tokens.get(), tokens.get(), tokens.get()]);
    now = 3_539_000;
    await tokens.get();
    expect(carrier.count("token")).toBe(1);
    now = 3_541_000;
    await tokens.get();
    expect(carrier.count("token")).toBe(2);
  });

  it("leaves a token endpoint alone for as long as it wants", async () => {
    using folder = temporaryFolder();
    const quota: Scripted = [429, refusedWith(429, "10429")[1], { "retry-after": "30" }];
    await using carrier = scriptedUps({
      token: [quota, [200, { access_token: "T", expires_in: 60 }]],
    });
    using ups = upsIn(folder.path, carrier.url);
    let now = 0;
    const tokens = tokenSource(ups.settings, () => now);
    for (now of [0, 10_000, 29_000]) await expect(tokens.get()).rejects.toThrow("10429");
    expect(carrier.count("token")).toBe(1);
    now = 31_000;
    expect((await tokens.get()).text).toBe("T");
  });
});

describe("reasonOf()", () => {
  it("says in plain words that nobody is there", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const error = await fetch(`http://127.0.0.1:${port}/a`).catch((error: unknown) => error);
    expect(reasonOf(error)).toContain(`no connection to 127.0.0.1:${port}: `);
    const text =
      "error sending request for url (https://wwwcie.ups.com/security/v1/oauth/token): " +
      "client error (Connect): dns error: failed to lookup address information";
    expect(reasonOf(new TypeError("fetch failed", { cause: new Error(text) })))
      .toMatch(/^no connection to wwwcie\.ups\.com: .* on the internet\?/);
    expect(reasonOf(new Error("Signal timed out."))).toBe("Signal timed out.");
  });
});
