/**
 * A data source, read through its MCP server's tools and checked against their contract.
 *
 * @module
 */
import type { z } from "zod";
import {
  type SourceDescription,
  sourceDescriptionSchema,
  type SourcePage,
  sourcePageSchema,
  type SourceRow,
  sourceRowSchema,
  type VoidBack,
  type WriteBack,
  writeBackResultSchema,
} from "../contracts/source.ts";
import { withoutSecrets } from "../contracts/source_location.ts";
import { coded, WaybillError } from "../errors.ts";
import type { ToolCaller } from "./tool_caller.ts";

/** The tools of a data-source server. */
export interface SourceClient {
  /** What the source says of itself. */
  describe(): Promise<SourceDescription>;
  /**
   * A page of rows after `afterRow`. If only some columns are needed, a server that knows how leaves
   * the others out.
   */
  getRows(afterRow: number, limit: number, columns?: readonly string[]): Promise<SourcePage>;
  /** One row. */
  getRow(rowNumber: number): Promise<SourceRow>;
  /** Gives a tracking number to the source, or takes one back; what it acknowledges survives a crash. */
  writeBack(writeBack: WriteBack | VoidBack): Promise<"written" | "already_written">;
  /** Has the source put what it acknowledged into the user's own file or table. */
  flush(): Promise<void>;
}

/**
 * Wraps a data-source server.
 *
 * @param call Calls its tools.
 * @returns The client. Its methods reject with `E-4010` when an answer breaks the contract.
 */
export function createSourceClient(call: ToolCaller): SourceClient {
  return createCheckedClient(async (tool, args) => {
    try {
      return await call(tool, args);
    } catch (error) {
      const code = tool === "write_back" || tool === "flush" ? "E-4014" : "E-4006";
      throw coded(error, code, `Cannot use the source's tool ${tool}`);
    }
  });
}

function createCheckedClient(call: ToolCaller): SourceClient {
  return {
    async describe() {
      const answer = await call("describe_source", {});
      const described = read("describe_source", sourceDescriptionSchema, answer);
      return { ...described, uri: withoutSecrets(described.uri) };
    },
    async getRows(afterRow, limit, columns) {
      const args = { after_row: afterRow, limit, ...(columns ? { columns } : {}) };
      const answer = await call("get_rows", args);
      return inOrder(read("get_rows", sourcePageSchema, answer), afterRow);
    },
    async getRow(rowNumber) {
      const answer = await call("get_row", { row_number: rowNumber });
      const row = read("get_row", sourceRowSchema, answer);
      if (row.row_number === rowNumber) return row;
      throw brokenContract("get_row", `row ${row.row_number} came for row ${rowNumber}`, rowNumber);
    },
    async writeBack(writeBack) {
      const answer = await call("write_back", { ...writeBack });
      return read("write_back", writeBackResultSchema, answer).status;
    },
    async flush() {
      await call("flush", {});
    },
  };
}

function read<T>(tool: string, schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw brokenContract(tool, `${issue?.path.join(".") || "answer"}: ${issue?.message ?? "bad"}`);
}

/** A page that does not lead on would be read for ever, and a row that comes twice shipped twice. */
function inOrder(page: SourcePage, afterRow: number): SourcePage {
  let last = afterRow;
  for (const { row_number: rowNumber } of page.rows) {
    if (rowNumber <= last) {
      throw brokenContract("get_rows", `row ${rowNumber} comes after row ${last}`, rowNumber);
    }
    last = rowNumber;
  }
  const next = page.next_after ?? undefined;
  if (next === undefined || (next >= last && next > afterRow)) return page;
  throw brokenContract("get_rows", `the page after row ${afterRow} leads on to row ${next}`);
}

function brokenContract(tool: string, why: string, rowNumber?: number): WaybillError {
  return new WaybillError("E-4010", `Cannot use the answer of the source's tool ${tool}: ${why}`, {
    rowNumber,
    remedy: "Make the server keep the contract in ARCHITECTURE.md, or name another with --mcp",
  });
}
