/**
 * The command line as a person or a program meets it: real processes, bundled servers, sandbox.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import process from "node:process";
import { openDatabase } from "../src/db/open.ts";
import { type Ended, projectFolder, runCommand, startCommand, startGroup } from "./helpers/cli.ts";
import { rawUps, respond, successFor } from "./helpers/raw_ups.ts";
import { namesIn, readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { soldIn } from "./helpers/ledger.ts";
import { shipper, template } from "./helpers/tools.ts";

const header = "order_id,name,zip,weight";
const files = ["--template", "template.njk", "--shipper", "shipper.json"];

/** A folder as a person has it: orders, a template, a shipper. */
function workFolder(rows: readonly string[]): { path: string } & Disposable {
  const folder = temporaryFolder();
  writeText(`${folder.path}/orders.csv`, `${[header, ...rows].join("\n")}\n`);
  writeText(`${folder.path}/template.njk`, template);
  writeText(`${folder.path}/shipper.json`, JSON.stringify(shipper));
  return folder;
}

/** A name in Windows-1252. */
function latinOrders(): Uint8Array {
  const bytes = new TextEncoder().encode(`${header}\nA-1,Ren_,30005,1\n`);
  bytes[bytes.indexOf("_".charCodeAt(0), header.length)] = 0xe9;
  return bytes;
}

const jsonLines = (text: string): Record<string, unknown>[] =>
  text.trim().split("\n").map((line) => JSON.parse(line));

describe("deno task run demo", () => {
  let folder: { path: string } & Disposable;
  beforeAll(() => {
    folder = temporaryFolder();
  });
  afterAll(() => folder[Symbol.dispose]());

  it("makes the job, ships all 25 orders and writes them back", async () => {
    const { code, stdout, stderr } = await runCommand(folder.path, ["run", "demo"]);
    expect(code).toBe(0);
    expect(stdout).toContain("demo is complete");
    expect(stdout).toContain("25 of 25 shipped");
    // In a pipe: plain lines, no escape codes.
    expect(stdout + stderr).not.toContain("\x1b");
    const [head = "", ...rows] = readText(`${folder.path}/demo/orders.csv`)
      .trimEnd().split("\n");
    expect(head.endsWith(",tracking_number,shipped_at")).toBe(true);
    expect(rows.filter((row) => /,1Z[A-Z0-9]{16},20\d\d-[^,]+Z$/.test(row)).length).toBe(25);
    expect(namesIn(`${folder.path}/labels`).length).toBe(25);
    const sample = readText(`${projectFolder}examples/orders.csv`);
    expect(sample).not.toContain("tracking_number");
  }, 60_000);

  it("buys nothing when it is run again", async () => {
    const before = readText(`${folder.path}/sandbox/ledger.jsonl`);
    const { code, stdout } = await runCommand(folder.path, ["run", "demo"]);
    expect(code).toBe(0);
    expect(stdout).toContain("demo is complete");
    expect(readText(`${folder.path}/sandbox/ledger.jsonl`)).toBe(before);
  }, 60_000);

  it("answers status, rows and audit for people and for programs", async () => {
    const ask = (...args: string[]) => runCommand(folder.path, args);
    expect((await ask("status")).stdout).toContain("demo");
    const status = JSON.parse((await ask("status", "demo", "--json")).stdout);
    expect(status).toMatchObject({ job_id: "demo", status: "completed", total_rows: 25 });
    expect(status.rows.completed).toBe(25);
    const rows = JSON.parse((await ask("rows", "demo", "--json")).stdout);
    expect(rows.rows.length).toBe(25);
    expect(rows.rows[0]).toMatchObject({ row_number: 1, status: "completed", generation: 1 });
    expect(JSON.parse((await ask("rows", "demo", "--status", "failed", "--json")).stdout).rows)
      .toEqual([]);
    const audit = JSON.parse((await ask("audit", "demo", "--json")).stdout);
    // Imported, lease, carrier, five children, running; three for each row; completed.
    expect(audit.events.length).toBe(4 + 5 + 3 * 25 + 1);
    expect(audit.broken_at).toBe(null);
    expect((await ask("audit", "demo")).stderr).toContain("unbroken: 85 entries");
    expect((await ask("rows", "demo")).stdout).toMatch(/^ +ROW {2}STATUS/);
    expect((await ask("rows", "demo", "--status", "failed")).stderr).toContain("No row is failed");
  }, 60_000);
});

