/**
 * How every bundled MCP server answers a tool call: the one form for results, the one for errors.
 *
 * - A result is `structuredContent`, with the same JSON as its only text block.
 * - A result that is bad news and still has a shape (a shipment that was not bought) is the same
 *   with `isError: true`.
 * - An error has `isError: true`, no `structuredContent`, and one text block: the JSON of
 *   {@link ToolFault}. Wrong arguments are errors like any other, so a client has one form to read.
 *
 * @module
 */
import type { CallToolResult } from "@modelcontextprotocol/server";
import { ensureError, WaybillError } from "../errors.ts";

/** What the text of an error holds. */
export interface ToolFault {
  /** A stable code (`E-1003`), or `conflict`: another value is already there. */
  code: string;
  /** What could not be done and why. */
  message: string;
  /** What to do next, if something can be done. */
  remedy?: string;
  /** The row it is about, if it is about one. */
  row_number?: number;
}

/**
 * Another value is already where ours should go: the tool error whose code is `conflict`.
 *
 * @internal
 */
export class ConflictError extends WaybillError {
  /**
   * Makes the error.
   *
   * @param rowNumber The row.
   * @param message Which value is there and which one was to be written.
   */
  constructor(rowNumber: number, message: string) {
    super("E-4007", message, {
      rowNumber,
      remedy: "Find out which number is right, then clear the cell or leave it as it is",
    });
  }
}

/**
 * A tool's result, for people as text and for programs as data.
 *
 * @param value What the tool's output schema describes.
 * @param isError Whether the result is bad news.
 * @returns What a tool handler returns.
 *
 * @internal
 */
export function toolResult(value: Record<string, unknown>, isError = false): CallToolResult {
  return {
    content: [{ type: "text", text: JSON.stringify(value) }],
    structuredContent: value,
    ...(isError ? { isError } : {}),
  };
}

/**
 * A tool's error in the form that all bundled servers share.
 *
 * @param thrown Whatever the tool threw.
 * @returns What a tool handler returns.
 *
 * @internal
 */
export function toolError(thrown: unknown): CallToolResult {
  return { content: [{ type: "text", text: JSON.stringify(faultOf(thrown)) }], isError: true };
}

/**
 * The fault that an error is told as.
 *
 * @param thrown Whatever was thrown; what is not ours is a bug and is told as `E-9001`.
 * @returns The fault.
 */
export function faultOf(thrown: unknown): ToolFault {
  if (!(thrown instanceof WaybillError)) {
    return { code: "E-9001", message: ensureError(thrown).message };
  }
  const fault: ToolFault = {
    code: thrown instanceof ConflictError ? "conflict" : thrown.code,
    message: thrown.message,
  };
  if (thrown.remedy !== undefined) fault.remedy = thrown.remedy;
  if (thrown.rowNumber !== undefined) fault.row_number = thrown.rowNumber;
  return fault;
}
