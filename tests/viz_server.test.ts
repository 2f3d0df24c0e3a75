/**
 * The visualiser's server: who may ask it, what it tells, and how it follows a job of another process.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get } from "node:http";
import { createHash } from "node:crypto";
import { appendAudit, type AuditEntry } from "../src/db/audit.ts";
import { openDatabase } from "../src/db/open.ts";
import { pageFiles } from "../src/viz/assets.ts";
import type { Control } from "../src/viz/control.ts";
import type { FindRequest } from "../src/viz/request.ts";
import { startViz, type VizServer } from "../src/viz/server.ts";
import { runCommand } from "./helpers/cli.ts";
import { temporaryFolder, writeText } from "./helpers/folders.ts";
import { jobOf } from "./helpers/jobs.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import { insertJob } from "../src/db/jobs.ts";
import { insertRows, markShipped } from "../src/db/rows.ts";

const words = {
  remedyOf: () => Promise.resolve("deno task retry job"),
  filesOf: ({ labels }: { labels: string | null }) => JSON.parse(labels ?? "[]"),
};

const findRequest: FindRequest = () => Promise.resolve({ type: "unread", said: "no source" });

/** As any program may ask, with whatever it says of itself: `fetch` would not lie about its host. */
function request(
  url: string,
  { path, method = "GET", headers = {} }: {
    path?: string;
    method?: string;
    headers?: Record<string, string>;
  } = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const { port, pathname, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = get(
      { host: "127.0.0.1", port, path: path ?? pathname, method, headers: { host, ...headers } },
      (answer) => {
        let text = "";
        answer.on("data", (chunk) => text += chunk);
        answer.on(
          "end",
          () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }),
        );
      },
    );
    asked.on("error", reject);
  });
}

async function enter(store: TestStore, entries: AuditEntry[], jobId = "job") {
  await store.db.transaction().execute((trx) => appendAudit(trx, jobId, new Date(), entries));
}

const moved = (rowNumber: number, from: string, to: string, details = {}): AuditEntry => ({
  type: "row_transition",
  rowNumber,
  from,
  to,
  details,
});

/** Reads server-sent events until there are so many. */
async function eventsOf(url: string, count: number, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const answer = await fetch(url, { headers, signal: stop.signal });
  const found: { id: number; changes: { first: number; at: number[]; row: number[] } }[] = [];
  let text = "";
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    found.splice(0, Infinity);
    for (const [, id, data = ""] of text.matchAll(/id: (\d+)\nevent: changes\ndata: (.*)\n\n/g)) {
      found.push({ id: Number(id), changes: JSON.parse(data) });
    }
    if (found.length >= count) break;
  }
  stop.abort();
  return found;
}

