/**
 * A simulated MCP server as a runner's process reaches it: it may die, and is then another one.
 *
 * @module
 */
import type { Connection } from "../../src/actors/mcp_connection.ts";
import {
  ConnectionLostError,
  NotSentError,
  type ToolCaller,
} from "../../src/actors/tool_caller.ts";
import type { Life } from "./life.ts";
import type { SimTime } from "./time.ts";

/** The runner's limit to one call, in milliseconds. */
const callLimitMs = 75_000;

/** What a tool does; it may break off the connection that it was called through. */
export type SimTool = (
  args: Record<string, unknown>,
  server: ServerProcess,
  meta: Readonly<Record<string, unknown>>,
) => Promise<unknown>;

/** One process of a server. */
export class ServerProcess {
  readonly #end = Promise.withResolvers<void>();
  readonly #time: SimTime;
  #isDead = false;

  constructor(time: SimTime) {
    this.#time = time;
  }

  /** Whether it is gone. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Its connection, for a runner. */
  connection(life: Life, tools: Readonly<Record<string, SimTool>>): Connection {
    const call: ToolCaller = async (tool, args, meta = {}) => {
      await life.goOn();
      if (this.#isDead) throw new NotSentError(`Cannot call the tool ${tool}: the server ended`);
      const made = tools[tool];
      if (!made) throw new TypeError(`Cannot call the tool ${tool}: the simulation has none`);
      try {
        return await made(args, this, meta);
      } finally {
        await life.goOn();
      }
    };
    return {
      call,
      closed: this.#end.promise.then(() => life.goOn()),
      [Symbol.asyncDispose]: () => {
        this.die();
        return Promise.resolve();
      },
    };
  }

  /** It ends. */
  die(): void {
    this.#isDead = true;
    this.#end.resolve();
  }

  /** It ends in the middle of a call. */
  dieIn(tool: string): Error {
    this.die();
    return lost(tool);
  }

  /** It does not answer: the caller waits to its limit. */
  async hang(tool: string): Promise<Error> {
    await this.#time.sleep(callLimitMs);
    return new ConnectionLostError(tool, true, new Error("no answer in time"));
  }
}

/** The connection breaks; the server may live. */
export function lost(tool: string): Error {
  return new ConnectionLostError(tool, false, new Error("the connection broke"));
}
