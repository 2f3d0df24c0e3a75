/** The UPS server over HTTP: who gets in, what it answers, and how it ends. */
import { describe, expect, it } from "vitest";
import { connectServer, defaultTimeouts } from "../src/actors/mcp_connection.ts";
import { openJournal } from "../src/servers/ups/journal.ts";
import { serverToken } from "../src/servers/serve_http.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { rawUps, respond, successFor } from "./helpers/raw_ups.ts";
import { refusedWith, type Script, scriptedUps } from "./helpers/scripted_ups.ts";
import { firstLine, spawnUps } from "./helpers/servers.ts";
import { shipment } from "./helpers/shipments.ts";

const token = "a-token-that-is-long-enough";
const authorization = `Bearer ${token}`;

/** A server over HTTP, and where its clients go. */
async function listening(folder: string, upsUrl: string, env: Record<string, string> = {}) {
  const process = spawnUps(upsUrl, `${folder}/labels`, ["--http", "0"], {
    WAYBILL_SERVER_TOKEN: token,
    ...env,
  });
  const { url }: { url: string } = JSON.parse(await firstLine(process.stdout));
  return { process, url, headers: { authorization } };
}

async function ended(process: Deno.ChildProcess): Promise<number> {
  process.kill("SIGTERM");
  await Promise.all([process.stdin.close(), process.stderr.cancel()]);
  return (await process.status).code;
}

const number = "1ZA1B2C30300000012";
const succeeded = { ResponseStatus: { Code: "1" } };

/** A UPS that answers everything that the tools may ask. */
const everything: Script = {
  ship: [[
    200,
    successFor(JSON.stringify({ ShipmentRequest: { Request: {} } })),
  ]],
  rate: [[200, {
    RateResponse: {
      Response: succeeded,
      RatedShipment: {
        Service: { Code: "03" },
        TotalCharges: { CurrencyCode: "USD", MonetaryValue: "9.10" },
      },
    },
  }]],
  validate: [[200, { XAVResponse: { Response: succeeded, NoCandidatesIndicator: "" } }]],
  track: [refusedWith(404, "TW0001")],
  recovery: [[200, {
    LabelRecoveryResponse: {
      Response: succeeded,
      LabelResults: { TrackingNumber: number, LabelImage: { GraphicImage: btoa("^XA^XZ") } },
    },
  }]],
  void: [refusedWith(400, "190117")],
};

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
});
const usual = {
  authorization,
  accept: "application/json, text/event-stream",
  "content-type": "application/json",
};

describe("UPS server over HTTP", () => {
  it("serves the engine's own client, answers in JSON, and lets in nobody else", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps(everything);
    const { process, url, headers } = await listening(folder.path, carrier.url);
    {
      await using server = await connectServer("carrier", { url, headers }, defaultTimeouts);
      const key = { idempotency_key: "KEY00001" };
      const { idempotency_key: _, ...unkeyed } = shipment("KEY00001");
      const parcel = { tracking_number: number };
      const calls: [tool: string, args: Record<string, unknown>, answer: unknown][] = [
        ["shipping_check", { shipments: [unkeyed] }, { results: [{ faults: [] }] }],
        ["rating_quote", unkeyed, { service: { code: "03" } }],
        ["rating_shop", unkeyed, { quotes: [{ service: { code: "03" } }] }],
        ["address_validate", Object(unkeyed["ship_to"]), { status: "invalid" }],
        ["shipping_create", shipment("KEY00001"), { outcome: "bought" }],
        ["shipping_find_by_reference", key, { found: "one" }],
        ["tracking_by_number", parcel, { found: false }],
        ["tracking_by_reference", { reference: "ORDER-1001" }, { found: false }],
        ["shipping_get_label", parcel, { labels: [{ tracking_number: number }] }],
        ["shipping_void", { shipment_id: number }, { voided: true }],
      ];
      for (const [tool, args, answer] of calls) {
        expect(await server.call(tool, args)).toMatchObject(Object(answer));
      }
      await expect(server.call("rating_quote", { ...unkeyed, packages: [{ weight: 151 }] }))
        .rejects.toThrow("packages[0].weight is above 150 LBS");
    }
    const port = new URL(url).port;
    const ask = async (headers: Record<string, string>, path = "/mcp", method = "POST") => {
      const body = method === "POST" ? { body: initialize } : {};
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...body });
      const { status } = response;
      return { status, type: response.headers.get("content-type"), text: await response.text() };
    };
    expect(await ask(usual)).toMatchObject({ status: 200, type: "application/json" });
    expect((await ask({ ...usual, authorization: "Bearer wrong" })).status).toBe(401);
    expect((await ask({ ...usual, authorization: "" })).status).toBe(401);
    expect((await ask({ ...usual, origin: "https://evil.example" })).status).toBe(403);
    expect((await ask(usual, "/mcp", "GET")).status).toBe(405);
    expect((await ask(usual, "/other")).status).toBe(404);
    // A website whose name was made to lead to this machine.
    expect(await statusWithHost(Number(port), "evil.example")).toContain(" 403 ");
    expect(carrier.count("ship")).toBe(1);
    // One that does not finish its request keeps nobody from ending.
    using slow = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const begun = `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${authorization}\r\n` +
      "accept: application/json, text/event-stream\r\ncontent-type: application/json\r\n" +
      "content-length: 9\r\n\r\n{";
    await slow.write(new TextEncoder().encode(begun));
    expect((await ask(usual)).status).toBe(200);
    expect(await ended(process)).toBe(0);
  });

  it("hears no cancel, and finishes and records what it has begun when it is told to end", async () => {
    using folder = temporaryFolder();
    const [arrived, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    using carrier = rawUps(async (connection, body) => {
      arrived.resolve();
      await goOn.promise;
      await respond(connection, 200, successFor(body));
    });
    const { process, url } = await listening(folder.path, carrier.url);
    const leave = new AbortController();
    const call = { name: "shipping_create", arguments: shipment("KEY00001") };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/call", params: call });
    const lost = fetch(url, { method: "POST", headers: usual, body, signal: leave.signal })
      .then(() => "answered", () => "left");
    await arrived.promise;
    leave.abort();
    expect(await lost).toBe("left");
    process.kill("SIGTERM");
    let said = "";
    for await (const chunk of process.stderr) {
      said += new TextDecoder().decode(chunk);
      if (said.includes("finishing 1 call")) break;
    }
    goOn.resolve();
    await process.stdin.close();
    expect((await process.status).code).toBe(0);
    using journal = openJournal(`${folder.path}/ups/journal.db`);
    expect(journal.find("KEY00001")?.answer?.outcome).toBe("bought");
    expect(said).not.toContain(token);
  });

  it("makes up a token where none is given, and takes none that is short", () => {
    const [one, other] = [serverToken(undefined), serverToken("")];
    expect(one.token).not.toBe(other.token);
    expect([one.isNew, one.token.length]).toEqual([true, 43]);
    expect(serverToken(token)).toEqual({ token, isNew: false });
    expect(() => serverToken("short")).toThrow("shorter than 16");
  });
});

/** The first line of the answer to a request with another `Host`, which `fetch` would not send. */
async function statusWithHost(port: number, host: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `POST /mcp HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${authorization}\r\n` +
    "content-length: 0\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(1024);
  const length = await connection.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, length)).split("\r\n")[0] ?? "";
}
