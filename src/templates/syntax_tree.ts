/**
 * Reading nunjucks's syntax tree without trusting its shape.
 *
 * @module
 */
// @ts-types="./nunjucks.d.ts"
import nunjucks, { type Node } from "nunjucks";

/** Filters whose direct input may be missing. */
export const defaultFilters: ReadonlySet<string> = new Set(["default_value", "default", "d"]);

/**
 * @internal The node in a field.
 *
 * @param node The node above.
 * @param field The field's name.
 * @returns The node, unless the field holds something else.
 */
export function child(node: Node, field: string): Node | undefined {
  const found = node[field];
  return found instanceof nunjucks.nodes.Node ? found : undefined;
}

/**
 * @internal The nodes in a field that holds a list.
 *
 * @param node The node above, if there is one.
 * @param field The field's name.
 * @returns The nodes.
 */
export function list(node: Node | undefined, field: string): Node[] {
  const found = node?.[field];
  return Array.isArray(found)
    ? found.filter((item): item is Node => item instanceof nunjucks.nodes.Node)
    : [];
}

/**
 * @internal All nodes right below one; nunjucks's own walk leaves out the body of `set`.
 *
 * @param node The node above.
 * @returns The nodes, in the template's order.
 */
export function children(node: Node): Node[] {
  return Object.keys(node).flatMap((field) => {
    const one = child(node, field);
    return one === undefined ? list(node, field) : [one];
  });
}

/**
 * @internal The name that a symbol node is.
 *
 * @param node A node, if there is one.
 * @returns The name, unless it is not a symbol.
 */
export function symbolName(node: Node | undefined): string | undefined {
  return node?.typename === "Symbol" && typeof node["value"] === "string"
    ? node["value"]
    : undefined;
}

/**
 * @internal The text that a literal node is.
 *
 * @param node A node, if there is one.
 * @returns The text, unless it is not a literal text.
 */
export function literalText(node: Node | undefined): string | undefined {
  return node?.typename === "Literal" && typeof node["value"] === "string"
    ? node["value"]
    : undefined;
}

/**
 * @internal The lookup for which a default stands right beside it.
 *
 * @param node A filter or a test.
 * @returns The lookup that may find nothing, if there is one.
 */
export function lenientLookup(node: Node): Node | undefined {
  let input: Node | undefined;
  if (node.typename === "Filter" && defaultFilters.has(symbolName(child(node, "name")) ?? "")) {
    input = list(child(node, "args"), "children")[0];
  } else if (node.typename === "Is") {
    const test = symbolName(child(node, "right"));
    if (test === "defined" || test === "undefined") input = child(node, "left");
  }
  return input?.typename === "LookupVal" ? input : undefined;
}
