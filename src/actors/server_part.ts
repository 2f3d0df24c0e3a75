/**
 * An MCP server as a part of a runner: its tools, called in such a way that one that died, hangs or
 * talks rubbish is started again.
 *
 * @module
 */
import type { ExitReason } from "../machines/child_types.ts";
import type { Problem } from "../machines/port.ts";
import type { Connection } from "./mcp_connection.ts";
import { Part } from "./part.ts";
import { ConnectionLostError, NotSentError, type ToolCaller } from "./tool_caller.ts";

/** How often a call is made that may be repeated. A server that dies of it would die for ever. */
const mostTries = 3;

/** How often one that hangs to its limit: each is a minute and more. */
const mostHangs = 2;

/**
 * The one tool that is never called again: a repeat may be a second bill. All others read, or say with
 * a key that they are the same again.
 */
const purchase = "shipping_create";

/**
 * A server that is not there yet.
 *
 * @param name Its name in messages, such as `source`.
 * @returns The part.
 *
 * @internal
 */
export function serverPart(name: string): Part<Connection> {
  return new Part<Connection>(({ message }) =>
    new NotSentError(`Cannot reach the ${name} server any more: ${message}`)
  );
}

/**
 * A server's tools. A call that never left, or that may be repeated, waits for the restart and is made
 * again; a purchase is not, and does not wait: between its claim and its call no time may pass.
 *
 * @param part The server.
 * @param stopping Says that a person wants the run to stop: then no read waits for a server that is away.
 * @returns Calls its tools.
 *
 * @internal
 */
export function supervised(part: Part<Connection>, stopping: AbortSignal): ToolCaller {
  // What is bought is written back all the same, while anybody waits at all.
  const wait = (tool: string) =>
    tool.startsWith("get_row") ? part.readyUnless("source server", stopping) : part.ready();
  return async (tool, args, meta) => {
    for (let tries = 1;; tries++) {
      const isPurchase = tool === purchase;
      const connection = part.current ?? (isPurchase ? undefined : await wait(tool));
      if (!connection) throw new NotSentError("The carrier server is just being started again");
      try {
        return await connection.call(tool, args, meta);
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === undefined) throw error;
        part.report(connection, { reason, problem: problemFor(error) });
        if (isPurchase || tries >= (reason === "hung" ? mostHangs : mostTries)) throw error;
      }
    }
  };
}

/** What an error says of the server; `undefined` if it only answered that it will not. */
function reasonOf(error: unknown): ExitReason | undefined {
  if (error instanceof NotSentError) return "ended";
  if (error instanceof ConnectionLostError) return error.isLate ? "hung" : "ended";
  return undefined;
}

function problemFor(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  return { code: "E-4010", message };
}
