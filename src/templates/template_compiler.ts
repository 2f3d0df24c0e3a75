/**
 * Turns a template's syntax tree into a JavaScript function, by nunjucks's compiler with the places
 * changed where a value is looked up, worked on or put out: these go through our runtime, with the
 * template's line.
 *
 * @module
 */
// @ts-types="./nunjucks.d.ts"
import nunjucks, { type Frame, type Node } from "nunjucks";
import { isPunctuation } from "./fragment.ts";
import { child, lenientLookup, list, literalText, symbolName } from "./syntax_tree.ts";

/** @internal What nunjucks's generated code is: it calls back before it returns. */
export type RootFunction = (
  env: unknown,
  context: unknown,
  frame: Frame,
  runtime: unknown,
  callback: (error: unknown, output: unknown) => void,
) => void;

/**
 * @internal Compiles a syntax tree that `checkTemplate` has passed.
 *
 * @param root The syntax tree.
 * @returns The function that renders it.
 */
export function compileTemplate(root: Node): RootFunction {
  const compiler = new TemplateCompiler("template", false);
  compiler.compile(root);
  // This is how nunjucks itself makes a template run; it happens in the worker only.
  const made: unknown = new Function(compiler.getCode())();
  const found: unknown = typeof made === "object" && made !== null
    ? Reflect.get(made, "root")
    : undefined;
  if (typeof found !== "function") throw new TypeError("nunjucks compiled to something else");
  return (...args) => Reflect.apply(found, undefined, args);
}

class TemplateCompiler extends nunjucks.compiler.Compiler {
  /** Lookups that may find nothing. */
  readonly #lenient = new Set<Node>();
  /** Literals that are a piece of JSON's own text. */
  readonly #structural = new Set<Node>();

  /** Bodies that may run for ever. */
  readonly #repeated = new Set<unknown>();

  override compileFor(node: Node, frame: Frame): void {
    this.#repeated.add(node["body"]);
    super.compileFor(node, frame);
  }

  override _compileMacro(node: Node, frame?: Frame): string {
    this.#repeated.add(node["body"]);
    return super._compileMacro(node, frame);
  }

  override compileNodeList(node: Node, frame: Frame): void {
    if (this.#repeated.has(node)) this._emitLine("runtime.tick();");
    super.compileNodeList(node, frame);
  }

  override compileOutput(node: Node, frame: Frame): void {
    for (const part of list(node, "children")) {
      if (part.typename === "TemplateData") {
        this._emit(`${this.buffer} += `);
        this.compileLiteral(part, frame);
        this._emitLine(";");
        continue;
      }
      this.#noteStructural(part);
      this._emit(`${this.buffer} += runtime.putOut(`);
      this.compile(part, frame);
      this._emitLine(`, ${node.lineno + 1});`);
    }
  }

  override compileLiteral(node: Node, frame: Frame): void {
    if (!this.#structural.has(node)) return super.compileLiteral(node, frame);
    this._emit("runtime.structure(");
    super.compileLiteral(node, frame);
    this._emit(")");
  }

  override compileCapture(node: Node, frame: Frame): void {
    this._emit("runtime.structure(");
    super.compileCapture(node, frame);
    this._emit(")");
  }

  override compileSymbol(node: Node, frame: Frame): void {
    const name = symbolName(node) ?? "";
    const local = frame.lookup(name);
    this._emit(
      typeof local === "string"
        ? local
        : `runtime.lookUp(context, frame, "${name}", ${node.lineno + 1})`,
    );
  }

  override compileLookupVal(node: Node, frame: Frame): void {
    const key = child(node, "val") ?? node;
    this._emit("runtime.lookUpField((");
    this._compileExpression(node["target"], frame);
    this._emit("), ");
    this._compileExpression(key, frame);
    this._emit(`, ${key.lineno + 1}, ${this.#lenient.has(node)})`);
  }

  override compileFilter(node: Node, frame: Frame): void {
    this.#noteLenient(node);
    const name = symbolName(child(node, "name")) ?? "";
    this._emit(`runtime.applyFilter(context, "${name}", ${node.lineno + 1}, `);
    this._compileAggregate(node["args"], frame, "[", "]");
    this._emit(")");
  }

  override compileFunCall(node: Node, frame: Frame): void {
    this._emit(`runtime.callFunction(context, ${node.lineno + 1}, `);
    this._compileExpression(node["name"], frame);
    this._emit(", ");
    this._compileAggregate(node["args"], frame, "[", "]");
    this._emit(")");
  }

  override compileIs(node: Node, frame: Frame): void {
    this.#noteLenient(node);
    super.compileIs(node, frame);
  }

  // Captured text is an object here, so its being empty has to be asked for.
  override compileNot(node: Node, frame: Frame): void {
    this._emit("!runtime.isTrue(");
    this.compile(node["target"], frame);
    this._emit(")");
  }

  override compileInlineIf(node: Node, frame: Frame): void {
    this._emit("(runtime.isTrue(");
    this.compile(node["cond"], frame);
    this._emit(") ? ");
    this.compile(node["body"], frame);
    this._emit(" : ");
    const otherwise = child(node, "else_");
    if (otherwise) this.compile(otherwise, frame);
    else this._emit('runtime.structure("")');
    this._emit(")");
  }

  override compileOr(node: Node, frame: Frame): void {
    this.#compileChoice("or", node, frame);
  }

  override compileAnd(node: Node, frame: Frame): void {
    this.#compileChoice("and", node, frame);
  }

  compileIf(node: Node, frame: Frame): void {
    this._emit("if (runtime.isTrue(");
    this._compileExpression(node["cond"], frame);
    this._emitLine(")) {");
    this.compile(node["body"], frame);
    const otherwise = child(node, "else_");
    if (otherwise) {
      this._emitLine("} else {");
      this.compile(otherwise, frame);
    }
    this._emitLine("}");
  }

  #compileChoice(choice: "or" | "and", node: Node, frame: Frame): void {
    this._emit(`runtime.${choice}(`);
    this.compile(node["left"], frame);
    this._emit(", () => (");
    this.compile(node["right"], frame);
    this._emit("))");
  }

  #noteLenient(node: Node): void {
    const lookup = lenientLookup(node);
    if (lookup) this.#lenient.add(lookup);
  }

  /** `{{ "," if not loop.last }}` writes a comma of the list, not a text that holds one. */
  #noteStructural(node: Node): void {
    if (node.typename !== "InlineIf") {
      if (writesPunctuation(node)) this.#structural.add(node);
      return;
    }
    const branches = [child(node, "body"), child(node, "else_")];
    if (!branches.some((branch) => branch !== undefined && writesPunctuation(branch))) return;
    for (const branch of branches) {
      if (branch && (writesPunctuation(branch) || literalText(branch) === "")) {
        this.#structural.add(branch);
      }
    }
  }
}

function writesPunctuation(node: Node): boolean {
  return isPunctuation(literalText(node) ?? "");
}
