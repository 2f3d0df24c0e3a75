import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { startBundledSource } from "../src/actors/bundled_servers.ts";
import { projectFolder, runCommand } from "./helpers/cli.ts";
import { namesIn, readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { ledgerIn } from "./helpers/ledger.ts";
import { sandboxJob } from "./helpers/sandbox_job.ts";
import { databases, testTable, typeNames } from "./helpers/sql_tables.ts";

const files = [
  ...["--template", `${projectFolder}examples/ups-ground.json.njk`],
  ...["--shipper", `${projectFolder}examples/shipper.json`],
];

const columns = [
  ...["order_id", "recipient", "company", "phone", "address1", "address2", "city", "state", "zip"],
  ...["weight_lbs", "length", "width", "height", "residential", "description"],
];

const order = (at: number, state = "CO"): Record<string, string> => ({
  ...Object.fromEntries(columns.map((name) => [name, ""])),
  order_id: `SO-${at}`,
  recipient: "Jane Doe",
  address1: "1420 Larimer St",
  city: "Denver",
  state,
  zip: state === "CO" ? "80202" : "10001",
  weight_lbs: "2",
});

/** Which orders were sent to the carrier, by the reference that the template makes of them. */
function sold(path: string): number {
  return ledgerIn(`${path}/sandbox`).filter(({ kind }) => kind === "request").length;
}

describe("a source in another language", () => {
  const hasPython = (() => {
    try {
      return new Deno.Command("python3", { args: ["--version"] }).outputSync().success;
    } catch {
      return false;
    }
  })();
  if (!hasPython) return it("is not tried: there is no python3", () => {});

  it("is shipped from, written back to and voided in: examples/source_server.py", async () => {
    using folder = temporaryFolder();
    const { path } = folder;
    const orders = [order(1), order(2, "NY"), order(3), order(4)];
    writeText(`${path}/orders.json`, JSON.stringify(orders));
    const server = [`${projectFolder}examples/source_server.py`, `${path}/orders.json`];
    const source = { command: "python3", args: server };
    writeText(`${path}/.mcp.json`, JSON.stringify({ mcpServers: { source } }));
    const ask = (...args: string[]) => runCommand(path, args);
    const shown = (): Record<string, string>[] => JSON.parse(readText(`${path}/orders.json`));

    const imported = await ask("import", ...files, "--job", "j", "--where", "state = 'CO'");
    expect(imported).toMatchObject({ code: 0, stdout: "j\n" });
    expect(await ask("run", "j")).toMatchObject({ code: 0 });
    const numbers = shown().map((each) => each["tracking_number"] ?? "");
    expect(numbers.map((number) => number.slice(0, 2))).toEqual(["1Z", "", "1Z", "1Z"]);
    expect(await ask("run", "j")).toMatchObject({ code: 0 });
    expect(sold(path)).toBe(3);
    expect(await ask("void", "j", "--rows", "3", "--yes")).toMatchObject({ code: 0 });
    const { tracking_number, voided_at } = shown()[2] ?? {};
    expect({ tracking_number, voided_at }).toMatchObject({
      tracking_number: "",
      voided_at: expect.stringMatching(/^20/),
    });
    // Nothing but our columns was touched.
    expect(shown().map((each) => Object.fromEntries(columns.map((name) => [name, each[name]]))))
      .toEqual(orders);
  });
});

describe("a filtered batch", () => {
  it("is written back to the right rows, and its results can be had at any time", async () => {
    using job = await sandboxJob(
      [{}, { state: "NY", zip: "10001" }, {}, { state: "NY", zip: "10001" }, {}],
      { flags: ["--where", "state = 'NY' or order_id = 'SO-5'", "--limit", "2"] },
    );
    const before = await job.ask(["results", "j", "--csv"]);
    expect(before.stdout.split("\n").slice(1, 3).map((line) => line.slice(0, 10)))
      .toEqual(["2,pending,", "4,pending,"]);
    expect(await job.ask(["run", "j"])).toMatchObject({ code: 0 });
    const lines = readText(`${job.path}/orders.csv`).trim().split("\n");
    const numbers = lines.slice(1).map((line) => /1Z[0-9A-Z]{16}/.exec(line)?.[0]);
    expect(numbers.map((number) => number !== undefined)).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
    const after = await job.ask(["results", "j", "--output", "results.csv"]);
    expect(after).toMatchObject({ code: 0 });
    const results = readText(`${job.path}/results.csv`).trim().split("\n").map((line) =>
      line.split(",")
    );
    expect(results[0]?.slice(0, 3)).toEqual(["row_number", "status", "tracking_number"]);
    expect(results.slice(1).map((cells) => cells.slice(0, 3))).toEqual([
      ["2", "completed", numbers[1]],
      ["4", "completed", numbers[3]],
    ]);
    // Results may be replaced by results, and nothing else.
    expect(await job.ask(["results", "j", "--output", "results.csv"])).toMatchObject({ code: 0 });
    const refused = await job.ask(["results", "j", "--output", "orders.csv"]);
    expect(refused).toMatchObject({ code: 2 });
    expect(readText(`${job.path}/orders.csv`).trim().split("\n")).toEqual(lines);
    const audit = await job.ask(["audit", "j"]);
    expect(audit.stdout).toContain(`"where":"state = 'NY' or order_id = 'SO-5'"`);
  });
});

for (const kind of databases) {
  describe(`orders in ${kind}`, () => {
    it("are imported, shipped and written to; no password is kept", async () => {
      const { id, time } = typeNames[kind];
      const texts = columns.map((name) => `${name} varchar(60)`).join(", ");
      await using table = await testTable(kind, `id ${id}, ${texts}`);
      for (const at of [11, 12, 30]) {
        const values = Object.values(order(at)).map((value) => `'${value}'`).join(", ");
        await table.sql(`insert into ORDERS values (${at}, ${values})`);
      }
      using folder = temporaryFolder();
      const { path } = folder;
      const address = table.address.replace(/^(\w+:\/\/)([^:@/]+)@/, "$1$2:hunter2-secret@");
      const ask = (...args: string[]) => runCommand(path, args);
      // Neither server is asked for one: the local user is trusted, or has none.
      const password = kind === "mysql" ? table.address : address;

      const refused = await ask("import", password, ...files, "--job", "j");
      expect(refused).toMatchObject({ code: 2 });
      expect(refused.stderr).toContain("E-1010");
      const imported = await ask("import", password, ...files, "--job", "j", "--add-columns");
      expect(imported).toMatchObject({ code: 0, stdout: "j\n" });
      expect(await ask("run", "j")).toMatchObject({ code: 0 });
      const rows = await table.sql(
        "select id, tracking_number, shipped_at from ORDERS order by id",
      );
      expect(rows).toEqual([11, 12, 30].map((number) => ({
        id: number,
        tracking_number: expect.stringMatching(/^1Z/),
        shipped_at: expect.stringMatching(time === "text" ? /Z$/ : /^20/),
      })));
      expect(await ask("run", "j")).toMatchObject({ code: 0 });
      expect(sold(path)).toBe(3);
      for (const name of namesIn(path).filter((each) => each.startsWith("waybill.db"))) {
        expect(readText(`${path}/${name}`)).not.toContain("hunter2-secret");
      }
      expect(refused.stderr + imported.stderr).not.toContain("hunter2-secret");
    });
  });
}

const server = databases.find((kind) => kind !== "sqlite");
if (server) {
  describe("a password", () => {
    it("is in no process's arguments, where everybody can read them", async () => {
      await using table = await testTable(server);
      using folder = temporaryFolder();
      const location = { ...table.location, password: "hunter2-secret" };
      if (location.kind === "sqlite") throw new TypeError("It has no password");
      const terms = { purpose: "reading", dataFolder: folder.path } as const;
      await using source = await startBundledSource(location, terms);
      // It has started, with or without that password.
      await source.call("describe_source", {}).catch(() => {});
      const seen = new Deno.Command("ps", { args: ["-eo", "args"] }).outputSync();
      const processes = new TextDecoder().decode(seen.stdout);
      expect(processes).toContain(table.location.table);
      expect(processes).not.toContain("hunter2-secret");
    });
  });
}

describe("a job of a database", () => {
  it("is not shipped while the file has gone", async () => {
    await using table = await testTable("sqlite");
    await table.sql("insert into ORDERS (id) values (1)");
    using folder = temporaryFolder();
    const gone = `sqlite:${folder.path}/none.db?table=orders`;
    const refused = await runCommand(folder.path, ["import", gone, ...files]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain("there is no such file");
    expect(() => new DatabaseSync(`${folder.path}/none.db`, { readOnly: true })).toThrow();
  });
});