describe.each(storeKinds)("the visualiser's server on %s", (kind) => {
  let store: TestStore;
  let server: VizServer;
  const errors: unknown[] = [];
  beforeAll(async () => {
    store = await openTestStore(kind);
    await store.db.transaction().execute(async (trx) => {
      await insertJob(trx, new Date(), jobOf("job", 3));
      await insertRows(
        trx,
        "job",
        new Date(),
        [1, 2, 3].map((rowNumber) => ({
          rowNumber,
          checksum: `c${rowNumber}`,
        })),
      );
    });
    await enter(store, [{ type: "job_imported", to: "pending" }]);
    server = startViz({
      ...{ db: store.db, port: 0, words, findRequest },
      onError: (error) => errors.push(error),
    });
  });
  afterAll(async () => {
    await server.end();
    await store[Symbol.asyncDispose]();
    expect(errors).toEqual([]);
  });

  it("gives the page to whoever has the link, and nothing from elsewhere may run in it", async () => {
    const { status, text, headers } = await request(server.url);
    expect(status).toBe(200);
    expect(text).toContain("<title>Waybill</title>");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers["content-security-policy"]).not.toMatch(/unsafe|\*|https?:/);
    expect(headers["referrer-policy"]).toBe("no-referrer");
    for (const file of [...pageFiles, "chart.css"]) {
      const found = await request(`${server.url}page/${file}`);
      expect([file, found.status]).toEqual([file, 200]);
      expect(found.text).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
      );
      expect(found.text.replaceAll("http://www.w3.org/", "")).not.toMatch(/(?:src|href)="https?:/);
    }
  });

  it("refuses another token, host, origin, site and method", async () => {
    const { pathname, port } = new URL(server.url);
    const status = async (asked: Parameters<typeof request>[1]) =>
      (await request(server.url, asked)).status;
    expect(await status({ path: "/" })).toBe(404);
    expect(await status({ path: "/jobs" })).toBe(404);
    expect(await status({ path: `/${"A".repeat(43)}/` })).toBe(404);
    expect(await status({ path: pathname.slice(0, -2) + "/" })).toBe(404);
    expect(await status({ headers: { host: `evil.example:${port}` } })).toBe(421);
    expect(await status({ headers: { host: "127.0.0.1:1" } })).toBe(421);
    expect(await status({ headers: { origin: "http://evil.example" } })).toBe(403);
    expect(await status({ headers: { origin: "null" } })).toBe(403);
    expect(await status({ headers: { "sec-fetch-site": "cross-site" } })).toBe(403);
    for (const method of ["PUT", "DELETE", "OPTIONS", "PATCH"]) {
      expect([method, await status({ method })]).toEqual([method, 405]);
    }
  });

  it("gives out no other file", async () => {
    const { pathname } = new URL(server.url);
    for (
      const path of [
        "page/../server.ts",
        "page/..%2fserver.ts",
        "page/%2e%2e/server.ts",
        "page//etc/passwd",
        "page/%00",
        "page/%",
        "charts/../row.svg",
        "charts/none.svg",
        "jobs/job/rows/1/labels/../../../../etc/passwd",
        "jobs/job/rows/x",
        "jobs/none",
        "jobs/job/none",
      ]
    ) {
      const { status } = await request(server.url, { path: pathname + path });
      expect([path, status]).toEqual([path, 404]);
    }
  });

  it("decides nothing unless it was started to", async () => {
    const answer = await fetch(`${server.url}jobs/job/control`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: new URL(server.url).origin },
      body: JSON.stringify({ type: "pause" }),
    });
    expect(answer.status).toBe(403);
    await answer.body?.cancel();
  });

  it("follows what another connection commits, and goes on where it was cut off", async () => {
    const { changes } = await (await fetch(`${server.url}jobs/job/changes`)).json();
    const after = changes.at.length;
    const url = `${server.url}jobs/job/events?after=${after}`;
    const begun = eventsOf(url, 1);
    await enter(store, [moved(1, "pending", "in_flight", { key: "K", generation: 1 })]);
    const [first] = await begun;
    expect(first?.id).toBe(after + 1);
    expect(first?.changes).toMatchObject({ first: after + 1, row: [1] });
    await enter(store, [moved(2, "pending", "in_flight", { key: "L", generation: 1 })]);
    // What a browser says after it was cut off counts for more than the link that it began with.
    const [next] = await eventsOf(url, 1, { "last-event-id": String(after + 1) });
    expect(next?.changes).toMatchObject({ first: after + 2, row: [2] });
  });

  it("tells what was entered at a moment, and what the machines knew then", async () => {
    const moment = async (at: number | string) =>
      await (await fetch(`${server.url}jobs/job/moment?at=${at}`)).json();
    const { changes } = await (await fetch(`${server.url}jobs/job/changes`)).json();
    const after = changes.at.length;
    await enter(store, [{ type: "lease_acquired", details: { epoch: 4, host: "h", pid: 7 } }]);
    await enter(store, [{ type: "job_transition", from: "pending", to: "running" }]);
    await enter(store, [moved(2, "pending", "in_flight", { key: "M", generation: 3 })]);
    expect(await moment(after + 3)).toMatchObject({
      entry: { sequence: after + 3, type: "row_transition", details: { key: "M" } },
      contexts: { job: { epoch: 4, task: { rowNumber: 2 } }, row: { attempt: { key: "M" } } },
    });
    const earlier = await moment(after + 1);
    expect(earlier.contexts.job).toEqual({ epoch: 4 });
    expect(earlier.contexts.row).toBeUndefined();
    for (const at of [0, -1, "x", after + 99]) {
      expect((await moment(at)).entry).toBe(null);
    }
  });

  it("shows a label only as it was recorded", async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/label.gif`;
    writeText(path, "GIF89a a label");
    const sha256 = createHash("sha256").update("GIF89a a label").digest("hex");
    const label = { path, format: "GIF", tracking_number: "1Z1", sha256 };
    const labels = [label, { ...label, sha256: undefined }, { ...label, path: "/etc/passwd" }];
    await store.db.transaction().execute(async (trx) => {
      await trx.updateTable("job_rows").set({ status: "in_flight" })
        .where("job_id", "=", "job").where("row_number", "=", 3).execute();
      await markShipped(trx, "job", new Date(), 3, {
        shipmentId: "S",
        trackingNumbers: ["1Z1"],
        labels: JSON.stringify(labels),
        costMinor: 1,
        currencyCode: "USD",
      });
    });
    const read = async (at: number) => await request(`${server.url}jobs/job/rows/3/labels/${at}`);
    expect(await read(0)).toMatchObject({ status: 200, text: "GIF89a a label" });
    expect((await read(0)).headers["content-type"]).toBe("image/gif");
    // Without a hash, of another content, or none.
    for (const at of [1, 2, 3]) expect((await read(at)).status).toBe(404);
    writeText(path, "GIF89a changed");
    expect((await read(0)).status).toBe(404);
    const { row } = await (await fetch(`${server.url}jobs/job/rows/3`)).json();
    expect(JSON.stringify(row)).not.toContain(path);
  });
});

describe("control from the page", () => {
  it("does what is decided, from our own page alone", async () => {
    const store = await openTestStore("sqlite");
    const decided: [string, Control][] = [];
    const server = startViz({
      ...{ db: store.db, port: 0, words, findRequest, onError: () => {} },
      control: (jobId, control) => {
        decided.push([jobId, control]);
        return Promise.resolve({ isDone: true, said: "done" });
      },
    });
    await store.db.transaction().execute((trx) => insertJob(trx, new Date(), jobOf("job", 1)));
    const post = async (headers: Record<string, string>, body: unknown, job = "job") => {
      const answer = await fetch(`${server.url}jobs/${job}/control`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      await answer.body?.cancel();
      return answer.status;
    };
    const { origin } = new URL(server.url);
    const own = { origin, "content-type": "application/json" };
    const pause = { type: "pause", reason: " lunch " };
    expect(await post({ "content-type": "application/json" }, pause)).toBe(403);
    expect(await post({ ...own, origin: "http://evil.example" }, pause)).toBe(403);
    expect(await post({ origin, "content-type": "text/plain" }, pause)).toBe(415);
    expect(await post(own, { type: "explode" })).toBe(400);
    expect(await post(own, { type: "resolve", row: 1, decision: "skip", reason: " " })).toBe(400);
    expect(await post(own, { type: "resolve", row: 1, decision: "adopt", reason: "r" })).toBe(400);
    expect(await post(own, pause, "none")).toBe(404);
    expect(decided).toEqual([]);
    expect(await post(own, pause)).toBe(200);
    expect(decided).toEqual([["job", { type: "pause", reason: "lunch" }]]);
    await server.end();
    await store[Symbol.asyncDispose]();
  });
});

describe("deno task viz", () => {
  it("says that there is no such job, and no such port", async () => {
    using folder = temporaryFolder();
    const job = await runCommand(folder.path, ["viz", "none"]);
    expect(job.code).toBe(2);
    expect(job.stderr).toContain("none");
    const port = await runCommand(folder.path, ["viz", "--port", "http"]);
    expect(port.code).toBe(2);
    expect(port.stderr).toContain('"http"');
    await (await openDatabase(`sqlite:${folder.path}/waybill.db`)).destroy();
  });
});
