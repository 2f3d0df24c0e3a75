/**
 * A server that is started again when it has died: a call that found it dead is made once more, as it
 * provably never left. A call under way when it died is not: nobody knows what became of it.
 *
 * @module
 */
import type { Connection } from "./mcp_connection.ts";
import { NotSentError } from "./tool_caller.ts";

/** How often a server is started again before it is given up, in so long a time. */
const mostRestarts = 5;
const windowMs = 60_000;

/**
 * Opens a server, and opens it again when it is gone.
 *
 * @param open Starts or reaches the server.
 * @returns The connection.
 * @throws {WaybillError} If the first start fails; a later failure is that of the call.
 */
export async function reconnecting(open: () => Promise<Connection>): Promise<Connection> {
  let current = Promise.resolve(await open());
  const restarts: number[] = [];
  let isClosed = false;
  /** Calls that found the same server dead share its successor. */
  const replace = (dead: Promise<Connection>) => {
    if (current !== dead) return current;
    const now = Date.now();
    while (restarts.length > 0 && now - (restarts[0] ?? now) > windowMs) restarts.shift();
    if (restarts.length >= mostRestarts) return current;
    restarts.push(now);
    current = dead.then((connection) => connection[Symbol.asyncDispose](), () => {}).then(open);
    // Whoever calls next is told.
    current.catch(() => {});
    return current;
  };
  return {
    async call(tool, args, meta) {
      const used = current;
      try {
        return await (await opened(used)).call(tool, args, meta);
      } catch (error) {
        if (!(error instanceof NotSentError) || isClosed) throw error;
        const next = replace(used);
        if (next === used) throw error;
        return await (await opened(next)).call(tool, args, meta);
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      const last = await current.catch(() => undefined);
      await last?.[Symbol.asyncDispose]();
    },
  };
}

/** A server that does not start was sent nothing. */
async function opened(connection: Promise<Connection>): Promise<Connection> {
  try {
    return await connection;
  } catch (error) {
    throw new NotSentError("Cannot start the server again", error);
  }
}
