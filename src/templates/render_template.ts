/**
 * One template, ready to render rows: the worker's part of the work, without the worker.
 *
 * @module
 */
// @ts-types="./nunjucks.d.ts"
import nunjucks, { type Node } from "nunjucks";
import { checkTemplate } from "./check_template.ts";
import { TemplateFault, templateFault } from "./fault.ts";
import { type PlacedValue, spliceValues } from "./placeholders.ts";
import type { RowAnswer, RowContext, TemplateColumn } from "./protocol.ts";
import { RenderContext } from "./render_context.ts";
import { createRuntime, prepareContext } from "./render_runtime.ts";
import { compileTemplate, type RootFunction } from "./template_compiler.ts";
import { filterNames, nunjucksEnvironment, testNames } from "./template_filters.ts";
import { createGlobals, globalNames } from "./template_globals.ts";

/** A template that was compiled. */
export interface ReadyTemplate {
  /** The columns it names. */
  columns: TemplateColumn[];
  /** Renders one row to JSON text. */
  render: (context: RowContext) => RowAnswer;
}

const known = {
  filters: filterNames,
  tests: testNames,
  globals: globalNames,
};

/**
 * Compiles a template.
 *
 * @param text The template.
 * @param timeLimitMs How long one row may take.
 * @returns The template, ready to render.
 * @throws {TemplateFault} If it is not a template.
 */
export function readyTemplate(text: string, timeLimitMs: number): ReadyTemplate {
  refuseControlCharacters(text);
  const tree = parse(text);
  const columns = checkTemplate(tree, known);
  const root = compileTemplate(tree);
  return { columns, render: (context) => render(root, context, timeLimitMs) };
}

function render(root: RootFunction, context: RowContext, timeLimitMs: number): RowAnswer {
  const values: PlacedValue[] = [];
  try {
    prepareContext(context);
    const names = { ...createGlobals(values), ...context };
    const frame = new nunjucks.runtime.Frame();
    frame.topLevel = true;
    let text = "";
    let failure: unknown;
    root(
      nunjucksEnvironment,
      new RenderContext(nunjucksEnvironment, names),
      frame,
      createRuntime(values, timeLimitMs),
      (error, output) => {
        failure ??= error;
        text = String(output);
      },
    );
    if (failure !== null && failure !== undefined) throw failure;
    return { ok: true, text: spliceValues(text, values) };
  } catch (thrown) {
    return { ok: false, fault: faultOf(thrown).fault };
  }
}

function parse(text: string): Node {
  try {
    return nunjucks.parser.parse(text);
  } catch (thrown) {
    // Where the text ends too early, nunjucks stumbles over its own missing token.
    const atEnd = thrown instanceof TypeError || !(thrown instanceof Error);
    const line: unknown = thrown instanceof Error ? Reflect.get(thrown, "lineno") : undefined;
    throw templateFault(
      atEnd ? "the template ends in the middle of a tag" : wording(thrown.message),
      typeof line === "number" ? line : text.split("\n").length,
    );
  }
}

/** Nunjucks names the function of its parser first. */
function wording(message: string): string {
  return message.replace(/^(?:parse|advance)\w*: /, "");
}

/** Marks are made of control characters: see `placeholders.ts`. */
function refuseControlCharacters(text: string): void {
  const lines = text.split("\n");
  const index = lines.findIndex((line) =>
    [...line].some((character) => character < " " && character !== "\t" && character !== "\r")
  );
  if (index >= 0) throw templateFault("the template holds a control character", index + 1);
}

/**
 * What was thrown, as something to tell the main side.
 *
 * @param thrown What a `catch` caught.
 * @returns It itself, or a fault made of its message.
 */
export function faultOf(thrown: unknown): TemplateFault {
  if (thrown instanceof TemplateFault) return thrown;
  return templateFault(thrown instanceof Error ? thrown.message : String(thrown));
}
