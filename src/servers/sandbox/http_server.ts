/**
 * Serves answers over HTTP, and the failures of networks with them. It stands on `node:http` because
 * `Deno.serve` gives no hold of a connection: it can neither reset one nor leave it unanswered.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { ensureError } from "../../errors.ts";
import type { Answer, Asked } from "./answer.ts";

/** A server that listens. */
export interface HttpServer {
  /** Scheme, host and port. */
  readonly url: string;
  /** Answers what has begun, takes nothing new, and lets go of who waits for nothing. */
  close(): Promise<void>;
}

/**
 * Serves on this machine.
 *
 * @param port The port, 0 for any.
 * @param handle Answers a request; what it throws is logged and answered with 500.
 * @param log Writes a line.
 * @returns The server, once it listens.
 * @throws {Error} If it cannot listen there.
 */
export function serveHttp(
  port: number,
  handle: (asked: Asked) => Promise<Answer>,
  log: (message: string) => void,
): Promise<HttpServer> {
  const hanging = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.once("end", async () => {
      const body = Buffer.concat(parts).toString("utf8");
      const answer = await safely(() => handle(askedOf(request, body)), log);
      respond(answer, request, response, hanging);
    });
    // A client that left in the middle is no fault of ours.
    request.on("error", () => {});
    response.on("error", () => {});
  });
  const started = Promise.withResolvers<HttpServer>();
  server.once("error", (error) => started.reject(portError(error, port)));
  server.listen(port, "127.0.0.1", () => {
    const address = server.address();
    const taken = typeof address === "object" ? address?.port : undefined;
    const close = async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      for (const response of hanging) response.destroy();
      await closed;
    };
    started.resolve({ url: `http://127.0.0.1:${taken}`, close });
  });
  return started.promise;
}

function portError(error: Error, port: number): Error {
  const isTaken = "code" in error && error.code === "EADDRINUSE";
  if (!isTaken) return error;
  const what = `Cannot listen on 127.0.0.1:${port}: another program does, perhaps another sandbox`;
  return new Error(`${what}. End it, or name another port with --port (0 takes any free one)`);
}

function askedOf(request: IncomingMessage, body: string): Asked {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  return {
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    authorization: request.headers.authorization ?? "",
    host: request.headers.host ?? "",
    transId: headerOf(request, "transid"),
    transactionSrc: headerOf(request, "transactionsrc"),
    body,
  };
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function safely(
  handle: () => Promise<Answer>,
  log: (message: string) => void,
): Promise<Answer> {
  try {
    return await handle();
  } catch (error) {
    const { message } = ensureError(error);
    log(message);
    return { kind: "answer", status: 500, type: "text/plain", body: message };
  }
}

function respond(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  hanging: Set<ServerResponse>,
): void {
  switch (answer.kind) {
    case "answer": {
      const bytes = bytesOf(answer.body);
      response.writeHead(answer.status, {
        ...answer.headers,
        "content-type": answer.type,
        "content-length": bytes.length,
      });
      response.end(bytes);
      return;
    }
    case "truncate": {
      const bytes = Buffer.from(answer.body);
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": bytes.length,
      });
      // Closed and not reset: a reset may overtake the half that was written.
      response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy());
      return;
    }
    case "reset":
      request.socket.resetAndDestroy();
      return;
    case "hang":
      hanging.add(response);
      response.once("close", () => hanging.delete(response));
      return;
    default:
      answer satisfies never;
  }
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? Buffer.from(body) : body;
}
