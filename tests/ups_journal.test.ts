/** A key is sent to UPS once: by two calls, by two servers, across kill -9. */
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { CallToolResult } from "@modelcontextprotocol/server";
import { type ShippingAnswer, shippingAnswerSchema } from "../src/contracts/carrier.ts";
import { toolRunner } from "../src/servers/serve.ts";
import { createShipment } from "../src/servers/ups/create_shipment.ts";
import { openJournal } from "../src/servers/ups/journal.ts";
import { readSettings } from "../src/servers/ups/settings.ts";
import { folderShows } from "./helpers/wait_for_file.ts";
import { namesIn, temporaryFolder, writeText } from "./helpers/folders.ts";
import { soldIn } from "./helpers/ledger.ts";
import { rawUps, respond, successFor } from "./helpers/raw_ups.ts";
import { refusedWith, type Scripted, scriptedUps, upsIn } from "./helpers/scripted_ups.ts";
import { startSandbox, startUps, type TestServer } from "./helpers/servers.ts";
import { shipment } from "./helpers/shipments.ts";

const key = "KEY00001";
const purchase = {
  key,
  payloadHash: "hash",
  account: "A1B2C3",
  environment: "sandbox",
  packages: 1,
  labelFormat: "ZPL",
};
const sold: Scripted = [200, successFor(JSON.stringify({ ShipmentRequest: { Request: {} } }))];

