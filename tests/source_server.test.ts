import { describe, expect, it } from "vitest";
import { writeText } from "./helpers/csv.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";
import { connectServer, defaultTimeouts } from "../src/actors/mcp_connection.ts";
import { listeningSource, startServer, startSource } from "./helpers/servers.ts";

const orders = "id,name\n1,Ann\n2,Zoë\n";
const writeBack = {
  row_number: 2,
  tracking_number: "1ZA1B2C30300000012",
  shipped_at: "2026-11-23T08:00:00Z",
  idempotency_key: "KEY1",
};

function checksumIn(row: unknown): string {
  return /"checksum":"\w+"/.exec(JSON.stringify(row))?.[0] ?? "none";
}

describe("CSV data-source server", () => {
  it("lists its tools with descriptions and schemas", async () => {
    using folder = temporaryFolder();
    await using server = await startSource(writeText(folder.path, orders), folder.path);
    const { tools } = await server.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      ["describe_source", "get_rows", "get_row", "write_back", "flush"],
    );
    for (const tool of tools) {
      expect((tool.description ?? "").length).toBeGreaterThan(40);
      expect(tool.outputSchema?.type).toBe("object");
    }
  });

  it("reads, acknowledges and flushes with the permissions of production", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using server = await startSource(path, folder.path);
    const described = await server.call("describe_source");
    expect(described.structured).toMatchObject({
      kind: "csv",
      row_count: 2,
      columns: [{ name: "id", type: "integer" }, { name: "name", type: "string" }],
    });
    expect(described.text).toEqual(described.structured);
    const row = await server.call("get_row", { row_number: 2 });
    const page = await server.call("get_rows", { after_row: 1, limit: 5 });
    expect(page.structured).toEqual({ rows: [row.structured] });
    expect((await server.call("write_back", writeBack)).structured).toEqual({ status: "written" });
    expect((await server.call("write_back", writeBack)).structured)
      .toEqual({ status: "already_written" });
    expect((await server.call("flush")).structured).toEqual({});
    expect(await Deno.readTextFile(path)).toContain(
      "2,Zoë,1ZA1B2C30300000012,2026-11-23T08:00:00Z",
    );
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });

  it("gives only the rows and columns that are asked for, with the numbers of the source", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, `id,name,state\n${"1,Ann,NY\n2,Bob,CA\n".repeat(3)}`);
    await using server = await startSource(path, folder.path);
    const whole = await server.call("get_row", { row_number: 4 });
    const where = "state = 'CA' and id < 3";
    const page = await server.call("get_rows", { after_row: 2, limit: 3, where, columns: ["id"] });
    expect(page.structured).toMatchObject({
      rows: [{ row_number: 4, data: { id: "2" } }],
      next_after: 5,
    });
    // The checksum is that of the whole row.
    expect(whole.structured).toMatchObject({ row_number: 4, data: { name: "Bob" } });
    expect(JSON.stringify(page.structured)).toContain(checksumIn(whole.structured));
    const bad = await server.call("get_rows", { where: "stat = 'CA'" });
    expect(bad.text).toMatchObject({ code: "E-1008" });
  });

  it("serves over HTTP to whoever has the token", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    const token = "a-token-that-is-long-enough";
    await using server = await listeningSource(path, folder.path, token);
    const headers = { authorization: `Bearer ${token}` };
    const named = { url: server.url, headers };
    await using connection = await connectServer("source", named, defaultTimeouts);
    expect(await connection.call("get_row", { row_number: 1 })).toMatchObject({ row_number: 1 });
    const stranger = await fetch(server.url, { method: "POST" });
    await stranger.body?.cancel();
    expect(stranger.status).toBe(401);
  });

  it("tells every error in one form", async () => {
    using folder = temporaryFolder();
    await using server = await startSource(writeText(folder.path, orders), folder.path);
    const codeOf = async (tool: string, args: Record<string, unknown>) => {
      const { isError, structured, text } = await server.call(tool, args);
      expect(isError).toBe(true);
      expect(structured).toBeUndefined();
      return text;
    };
    await server.call("write_back", writeBack);
    expect(await codeOf("get_row", { row_number: 9 })).toMatchObject({ code: "E-1006" });
    expect(await codeOf("get_row", { row_number: "2" })).toMatchObject({ code: "E-2100" });
    expect(await codeOf("get_rows", { where: "id =" })).toMatchObject({ code: "E-1008" });
    expect(await codeOf("write_back", { ...writeBack, tracking_number: "1ZOTHER" }))
      .toMatchObject({ code: "conflict", row_number: 2 });
    expect(await codeOf("write_back", { ...writeBack, tracking_number: " 1Z" }))
      .toMatchObject({ code: "E-2100" });
    const aVoid = { ...writeBack, tracking_number: null, replaces: "1Z" };
    expect(await codeOf("write_back", aVoid)).toMatchObject({ code: "E-2100" });
  });

  it("starts without the file, and tells whoever calls", async () => {
    using folder = temporaryFolder();
    await using server = await startSource(`${folder.path}/none.csv`, folder.path);
    expect((await server.call("describe_source")).text).toMatchObject({ code: "E-4002" });
  });

  it("keeps an acknowledged write-back when it is killed", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    {
      await using server = await startSource(path, folder.path);
      await server.call("write_back", writeBack);
      if (server.pid !== null) Deno.kill(server.pid, "SIGKILL");
    }
    await using next = await startSource(path, folder.path);
    await next.call("flush");
    expect(await Deno.readTextFile(path)).toContain(`2,Zoë,${writeBack.tracking_number}`);
  });

  it("leaves the old file or the new one when it is killed in the middle of a flush", async () => {
    using folder = temporaryFolder();
    const row = (at: number) => `${at},${"x".repeat(120)}`;
    const rows = Array.from({ length: 40_000 }, (_, at) => row(at + 1));
    const before = ["id,name", ...rows, ""].join("\n");
    const after = ["id,name,tracking_number,shipped_at", ...rows, ""].map((line, at) =>
      at === 2 ? `${line},${writeBack.tracking_number},${writeBack.shipped_at}` : line
    ).join("\n").replaceAll(/x$/gm, "x,,");
    const path = writeText(folder.path, before);
    {
      await using server = await startSource(path, folder.path);
      await server.call("write_back", writeBack);
      using watcher = Deno.watchFs(folder.path);
      const flushed = server.call("flush").catch(() => "killed");
      for await (const { paths } of watcher) {
        if (paths.some((each) => each.endsWith(".waybill-tmp"))) break;
      }
      if (server.pid !== null) Deno.kill(server.pid, "SIGKILL");
      await flushed;
    }
    // On a fast machine the kill may come after the end: then it is the new one.
    expect([before, after].includes(await Deno.readTextFile(path))).toBe(true);
    await using next = await startSource(path, folder.path);
    expect((await next.call("flush")).isError).toBe(false);
    expect(await Deno.readTextFile(path)).toBe(after);
    expect(namesIn(folder.path)).toEqual(["orders.csv"]);
  });

  it.each<Deno.Signal>(["SIGINT", "SIGTERM", "SIGHUP"])(
    "goes on after %s, which reaches its client too: that one decides",
    async (signal) => {
      using folder = temporaryFolder();
      await using server = await startSource(writeText(folder.path, orders), folder.path);
      await server.call("describe_source");
      if (server.pid !== null) Deno.kill(server.pid, signal);
      expect((await server.call("write_back", writeBack)).isError).toBe(false);
    },
  );

  it("says that it cannot write when it may only read", async () => {
    using folder = temporaryFolder();
    const path = writeText(folder.path, orders);
    await using server = await startServer("source", [path], [`--allow-read=${folder.path}`]);
    expect((await server.call("get_row", { row_number: 1 })).isError).toBe(false);
    expect((await server.call("write_back", writeBack)).text).toMatchObject({ code: "E-4014" });
  });
});
