/**
 * Serves the tools of a bundled MCP server over stdio, and ends as such a server must: when stdin
 * ends (the client left, or died) it takes nothing new, finishes what it has begun, and exits.
 *
 * Nothing but protocol goes to stdout; the log goes to stderr.
 *
 * @module
 */
import process from "node:process";
import { type CallToolResult, McpServer, type ToolAnnotations } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { z } from "zod";
import { ensureError, UsageError } from "../errors.ts";
import { toolError } from "./tool_result.ts";

/** @internal One tool: what a client is told of it, and what it does. */
export interface Tool {
  name: string;
  title: string;
  description: string;
  input: z.ZodObject;
  output: z.ZodObject;
  annotations: ToolAnnotations;
  /** Takes the arguments as they came, see {@link readArguments}, and the request's `_meta`. */
  call: (
    args: unknown,
    meta: Readonly<Record<string, unknown>>,
  ) => CallToolResult | Promise<CallToolResult>;
  /** The answer to a call that comes when the server is ending; an error if it is left out. */
  refuse?: () => CallToolResult;
}

/** @internal Calls tools, until it is told to take no more. */
export interface ToolRunner {
  /** Calls a tool; never rejects: the SDK would turn that into text of another form. */
  run(
    tool: Pick<Tool, "call" | "refuse">,
    args: unknown,
    meta?: Readonly<Record<string, unknown>>,
  ): Promise<CallToolResult>;
  /** How many calls are under way. */
  underWay(): number;
  /** Refuses what comes from now on, and resolves when what was begun is finished. */
  end(): Promise<void>;
}

/** What ends a process; they reach its whole group. */
export const groupSignals: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Serves the tools until stdin ends; then ends the process.
 *
 * @param name The name that clients see.
 * @param tools The tools.
 * @param onEnd What to let go of at the end.
 *
 * @internal
 */
export function serveTools(
  name: string,
  tools: readonly Tool[],
  onEnd: () => void | PromiseLike<void> = () => {},
): void {
  const runner = toolRunner(name);
  serveStdio(() => makeServer(name, tools, runner), {
    onerror: (error) => log(name, error.message),
  });
  // A client that died leaves a broken pipe: without a handler its EPIPE would end the process in
  // the middle of a purchase. The SDK's own handler is gone once its transport is closed.
  process.stdout.on("error", () => {});
  const end = async () => {
    const finished = runner.end();
    const count = runner.underWay();
    if (count > 0) log(name, `the client left; finishing ${count} call(s) first`);
    await finished;
    await onEnd();
    Deno.exit(0);
  };
  // Once: both come, and the second must not let go twice of what the first has let go of.
  let ending: Promise<void> | undefined;
  for (const event of ["end", "close"]) process.stdin.once(event, () => ending ??= end());
  // These reach the whole process group: from Ctrl-C, a terminal that is closed, a machine that goes
  // down. The client decides what is finished first, and ends stdin when it is.
  for (const signal of groupSignals) Deno.addSignalListener(signal, () => {});
}

/**
 * The arguments of a tool, checked here and not by the SDK, so that a client finds wrong arguments
 * in the same form as every other error.
 *
 * @param schema What the arguments must fit.
 * @param args The arguments as they came.
 * @returns The checked arguments, defaults filled in.
 * @throws {UsageError} If they do not fit.
 *
 * @internal
 */
export function readArguments<Schema extends z.ZodType>(
  schema: Schema,
  args: unknown,
): z.output<Schema> {
  const read = schema.safeParse(args);
  if (read.success) return read.data;
  throw new UsageError(`Cannot take these arguments: ${issuesOf(read.error)}`);
}

/**
 * What does not fit, in one line.
 *
 * @param error What zod found.
 * @returns Such as `packages.0.weight: must be positive; service_code: …`.
 *
 * @internal
 */
export function issuesOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join(".")}: ${message}` : message
  ).join("; ");
}

/**
 * Writes a line to stderr. A client that was killed leaves a broken pipe there too, which must not end
 * a purchase.
 *
 * @param name Who writes.
 * @param message What.
 */
export function log(name: string, message: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${name}: ${message}\n`));
  } catch {
    // Nobody reads it.
  }
}

/**
 * Makes what calls the tools of a server.
 *
 * @param name The server's name, for its log.
 * @returns The runner.
 *
 * @internal
 */
export function toolRunner(name: string): ToolRunner {
  const underWay = new Set<Promise<unknown>>();
  let isEnding = false;
  const answer = async (...[tool, args, meta = {}]: Parameters<ToolRunner["run"]>) => {
    try {
      if (!isEnding) return await tool.call(args, meta);
      if (tool.refuse) return tool.refuse();
      throw new UsageError("Cannot take a call: the server is ending", "Start it again");
    } catch (error) {
      log(name, ensureError(error).message);
      return toolError(error);
    }
  };
  return {
    run(...call) {
      const answered = answer(...call);
      underWay.add(answered);
      answered.finally(() => underWay.delete(answered));
      return answered;
    },
    underWay: () => underWay.size,
    async end() {
      isEnding = true;
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

/**
 * Makes the SDK's server of tools.
 *
 * @param name The name that clients see.
 * @param tools The tools.
 * @param runner What calls them.
 * @returns The server, not connected yet.
 *
 * @internal
 */
export function makeServer(name: string, tools: readonly Tool[], runner: ToolRunner): McpServer {
  const server = new McpServer({ name, version: "1.0.0" }, { capabilities: { tools: {} } });
  for (const tool of tools) {
    server.registerTool(tool.name, {
      title: tool.title,
      description: tool.description,
      inputSchema: described(tool.input),
      outputSchema: tool.output,
      annotations: tool.annotations,
    }, (args, context) => runner.run(tool, args, context.mcpReq._meta));
  }
  return server;
}

/** The schema as clients see it, letting every value through to {@link readArguments}. */
function described(schema: z.ZodObject) {
  const { version, vendor, jsonSchema } = schema["~standard"];
  const validate = (value: unknown) => ({ value });
  return { "~standard": { version, vendor, jsonSchema, validate } };
}
