/** The sandbox's pages: what a person sees, and what no stranger may do with them. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder, writeText } from "./helpers/folders.ts";
import { startSandbox, type TestSandbox } from "./helpers/servers.ts";
import { ask, call, paths } from "./helpers/ups_calls.ts";
import { domestic, international } from "./helpers/ups_requests.ts";

const evil = `"><img src=x onerror=alert(1)>`;
const count = 10_000;

let folder: ReturnType<typeof temporaryFolder>;
let sandbox: TestSandbox;

beforeAll(async () => {
  folder = temporaryFolder();
  writeText(`${folder.path}/ledger.jsonl`, oldBooks());
  sandbox = await startSandbox(folder.path);
  const to = {
    Name: evil,
    Address: {
      AddressLine: ["1 Main St"],
      City: "Austin",
      StateProvinceCode: "TX",
      PostalCode: "78701",
      CountryCode: "US",
    },
  };
  const evilOrder = domestic({ reference: "KEYEVIL0", order: evil, to, weights: ["1", "2"] });
  await ask(sandbox.url, paths.ship, evilOrder);
  await ask(sandbox.url, paths.ship, international({ reference: "KEYABROAD" }));
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** A ledger of before, with many shipments. */
function oldBooks(): string {
  const request = JSON.parse(JSON.stringify(domestic())).ShipmentRequest;
  return Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      kind: "ship",
      at: "2026-11-26T00:00:00.000Z",
      last_sequence: at + 1,
      account: "A1B2C3",
      service: "03",
      shipment_id: `1Z${at}`,
      tracking_numbers: [`1Z${at}`],
      references: [`KEY${at}`, `ORDER-${at}`],
      list: "10.00",
      negotiated: "7.40",
      request,
    }) + "\n").join("");
}

async function get(path: string) {
  const response = await fetch(`${sandbox.url}${path}`);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Asks as a browser would that was led here by another name; what comes back, head and all. */
function getAs(host: string, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(sandbox.url).port), "127.0.0.1");
  let text = "";
  socket.on("data", (part) => text += part).once("end", () => resolve(text)).once("error", reject);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  return promise;
}

describe("the sandbox's page", () => {
  it("lists the newest first, a page of them, with totals of all", async () => {
    const { text } = await get("/");
    expect(text.indexOf("KEYABROAD")).toBeGreaterThan(0);
    expect(text.indexOf("KEYABROAD")).toBeLessThan(text.indexOf("KEYEVIL0"));
    expect(text.match(/<tr>/g)).toHaveLength(51);
    expect(text).toContain(`<dd>${count + 2}</dd>`);
    expect(text).toContain("Page 1 of 201");
    expect((await get("/?page=201")).text).toContain("ORDER-0<");
    expect((await get("/?page=x")).text).toContain("Page 1 of 201");
  });

  it("finds by name, place, reference and number, in any case", async () => {
    for (const words of ["muster gmbh", "MUENCHEN", "keyabroad", "worldwide saver"]) {
      const { text } = await get(`/?q=${encodeURIComponent(words)}`);
      expect([words, text.match(/<tr>/g)?.length]).toEqual([words, 2]);
      expect(text).toContain("KEYABROAD");
    }
    expect((await get("/?q=nobody+at+all")).text).toContain("No shipment has all of these words");
  });

  it("shows what people wrote as text, wherever it stands", async () => {
    const pages = ["/", `/?q=${encodeURIComponent(evil)}`, `/shipments/${count + 1}`];
    for (const path of pages) {
      const { text } = await get(path);
      expect([path, text.includes("<img src=x")]).toEqual([path, false]);
      expect([path, text.includes("&lt;img src=x onerror=alert(1)&gt;")]).toEqual([path, true]);
    }
  });

  it("allows no script, no frame and nothing from elsewhere", async () => {
    const { headers } = await get("/");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("answers to its own name only", async () => {
    for (const path of ["/", "/shipments/1", "/labels/1/1.gif", "/ledger/live-labels"]) {
      const answer = await getAs("rebound.example:8730", path);
      expect([path, answer.split("\r\n")[0]]).toEqual([path, "HTTP/1.1 421 Misdirected Request"]);
      expect(answer).not.toContain("KEY");
    }
    expect(await getAs("localhost:8730", "/")).toContain("KEYABROAD");
  });

  it("has a picture of each label, and the state of each package", async () => {
    const at = `/shipments/${count + 1}`;
    const before = (await get(at)).text;
    expect(before.match(/<img src="\/labels\//g)).toHaveLength(2);
    const picture = await get(`/labels/${count + 1}/2.gif`);
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/gif"]);
    const [first = "", second = ""] = before.match(/1ZA1B2C3\w{10}(?=<\/span>, package)/g) ?? [];
    const remove = (which: string) =>
      call(sandbox.url, `${paths.voiding}/${first}?trackingnumber=${which}`, { method: "DELETE" });
    await remove(second);
    expect((await get(at)).text).toContain("partly voided");
    await remove(first);
    expect((await get(at)).text).toContain(`<span class="badge voided">voided</span></h1>`);
    expect((await get(`/?q=KEYEVIL0`)).text).toContain("<dd>$0.00</dd>");
  });

  it("gives customs forms, and says what is not there", async () => {
    const invoice = await get(`/forms/${count + 2}.pdf`);
    expect(invoice.headers.get("content-type")).toBe("application/pdf");
    for (const path of ["/forms/1.pdf", "/shipments/0", "/labels/1/9.gif", "/nothing"]) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
  });
});