describe("deno task import", () => {
  it("makes a job whose id run takes, and ships it", async () => {
    using folder = workFolder(["A-1,Jane Doe,30005,2.5", 'A-2,"O""Neil, Bob",30005,1']);
    const imported = await runCommand(folder.path, ["import", "orders.csv", ...files]);
    expect(imported.code).toBe(0);
    const id = imported.stdout.trim();
    expect(id).toMatch(/^orders-[a-z0-9]{5}$/);
    const { code, stdout } = await runCommand(folder.path, ["run", id, "--json"]);
    expect(code).toBe(0);
    const events = jsonLines(stdout);
    expect(events.map(({ type }) => type)).toEqual([
      ...Array(5).fill("child_started"),
      "batch_started",
      ...["row_started", "row_completed", "row_started", "row_completed"],
      "batch_completed",
      "result",
    ]);
    expect(events.at(-1)).toMatchObject({ exit_code: 0, job_id: id, status: "completed" });
    expect(events[7]).toMatchObject({ job_id: id, run: 1, sequence: 8, row_number: 1 });
    const written = readText(`${folder.path}/orders.csv`);
    expect(written).toMatch(/^A-2,"O""Neil, Bob",30005,1,1Z/m);
  }, 60_000);

  it.each<[string, string[], string]>([
    ["a source that is not there", ["nowhere.csv", ...files], "there is no such file"],
    ["a folder", [".", ...files], "it is a folder"],
    ["no source", [...files], "no source is named"],
    [
      "a template that is not there",
      ["orders.csv", "--template", "nowhere", "--shipper", "shipper.json"],
      "Cannot read the template file",
    ],
    [
      "a shipper that is no address",
      ["orders.csv", "--template", "template.njk", "--shipper", "bad-shipper.json"],
      "zip: did you mean postal_code?",
    ],
    [
      "a template with an unknown column",
      ["orders.csv", "--template", "bad-column.njk", "--shipper", "shipper.json"],
      '"zipp" (line 1; did you mean "zip"?)',
    ],
    [
      "a template with a broken tag",
      ["orders.csv", "--template", "broken.njk", "--shipper", "shipper.json"],
      "E-4003",
    ],
    [
      "a template that is no shipment",
      ["orders.csv", "--template", "hello.njk", "--shipper", "shipper.json"],
      "Cannot use hello.njk: it fits no row (1 tried)",
    ],
    ["a ragged file", ["ragged.csv", ...files], "E-1003"],
    ["a file with only a header", ["empty.csv", ...files], "E-1002"],
    ["a file that is not UTF-8", ["latin.csv", ...files], "E-1005"],
    ["a job id with a slash", ["orders.csv", ...files, "--job", "a/b"], "Cannot name a job"],
    ["an unknown flag", ["orders.csv", ...files, "--fast"], "unknown option '--fast'"],
    ["no template", ["orders.csv", "--shipper", "shipper.json"], "--template"],
    ["an MCP file that is not there", ["orders.csv", ...files, "--mcp", "no.json"], "not there"],
    [
      "an MCP file of another form",
      ["orders.csv", ...files, "--mcp", "shipper.json"],
      "mcpServers",
    ],
  ])("refuses %s with exit 2 and changes nothing", async (_, args, message) => {
    using folder = workFolder(["A-1,Jane Doe,30005,2.5"]);
    const { path } = folder;
    const { zip, ...wrong } = { ...shipper, zip: "21093" };
    writeText(`${path}/bad-shipper.json`, JSON.stringify({ ...wrong, zip }));
    writeText(`${path}/bad-column.njk`, '{ "a": "{{ row.zipp }}" }');
    writeText(`${path}/broken.njk`, "{{ row.zip");
    writeText(`${path}/hello.njk`, "hello");
    writeText(`${path}/ragged.csv`, `${header}\nA-1,Jane,30005\n`);
    writeText(`${path}/empty.csv`, `${header}\n`);
    await Deno.writeFile(`${path}/latin.csv`, latinOrders());
    const before = readText(`${path}/orders.csv`);
    const { code, stdout, stderr } = await runCommand(path, ["import", ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(readText(`${path}/orders.csv`)).toBe(before);
    expect((await runCommand(path, ["status"])).stdout).toBe("");
  }, 60_000);

  it("refuses an id that is taken", async () => {
    using folder = workFolder(["A-1,Jane Doe,30005,2.5"]);
    const args = ["import", "orders.csv", ...files, "--job", "one"];
    expect((await runCommand(folder.path, args)).code).toBe(0);
    const again = await runCommand(folder.path, args);
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toContain("E-4012");
  }, 60_000);
});

describe("deno task run", () => {
  it("lists what is not ready, the first 20 and a count, and buys nothing", async () => {
    const rows = Array.from({ length: 30 }, (_, n) => `A-${n + 1},Jane,${n < 25 ? "" : 30005},1`);
    using folder = workFolder(rows);
    await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "bad"]);
    const orders = readText(`${folder.path}/orders.csv`);
    writeText(
      `${folder.path}/strict.njk`,
      template.replace("row.zip", "row.zip | format_us_zip"),
    );
    const strict = ["--template", "strict.njk", "--shipper", "shipper.json"];
    await runCommand(folder.path, ["import", "orders.csv", ...strict, "--job", "strict"]);
    const { code, stderr } = await runCommand(folder.path, ["run", "strict"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Row 1: E-2002");
    expect(stderr).toContain("Row 20: E-2002");
    expect(stderr).not.toContain("Row 21:");
    expect(stderr).toContain("25 rows are not ready. Nothing was bought.");
    expect(readText(`${folder.path}/orders.csv`)).toBe(orders);
    const status = await runCommand(folder.path, ["status", "strict", "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({ status: "pending", rows: { pending: 30 } });
  }, 60_000);

  it("takes mended data up after a retry", async () => {
    using folder = workFolder(["A-1,Jane,30005,1", "A-2,Bob,30005,heavy"]);
    await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
    expect((await runCommand(folder.path, ["run", "j"])).code).toBe(2);
    const text = readText(`${folder.path}/orders.csv`).replace("heavy", "3");
    writeText(`${folder.path}/orders.csv`, text);
    const changed = await runCommand(folder.path, ["run", "j"]);
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain("deno task retry");
    expect((await runCommand(folder.path, ["retry", "j"])).code).toBe(0);
    expect((await runCommand(folder.path, ["run", "j"])).code).toBe(0);
  }, 60_000);

  it("ships a file once, though it is imported twice", async () => {
    using folder = workFolder(["A-1,Jane,30005,1", "A-2,Bob,30005,1"]);
    for (const job of ["one", "two"]) {
      await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", job]);
    }
    expect((await runCommand(folder.path, ["run", "one"])).code).toBe(0);
    const shipped = readText(`${folder.path}/orders.csv`);
    const again = await runCommand(folder.path, ["run", "two"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("Row 1: E-1007");
    expect(again.stderr).toContain("2 rows are not ready. Nothing was bought.");
    const third = await runCommand(folder.path, ["import", "orders.csv", ...files]);
    expect(third.stderr).toContain("2 of its rows have a tracking number, and no other is wanted");
    const forced = await runCommand(folder.path, ["run", "two", "--skip-preflight"]);
    expect(forced.code).toBe(1);
    expect(forced.stderr).toContain("E-1007 row 1:");
    expect(soldIn(`${folder.path}/sandbox`).length).toBe(2);
    expect(readText(`${folder.path}/orders.csv`)).toBe(shipped);
  }, 60_000);

  it("ships a file by one job at a time", async () => {
    using folder = workFolder(Array.from({ length: 60 }, (_, n) => `A-${n + 1},Jane,30005,1`));
    for (const job of ["one", "two"]) {
      await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", job]);
    }
    let second: Promise<Ended> | undefined;
    const first = startCommand(folder.path, ["run", "one", "--json"], {}, (line) => {
      if (!line.includes("row_started") || second) return;
      second = runCommand(folder.path, ["run", "two"]);
    });
    expect((await first.ended).code).toBe(0);
    // It waits a little: either it gave up, or it found every row shipped.
    const loser = await second;
    expect(loser?.stderr).toMatch(/E-4007|E-4016|E-1007/);
    expect([1, 2]).toContain(loser?.code);
    expect(soldIn(`${folder.path}/sandbox`).length).toBe(60);
  }, 60_000);

  it(
    "brings a killed run's numbers into the file, even where the next run may not go on",
    async () => {
      using folder = workFolder(Array.from({ length: 40 }, (_, n) => `A-${n + 1},Jane,30005,1`));
      await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
      let done = 0;
      const { ended } = startCommand(folder.path, ["run", "j", "--json"], {}, (line, child) => {
        if (line.includes("row_completed") && ++done === 5) child.kill("SIGKILL");
      });
      expect((await ended).signal).toBe("SIGKILL");
      const orders = readText(`${folder.path}/orders.csv`);
      writeText(`${folder.path}/orders.csv`, orders.replace("A-40,Jane", "A-40,Somebody"));
      const next = await runCommand(folder.path, ["run", "j"]);
      // A row that was in flight is asked about first; else the changed row is told of.
      expect([2, 4]).toContain(next.code);
      const numbers = readText(`${folder.path}/orders.csv`).match(/,1Z[A-Z0-9]{16},/g) ?? [];
      expect(numbers.length).toBeGreaterThanOrEqual(5);
      const ledger = soldIn(`${folder.path}/sandbox`);
      expect(ledger.length - numbers.length).toBeLessThanOrEqual(1);
    },
    60_000,
  );

  it("uses another template from now on when it is told to", async () => {
    using folder = workFolder(["A-1,Jane,30005,1"]);
    const air = template.replace('"service_code": "03"', '"service_code": "01"');
    writeText(`${folder.path}/air.njk`, air);
    writeText(`${folder.path}/broken.njk`, "{% if %}");
    await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
    for (const file of ["none.njk", "broken.njk"]) {
      expect((await runCommand(folder.path, ["run", "j", "--template", file])).code).toBe(2);
    }
    expect((await runCommand(folder.path, ["run", "j", "--template", "air.njk"])).code).toBe(0);
    const [sold] = soldIn(`${folder.path}/sandbox`);
    expect(sold).toMatchObject({ service: "01" });
    const { stdout } = await runCommand(folder.path, ["audit", "j"]);
    expect(stdout).toContain("job_inputs_set");
  }, 60_000);

  it("tells programs of an error in JSON", async () => {
    using folder = temporaryFolder();
    const { code, stdout } = await runCommand(folder.path, ["status", "nobody", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ type: "error", code: "E-4011", exit_code: 2 });
  }, 60_000);

  it.each<[string, Record<string, string>, string]>([
    ["a UPS that does not exist", { UPS_ENV: "test" }, "sandbox, cie, production"],
    ["UPS without credentials", { UPS_ENV: "cie" }, "UPS_CLIENT_ID, UPS_CLIENT_SECRET"],
    ["a sandbox without an address", { UPS_SANDBOX_URL: "foo" }, '"foo" is no address'],
  ])("refuses %s with exit 2", async (_, env, words) => {
    using folder = workFolder(["A-1,Jane,30005,1"]);
    await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
    const { code, stderr } = await runCommand(folder.path, ["run", "j"], env);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  }, 60_000);

  it("prints no order to the terminal that comes from outside", async () => {
    using folder = temporaryFolder();
    const { stderr } = await runCommand(folder.path, ["run", "\u001b[31mred\u009b0m"]);
    expect(stderr).toContain('Cannot find job "\uFFFD[31mred\uFFFD0m"');
  }, 60_000);

  it("halts on a refusal of the carrier with exit 1 even without preflight", async () => {
    using folder = workFolder(["A-1,Jane,30005,1", "A-2,Bob,30005,999", "A-3,Ann,30005,1"]);
    await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
    const { code, stderr, stdout } = await runCommand(folder.path, [
      "run",
      "j",
      "--skip-preflight",
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain("1 of 3 shipped, 1 failed, 1 pending");
    expect(stderr).toContain("row 2:");
    expect(readText(`${folder.path}/orders.csv`)).toMatch(/A-1,Jane,30005,1,1Z/);
  }, 60_000);

  it.each<Deno.Signal>(["SIGINT", "SIGTERM", "SIGHUP"])(
    "leaves the job paused and exits 130 on %s, with the row under way finished",
    async (signal) => {
      const rows = Array.from({ length: 100 }, (_, n) => `A-${n + 1},Jane,30005,1`);
      using folder = workFolder(rows);
      await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
      let isStopped = false;
      const { ended } = startCommand(folder.path, ["run", "j", "--json"], {}, (line, child) => {
        if (isStopped || !line.includes("row_completed")) return;
        isStopped = true;
        child.kill(signal);
      });
      expect(await ended).toMatchObject({ code: 130 });
      const report = JSON.parse((await runCommand(folder.path, ["status", "j", "--json"])).stdout);
      expect(report).toMatchObject({ status: "paused", reason: "signal", rows: { in_flight: 0 } });
      expect(report.runner).toBeUndefined();
      expect((await runCommand(folder.path, ["run", "j"])).code).toBe(0);
      const ledger = soldIn(`${folder.path}/sandbox`);
      expect(ledger.length).toBe(100);
    },
    60_000,
  );

  it.each<Deno.Signal>(["SIGINT", "SIGTERM", "SIGHUP"])(
    "loses no answer to a %s for the whole process group while a label is being bought",
    async (signal) => {
      using folder = workFolder(["A-1,Jane,30005,1", "A-2,Bob,30005,1", "A-3,Ann,30005,1"]);
      await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
      const arrived = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      using ups = rawUps(async (connection, body, count) => {
        if (count === 2) {
          arrived.resolve();
          await goOn.promise;
        }
        await respond(connection, 200, successFor(body, count));
      });
      using group = startGroup(folder.path, ["run", "j"], { UPS_SANDBOX_URL: ups.url });
      await arrived.promise;
      process.kill(-group.pid, signal);
      goOn.resolve();
      expect((await group.ended).code).toBe(130);
      const { stdout } = await runCommand(folder.path, ["rows", "j", "--json"]);
      const { rows } = JSON.parse(stdout);
      expect(rows.map((row: { status: string }) => row.status))
        .toEqual(["completed", "completed", "pending"]);
      expect(ups.ships()).toBe(2);
    },
    60_000,
  );

  it("is not taken over while it is only suspended", async () => {
    using folder = workFolder(["A-1,Jane,30005,1", "A-2,Bob,30005,1"]);
    await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
    const arrived = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    using ups = rawUps(async (connection, body, count) => {
      arrived.resolve();
      await goOn.promise;
      await respond(connection, 200, successFor(body, count));
    });
    // The answer is waited for, however long the other command takes on a busy machine.
    const env = { UPS_SANDBOX_URL: ups.url, UPS_TIMEOUT_MS: "40000" };
    using group = startGroup(folder.path, ["run", "j"], env);
    await arrived.promise;
    process.kill(group.pid, "SIGSTOP");
    // As after a long time: the lease has run out on the clock.
    const db = await openDatabase(`sqlite:${folder.path}/waybill.db`);
    await db.updateTable("job_leases").set({ expires_at: "2026-01-01T00:00:00.000Z" }).execute();
    await db.destroy();
    const second = await runCommand(folder.path, ["run", "j"], env);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain(`process ${group.pid} on`);
    process.kill(group.pid, "SIGCONT");
    goOn.resolve();
    expect((await group.ended).code).toBe(0);
    expect(ups.ships()).toBe(2);
  }, 60_000);

  it("says that a job is not there, with exit 2", async () => {
    using folder = temporaryFolder();
    const { code, stderr } = await runCommand(folder.path, ["run", "nobody"]);
    expect(code).toBe(2);
    expect(stderr).toContain('E-4011 Cannot find job "nobody"');
  }, 60_000);
});

describe("deno task", () => {
  it.each(["run", "import", "status", "rows", "audit", "retry", "resolve"])(
    "%s explains itself with --help",
    async (command) => {
      using folder = temporaryFolder();
      const { code, stdout } = await runCommand(folder.path, [command, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: deno task ${command}`);
      expect(stdout).toContain("--json");
      expect(namesIn(folder.path)).toEqual([]);
    },
    60_000,
  );
});
