/**
 * The one place that knows the MCP SDK: it connects a server and gives back a function that calls
 * its tools.
 *
 * @module
 */
import {
  Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type Transport,
} from "@modelcontextprotocol/client";
import { getDefaultEnvironment } from "@modelcontextprotocol/client/stdio";
import { ensureError, WaybillError } from "../errors.ts";
import { ProcessTransport } from "./process_transport.ts";
import {
  ConnectionLostError,
  NotSentError,
  readToolResult,
  type ToolCaller,
  ToolError,
  UnknownToolError,
} from "./tool_caller.ts";

/** How a server is reached, in the form that MCP hosts share (`mcpServers` in `.mcp.json`). */
export type ServerConfig =
  | {
    /** The program. */
    readonly command: string;
    /** Its arguments. */
    readonly args?: readonly string[] | undefined;
    /** Variables for it, besides the few that every child gets. */
    readonly env?: Readonly<Record<string, string>> | undefined;
    /** The folder it works in. */
    readonly cwd?: string | undefined;
  }
  | {
    /** The address of a server that speaks streamable HTTP. */
    readonly url: string;
    /** Headers to send, such as `Authorization`. */
    readonly headers?: Readonly<Record<string, string>> | undefined;
  };

/** A connected server. */
export interface Connection extends AsyncDisposable {
  /** Calls one of its tools. */
  readonly call: ToolCaller;
  /** Resolves when the connection ends, whoever ended it; left out where nobody can tell. */
  readonly closed?: Promise<void> | undefined;
}

/** Time-outs of a server, in milliseconds. */
export interface ConnectionTimeouts {
  /** For the server to start and shake hands. */
  readonly connectMs: number;
  /** For one call. Above the tool's own, so that the tool can tell what it knows. */
  readonly callMs: number;
}

/** Carrier HTTP 45 s < MCP call 75 s: UPS's answer must have time to arrive (ups.md, section 4). */
export const defaultTimeouts: ConnectionTimeouts = { connectMs: 20_000, callMs: 75_000 };

/** How many of a server's last words are kept, for the terminal when it does not start. */
const keptLines = 20;

/**
 * Starts or reaches a server.
 *
 * @param name Its name in messages, such as `source`.
 * @param config How it is reached.
 * @param timeouts How long it may take.
 * @param signal Says that nobody waits for its start any more.
 * @returns The connection; disposing of it ends a server that was started here.
 * @throws {WaybillError} `E-4010` if it does not start or does not speak MCP.
 */
export async function connectServer(
  name: string,
  config: ServerConfig,
  timeouts: ConnectionTimeouts,
  signal?: AbortSignal,
): Promise<Connection> {
  const client = new Client({ name: "waybill", version: "0.1.0" });
  const lastWords: string[] = [];
  const transport = openTransport(config, lastWords);
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  client.onclose = close;
  try {
    const limits = { timeout: timeouts.connectMs };
    await client.connect(transport, signal ? { ...limits, signal } : limits);
  } catch (thrown) {
    await client.close().catch(() => {});
    const said = lastWords.join("").trim();
    throw new WaybillError(
      "E-4010",
      `Cannot start the ${name} server (${describe(config)}): ${ensureError(thrown).message}`,
      {
        cause: thrown,
        remedy: "Check its command and its environment",
        ...(said === "" ? {} : { forTerminal: `The ${name} server said: ${said}` }),
      },
    );
  }
  return {
    async call(tool, args, meta) {
      try {
        return readToolResult(tool, await callTool(client, { tool, args, meta }, timeouts.callMs));
      } catch (error) {
        // Servers of the SDK's first version say so in words, where the protocol has a code.
        const isUnknown = error instanceof ToolError && error.toolCode === undefined &&
          saysUnknown(error.message, tool);
        throw isUnknown ? new UnknownToolError(tool, error) : error;
      }
    },
    closed,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/**
 * Deno's `fetch` sends a POST again by itself when a kept-alive connection is closed after the request
 * was read (seen on Deno 2.9.6). Without idle connections there is none that it could repeat on.
 */
const withoutIdle = Deno.createHttpClient({ poolMaxIdlePerHost: 0, http2: false });

function fetchOnce(url: string | URL, init?: RequestInit): Promise<Response> {
  return fetch(url, { ...init, client: withoutIdle });
}

/** "Invalid params" is what the protocol wants for a tool that is not there; "method not found" is seen. */
const unknownTool: ReadonlySet<number> = new Set([-32602, -32601]);

/** The SDK does not repeat a call, and neither do we: a repeat may be a second bill. */
async function callTool(
  client: Client,
  { tool, args, meta }: {
    tool: string;
    args: Record<string, unknown>;
    meta: Readonly<Record<string, unknown>> | undefined;
  },
  timeout: number,
): Promise<unknown> {
  // The SDK throws a plain error then (seen with 2.4.0), though it has a code for it.
  if (client.transport === undefined) throw notConnected(tool);
  try {
    return await client.callTool({
      name: tool,
      arguments: args,
      ...(meta ? { _meta: { ...meta } } : {}),
    }, { timeout });
  } catch (thrown) {
    const error = ensureError(thrown);
    if (error instanceof SdkError && error.code === SdkErrorCode.NotConnected) {
      throw notConnected(tool, error);
    }
    if (error instanceof ProtocolError && unknownTool.has(error.code)) {
      throw new UnknownToolError(tool, error);
    }
    if (isLost(error)) throw new ConnectionLostError(tool, isTimeout(error), error);
    throw new WaybillError("E-4010", `Cannot tell what the tool ${tool} did: ${error.message}`, {
      cause: error,
    });
  }
}

/** As servers of the SDK's first version and FastMCP say it: these words and no others. */
function saysUnknown(message: string, tool: string): boolean {
  const words = message.replace(`The tool ${tool} failed: `, "").replace(/^MCP error -?\d+: /, "");
  return [`Tool ${tool} not found`, `Unknown tool: ${tool}`, `Unknown tool: '${tool}'`]
    .some((each) => each.toLowerCase() === words.trim().toLowerCase());
}

/** Answers that the SDK refuses are answers; what else it throws, and what `fetch` does, is silence. */
function isLost(error: Error): boolean {
  if (error instanceof ProtocolError) return false;
  return !(error instanceof SdkError) || silences.has(error.code);
}

const silences: ReadonlySet<string> = new Set([
  SdkErrorCode.RequestTimeout,
  SdkErrorCode.ConnectionClosed,
  SdkErrorCode.SendFailed,
]);

function isTimeout(error: Error): boolean {
  return error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;
}

function notConnected(tool: string, cause?: unknown): NotSentError {
  return new NotSentError(`Cannot call the tool ${tool}: the server is not connected`, cause);
}

function openTransport(config: ServerConfig, lastWords: string[]): Transport {
  if ("url" in config) {
    return new StreamableHTTPClientTransport(new URL(config.url), {
      requestInit: { headers: { ...config.headers } },
      fetch: fetchOnce,
    });
  }
  const { command, args = [], cwd } = config;
  const env = { ...getDefaultEnvironment(), ...config.env };
  return new ProcessTransport({ command, args, env, cwd }, (words) => {
    lastWords.push(words);
    if (lastWords.length > keptLines) lastWords.shift();
  });
}

function describe(config: ServerConfig): string {
  if (!("url" in config)) return config.command;
  // What stands before the host and after the path are keys, where there is something.
  const { protocol, host, pathname } = new URL(config.url);
  return `${protocol}//${host}${pathname}`;
}
