/**
 * What the main side and the template worker say to each other. Types only: the main side believes
 * nothing of them before `answers.ts` has looked at it.
 *
 * @module
 */

/** What one row is rendered from. */
export interface RowContext {
  /** The row's cells by column. */
  row: Record<string, unknown>;
  /** The job's shipper. */
  shipper: unknown;
  /** The job. */
  job: { id: string; name: string };
}

/** A question to the worker. */
export type Question =
  | { id: string; kind: "compile"; text: string; timeLimitMs: number }
  | { id: string; kind: "render"; contexts: readonly RowContext[] };

/** A column a template names. */
export interface TemplateColumn {
  /** The column. */
  name: string;
  /** The first line that needs it, or if none does, the first line that names it. */
  line: number;
  /** Whether the template has a default wherever it names the column. */
  optional: boolean;
}

/** Why a template or a row of it failed; the main side adds row and file. */
export type Fault =
  | { kind: "late" }
  | { kind: "column"; column: string; line?: number | undefined }
  | {
    kind: "filter";
    filter: string;
    value: string;
    problem: string;
    remedy?: string | undefined;
    line?: number | undefined;
  }
  | {
    kind: "template";
    problem: string;
    remedy?: string | undefined;
    line?: number | undefined;
  };

/** One row's result: the JSON as text, so that nothing but JSON can come out. */
export type RowAnswer = { ok: true; text: string } | { ok: false; fault: Fault };

/**
 * An answer of the worker; `id` is the question's. There may be fewer rows than contexts, but one at
 * least: the worker answers early when the time for one row is over, and is asked for the rest.
 */
export type Answer =
  | { kind: "ready" }
  | { id: string; kind: "compiled"; columns: TemplateColumn[] }
  | { id: string; kind: "refused"; fault: Fault }
  | { id: string; kind: "rendered"; rows: RowAnswer[] };
