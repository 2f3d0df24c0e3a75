import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type ShippingAnswer, shippingAnswerSchema } from "../src/contracts/carrier.ts";
import { openJournal } from "../src/servers/ups/journal.ts";
import { postShip } from "../src/servers/ups/ship_post.ts";

import { rawUps, respond, successFor } from "./helpers/raw_ups.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";
import { soldIn } from "./helpers/ledger.ts";
import {
  spawnUps,
  startSandbox,
  startUps,
  type TestSandbox,
  type TestServer,
} from "./helpers/servers.ts";
import { shipment } from "./helpers/shipments.ts";

describe("UPS server with the sandbox", () => {
  it("lists shipping_create with a description and schemas", async () => {
    using folder = temporaryFolder();
    await using ups = await startUps("http://127.0.0.1:9", `${folder.path}/labels`);
    const { tools } = await ups.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      "shipping_create",
      "shipping_find_by_reference",
      "shipping_void",
      "shipping_get_label",
      "shipping_check",
      "rating_quote",
      "rating_shop",
      "address_validate",
      "tracking_by_number",
      "tracking_by_reference",
    ]);
    expect(tools[0]?.inputSchema.required).toContain("idempotency_key");
    expect(tools[0]?.outputSchema?.required).toEqual(["outcome"]);
  });

  it("buys, saves the label and answers in the contract's form", async () => {
    using folder = temporaryFolder();
    await using sandbox = await sandboxIn(folder.path);
    await using ups = await startUps(sandbox.url, `${folder.path}/labels`);
    const { isError, structured, text } = await ups.call("shipping_create", shipment("KEY00001"));
    expect(isError).toBe(false);
    expect(text).toEqual(structured);
    const answer = shippingAnswerSchema.parse(structured);
    const [number] = answer.tracking_numbers ?? [];
    const [label] = answer.labels ?? [];
    expect(answer).toMatchObject({
      outcome: "bought",
      shipment_id: number,
      total_charges: { currency_code: "USD", monetary_value: "8.50", basis: "negotiated" },
    });
    expect(label).toMatchObject({
      tracking_number: number,
      format: "ZPL",
      path: `${folder.path}/labels/KEY00001-1-${number}.zpl`,
    });
    const bytes = await Deno.readFile(label?.path ?? "");
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(label?.sha256);
    const [entry] = soldIn(`${folder.path}/sandbox`);
    expect(entry).toMatchObject({ shipment_id: number, references: ["KEY00001", "ORDER-1001"] });
  });

  it("buys several packages as one shipment, the key on each", async () => {
    using folder = temporaryFolder();
    await using sandbox = await sandboxIn(folder.path);
    await using ups = await startUps(sandbox.url, `${folder.path}/labels`);
    const packages = [{ weight: 2.5 }, { weight: 3 }, { weight: 1.2 }];
    const answer = await buy(ups, shipment("KEY00001", { packages }));
    expect(answer.tracking_numbers).toHaveLength(3);
    expect(answer.labels?.map(({ path }) => path.split("/").at(-1)?.slice(0, 10)))
      .toEqual(["KEY00001-1", "KEY00001-2", "KEY00001-3"]);
  });

  it("tells a refusal of UPS, and of its own, as rejected", async () => {
    using folder = temporaryFolder();
    await using sandbox = await sandboxIn(folder.path);
    await using ups = await startUps(sandbox.url, `${folder.path}/labels`);
    const byUps = await ups.call("shipping_create", shipment("KEY00001", { service_code: "99" }));
    expect(byUps.isError).toBe(true);
    expect(byUps.structured).toMatchObject({ outcome: "rejected", errors: [{ code: "120500" }] });
    for (
      const wrong of [
        { packages: [] },
        { packages: [{ weight: 1, length: 3 }] },
        { order_reference: "x".repeat(36) },
        { packages: [{ weight: 1, description: "x".repeat(36) }] },
        { international: {} },
      ]
    ) {
      const answer = await buy(ups, shipment("KEY00002", wrong));
      expect(answer.outcome).toBe("rejected");
      expect(answer.errors?.map(({ code, scope }) => `${code} ${scope}`)).toContain("E-2001 row");
    }
    expect(soldIn(`${folder.path}/sandbox`)).toEqual([]);
  });

  it("has bought even when the label cannot be saved", async () => {
    using folder = temporaryFolder();
    await using sandbox = await sandboxIn(folder.path);
    const labels = `${folder.path}/labels`;
    await using ups = await startUps(sandbox.url, labels);
    await Deno.remove(labels, { recursive: true });
    const { isError, structured } = await ups.call("shipping_create", shipment("KEY00001"));
    expect(isError).toBe(false);
    expect(structured).toMatchObject({
      outcome: "bought",
      labels: [],
      alerts: [{ code: "label_not_saved" }],
    });
  });

  it.each(["cie", "production"])("does not start for %s", async (environment) => {
    using folder = temporaryFolder();
    await expect(startUps("http://127.0.0.1:9", `${folder.path}/labels`, { UPS_ENV: environment }))
      .rejects.toThrow();
  });
});

