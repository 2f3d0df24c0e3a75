/** Every fault of the sandbox, as the real UPS server meets it over HTTP. */
import { describe, expect, it } from "vitest";
import {
  type FindAnswer,
  findAnswerSchema,
  shippingAnswerSchema,
  shippingCreateSchema,
} from "../src/contracts/carrier.ts";
import { liveLabels } from "../src/servers/sandbox/live_labels.ts";
import { openLedger } from "../src/servers/sandbox/ledger.ts";
import { shipPayload } from "../src/servers/ups/ship_payload.ts";
import { readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { ledgerIn, soldIn } from "./helpers/ledger.ts";
import { startSandbox, startUps, type TestSandbox, type TestServer } from "./helpers/servers.ts";
import { shipment } from "./helpers/shipments.ts";
import { folderShows } from "./helpers/wait_for_file.ts";

const order = "ORDER-1001";

interface Stage extends AsyncDisposable {
  books: string;
  sandbox: TestSandbox;
  ups: TestServer;
  /** Another UPS server, which knows nothing of what the first one did. */
  stranger(): Promise<TestServer>;
  /** Ends the sandbox in the middle of everything, and starts it again at another port. */
  restart(): Promise<void>;
}

/** A sandbox with a plan, and a UPS server that does not wait long. */
async function stage(plan: Record<string, unknown>): Promise<Stage> {
  const folder = temporaryFolder();
  const books = `${folder.path}/sandbox`;
  for (const name of ["labels", "sandbox", "other"]) await Deno.mkdir(`${folder.path}/${name}`);
  writeText(`${books}/faults.json`, JSON.stringify(plan));
  const begin = async (path: string) => await startUps(made.sandbox.url, path, waits);
  const waits = { UPS_TIMEOUT_MS: "500" };
  const strangers: TestServer[] = [];
  const sandbox = await startSandbox(books);
  const made: Stage = {
    books,
    sandbox,
    ups: await startUps(sandbox.url, `${folder.path}/labels`, waits),
    async stranger() {
      const other = await begin(`${folder.path}/other/labels`);
      strangers.push(other);
      return other;
    },
    async restart() {
      made.sandbox.process.kill("SIGKILL");
      await made.sandbox[Symbol.asyncDispose]();
      await made.ups[Symbol.asyncDispose]();
      made.sandbox = await startSandbox(books);
      made.ups = await begin(`${folder.path}/labels`);
    },
    async [Symbol.asyncDispose]() {
      for (const server of [made.ups, ...strangers]) await server[Symbol.asyncDispose]();
      await made.sandbox[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
  return made;
}

async function buy(ups: TestServer, key: string, changes: Record<string, unknown> = {}) {
  const { structured } = await ups.call("shipping_create", shipment(key, changes));
  return shippingAnswerSchema.parse(structured);
}

async function find(ups: TestServer, key: string): Promise<FindAnswer> {
  const { structured, isError } = await ups.call("shipping_find_by_reference", {
    idempotency_key: key,
  });
  const answer = findAnswerSchema.parse(structured);
  expect(isError).toBe(answer.found === "unknown");
  return answer;
}

async function liveLabelsOf({ sandbox }: Stage): Promise<unknown> {
  return (await (await fetch(`${sandbox.url}/ledger/live-labels`)).json()).orders;
}

describe("a ship request that the sandbox spoils", () => {
  it.each(["commit-then-drop", "commit-then-503", "commit-then-hang", "commit-then-truncate"])(
    "%s: uncertain, and found",
    async (fault) => {
      await using set = await stage({ ship: { [order]: [fault] } });
      expect((await buy(set.ups, "KEY00001")).outcome).toBe("uncertain");
      const [sold] = soldIn(set.books);
      expect(await find(set.ups, "KEY00001")).toMatchObject({
        found: "one",
        shipment_id: sold?.shipment_id,
        environment: "sandbox",
      });
      expect(await liveLabelsOf(set)).toMatchObject([{ live_labels: 1, requests: 1 }]);
    },
  );

  it("no-label: uncertain, with the number that was seen, and found with its label", async () => {
    await using set = await stage({ ship: { [order]: ["no-label"] } });
    const [{ outcome, tracking_numbers }, [sold]] = [
      await buy(set.ups, "KEY00001"),
      soldIn(set.books),
    ];
    expect([outcome, tracking_numbers]).toEqual(["uncertain", sold?.tracking_numbers]);
    const { found, labels } = await find(set.ups, "KEY00001");
    expect([found, labels?.length]).toEqual(["one", 1]);
    expect(await Deno.readTextFile(labels?.[0]?.path ?? "")).toContain(sold?.shipment_id);
  });

  it("hang-then-commit: uncertain, not there at first, and there in the end", async () => {
    await using set = await stage({
      ship: { [order]: [{ fault: "hang-then-commit", ms: 1_500 }] },
    });
    expect((await buy(set.ups, "KEY00001")).outcome).toBe("uncertain");
    expect((await find(set.ups, "KEY00001")).found).toBe("none");
    await folderShows(set.books, () => soldIn(set.books).length === 1);
    expect((await find(set.ups, "KEY00001")).found).toBe("one");
  });

  it.each(["503", "reset"])("%s: uncertain, and there is none", async (fault) => {
    await using set = await stage({ ship: { [order]: [fault] } });
    expect((await buy(set.ups, "KEY00001")).outcome).toBe("uncertain");
    expect((await find(set.ups, "KEY00001")).found).toBe("none");
    expect(soldIn(set.books)).toEqual([]);
    expect((await buy(set.ups, "KEY00002")).outcome).toBe("bought");
    expect(await liveLabelsOf(set)).toEqual([{
      order_reference: order,
      live_shipments: 1,
      live_labels: 1,
      voided_shipments: 0,
      requests: 2,
      keys: ["KEY00001", "KEY00002"],
    }]);
  });

  it("429 and token-expired: rejected, to be tried again", async () => {
    await using set = await stage({ ship: { [order]: ["429", "429", "token-expired"] } });
    const answers = [];
    for (const each of [1, 2, 3, 4]) answers.push(await buy(set.ups, `KEY0000${each}`));
    expect(answers).toMatchObject([
      { outcome: "rejected", errors: [{ code: "10429" }], retry_after_ms: 5_000 },
      { outcome: "rejected", errors: [{ code: "10429" }] },
      { outcome: "rejected", errors: [{ code: "251004" }], retry_after_ms: 0 },
      { outcome: "bought" },
    ]);
    expect(ledgerIn(set.books, "fault").map(({ fault }) => fault)).toEqual([
      "429",
      "429",
      "token-expired",
    ]);
  });

  it("really resets the connection, before and after a purchase, without a byte", async () => {
    await using set = await stage({ ship: { [order]: ["reset", "commit-then-drop"] } });
    const payload = JSON.stringify(
      shipPayload(shippingCreateSchema.parse(shipment("KEY00001")), "A1B2C3"),
    );
    for (const count of [0, 1]) {
      using connection = await Deno.connect({
        hostname: "127.0.0.1",
        port: Number(new URL(set.sandbox.url).port),
      });
      const bytes = new TextEncoder().encode(payload);
      const head = "POST /api/shipments/v2409/ship HTTP/1.1\r\nhost: x\r\n" +
        `authorization: Bearer sandbox.${Date.now() + 60_000}\r\n` +
        `content-length: ${bytes.length}\r\n\r\n`;
      await connection.write(new TextEncoder().encode(head));
      await connection.write(bytes);
      await expect(connection.read(new Uint8Array(1))).rejects.toThrow(/reset/i);
      expect(soldIn(set.books)).toHaveLength(count);
    }
  });

  it("takes the faults in order, across its own death, and only for that order", async () => {
    await using set = await stage({ ship: { [order]: ["503", "none", "commit-then-503"] } });
    expect((await buy(set.ups, "KEY00001")).outcome).toBe("uncertain");
    expect((await buy(set.ups, "KEY00002", { order_reference: "OTHER" })).outcome).toBe("bought");
    await set.restart();
    expect((await buy(set.ups, "KEY00003")).outcome).toBe("bought");
    expect((await buy(set.ups, "KEY00004")).outcome).toBe("uncertain");
    expect((await buy(set.ups, "KEY00005")).outcome).toBe("bought");
    expect(await liveLabelsOf(set)).toMatchObject([
      { order_reference: order, live_shipments: 3, requests: 4 },
      { order_reference: "OTHER", live_shipments: 1, requests: 1 },
    ]);
  });

  it("gives a short token, and takes it no longer than it said", async () => {
    await using set = await stage({});
    const body = JSON.stringify({ ShipmentRequest: { Shipment: {} } });
    const headers = { authorization: "Bearer sandbox.1" };
    const ship = `${set.sandbox.url}/api/shipments/v2409/ship`;
    const answer = await fetch(ship, { method: "POST", headers, body });
    expect([answer.status, (await answer.json()).response.errors[0].code]).toEqual([401, "251004"]);
    expect(ledgerIn(set.books)).toMatchObject([{ kind: "request", refused: "251004" }]);
  });

  it.each([
    ["no JSON", "{", "it is not JSON"],
    ["an unknown fault", '{"ship": {"A": ["explode"]}}', "ship.A.0"],
    ["a missing time", '{"ship": {"A": [{"fault": "hang-then-commit"}]}}', "ship.A.0"],
    ["a misspelt section", '{"shipp": {}}', "shipp"],
  ])("serves nothing by a plan with %s, and says why", async (_, text, why) => {
    await using set = await stage({});
    expect((await buy(set.ups, "KEY00001")).outcome).toBe("bought");
    writeText(`${set.books}/faults.json`, text);
    const answer = await fetch(`${set.sandbox.url}/api/shipments/v2409/ship`, { method: "POST" });
    expect(answer.status).toBe(500);
    const message = await answer.text();
    expect(message).toContain(`${set.books}/faults.json`);
    expect(message).toContain(why);
    expect((await buy(set.ups, "KEY00002")).outcome).toBe("uncertain");
    expect(soldIn(set.books)).toHaveLength(1);
  });
});

describe("a look-up that the sandbox spoils", () => {
  const lost = { ship: { [order]: ["commit-then-503"] } };

  it("wrong-account: none, though it is there", async () => {
    await using set = await stage({ ...lost, find: { [order]: ["wrong-account"] } });
    await buy(set.ups, "KEY00001");
    expect((await find(set.ups, "KEY00001")).found).toBe("none");
  });

  it("no-label and many: it exists", async () => {
    await using set = await stage({
      ...lost,
      find: { [order]: [{ fault: "no-label", times: 1 }, { fault: "many", times: 1 }] },
    });
    await buy(set.ups, "KEY00001");
    expect((await find(set.ups, "KEY00001")).found).toBe("exists_no_label");
    const { found, tracking_numbers } = await find(set.ups, "KEY00001");
    expect(found).toBe("many");
    expect(tracking_numbers).toContain(soldIn(set.books)[0]?.shipment_id);
    expect((await find(set.ups, "KEY00001")).found).toBe("one");
  });

  it("outage: unknown as often as it says, across the sandbox's own death", async () => {
    const outage = { fault: "outage", times: 2, as: "9800000" };
    const find503 = { fault: "outage", times: 1, of: "track" };
    await using set = await stage({
      ship: { [order]: ["503"] },
      find: { [order]: [outage, find503] },
    });
    await buy(set.ups, "KEY00001");
    const unknown = { found: "unknown", errors: [{ code: "9800000" }] };
    expect(await find(set.ups, "KEY00001")).toMatchObject(unknown);
    await set.restart();
    expect(await find(set.ups, "KEY00001")).toMatchObject(unknown);
    expect(await find(set.ups, "KEY00001")).toMatchObject({
      found: "unknown",
      errors: [{ code: "HTTP-503" }],
    });
    expect((await find(set.ups, "KEY00001")).found).toBe("none");
  });

  it("lag: none until its time has passed", async () => {
    await using set = await stage({
      ...lost,
      find: { [order]: [{ fault: "lag", ms: 600_000 }] },
    });
    await buy(set.ups, "KEY00001");
    expect((await find(set.ups, "KEY00001")).found).toBe("none");
    // The plan is read again at every request.
    writeText(`${set.books}/faults.json`, `{"find": {"${order}": [{"fault": "lag", "ms": 0}]}}`);
    expect((await find(set.ups, "KEY00001")).found).toBe("one");
  });
});

describe("sandbox", () => {
  it("gives labels again, voids once, and has no labels of what is voided", async () => {
    await using set = await stage({});
    const two = { packages: [{ weight: 1 }, { weight: 2 }] };
    const bought = await buy(set.ups, "KEY00001", two);
    const other = await set.stranger();
    const again = await find(other, "KEY00001");
    expect(again).toMatchObject({ found: "one", tracking_numbers: bought.tracking_numbers });
    const hashes = (labels: { sha256?: string | undefined }[] = []) =>
      labels.map(({ sha256 }) => sha256);
    expect(hashes(again.labels)).toEqual(hashes(bought.labels));
    const number = bought.tracking_numbers?.[1] ?? "";
    const label = await set.ups.call("shipping_get_label", { tracking_number: number });
    expect(label.structured).toMatchObject({
      labels: [{ tracking_number: bought.shipment_id }, {}],
    });
    const unknown = await set.ups.call("shipping_get_label", { tracking_number: "1Z0000000" });
    expect([unknown.isError, unknown.text]).toMatchObject([true, { code: "E-3005" }]);

    expect(await voided(set, number)).toBe("190102");
    expect(await voided(set, bought.shipment_id ?? "")).toBe("Voided");
    expect(await voided(set, bought.shipment_id ?? "")).toBe("190117");
    const third = await set.stranger();
    expect(await find(third, "KEY00002")).toMatchObject({ found: "none" });
    expect((await third.call("shipping_get_label", { tracking_number: number })).isError).toBe(
      true,
    );
    expect(await liveLabelsOf(set)).toMatchObject([
      { live_shipments: 0, live_labels: 0, voided_shipments: 1, requests: 1 },
    ]);
  });

  it("voids through the UPS server, whatever comes between, and never twice", async () => {
    await using set = await stage({
      void: { [order]: ["503", "commit-then-drop", "none", "190101"] },
    });
    const { shipment_id } = await buy(set.ups, "KEY00001");
    const first = await set.ups.call("shipping_void", { shipment_id });
    expect([first.isError, first.structured]).toMatchObject([false, {
      voided: true,
      status: { code: "190117" },
    }]);
    const late = await set.ups.call("shipping_void", { shipment_id });
    expect([late.isError, late.structured]).toMatchObject([true, {
      voided: false,
      status: { code: "190101" },
    }]);
    expect((await find(set.ups, "KEY00001")).found).toBe("voided");
    expect(await liveLabelsOf(set)).toMatchObject([{ live_shipments: 0, voided_shipments: 1 }]);
    const voids = ledgerIn(set.books).filter(({ kind }) => kind === "void");
    expect(voids.length).toBe(1);
  });

  it("tells a voided shipment, and several under one reference", async () => {
    await using set = await stage({ ship: { [order]: ["commit-then-503", "commit-then-503"] } });
    await buy(set.ups, "KEY00001");
    // A second server with a journal of its own knows no better than to send the key again.
    const other = await set.stranger();
    await buy(other, "KEY00001");
    expect((await find(set.ups, "KEY00001")).found).toBe("many");
    const [first, second] = soldIn(set.books);
    expect(await voided(set, first?.shipment_id ?? "")).toBe("Voided");
    expect(await find(other, "KEY00001")).toMatchObject({
      found: "one",
      shipment_id: second?.shipment_id,
    });
    expect(await voided(set, second?.shipment_id ?? "")).toBe("Voided");
    expect((await find(set.ups, "KEY00001")).found).toBe("voided");
  });

  it("drops what it was writing when it died, and reads books of before", () => {
    using folder = temporaryFolder();
    const old = {
      kind: "ship",
      at: "2026-11-26T00:00:00.000Z",
      last_sequence: 7,
      account: "A1B2C3",
      service: "03",
      shipment_id: "1Z1",
      tracking_numbers: ["1Z1", "1Z2"],
      references: ["KEY00001", order],
      list: "1.00",
      negotiated: "1.00",
      request: {},
    };
    const path = `${folder.path}/ledger.jsonl`;
    writeText(path, JSON.stringify(old) + '\n{"kind":"void","at":"2026-' + "0".repeat(500));
    using ledger = openLedger(folder.path);
    expect(liveLabels(ledger.read()).orders).toMatchObject([{ live_labels: 2, requests: 0 }]);
    expect(ledger.read().lastSequence).toBe(7);
    ledger.append(() => ({ kind: "void", at: "2026-11-26T00:00:01.000Z", shipment_id: "1Z1" }));
    expect(ledgerIn(folder.path).map(({ kind }) => kind)).toEqual(["ship", "void"]);
    expect(readText(path).endsWith("}\n")).toBe(true);
    using other = openLedger(folder.path);
    expect(liveLabels(other.read()).orders).toMatchObject([{ live_labels: 0 }]);
    other.append(() => ({ kind: "request", at: "2026", key: "KEY00002", order }));
    expect(ledger.read().requestsOf(order)).toBe(1);
    expect(ledger.entryAt(other.read().shipmentOf("1Z2")?.place ?? { offset: 0, length: 0 }))
      .toMatchObject({ shipment_id: "1Z1" });
  });

  it("prints the live labels, and nothing else, when it is asked to", async () => {
    await using set = await stage({});
    await buy(set.ups, "KEY00001");
    const root = new URL("../", import.meta.url).pathname;
    const { stdout, code } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", `--config=${root}deno.json`],
        ...[`--allow-read=${set.books}`, `--allow-write=${set.books}`],
        ...[`${root}src/servers/sandbox/main.ts`, "--dir", set.books, "--live-labels"],
      ],
    }).output();
    expect(code).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(stdout))).toMatchObject({
      orders: [{ order_reference: order, live_labels: 1, keys: ["KEY00001"] }],
    });
  });
});

/** What the sandbox says to a void: the status, or the code. */
async function voided({ sandbox }: Stage, number: string): Promise<string> {
  const path = `/api/shipments/v2409/void/cancel/${number}`;
  const headers = { authorization: `Bearer sandbox.${Date.now() + 60_000}` };
  const answer = await fetch(`${sandbox.url}${path}`, { method: "DELETE", headers });
  const body = await answer.json();
  return answer.ok
    ? body.VoidShipmentResponse.SummaryResult.Status.Description
    : body.response.errors[0].code;
}
