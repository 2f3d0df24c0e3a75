/**
 * Starts the bundled servers as production does: processes of their own, with no more permission
 * than they need.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const root = new URL("../../", import.meta.url).pathname;

/** What a tool answered. */
export interface ToolAnswer {
  isError: boolean;
  structured: unknown;
  /** The JSON in the text block. */
  text: unknown;
}

/** A server that is spoken to. */
export interface TestServer extends AsyncDisposable {
  client: Client;
  pid: number | null;
  call(tool: string, args?: Record<string, unknown>): Promise<ToolAnswer>;
}

/** The environment a child needs for Deno itself: where its cache is. */
function baseEnvironment(): Record<string, string> {
  const names = ["HOME", "PATH", "DENO_DIR"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/** Starts a bundled MCP server. */
export async function startServer(
  program: string,
  args: readonly string[],
  permissions: readonly string[],
  env: Record<string, string> = {},
): Promise<TestServer> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const transport = new StdioClientTransport({
    command: Deno.execPath(),
    args: [...runArguments(permissions), `${root}src/servers/${program}/main.ts`, ...args],
    env: { ...baseEnvironment(), ...env },
    stderr: "ignore",
  });
  await client.connect(transport);
  return {
    client,
    pid: transport.pid,
    async call(tool, args = {}) {
      const answer = await client.callTool({ name: tool, arguments: args });
      const [block] = answer.content;
      const text: unknown = block?.type === "text" ? JSON.parse(block.text) : undefined;
      return { isError: answer.isError === true, structured: answer.structuredContent, text };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** The CSV server for a file, with the permissions of production. */
export function startSource(path: string, folder: string): Promise<TestServer> {
  return startServer("source", [path], [`--allow-read=${folder}`, `--allow-write=${folder}`]);
}

/** The source server over HTTP, and where its clients go. */
export async function listeningSource(
  path: string,
  folder: string,
  token: string,
): Promise<{ url: string } & AsyncDisposable> {
  const permissions = [
    ...[`--allow-read=${folder}`, `--allow-write=${folder}`, "--allow-net=127.0.0.1"],
    "--allow-env=WAYBILL_SERVER_TOKEN",
  ];
  const process = new Deno.Command(Deno.execPath(), {
    args: [...runArguments(permissions), `${root}src/servers/source/main.ts`, path, "--http", "0"],
    env: { ...baseEnvironment(), WAYBILL_SERVER_TOKEN: token },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const { url }: { url: string } = JSON.parse(await firstLine(process.stdout));
  return {
    url,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
    },
  };
}

/** The UPS server, talking to a sandbox or to whatever listens at a URL. */
export function startUps(
  url: string,
  labels: string,
  env: Record<string, string> = {},
): Promise<TestServer> {
  return startServer("ups", [], upsPermissions(url, labels), {
    ...upsEnvironment(url, labels),
    ...env,
  });
}

/** The UPS server without a client, for a test that holds its stdin itself or speaks HTTP. */
export function spawnUps(
  url: string,
  labels: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Deno.ChildProcess {
  const listening = args.includes("--http") ? ["--allow-net=127.0.0.1"] : [];
  const permissions = [...upsPermissions(url, labels), ...listening];
  return new Deno.Command(Deno.execPath(), {
    args: [...runArguments(permissions), `${root}src/servers/ups/main.ts`, ...args],
    env: { ...baseEnvironment(), ...upsEnvironment(url, labels), ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

function upsPermissions(url: string, labels: string): string[] {
  const folders = `${labels},${journalFolder(labels)}`;
  return [
    `--allow-net=${new URL(url).host}`,
    `--allow-read=${folders}`,
    `--allow-write=${folders}`,
    "--allow-env=UPS_ENV,UPS_SANDBOX_URL,UPS_CLIENT_ID,UPS_CLIENT_SECRET,UPS_ACCOUNT_NUMBER," +
    "UPS_TIMEOUT_MS,UPS_TOOL_TIMEOUT_MS,WAYBILL_LABELS_DIR,WAYBILL_UPS_JOURNAL," +
    "WAYBILL_SERVER_TOKEN",
  ];
}

/** Where a UPS server of a test keeps its journal, beside its labels as in production. */
export function journalFolder(labels: string): string {
  return join(dirname(labels), "ups");
}

function upsEnvironment(url: string, labels: string): Record<string, string> {
  return {
    UPS_SANDBOX_URL: url,
    WAYBILL_LABELS_DIR: labels,
    WAYBILL_UPS_JOURNAL: `${journalFolder(labels)}/journal.db`,
  };
}

/** A sandbox process. */
export interface TestSandbox extends AsyncDisposable {
  url: string;
  process: Deno.ChildProcess;
}

/** Starts a UPS sandbox; it ends when the test lets go of it. */
export async function startSandbox(
  folder: string,
  args: readonly string[] = [],
): Promise<TestSandbox> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...runArguments([
        "--allow-net=127.0.0.1",
        `--allow-read=${folder}`,
        `--allow-write=${folder}`,
      ]),
      `${root}src/servers/sandbox/main.ts`,
      ...["--dir", folder, "--port", "0", "--until-stdin-ends", ...args],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    clearEnv: true,
    env: baseEnvironment(),
  }).spawn();
  const { url } = JSON.parse(await firstLine(process.stdout));
  return {
    url,
    process,
    async [Symbol.asyncDispose]() {
      await process.stdin.close();
      await process.status;
    },
  };
}

function runArguments(permissions: readonly string[]): string[] {
  return ["run", "--no-prompt", "--cached-only", `--config=${root}deno.json`, ...permissions];
}

/** The first line of what a program prints. */
export async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}
