/**
 * Which servers take the place of the bundled ones, and where that is said.
 */
import process from "node:process";
import { afterEach, describe, expect, it } from "vitest";
import { connectServer, defaultTimeouts } from "../src/actors/mcp_connection.ts";
import { parseMcpFile, readMcpFile } from "../src/cli/mcp_file.ts";
import { chooseCarrier, payerOf, serversOf } from "../src/cli/open_servers.ts";
import type { JobTable } from "../src/db/schema.ts";
import { temporaryFolder, writeText } from "./helpers/folders.ts";

/** A file that names a source by a command. */
function fileNaming(command: string): string {
  return JSON.stringify({ mcpServers: { source: { command } } });
}

function settingsOf(workingFolder: string) {
  return { workingFolder, dataFolder: workingFolder, databaseUrl: "sqlite::memory:" };
}

describe("readMcpFile()", () => {
  afterEach(() => {
    delete process.env["WAYBILL_MCP"];
  });

  it("takes --mcp before WAYBILL_MCP before .mcp.json", async () => {
    using folder = temporaryFolder();
    for (const name of ["option.json", "variable.json", ".mcp.json"]) {
      writeText(`${folder.path}/${name}`, fileNaming(name));
    }
    const commandOf = async (option?: string) => {
      const { source } = await readMcpFile(settingsOf(folder.path), option) ?? {};
      return source && "command" in source ? source.command : undefined;
    };
    expect(await commandOf()).toBe(".mcp.json");
    process.env["WAYBILL_MCP"] = "variable.json";
    expect(await commandOf()).toBe("variable.json");
    expect(await commandOf("option.json")).toBe("option.json");
  });

  it("does without a file, but not without one that was named", async () => {
    using folder = temporaryFolder();
    expect(await readMcpFile(settingsOf(folder.path), undefined)).toBe(undefined);
    await expect(readMcpFile(settingsOf(folder.path), "no.json"))
      .rejects.toThrow(/no\.json: it is not there/);
  });
});

describe("parseMcpFile()", () => {
  it("reads both forms of a server, relative to the file, and leaves other servers alone", () => {
    const text = JSON.stringify({
      mcpServers: {
        source: { command: "python3", args: ["orders.py"], cwd: "servers" },
        carrier: { url: "http://127.0.0.1:8080/mcp", headers: { Authorization: "Bearer x" } },
        browser: { anything: true },
      },
    });
    expect(parseMcpFile("/home/me/mcp.json", text)).toEqual({
      path: "/home/me/mcp.json",
      source: { command: "python3", args: ["orders.py"], cwd: "/home/me/servers" },
      carrier: { url: "http://127.0.0.1:8080/mcp", headers: { Authorization: "Bearer x" } },
    });
  });

  it("fills in variables, and says which one is not set", () => {
    process.env["WAYBILL_TEST_TOKEN"] = "s3cret";
    const withEnv = (value: string) =>
      JSON.stringify({ mcpServers: { carrier: { command: "c", env: { TOKEN: value } } } });
    const tokenOf = (value: string) => {
      const { carrier } = parseMcpFile("/m.json", withEnv(value));
      return carrier && "env" in carrier ? carrier.env?.["TOKEN"] : undefined;
    };
    expect(tokenOf("Bearer ${WAYBILL_TEST_TOKEN}")).toBe("Bearer s3cret");
    expect(tokenOf("${WAYBILL_TEST_NOTHING:-none}")).toBe("none");
    expect(() => tokenOf("${WAYBILL_TEST_NOTHING}")).toThrow(/WAYBILL_TEST_NOTHING is not set/);
    delete process.env["WAYBILL_TEST_TOKEN"];
  });

  it.each(["{", "[]", '{"mcpServers": {"source": {"args": []}}}'])(
    "refuses what is no MCP file: %s",
    (text) => {
      expect(() => parseMcpFile("/m.json", text)).toThrow(/m\.json/);
    },
  );
});

describe("connectServer()", () => {
  it("tells no key that stands in an address", async () => {
    const url = "http://user:s3cret@127.0.0.1:1/mcp?key=s3cret";
    const error = await connectServer("carrier", { url }, defaultTimeouts).then(
      () => "",
      (reason) => `${reason}${reason.remedy}${reason.forTerminal}`,
    );
    expect(error).toContain("Cannot start the carrier server (http://127.0.0.1:1/mcp)");
    expect(error).not.toContain("s3cret");
  });
});

describe("a yes to a carrier of an MCP file", () => {
  it("is bound to what the file says of it, to the moment in which it is started", async () => {
    using folder = temporaryFolder();
    const settings = settingsOf(folder.path);
    const job: JobTable = JSON.parse('{ "id": "j", "carrier_server": null, "status": "pending" }');
    const name = (env: Record<string, string>) =>
      writeText(
        `${folder.path}/m.json`,
        JSON.stringify({ mcpServers: { carrier: { command: "no-such-program", env } } }),
      );
    const payer = async () => payerOf(await chooseCarrier(settings, job, "m.json"));
    name({ UPS_ENV: "sandbox" });
    const approval = { hash: "h", payer: await payer() };
    expect(await payer()).toBe(approval.payer);
    const open = () =>
      serversOf(settings, "m.json", () => Promise.resolve(false), { purpose: "buying", approval })
        .carrier(job, AbortSignal.timeout(10_000));
    await expect(open()).rejects.toMatchObject({ code: "E-4010" });
    name({ UPS_ENV: "production" });
    expect(await payer()).not.toBe(approval.payer);
    await expect(open()).rejects.toMatchObject({ code: "E-2004" });
  });
});