describe("UPS server and a carrier that fails", () => {
  it("has not sent anything when nobody listens", async () => {
    using folder = temporaryFolder();
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${listener.addr.port}`;
    listener.close();
    await using ups = await startUps(url, `${folder.path}/labels`);
    const { isError, structured } = await ups.call("shipping_create", shipment("KEY00001"));
    expect(isError).toBe(true);
    expect(structured).toMatchObject({ outcome: "not_sent", errors: [{ code: "E-3001" }] });
  });

  it("has not sent anything when the carrier is gone after it gave a token", async () => {
    using folder = temporaryFolder();
    const carrier = rawUps((connection, body) => respond(connection, 200, successFor(body)));
    await using ups = await startUps(carrier.url, `${folder.path}/labels`);
    expect((await buy(ups, shipment("KEY00001"))).outcome).toBe("bought");
    carrier[Symbol.dispose]();
    expect((await buy(ups, shipment("KEY00002"))).outcome).toBe("not_sent");
    expect(carrier.ships()).toBe(1);
  });

  it("sends once and is uncertain when the connection is reset after the request was read", async () => {
    using folder = temporaryFolder();
    using carrier = rawUps(async (connection) => await Promise.resolve(connection.close()));
    await using ups = await startUps(carrier.url, `${folder.path}/labels`);
    const { isError, structured } = await ups.call("shipping_create", shipment("KEY00001"));
    expect(isError).toBe(true);
    expect(structured).toMatchObject({ outcome: "uncertain", errors: [{ code: "E-3010" }] });
    expect(carrier.ships()).toBe(1);
  });

  it("sends once even if a connection that was kept is reset", async () => {
    using folder = temporaryFolder();
    // A pooled connection makes fetch send the second request twice: see ship_post.ts.
    using carrier = rawUps(async (connection, body, count) => {
      if (count === 2) connection.close();
      else await respond(connection, 200, successFor(body));
    });
    await using ups = await startUps(carrier.url, `${folder.path}/labels`);
    expect((await buy(ups, shipment("KEY00001"))).outcome).toBe("bought");
    expect((await buy(ups, shipment("KEY00002"))).outcome).toBe("uncertain");
    expect(carrier.ships()).toBe(2);
  });

  it("is uncertain when the answer breaks off, redirects or makes no sense", async () => {
    using folder = temporaryFolder();
    const write = (connection: Deno.Conn, text: string) =>
      connection.write(new TextEncoder().encode(text));
    using carrier = rawUps(async (connection, body, count) => {
      if (count === 1) await write(connection, "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{");
      if (count === 2) await write(connection, "HTTP/1.1 307 X\r\nlocation: /api\r\n\r\n");
      if (count === 3) await respond(connection, 503, "<html>no healthy upstream</html>");
      if (count === 4) await respond(connection, 200, successFor(body).slice(0, -20));
      connection.close();
    });
    await using ups = await startUps(carrier.url, `${folder.path}/labels`);
    for (const count of [1, 2, 3, 4]) {
      expect((await buy(ups, shipment(`KEY0000${count}`))).outcome).toBe("uncertain");
      expect(carrier.ships()).toBe(count);
    }
    expect(namesIn(`${folder.path}/labels`)).toEqual([]);
  });

  it("does not know when no answer comes in time, before or after its first byte", async () => {
    using carrier = rawUps(async (connection, _body, count) => {
      if (count === 2) await respond(connection, 200, "");
      if (count === 3) {
        const head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{";
        await connection.write(new TextEncoder().encode(head));
      }
    });
    const kinds = async (timeoutMs: number) =>
      (await postShip(carrier.url, "token", "{}", timeoutMs)).kind;
    expect(await kinds(100)).toBe("no_answer");
    expect(await kinds(5000)).toBe("answered");
    expect(await kinds(100)).toBe("no_answer");
    expect(carrier.ships()).toBe(3);
  });

  it("fetches one token for all, and another after a 401, without sending again", async () => {
    using folder = temporaryFolder();
    using carrier = rawUps((connection, body, count) =>
      count === 4
        ? respond(connection, 401, '{"response":{"errors":[{"code":"250002","message":""}]}}')
        : respond(connection, 200, successFor(body))
    );
    await using ups = await startUps(carrier.url, `${folder.path}/labels`);
    const outcomes = async (...keys: string[]) =>
      (await Promise.all(keys.map((key) => buy(ups, shipment(key))))).map(({ outcome }) => outcome);
    expect(await outcomes("KEY00001", "KEY00002", "KEY00003")).toEqual([
      "bought",
      "bought",
      "bought",
    ]);
    expect(carrier.tokens()).toBe(1);
    expect(await outcomes("KEY00004")).toEqual(["rejected"]);
    expect([carrier.ships(), carrier.tokens()]).toEqual([4, 1]);
    expect(await outcomes("KEY00005")).toEqual(["bought"]);
    expect(carrier.tokens()).toBe(2);
  });

  it("finishes a purchase that its client cancelled", async () => {
    using folder = temporaryFolder();
    const arrived = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    using carrier = rawUps(async (connection, body) => {
      arrived.resolve();
      await goOn.promise;
      await respond(connection, 200, successFor(body));
    });
    await using ups = await startUps(carrier.url, `${folder.path}/labels`);
    const cancel = new AbortController();
    const call = ups.client.callTool(
      { name: "shipping_create", arguments: shipment("KEY00001") },
      { signal: cancel.signal },
    ).catch(() => "gave up");
    await arrived.promise;
    cancel.abort();
    expect(await call).toBe("gave up");
    const saved = firstLabelIn(`${folder.path}/labels`);
    // The server has heard of the cancellation before this call, and answers it.
    expect((await ups.call("shipping_create", shipment("KEY00002", { packages: [] }))).isError)
      .toBe(true);
    goOn.resolve();
    expect(await saved).toBe("KEY00001-1-1ZA1B2C30300000012.zpl");
    // Journalled as well: asked again, it knows.
    expect((await buy(ups, shipment("KEY00001"))).outcome).toBe("bought");
    expect(carrier.ships()).toBe(1);
  });

  it.each(["stderr is read", "nobody reads its stderr either"])(
    "finishes a purchase, label and all, when its client is gone, and then ends: %s",
    async (how) => {
      using folder = temporaryFolder();
      const goOn = Promise.withResolvers<void>();
      const arrived = Promise.withResolvers<void>();
      using carrier = rawUps(async (connection, body) => {
        arrived.resolve();
        await goOn.promise;
        await respond(connection, 200, successFor(body));
      });
      const ups = spawnUps(carrier.url, `${folder.path}/labels`);
      const input = ups.stdin.getWriter();
      const send = (message: Record<string, unknown>) =>
        input.write(
          new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n"),
        );
      const clientInfo = { name: "test", version: "1.0.0" };
      const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
      await send({ id: 1, method: "initialize", params });
      await send({ method: "notifications/initialized" });
      const call = { name: "shipping_create", arguments: shipment("KEY00001") };
      await send({ id: 2, method: "tools/call", params: call });
      await arrived.promise;
      if (how === "stderr is read") {
        await input.close();
        await textSeen(ups.stderr, "finishing 1 call");
      } else {
        // A client that was killed leaves broken pipes everywhere.
        await ups.stderr.cancel();
        await input.close();
      }
      goOn.resolve();
      await ups.stdout.cancel();
      expect((await ups.status).code).toBe(0);
      using journal = openJournal(`${folder.path}/ups/journal.db`);
      expect(journal.find("KEY00001")?.answer?.outcome).toBe("bought");
      expect(namesIn(`${folder.path}/labels`)).toEqual(["KEY00001-1-1ZA1B2C30300000012.zpl"]);
      expect(carrier.ships()).toBe(1);
    },
  );
});

async function sandboxIn(folder: string): Promise<TestSandbox> {
  await Deno.mkdir(`${folder}/labels`);
  await Deno.mkdir(`${folder}/sandbox`);
  return await startSandbox(`${folder}/sandbox`);
}

async function buy(ups: TestServer, args: Record<string, unknown>): Promise<ShippingAnswer> {
  return shippingAnswerSchema.parse((await ups.call("shipping_create", args)).structured);
}

/** The name of the first label that appears. */
async function firstLabelIn(folder: string): Promise<string> {
  for await (const { paths } of Deno.watchFs(folder)) {
    const label = paths.find((path) => path.endsWith(".zpl"));
    if (label) return label.slice(folder.length + 1);
  }
  return "";
}

async function textSeen(stream: ReadableStream<Uint8Array>, text: string): Promise<void> {
  let seen = "";
  for await (const chunk of stream) {
    seen += new TextDecoder().decode(chunk);
    if (seen.includes(text)) return;
  }
  throw new Error(`"${text}" was never written, but: ${seen}`);
}
