/** A carrier over HTTP is sent a purchase once, whatever becomes of the connection. */
import { describe, expect, it } from "vitest";
import { connectServer, defaultTimeouts } from "../src/actors/mcp_connection.ts";
import { NotSentError } from "../src/actors/tool_caller.ts";

/** An MCP server that speaks just enough HTTP: `onBuy` does what it likes with the connection. */
function rawMcp(onBuy: (connection: Deno.Conn, id: unknown, count: number) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let buys = 0;
  const serve = async () => {
    for await (const connection of listener) handle(connection).catch(() => {});
  };
  async function handle(connection: Deno.Conn) {
    let received = "";
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) return connection.close();
      received += new TextDecoder().decode(buffer.subarray(0, length));
      const headEnd = received.indexOf("\r\n\r\n");
      const bodyLength = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (headEnd < 0 || received.length < headEnd + 4 + bodyLength) continue;
      const method = received.slice(0, received.indexOf(" "));
      const body = received.slice(headEnd + 4);
      received = "";
      if (method !== "POST") await reply(connection, 405, "");
      else {
        const { id, method: called } = JSON.parse(body);
        if (called === "tools/call") await onBuy(connection, id, ++buys);
        else if (id === undefined) await reply(connection, 202, "");
        else await reply(connection, 200, resultOf(id, handshake));
      }
    }
  }
  serve().catch(() => {});
  return {
    url: `http://127.0.0.1:${listener.addr.port}/mcp`,
    buys: () => buys,
    [Symbol.dispose]: () => listener.close(),
  };
}

const handshake = {
  protocolVersion: "2025-06-18",
  capabilities: { tools: {} },
  serverInfo: { name: "raw", version: "1" },
};

function resultOf(id: unknown, result: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

/** Answers, and keeps the connection open for more. */
async function reply(connection: Deno.Conn, status: number, body: string): Promise<void> {
  const bytes = new TextEncoder().encode(body);
  const head = `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\n` +
    `content-length: ${bytes.length}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head + body));
}

describe("a carrier that is reached by url", () => {
  it("gets one POST for a call, though the connection was kept and is closed unanswered", async () => {
    const sold = { outcome: "bought", tracking_numbers: ["1Z1"] };
    using server = rawMcp(async (connection, id, count) => {
      if (count > 1) return connection.close();
      const text = [{ type: "text", text: JSON.stringify(sold) }];
      await reply(connection, 200, resultOf(id, { content: text, structuredContent: sold }));
    });
    await using carrier = await connectServer("carrier", { url: server.url }, defaultTimeouts);
    expect(await carrier.call("shipping_create", { n: 1 })).toEqual(sold);
    const second = carrier.call("shipping_create", { n: 2 });
    await expect(second).rejects.not.toBeInstanceOf(NotSentError);
    expect(server.buys()).toBe(2);
  });
});
