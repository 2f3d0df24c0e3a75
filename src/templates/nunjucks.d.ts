/**
 * What Waybill uses of nunjucks 3.2.4, whose own types leave out the parser and the compiler.
 *
 * @module
 */

/** @internal A node of the syntax tree; lines and columns count from 0. */
export declare class Node {
  constructor(lineno: number, colno: number, ...fields: unknown[]);
  readonly typename: string;
  readonly lineno: number;
  readonly colno: number;
  [field: string]: unknown;
}

/** @internal Compile-time scopes: a template's name to the name of its JavaScript variable. */
export declare class Frame {
  topLevel: boolean;
  lookup(name: string): unknown;
}

/** @internal Turns a syntax tree into JavaScript; one method for each kind of node. */
export declare class Compiler {
  constructor(templateName: string, throwOnUndefined: boolean);
  buffer: string;
  _emit(code: string): void;
  _emitLine(code: string): void;
  _compileExpression(node: unknown, frame: Frame): void;
  _compileAggregate(node: unknown, frame: Frame, open?: string, close?: string): void;
  compile(node: unknown, frame?: Frame): void;
  _compileMacro(node: Node, frame?: Frame): string;
  compileFor(node: Node, frame: Frame): void;
  compileNodeList(node: Node, frame: Frame): void;
  compileLiteral(node: Node, frame: Frame): void;
  compileSymbol(node: Node, frame: Frame): void;
  compileOutput(node: Node, frame: Frame): void;
  compileCapture(node: Node, frame: Frame): void;
  compileLookupVal(node: Node, frame: Frame): void;
  compileFilter(node: Node, frame: Frame): void;
  compileFunCall(node: Node, frame: Frame): void;
  compileIs(node: Node, frame: Frame): void;
  compileInlineIf(node: Node, frame: Frame): void;
  compileNot(node: Node, frame: Frame): void;
  compileAnd(node: Node, frame: Frame): void;
  compileOr(node: Node, frame: Frame): void;
  getCode(): string;
}

/** @internal A filter or a test, called with the context as `this`. */
export type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** @internal The table of filters and tests. */
export declare class Environment {
  constructor(loaders: readonly unknown[], options: { autoescape: boolean });
  filters: Record<string, Callable>;
  tests: Record<string, Callable>;
  opts: { autoescape: boolean };
  getTest(name: string): Callable;
}

/** @internal The package. */
declare const nunjucks: {
  Environment: typeof Environment;
  compiler: { Compiler: typeof Compiler };
  parser: { parse(text: string): Node };
  nodes: { Node: typeof Node };
  runtime: Record<string, unknown> & { Frame: typeof Frame };
};
export default nunjucks;
