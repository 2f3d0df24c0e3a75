/**
 * The tools of the CSV data-source server: a source's contract, spoken over MCP.
 *
 * @module
 */
import { z } from "zod";
import {
  sourceDescriptionSchema,
  sourcePageSchema,
  sourceRowSchema,
  writeBackResultSchema,
} from "../../contracts/source.ts";
import { UsageError } from "../../errors.ts";
import { readArguments, type Tool } from "../serve.ts";
import { toolResult } from "../tool_result.ts";
import type { CsvSource } from "./csv_source.ts";

const rowNumber = z.number().int().positive()
  .describe("1-based data row of the file; the header and blank lines do not count");

const getRowsSchema = z.object({
  after_row: z.number().int().nonnegative().default(0)
    .describe("The rows after this one; 0 for the first page, then next_after"),
  limit: z.number().int().min(1).max(1000).default(100)
    .describe("At most so many rows; a page of large rows is shorter"),
  where: z.unknown().optional().describe("Filters are not supported yet: leave it out"),
});

const getRowSchema = z.object({ row_number: rowNumber });

const writeBackSchema = z.object({
  row_number: rowNumber,
  tracking_number: z.string().max(64)
    // A spreadsheet takes a cell that begins with = + - or @ for a formula.
    .regex(/^[A-Za-z0-9][ -~]*$/, "must begin with a letter or digit and be printable ASCII")
    .describe("What to write to the row's tracking_number; the column is added if it is missing"),
  shipped_at: z.iso.datetime().describe("When the label was bought: UTC, ISO 8601"),
  checksum: z.string().optional().describe(
    "Of the row that was bought: another content is refused",
  ),
  idempotency_key: z.string().min(1).max(200).describe("Identifies this write-back"),
});

const noArguments = z.object({});

/**
 * The tools over a source.
 *
 * @param source Opens the source, or gives it again: what is wrong with a file is then told to whoever
 * calls a tool, and not only to the log.
 * @returns What the server serves.
 *
 * @internal
 */
export function sourceTools(source: () => CsvSource): Tool[] {
  return [...readingTools(source), ...writingTools(source)];
}

function readingTools(source: () => CsvSource): Tool[] {
  const annotations = { readOnlyHint: true, openWorldHint: false };
  return [{
    name: "describe_source",
    title: "Describe the source",
    description: "Says what the CSV file holds: its columns, the number of rows and a fingerprint" +
      " that changes when the data does, but not when tracking numbers are written back.",
    input: noArguments,
    output: sourceDescriptionSchema,
    annotations,
    call: () => toolResult({ ...source().describe() }),
  }, {
    name: "get_rows",
    title: "Read rows",
    description: "Reads rows in order, a page at a time. Ask again with after_row = next_after;" +
      " the last page has no next_after.",
    input: getRowsSchema,
    output: sourcePageSchema,
    annotations,
    call(args) {
      const { after_row, limit, where } = readArguments(getRowsSchema, args);
      if (where !== undefined && where !== null) {
        throw new UsageError("Cannot filter rows: where is not supported yet", "Leave where out");
      }
      return toolResult({ ...source().getRows(after_row, limit) });
    },
  }, {
    name: "get_row",
    title: "Read one row",
    description: "Reads one row: its cells as text by column name, and the checksum of its data.",
    input: getRowSchema,
    output: sourceRowSchema,
    annotations,
    call: (args) =>
      toolResult({ ...source().getRow(readArguments(getRowSchema, args).row_number) }),
  }];
}

function writingTools(source: () => CsvSource): Tool[] {
  const annotations = { destructiveHint: false, idempotentHint: true, openWorldHint: false };
  return [{
    name: "write_back",
    title: "Write a tracking number back",
    description: "Records the tracking number of a row, durably; flush puts it into the file." +
      " Writing the same number again is already_written; if the row has another number, the" +
      ' error\'s code is "conflict" and nothing is changed.',
    input: writeBackSchema,
    output: writeBackResultSchema,
    annotations,
    call(args) {
      refuseVoid(args);
      return toolResult({ status: source().writeBack(readArguments(writeBackSchema, args)) });
    },
  }, {
    name: "flush",
    title: "Bring the file up to date",
    description: "Puts every recorded tracking number into the CSV file, in one step that a crash" +
      " cannot cut in half. Rows that were changed meanwhile are left alone and named in an error.",
    input: noArguments,
    output: z.object({}),
    annotations,
    call() {
      source().flush();
      return toolResult({});
    },
  }];
}

function refuseVoid(args: unknown): void {
  const asked = z.looseObject({}).safeParse(args).data ?? {};
  if (asked.tracking_number !== null && asked.replaces === undefined) return;
  throw new UsageError(
    "Cannot take a tracking number back: voids are not supported yet",
    "Clear the cell in the file by hand",
  );
}