describe("journal", () => {
  it("remembers across restarts, and lets nobody begin a key again", () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/journal.db`;
    {
      using journal = openJournal(path);
      expect(journal.begin(purchase)).toBeUndefined();
      expect(journal.begin({ ...purchase, payloadHash: "other" })).toMatchObject({
        ...purchase,
        answer: undefined,
      });
    }
    using journal = openJournal(path);
    expect(journal.begin(purchase)).toMatchObject(purchase);
    journal.finish(key, { outcome: "bought", tracking_numbers: ["1Z"] });
    expect(journal.begin(purchase)?.answer).toEqual({
      outcome: "bought",
      tracking_numbers: ["1Z"],
    });
    journal.forget(key);
    expect(journal.find(key)?.answer?.outcome).toBe("bought");
  });

  it("knows whether the server of an entry lives, itself and another one", () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/journal.db`;
    using one = openJournal(path);
    const entry = () => {
      const known = one.find(key);
      if (!known) throw new Error("The key is not in the journal");
      return known;
    };
    {
      using other = openJournal(path);
      other.begin(purchase);
      expect([one.isUnderWay(entry()), other.isUnderWay(entry())]).toEqual([true, true]);
      expect(namesIn(`${folder.path}/servers`)).toHaveLength(2);
    }
    expect(one.isUnderWay(entry())).toBe(false);
    one.forget(key);
    one.begin(purchase);
    expect(one.isUnderWay(entry())).toBe(true);
    one.finish(key, { outcome: "uncertain" });
    expect(one.isUnderWay(entry())).toBe(false);
  });

  it("removes the locks of servers that died, and not those of others", () => {
    using folder = temporaryFolder();
    Deno.mkdirSync(`${folder.path}/servers`);
    writeText(`${folder.path}/servers/dead.lock`, "");
    using _one = openJournal(`${folder.path}/journal.db`);
    using _two = openJournal(`${folder.path}/journal.db`);
    expect(namesIn(`${folder.path}/servers`)).toHaveLength(2);
    expect(namesIn(`${folder.path}/servers`)).not.toContain("dead.lock");
  });

  it("is not opened by an older program than the one that wrote it", () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/journal.db`;
    openJournal(path)[Symbol.dispose]();
    const database = new DatabaseSync(path);
    database.exec("pragma user_version = 99");
    database.close();
    expect(() => openJournal(path)).toThrow("version 99 is newer");
    // Nor does it leave a lock behind.
    expect(namesIn(`${folder.path}/servers`)).toEqual([]);
  });

  it("is a setting that must be there, and the timeout one that must be a time", () => {
    const env: Record<string, string> = { UPS_SANDBOX_URL: "http://x", WAYBILL_LABELS_DIR: "l" };
    expect(() => readSettings((name) => env[name])).toThrow("WAYBILL_UPS_JOURNAL");
    env["WAYBILL_UPS_JOURNAL"] = "j";
    expect(readSettings((name) => env[name]).timeoutMs).toBe(45_000);
    env["UPS_TIMEOUT_MS"] = "soon";
    expect(() => readSettings((name) => env[name])).toThrow("UPS_TIMEOUT_MS");
  });
});

describe("createShipment()", () => {
  it("gives the same answer again and sends nothing, and tells if the request was another", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ ship: [sold] });
    using ups = upsIn(folder.path, carrier.url);
    const first = await createShipment(shipment(key), ups);
    expect(first).toMatchObject({ outcome: "bought", labels: [{ format: "ZPL" }] });
    expect(await createShipment(shipment(key), ups)).toEqual(first);
    const differs = { alerts: [{ code: "payload_differs" }], outcome: "bought" };
    for (const other of [{ packages: [{ weight: 9 }] }, { packages: [] }, { residential: true }]) {
      const again = await createShipment(shipment(key, other), ups);
      expect(again).toMatchObject({ ...first, ...differs });
    }
    expect(carrier.count("ship")).toBe(1);
  });

  it("does not take what was bought from one UPS for bought from another, and sends nothing", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ ship: [sold] });
    using ups = upsIn(folder.path, carrier.url);
    await createShipment(shipment(key), ups);
    const other = { ...ups, settings: { ...ups.settings, environment: "production" as const } };
    const again = await createShipment(shipment(key), other);
    expect(again.outcome).toBe("uncertain");
    expect(again.tracking_numbers).toBe(undefined);
    expect(carrier.count("ship")).toBe(1);
  });

  it("does not know of a key whose answer was never recorded, and sends nothing", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ ship: [sold] });
    using ups = upsIn(folder.path, carrier.url);
    ups.journal.begin(purchase);
    expect(await createShipment(shipment(key), ups)).toMatchObject({
      outcome: "uncertain",
      alerts: [{ code: "payload_differs" }],
    });
    expect(carrier.asked).toEqual([]);
  });

  it("enters nothing when there is no token", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ token: [refusedWith(401, "10401")] });
    using ups = upsIn(folder.path, carrier.url);
    const errors = [{ code: "10401" }];
    expect(await createShipment(shipment(key), ups)).toMatchObject({ outcome: "not_sent", errors });
    expect(ups.journal.find(key)).toBeUndefined();
  });

  it("has its entry on the disk before UPS hears of it", async () => {
    using folder = temporaryFolder();
    const seen: unknown[] = [];
    using carrier = rawUps((connection, body) => {
      using other = openJournal(`${folder.path}/ups/journal.db`);
      const { sentAt, serverId, ...entry } = other.find(key) ?? {};
      seen.push(entry);
      expect([typeof sentAt, typeof serverId]).toEqual(["string", "string"]);
      return respond(connection, 200, successFor(body));
    });
    using ups = upsIn(folder.path, carrier.url);
    await createShipment(shipment(key), ups);
    expect(seen).toMatchObject([{ key, account: "A1B2C3", packages: 1, answer: undefined }]);
    expect(ups.journal.find(key)?.answer?.outcome).toBe("bought");
  });

  it("forgets a key that was not sent, and sends it when it is asked again", async () => {
    using folder = temporaryFolder();
    const gone = scriptedUps({});
    using ups = upsIn(folder.path, gone.url);
    await ups.tokens.get();
    await gone[Symbol.asyncDispose]();
    expect((await createShipment(shipment(key), ups)).outcome).toBe("not_sent");
    expect(ups.journal.find(key)).toBeUndefined();
    await using carrier = scriptedUps({ ship: [sold] });
    const there = { ...ups, settings: { ...ups.settings, url: carrier.url } };
    expect((await createShipment(shipment(key), there)).outcome).toBe("bought");
  });

  it("sends nothing after the moment that the caller set", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ ship: [sold] });
    using ups = upsIn(folder.path, carrier.url);
    expect((await createShipment(shipment(key), ups, Date.now() - 1)).outcome).toBe("not_sent");
    expect([carrier.count("ship"), ups.journal.find(key)]).toEqual([0, undefined]);
    expect((await createShipment(shipment(key), ups, Date.now() + 60_000)).outcome).toBe("bought");
  });

  it("sends nothing when the journal cannot be written, and answers when it cannot be finished", async () => {
    using folder = temporaryFolder();
    await using carrier = scriptedUps({ ship: [sold] });
    using ups = upsIn(folder.path, carrier.url);
    const full = () => {
      throw new Error("disk full");
    };
    const cannotBegin = { ...ups, journal: { ...ups.journal, begin: full } };
    expect((await createShipment(shipment(key), cannotBegin)).outcome).toBe("not_sent");
    expect(carrier.count("ship")).toBe(0);
    const cannotFinish = { ...ups, journal: { ...ups.journal, finish: full } };
    expect((await createShipment(shipment(key), cannotFinish)).outcome).toBe("bought");
    expect((await createShipment(shipment(key), ups)).outcome).toBe("uncertain");
    expect(carrier.count("ship")).toBe(1);
  });

  it("offers another try after a refused token, and none after a refused fresh one", async () => {
    using folder = temporaryFolder();
    const expired = refusedWith(401, "251004");
    await using carrier = scriptedUps({
      ship: [expired, expired, sold, expired, refusedWith(401, "UJ0001")],
    });
    using ups = upsIn(folder.path, carrier.url);
    const waits: unknown[] = [];
    for (const each of [1, 2, 3, 4, 5]) {
      const { outcome, retry_after_ms } = await createShipment(shipment(`KEY0000${each}`), ups);
      waits.push([outcome, retry_after_ms]);
    }
    expect(waits).toEqual([
      ["rejected", 0],
      ["rejected", undefined],
      ["bought", undefined],
      ["rejected", 0],
      ["rejected", undefined],
    ]);
    // One for the first, and a new one after each refusal.
    expect(carrier.count("token")).toBe(4);
  });

  it("keeps no word of an address, even where UPS repeats one", async () => {
    using folder = temporaryFolder();
    const message = "The address 123 Main St, Alpharetta of Zoë O'Brien is not one";
    await using carrier = scriptedUps({
      ship: [[400, { response: { errors: [{ code: "120802", message }] } }]],
    });
    const ups = upsIn(folder.path, carrier.url);
    expect((await createShipment(shipment(key), ups)).errors?.[0]?.message).toBe(message);
    expect(ups.journal.find(key)?.answer?.errors?.[0]?.message).toBe(
      "The address …, … of … is not one",
    );
    ups[Symbol.dispose]();
    const bytes = await Deno.readTextFile(`${folder.path}/ups/journal.db`);
    for (const word of ["Main St", "Alpharetta", "Brien", "Acme", "5550100"]) {
      expect(bytes).not.toContain(word);
    }
  });
});

describe("UPS servers", () => {
  it("send a key once, though two of them are asked at once", async () => {
    using folder = temporaryFolder();
    using carrier = rawUps((connection, body) => respond(connection, 200, successFor(body)));
    await using one = await startUps(carrier.url, `${folder.path}/labels`);
    await using two = await startUps(carrier.url, `${folder.path}/labels`);
    for (let count = 1; count <= 10; count++) {
      const args = shipment(`KEY${String(count).padStart(5, "0")}`);
      const answers = await Promise.all([one, two].map((server) => buy(server, args)));
      const outcomes = answers.map(({ outcome }) => outcome);
      expect(outcomes).toContain("bought");
      // The other one is told what is known by then.
      for (const outcome of outcomes) expect(["bought", "uncertain"]).toContain(outcome);
      expect(carrier.ships()).toBe(count);
    }
  });

  it("find what one of them bought before it was killed, and wait while it lives", async () => {
    using folder = temporaryFolder();
    const [labels, books] = [`${folder.path}/labels`, `${folder.path}/sandbox`];
    for (const path of [labels, books]) await Deno.mkdir(path);
    writeText(`${books}/faults.json`, '{"ship": {"ORDER-1001": ["commit-then-hang"]}}');
    await using sandbox = await startSandbox(books);
    const doomed = await startUps(sandbox.url, labels);
    await using next = await startUps(sandbox.url, labels);
    const find = async () =>
      (await next.call("shipping_find_by_reference", { idempotency_key: key })).structured;
    const lost = doomed.call("shipping_create", shipment(key)).catch(() => "died");
    await folderShows(books, () => soldIn(books).length === 1);
    expect(await find()).toMatchObject({ found: "unknown", retry_after_ms: 1_000 });
    Deno.kill(doomed.pid ?? 0, "SIGKILL");
    expect(await lost).toBe("died");
    const [bought] = soldIn(books);
    expect(await find()).toMatchObject({ found: "one", shipment_id: bought?.shipment_id });
    expect(await buy(next, shipment(key))).toMatchObject({
      outcome: "bought",
      shipment_id: bought?.shipment_id,
    });
    expect(soldIn(books)).toHaveLength(1);
    await doomed[Symbol.asyncDispose]();
  });

  it("finish and journal what they have begun when their parent is killed", async () => {
    using folder = temporaryFolder();
    const arrived = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    using carrier = rawUps(async (connection, body) => {
      arrived.resolve();
      await goOn.promise;
      await respond(connection, 200, successFor(body));
    });
    await Deno.mkdir(`${folder.path}/ups`);
    using journal = openJournal(`${folder.path}/ups/journal.db`);
    const root = new URL("../", import.meta.url).pathname;
    const parent = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", `--config=${root}deno.json`, "-P=test"],
        ...[`${root}tests/fixtures/ups_parent.ts`, carrier.url, `${folder.path}/labels`, key],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await arrived.promise;
    parent.kill("SIGKILL");
    await parent.status;
    goOn.resolve();
    // It has recorded the purchase, and then let go of everything and ended.
    const locks = `${folder.path}/ups/servers`;
    await folderShows(locks, () => namesIn(locks).length === 1);
    expect(journal.find(key)?.answer?.outcome).toBe("bought");
    expect(namesIn(`${folder.path}/labels`)).toHaveLength(1);
    expect(carrier.ships()).toBe(1);
  });

  it("heed the moment in a call's _meta", async () => {
    using folder = temporaryFolder();
    using carrier = rawUps((connection, body) => respond(connection, 200, successFor(body)));
    await using ups = await startUps(carrier.url, `${folder.path}/labels`);
    const outcomeBefore = async (moment: string) => {
      const _meta = { "waybill/send_before": moment };
      const call = { name: "shipping_create", arguments: shipment(key), _meta };
      return shippingAnswerSchema.parse((await ups.client.callTool(call)).structuredContent)
        .outcome;
    };
    expect(await outcomeBefore(new Date(Date.now() - 1).toISOString())).toBe("not_sent");
    expect(await outcomeBefore("tomorrow")).toBe("not_sent");
    expect(carrier.ships()).toBe(0);
    expect(await outcomeBefore(new Date(Date.now() + 60_000).toISOString())).toBe("bought");
  });
});

describe("toolRunner()", () => {
  it("finishes what it has begun, and refuses what comes after the end", async () => {
    const runner = toolRunner("test");
    const goOn = Promise.withResolvers<CallToolResult>();
    const result = (text: string): CallToolResult => ({ content: [{ type: "text", text }] });
    const begun = runner.run({ call: () => goOn.promise }, {});
    const ended = runner.end();
    const call = () => {
      throw new Error("It was called");
    };
    expect(await runner.run({ call, refuse: () => result("not sent") }, {})).toEqual(
      result("not sent"),
    );
    expect(await runner.run({ call }, {})).toMatchObject({ isError: true });
    expect(runner.underWay()).toBe(1);
    goOn.resolve(result("done"));
    await ended;
    expect([await begun, runner.underWay()]).toEqual([result("done"), 0]);
  });
});

async function buy(ups: TestServer, args: Record<string, unknown>): Promise<ShippingAnswer> {
  return shippingAnswerSchema.parse((await ups.call("shipping_create", args)).structured);
}
