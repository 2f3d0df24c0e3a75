/**
 * What a template may say, and which columns it names: one walk over its syntax tree before it is
 * compiled. Every problem found here has a line, and is found before any row is rendered.
 *
 * @module
 */
// @ts-types="./nunjucks.d.ts"
import type { Node } from "nunjucks";
import { templateFault } from "./fault.ts";
import { nearest } from "./nearest.ts";
import type { TemplateColumn } from "./protocol.ts";
import { child, children, lenientLookup, list, literalText, symbolName } from "./syntax_tree.ts";

/** The names that a template can use besides those it makes. */
export interface KnownNames {
  /** Filters. */
  filters: readonly string[];
  /** Tests, as in `x is defined`. */
  tests: readonly string[];
  /** Functions, as in `range(3)`. */
  globals: readonly string[];
}

const contextNames = ["row", "shipper", "job"];
const jobFields = ["id", "name"];
const name = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A template is one file and renders at once: nothing is loaded, nothing is waited for. */
const refusedTags: Readonly<Record<string, string>> = {
  Extends: "extends",
  Include: "include",
  Import: "import",
  FromImport: "from",
  Block: "block",
  AsyncEach: "asyncEach",
  AsyncAll: "asyncAll",
  IfAsync: "ifAsync",
};

/**
 * @internal Checks a template and collects its columns.
 *
 * @param root The syntax tree.
 * @param known What exists.
 * @returns The columns, in the order of their first lines.
 * @throws {TemplateFault} If the template uses something that does not exist or is not allowed.
 */
export function checkTemplate(root: Node, known: KnownNames): TemplateColumn[] {
  const nodes = [...walk(root)];
  const made = new Set(nodes.flatMap(madeNames));
  const names = new Set([...contextNames, ...known.globals, ...made, "loop", "caller"]);
  const lenient = new Set(nodes.map(lenientLookup));
  const notNames = new Set(nodes.flatMap(wordsThatAreNoNames));
  const columns = new Map<string, TemplateColumn>();
  for (const node of nodes) {
    const tag = refusedTags[node.typename];
    if (tag !== undefined) {
      throw templateFault(`"${tag}" does not work in a mapping template`, lineOf(node));
    }
    if (node["value"] instanceof RegExp) {
      throw templateFault("regular expressions do not work in a mapping template", lineOf(node));
    }
    checkNames(node);
    checkCallee(node, "Filter", child(node, "name"), known.filters);
    checkCallee(node, "Is", testName(node), known.tests);
    const symbol = symbolName(node);
    if (symbol !== undefined && !notNames.has(node) && !names.has(symbol)) {
      throw templateFault(
        `nothing is named "${symbol}"`,
        lineOf(node),
        `Write row.${symbol} for a column`,
      );
    }
    noteLookup(node, lenient.has(node), columns);
  }
  return [...columns.values()];
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const below of children(node)) yield* walk(below);
}

function lineOf(node: Node): number {
  return node.lineno + 1;
}

/** The nodes in which a statement makes a name. */
function madeNodes(node: Node): Node[] {
  switch (node.typename) {
    case "Set":
      return list(node, "targets");
    case "For": {
      const target = child(node, "name");
      return target?.typename === "Array" ? list(target, "children") : [target ?? node];
    }
    case "Macro":
    case "Caller":
      return [
        ...(node.typename === "Macro" ? [child(node, "name") ?? node] : []),
        ...list(child(node, "args"), "children").flatMap((argument) =>
          argument.typename === "KeywordArgs"
            ? list(argument, "children").map((pair) => child(pair, "key") ?? pair)
            : [argument]
        ),
      ];
    default:
      return [];
  }
}

function madeNames(node: Node): string[] {
  return madeNodes(node).map((made) => symbolName(made) ?? "");
}

/** Symbol nodes that are words of the language, not names to look up. */
function wordsThatAreNoNames(node: Node): (Node | undefined)[] {
  if (node.typename === "Filter" || node.typename === "Caller") return [child(node, "name")];
  if (node.typename === "Is") return [testName(node)];
  return node.typename === "Pair" ? [child(node, "key")] : [];
}

function testName(node: Node): Node | undefined {
  const right = child(node, "right");
  return right?.typename === "FunCall" ? child(right, "name") : right;
}

/**
 * Nunjucks writes these names into JavaScript as they are. Whatever gets by here still runs in a
 * worker without permissions; but a clear message beats a broken program.
 */
function checkNames(node: Node): void {
  for (const made of madeNodes(node)) {
    const symbol = symbolName(made);
    if (symbol === undefined) throw templateFault("a name is expected here", lineOf(made));
    if (contextNames.includes(symbol)) {
      throw templateFault(`"${symbol}" cannot be given another meaning`, lineOf(made));
    }
  }
  const symbol = symbolName(node);
  if (symbol === undefined) return;
  if (!name.test(symbol) || symbol.startsWith("__")) {
    throw templateFault(
      `"${symbol.slice(0, 60)}" is not a name`,
      lineOf(node),
      'Use letters, digits and _; write other columns as row["my column"]',
    );
  }
}

function checkCallee(
  node: Node,
  typename: "Filter" | "Is",
  callee: Node | undefined,
  known: readonly string[],
): void {
  if (node.typename !== typename) return;
  const kind = typename === "Is" ? "test" : "filter";
  const called = symbolName(callee) ?? String(callee?.["value"]);
  if (symbolName(callee) !== undefined && known.includes(called)) return;
  const like = nearest(called, known);
  throw templateFault(
    `there is no ${kind} "${called.slice(0, 60)}"`,
    lineOf(node),
    like === undefined ? undefined : `Did you mean ${like}?`,
  );
}

function noteLookup(
  node: Node,
  optional: boolean,
  columns: Map<string, TemplateColumn>,
): void {
  if (node.typename !== "LookupVal") return;
  const key = child(node, "val");
  const field = literalText(key);
  if (key === undefined || field === undefined) return;
  const target = symbolName(child(node, "target"));
  if (target === "job" && !jobFields.includes(field)) {
    throw templateFault(`job has no "${field}"`, lineOf(key), "Use job.id or job.name");
  }
  if (target !== "row") return;
  const noted = columns.get(field);
  if (noted === undefined || (noted.optional && !optional)) {
    columns.set(field, { name: field, line: lineOf(key), optional });
  }
}
