/**
 * Words for what can go wrong with a template or a row of it. They are kept and sent to people, so that
 * they name columns and lines and quote no cell: it may be a name or a street.
 *
 * @module
 */
import { WaybillError } from "../errors.ts";
import { printable } from "./answers.ts";
import { firstMistake } from "./json_place.ts";
import { nearest } from "./nearest.ts";
import type { Fault, RowContext, TemplateColumn } from "./protocol.ts";
import type { Silence } from "./template_room.ts";

/** What an error is about. */
export interface Subject {
  /** The template's file name. */
  templateName: string;
  /** How long it may take. */
  timeLimitMs: number;
  /** The row, unless the template itself is meant. */
  rowNumber?: number | undefined;
  /** The row's cells, to name a column that may be meant. */
  row?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * @internal The error for a fault the worker reports.
 *
 * @param fault The fault.
 * @param about What it is about.
 * @returns The error: E-1001 for a column, E-2002 for a filter, E-4003 for the template, E-4013
 *   for a row that took too long.
 */
export function faultError(fault: Fault, about: Subject): WaybillError {
  const { rowNumber } = about;
  switch (fault.kind) {
    case "column":
      return columnsError([{ name: fault.column, line: fault.line }], about);
    case "late":
      return lateError(about);
    case "filter":
      return new WaybillError(
        "E-2002",
        `${doing(about)}: ${fault.filter} refuses ${cellOf(fault.value, about)}: ${fault.problem}` +
          place(fault.line, about),
        { rowNumber, remedy: fault.remedy ?? "Correct the row, or the template" },
      );
    case "template":
      return new WaybillError(
        "E-4003",
        `${doing(about)}: ${fault.problem}${place(fault.line, about)}`,
        { rowNumber, remedy: fault.remedy ?? `Correct ${about.templateName}` },
      );
  }
}

/**
 * @internal The error for columns that a template needs and a row does not have.
 *
 * @param missing The columns; at least one.
 * @param about What it is about.
 * @returns The error.
 */
export function columnsError(
  missing: readonly { name: string; line?: number | undefined }[],
  about: Subject,
): WaybillError {
  const [first] = missing;
  const { rowNumber } = about;
  const columns = Object.keys(about.row ?? {});
  const message = first !== undefined && missing.length === 1
    ? `column ${quoted(first.name)} is not in the source${place(first.line, about)}`
    : `columns ${
      missing.map(({ name, line }) => `${quoted(name)} (line ${line})`).slice(0, 20).join(", ")
    } are not in the source, but in ${about.templateName}`;
  return new WaybillError("E-1001", `${doing(about)}: ${message}`, {
    rowNumber,
    remedy: columnsRemedy(missing, columns),
  });
}

/**
 * @internal The error for rendered text that is not JSON.
 *
 * @param text The text.
 * @param about What it is about.
 * @param cause What `JSON.parse` said.
 * @returns The error.
 */
export function jsonError(text: string, about: Subject, cause: Error): WaybillError {
  const { line, around } = firstMistake(text);
  return new WaybillError(
    "E-4003",
    `${doing(about)}: ${about.templateName} does not make JSON: line ${line} of the rendered ` +
      `text, near ${printable(withoutWords(around), 80)}`,
    {
      rowNumber: about.rowNumber,
      remedy: `Correct ${about.templateName}: look for a missing or extra comma or quote`,
      cause,
    },
  );
}

/**
 * @internal The error for a worker that did not answer.
 *
 * @param silence Why it did not.
 * @param about What it is about.
 * @returns The error: E-4013 for a time-out, E-4015 if there was no worker, else E-4003.
 */
export function silenceError(silence: Silence, about: Subject): WaybillError {
  if (silence.kind === "late") return lateError(about);
  const { rowNumber, templateName } = about;
  if (silence.kind === "unstarted") {
    return new WaybillError(
      "E-4015",
      `${doing(about)}: the template worker did not start: ${printable(silence.problem, 300)}`,
      { rowNumber, remedy: "Start Waybill with a deno task: it needs --allow-read=src/templates" },
    );
  }
  return new WaybillError(
    "E-4003",
    `${doing(about)}: ${templateName} broke its worker: ${printable(silence.problem, 200)}`,
    { rowNumber, remedy: `Correct ${templateName}` },
  );
}

/**
 * The columns that a template needs and a row does not have.
 *
 * @param columns The template's columns.
 * @param context What the row is rendered from.
 * @returns The missing ones.
 */
export function missingColumns(
  columns: readonly TemplateColumn[],
  context: RowContext,
): TemplateColumn[] {
  return columns.filter(({ name, optional }) => !optional && !Object.hasOwn(context.row, name));
}

function lateError(about: Subject): WaybillError {
  const { rowNumber, templateName, timeLimitMs } = about;
  return new WaybillError(
    "E-4013",
    `${doing(about)}: ${templateName} did not end within ${timeLimitMs} ms`,
    { rowNumber, remedy: `Look for a loop without an end in ${templateName}` },
  );
}

function doing({ rowNumber, templateName }: Subject): string {
  return rowNumber === undefined
    ? `Cannot compile ${templateName}`
    : `Cannot render row ${rowNumber}`;
}

/** Where a value comes from, if one cell alone has it. */
function cellOf(value: string, { row = {} }: Subject): string {
  const [column, ...others] = Object.keys(row).filter((name) => String(row[name]) === value);
  return column === undefined || others.length > 0
    ? "the value that it is given"
    : `column ${quoted(column)}`;
}

/** What JSON is made of; whatever stands between may have come from a row. */
function withoutWords(text: string): string {
  return text.replace(/[^\s{}[\]":,]+/g, "…");
}

function place(line: number | undefined, { templateName }: Subject): string {
  return line === undefined ? ` (${templateName})` : ` (line ${line} of ${templateName})`;
}

function quoted(name: string): string {
  return `"${printable(name, 60)}"`;
}

function columnsRemedy(
  missing: readonly { name: string }[],
  columns: readonly string[],
): string {
  const meant = missing.flatMap(({ name }) => {
    const like = nearest(name, columns);
    return like === undefined ? [] : [`"${printable(like, 60)}" for ${quoted(name)}`];
  });
  if (meant.length > 0) return `Did you mean ${meant.slice(0, 10).join(", ")}?`;
  if (columns.length === 0) return "The row has no columns: look at the source";
  const some = columns.slice(0, 20).map((name) => printable(name, 40)).join(", ");
  return `Use one of the source's columns: ${some}${columns.length > 20 ? ", …" : ""}`;
}
