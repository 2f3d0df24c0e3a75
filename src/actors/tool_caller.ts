/**
 * What the engine needs of an MCP server: a function that calls a tool. Everything above this line
 * is free of the SDK.
 *
 * @module
 */
import { type ErrorCode, isErrorCode, WaybillError } from "../errors.ts";

/**
 * Calls a tool and resolves to its `structuredContent`.
 *
 * It rejects with {@link NotSentError} when the call provably never left, with
 * {@link UnknownToolError} when the server has no such tool, with {@link ToolError} when the tool
 * itself reported an error, with {@link ConnectionLostError} when the server is gone or silent, and
 * with anything else when nobody can tell.
 *
 * @param tool The tool's name.
 * @param args Its arguments.
 * @param meta What a server may know beside them (`_meta` of the MCP request), and may ignore.
 * @returns What the tool answered, unread.
 */
export type ToolCaller = (
  tool: string,
  args: Record<string, unknown>,
  meta?: Readonly<Record<string, unknown>>,
) => Promise<unknown>;

/** The call provably never reached the server. */
export class NotSentError extends WaybillError {
  /**
   * Makes the error.
   *
   * @param message What could not be done and why.
   * @param cause The error below.
   */
  constructor(message: string, cause?: unknown) {
    super("E-4010", message, { cause, remedy: "Check that the MCP server starts and stays up" });
  }
}

/** The connection broke, or the answer did not come in time: nobody knows what the tool did. */
export class ConnectionLostError extends WaybillError {
  /** Whether the server is there and does not answer. */
  readonly isLate: boolean;

  /**
   * Makes the error.
   *
   * @param tool The tool.
   * @param isLate Whether the answer did not come in time.
   * @param cause The error below.
   */
  constructor(tool: string, isLate: boolean, cause: Error) {
    super("E-4010", `Cannot tell what the tool ${tool} did: ${cause.message}`, { cause });
    this.isLate = isLate;
  }
}

/** The server has no tool of that name. */
export class UnknownToolError extends WaybillError {
  /**
   * Makes the error.
   *
   * @param tool The tool.
   * @param cause The error below.
   */
  constructor(tool: string, cause?: unknown) {
    super("E-4010", `Cannot call the tool ${tool}: the server has none of that name`, { cause });
  }
}

/** The tool reported an error. */
export class ToolError extends WaybillError {
  /** The server's own code, as sent. */
  readonly toolCode: string | undefined;

  /**
   * Makes the error.
   *
   * @param tool The tool.
   * @param text What it answered: JSON with `code`, `message` and `remedy`, or plain words.
   */
  constructor(tool: string, text: string) {
    const { code, message, remedy } = readFault(text);
    super(codeOf(code), message ?? `The tool ${tool} failed: ${text}`, {
      remedy,
    });
    this.toolCode = code;
  }
}

/**
 * Reads the result of an MCP tool call.
 *
 * @param tool The tool's name.
 * @param result The result as the SDK gave it.
 * @returns Its `structuredContent`, or the JSON of its text where there is none.
 * @throws {ToolError} If the tool reported an error and gave nothing structured with it.
 */
export function readToolResult(tool: string, result: unknown): unknown {
  if (typeof result !== "object" || result === null) {
    throw new WaybillError("E-4010", `Cannot read the answer of the tool ${tool}: it is empty`);
  }
  const structured = "structuredContent" in result ? result.structuredContent : undefined;
  // A carrier sends its outcome with `isError`: what is structured is the answer all the same.
  if (typeof structured === "object" && structured !== null) return structured;
  const text = textOf("content" in result ? result.content : undefined);
  if ("isError" in result && result.isError === true) throw new ToolError(tool, text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WaybillError("E-4010", `Cannot read the answer of the tool ${tool}: no JSON in it`, {
      cause,
    });
  }
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return "";
  return content.map((block: unknown) =>
    typeof block === "object" && block !== null && "text" in block &&
      typeof block.text === "string"
      ? block.text
      : ""
  ).join("\n");
}

function readFault(text: string): { code?: string; message?: string; remedy?: string } {
  try {
    const fault: unknown = JSON.parse(text);
    if (typeof fault !== "object" || fault === null) return {};
    const field = (name: string) => {
      const value: unknown = Reflect.get(fault, name);
      return typeof value === "string" ? { [name]: value } : {};
    };
    return { ...field("code"), ...field("message"), ...field("remedy") };
  } catch {
    return {};
  }
}

/**
 * Whether a tool failed in words of its own: one of another contract by the same name, or a broken one.
 * For what a carrier need not offer at all that is no reason to stop.
 *
 * @param error What a call rejected with.
 * @returns Whether it is. A server that is gone, and what our own codes name, is not.
 */
export function isForeignFault(error: unknown): error is ToolError {
  return error instanceof ToolError && !isErrorCode(error.toolCode);
}

/** The contract's own code says that another value is in the way; what else is no code of ours is none. */
function codeOf(code: string | undefined): ErrorCode {
  if (code === "conflict") return "E-4007";
  return isErrorCode(code) ? code : "E-4010";
}
