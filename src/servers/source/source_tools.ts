/**
 * The tools of the data-source server: a source's contract, spoken over MCP.
 *
 * @module
 */
import { z } from "zod";
import {
  sourceDescriptionSchema,
  type SourcePage,
  sourcePageSchema,
  type SourceRow,
  sourceRowSchema,
  writeBackResultSchema,
} from "../../contracts/source.ts";
import { rowFilter } from "../../where/matches.ts";
import { readArguments, type Tool } from "../serve.ts";
import { toolResult } from "../tool_result.ts";
import type { Source } from "./source.ts";

const rowNumber = z.number().int().positive()
  .describe(
    "Data row of the source, from 1: of a file without header and blank lines, of a table the key",
  );

const getRowsSchema = z.object({
  after_row: z.number().int().nonnegative().default(0)
    .describe("The rows after this one; 0 for the first page, then next_after"),
  limit: z.number().int().min(1).max(1000).default(100)
    .describe("At most so many rows; a page of large rows is shorter"),
  where: z.string().max(10_000).nullish().describe(
    "Only rows that fit this condition over columns, as in: state = 'CA' and weight < 50." +
      " Row numbers stay those of the source; a page may then be empty and have a next_after",
  ),
  columns: z.array(z.string()).optional().describe(
    "Only these columns in data; the checksum is still that of the whole row",
  ),
});

const getRowSchema = z.object({ row_number: rowNumber });

const trackingNumber = z.string().max(64)
  .regex(/^[!-~](?:[ -~]*[!-~])?$/, "must be printable ASCII, without spaces around it");

const common = {
  row_number: rowNumber,
  checksum: z.string().optional().describe(
    "Of the row that was bought: if it is not at its number any more, it is found by its content",
  ),
  idempotency_key: z.string().min(1).max(200).describe("Identifies this write-back"),
};

const numberSchema = z.object({
  ...common,
  tracking_number: trackingNumber
    .describe("What to write to the row's tracking_number; the column is added if it is missing"),
  shipped_at: z.iso.datetime().describe("When the label was bought: UTC, ISO 8601"),
});

const voidSchema = z.object({
  ...common,
  tracking_number: z.null(),
  replaces: trackingNumber,
  voided_at: z.iso.datetime(),
});

/** One object: a client is shown one list of arguments. */
const writeBackSchema = z.object({
  ...common,
  tracking_number: trackingNumber.nullable().describe(
    "What to write to the row's tracking_number; null takes the number of a voided label out",
  ),
  shipped_at: numberSchema.shape.shipped_at.optional()
    .describe("With a number: when the label was bought: UTC, ISO 8601"),
  replaces: trackingNumber.optional()
    .describe("With null: the number that leaves the cell; another one there is a conflict"),
  voided_at: z.iso.datetime().optional()
    .describe("With null: when the label was voided: UTC, ISO 8601"),
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
export function sourceTools(source: () => Promise<Source>): Tool[] {
  return [...readingTools(source), ...writingTools(source)];
}

function readingTools(source: () => Promise<Source>): Tool[] {
  const annotations = { readOnlyHint: true, openWorldHint: false };
  return [{
    name: "describe_source",
    title: "Describe the source",
    description: "Says what the source holds: its columns, the number of rows and a fingerprint" +
      " that changes when the data does, but not when tracking numbers are written back.",
    input: noArguments,
    output: sourceDescriptionSchema,
    annotations,
    call: async () => toolResult({ ...await (await source()).describe() }),
  }, {
    name: "get_rows",
    title: "Read rows",
    description: "Reads rows in order, a page at a time. Ask again with after_row = next_after;" +
      " the last page has no next_after.",
    input: getRowsSchema,
    output: sourcePageSchema,
    annotations,
    async call(args) {
      const { after_row, limit, where, columns } = readArguments(getRowsSchema, args);
      const page = await (await source()).getRows(after_row, limit);
      return toolResult({ ...chosen(page, where ?? undefined, columns) });
    },
  }, {
    name: "get_row",
    title: "Read one row",
    description: "Reads one row: its values by column name, and the checksum of its data.",
    input: getRowSchema,
    output: sourceRowSchema,
    annotations,
    call: async (args) =>
      toolResult({
        ...await (await source()).getRow(readArguments(getRowSchema, args).row_number),
      }),
  }];
}

/** The rows of a page that are wanted, and of them what is wanted. */
function chosen(
  page: SourcePage,
  where: string | undefined,
  columns: readonly string[] | undefined,
): SourcePage {
  const [first] = page.rows;
  if (!first) return page;
  const filter = where === undefined ? undefined : rowFilter(where, columnsOf(first));
  const rows = filter ? page.rows.filter((row) => filter.matches(row)) : page.rows;
  if (!columns) return { ...page, rows };
  const only = ({ data, ...row }: SourceRow) => ({
    ...row,
    data: Object.fromEntries(
      columns.flatMap((name) => Object.hasOwn(data, name) ? [[name, data[name]]] : []),
    ),
  });
  return { ...page, rows: rows.map(only) };
}

/** What a row's own values tell of its columns: a filter must not read the whole source for it. */
function columnsOf({ data }: SourceRow) {
  return Object.entries(data).map(([name, value]) => ({
    name,
    type: typeof value === "number" ? "decimal" : "string",
  }));
}

function writingTools(source: () => Promise<Source>): Tool[] {
  const annotations = { destructiveHint: false, idempotentHint: true, openWorldHint: false };
  return [{
    name: "write_back",
    title: "Write a tracking number back",
    description:
      "Records the tracking number of a row, durably; flush puts it into the user's file." +
      " Writing the same number again is already_written; if the row has another number, the" +
      ' error\'s code is "conflict" and nothing is changed. With tracking_number null, the number' +
      " in replaces leaves the row, and voided_at says when its label was voided.",
    input: writeBackSchema,
    output: writeBackResultSchema,
    annotations,
    async call(args) {
      const { tracking_number } = readArguments(writeBackSchema, args);
      const change = tracking_number === null
        ? readArguments(voidSchema, args)
        : readArguments(numberSchema, args);
      return toolResult({ status: await (await source()).writeBack(change) });
    },
  }, {
    name: "flush",
    title: "Bring the source up to date",
    description: "Puts every recorded tracking number into the file, in one step that a crash" +
      " cannot cut in half. Rows that were changed meanwhile are left alone and named in an error.",
    input: noArguments,
    output: z.object({}),
    annotations,
    async call() {
      await (await source()).flush();
      return toolResult({});
    },
  }];
}
