/**
 * Serves the tools of a bundled MCP server over streamable HTTP, on this machine and to whoever has
 * the token. It ends as such a server must: told to, it takes nothing new, finishes what it has
 * begun, and answers it.
 *
 * Answers are JSON and no streams, since our tools say nothing before they answer: so a client hears
 * at once of a server that dies in a call. Nothing
 * is kept between requests, so a client's cancellation reaches no call that has begun.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { UsageError } from "../errors.ts";
import { groupSignals, log, makeServer, type Tool, toolRunner } from "./serve.ts";

/** Where and to whom. */
export interface HttpOptions {
  /** The port; 0 for any. */
  readonly port: number;
  /** What clients must send as `Authorization: Bearer …`. */
  readonly token: string;
}

/** A server that listens. */
export interface HttpServing {
  /** Where its clients go. */
  readonly url: string;
  /** Takes nothing new, and resolves when what was begun is finished and answered. */
  end(): Promise<void>;
}

/** Short ones can be guessed. */
const shortestToken = 16;

/** How long clients are given to take their answers at the end, in milliseconds. */
const answerMs = 1_000;

const path = "/mcp";

/**
 * The token that clients must send.
 *
 * @param given What the environment says, if anything.
 * @returns The token, and whether it was made up here.
 * @throws {UsageError} If the given one is too short to be a secret.
 */
export function serverToken(given: string | undefined): { token: string; isNew: boolean } {
  if (!given) {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    return { token: bytes.toBase64({ alphabet: "base64url", omitPadding: true }), isNew: true };
  }
  if (given.length >= shortestToken) return { token: given, isNew: false };
  throw new UsageError(
    `Cannot start: WAYBILL_SERVER_TOKEN is shorter than ${shortestToken} characters`,
    "Set it to a long random text, or leave it out to have one made up",
  );
}

/**
 * The port that a person names.
 *
 * @param text The port, if one is named.
 * @param fallback The port where none is named.
 * @returns The port; 0 for any.
 * @throws {UsageError} If it is none.
 */
export function httpPort(text: string | undefined, fallback: number): number {
  const port = text === undefined || text === "" ? fallback : Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError("Cannot start: the port of --http is no port", `Say --http ${fallback}`);
}

/**
 * Serves the tools.
 *
 * @param name The name that clients see.
 * @param tools The tools.
 * @param options Where and to whom.
 * @returns The server.
 * @throws {UsageError} If the port is taken.
 *
 * @internal
 */
export function serveHttp(
  name: string,
  tools: readonly Tool[],
  { port, token }: HttpOptions,
): HttpServing {
  const runner = toolRunner(name);
  const onerror = (error: Error) => log(name, error.message);
  const make = () => makeServer(name, tools, runner);
  const today = createMcpHandler(make, { legacy: "reject", onerror });
  const answer = async (request: Request) => {
    if (await isLegacyRequest(request)) return await answerAlone(make(), request);
    return await today.fetch(request);
  };
  const server = listen(name, port, (request) => refusalOf(request, token) ?? answer(request));
  return {
    url: `http://127.0.0.1:${server.addr.port}${path}`,
    async end() {
      const count = runner.underWay();
      if (count > 0) log(name, `told to end; finishing ${count} call(s) first`);
      const closed = server.shutdown();
      // A call whose client is gone is waited for as well; a client that never ends its request is not.
      await runner.end();
      const limit = Promise.withResolvers<void>();
      const timer = setTimeout(limit.resolve, answerMs);
      await Promise.race([closed, limit.promise]);
      clearTimeout(timer);
      await today.close();
    },
  };
}

/**
 * Ends a server, and the process with it, when the process is told to.
 *
 * @param serving The server.
 * @param onEnd What to let go of at the end.
 */
function endOnSignals(
  serving: HttpServing,
  onEnd: () => void | PromiseLike<void>,
): void {
  let ending: Promise<void> | undefined;
  const end = async () => {
    await serving.end();
    await onEnd();
    Deno.exit(0);
  };
  for (const signal of groupSignals) Deno.addSignalListener(signal, () => ending ??= end());
}

/**
 * Serves the tools until the process is told to end; says where, and what token was made up.
 *
 * @param name The name that clients see.
 * @param tools The tools.
 * @param port The port; 0 for any.
 * @param givenToken The token of the environment, if there is one.
 * @param onEnd What to let go of at the end.
 * @throws {UsageError} If the port is taken, or the token too short.
 *
 * @internal
 */
export function serveUntilTold(
  name: string,
  tools: readonly Tool[],
  port: number,
  givenToken: string | undefined,
  onEnd: () => void | PromiseLike<void>,
): void {
  const { token, isNew } = serverToken(givenToken);
  const serving = serveHttp(name, tools, { port, token });
  endOnSignals(serving, onEnd);
  log(name, `listens at ${serving.url}`);
  if (isNew) log(name, `its clients send the header Authorization: Bearer ${token}`);
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ url: serving.url }) + "\n"));
}

function listen(
  name: string,
  port: number,
  handler: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, handler);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new UsageError(
      `Cannot start ${name}: port ${port} is taken`,
      "Name another with --http <port>, or 0 for any",
    );
  }
}

/** A server of its own for each request, as the protocol's stateless form has it. */
async function answerAlone(
  server: ReturnType<typeof makeServer>,
  request: Request,
): Promise<Response> {
  // There is no stream to listen to and no session to end.
  if (request.method !== "POST") {
    return new Response("", { status: 405, headers: { allow: "POST" } });
  }
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  try {
    return await transport.handleRequest(request);
  } finally {
    await server.close();
  }
}

/** Names of this machine only: a website whose name leads here is refused, and so is any other's. */
function refusalOf(request: Request, token: string): Response | undefined {
  const elsewhere = hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
    originValidationResponse(request, localhostAllowedOrigins());
  if (elsewhere) return elsewhere;
  if (!isSame(request.headers.get("authorization") ?? "", `Bearer ${token}`)) {
    const headers = { "www-authenticate": "Bearer" };
    return new Response("The server's token is missing or wrong\n", { status: 401, headers });
  }
  if (new URL(request.url).pathname === path) return undefined;
  return new Response(`There is only ${path}\n`, { status: 404 });
}

/** In a time that tells nothing of where they differ. */
function isSame(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
