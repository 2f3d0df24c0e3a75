/**
 * What a compiled template calls while it renders: every lookup is strict, every value is kept out
 * of the text, and nothing but fields of data and methods of texts, lists and numbers can be
 * reached.
 *
 * @module
 */
// @ts-types="./nunjucks.d.ts"
import nunjucks, { type Frame } from "nunjucks";
import { refuseHuge, TemplateFault, templateFault } from "./fault.ts";
import { Fragment } from "./fragment.ts";
import { nearest } from "./nearest.ts";
import { JsonText, mark, type PlacedValue, toText } from "./placeholders.ts";
import type { RenderContext } from "./render_context.ts";
import { applyFilter } from "./template_filters.ts";

// deno-lint-ignore ban-types -- what `typeof` finds and `Reflect.apply` takes
type AnyFunction = Function;

/** One rendering's runtime: nunjucks's own, with our own hooks in it. */
export type RenderRuntime = Record<string, unknown>;

/**
 * @internal Makes the runtime for one rendering.
 *
 * @param values Where the values go that the template puts out.
 * @param timeLimitMs How long the rendering may take.
 * @returns What the compiled code takes as its `runtime`.
 */
export function createRuntime(values: PlacedValue[], timeLimitMs: number): RenderRuntime {
  const end = performance.now() + timeLimitMs;
  let ticks = 0;
  return {
    ...nunjucks.runtime,
    // Macros end with `new runtime.SafeString(text)`.
    SafeString: class extends Fragment {
      constructor(text: string) {
        super(text, values);
      }
    },
    structure: (text: string) => new Fragment(text, values),
    putOut(value: unknown, line: number): string {
      if (value instanceof Fragment) return value.text;
      if (value === undefined) throw templateFault("there is no value to put out", line);
      if (typeof value === "function") throw templateFault("a function is not a value", line);
      return mark(values.push({ value, line }) - 1);
    },
    lookUp(context: RenderContext, frame: Frame, name: string, line: number): unknown {
      const local = frame.lookup(name);
      if (local !== undefined) return local;
      if (context.has(name)) return context.get(name);
      // A macro asks for its caller to see whether it has one.
      if (name === "caller") return undefined;
      throw templateFault(`nothing is named "${name}" here`, line);
    },
    lookUpField,
    /** Called in every loop and macro, since nothing else can go on for ever. */
    tick(): void {
      if (++ticks % 64 === 0 && performance.now() > end) throw new TemplateFault({ kind: "late" });
    },
    applyFilter,
    callFunction,
    isTrue,
    or: (left: unknown, right: () => unknown) => isTrue(left) ? left : right(),
    and: (left: unknown, right: () => unknown) => isTrue(left) ? right() : left,
    handleError: (error: unknown) => error,
  };
}

function isTrue(value: unknown): boolean {
  return value instanceof Fragment ? value.text !== "" : Boolean(value);
}

function lookUpField(
  target: unknown,
  field: unknown,
  line: number,
  lenient: boolean,
): unknown {
  const key = typeof field === "number" ? field : String(field);
  if (target === null || target === undefined) {
    if (lenient) return undefined;
    throw templateFault(`there is nothing that "${shown(key)}" could be a field of`, line);
  }
  if (typeof target === "function") throw templateFault("a function has no fields", line);
  const data = target instanceof Fragment || target instanceof JsonText ? String(target) : target;
  const box: object = Object(data);
  if (Object.hasOwn(box, key)) {
    const found: unknown = Reflect.get(box, key);
    return typeof found === "function" ? bound(found, box) : found;
  }
  const method = methodOf(data, key);
  if (method !== undefined) return bound(method, data);
  if (lenient) return undefined;
  if (isRow(data)) throw new TemplateFault({ kind: "column", column: String(key), line });
  const like = nearest(String(key), Object.keys(box));
  throw templateFault(
    `there is no field "${shown(key)}"`,
    line,
    like === undefined ? undefined : `Did you mean ${like}?`,
  );
}

const rows = new WeakSet<object>();

/**
 * Marks an object as the row, whatever name the template gives it, and keeps a template from
 * changing what the next row is rendered from.
 *
 * @param context What the row is rendered from.
 */
export function prepareContext(context: { row: object }): void {
  rows.add(context.row);
  freeze(context);
}

function isRow(value: unknown): boolean {
  return typeof value === "object" && value !== null && rows.has(value);
}

function freeze(value: unknown): void {
  // Shipper and job are the same object for all rows of a batch, and frozen with the first.
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  if (ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const below of Object.values(value)) freeze(below);
}

/** `constructor` leads out of the data; the others make regular expressions, which can hang. */
const refusedMethods = new Set<string | number>(["constructor", "match", "matchAll", "search"]);

/** Methods that texts, lists and numbers have by nature. */
function methodOf(data: unknown, key: string | number): AnyFunction | undefined {
  const nature = typeof data === "string"
    ? String.prototype
    : typeof data === "number"
    ? Number.prototype
    : Array.isArray(data)
    ? Array.prototype
    : undefined;
  if (nature === undefined || refusedMethods.has(key) || !Object.hasOwn(nature, key)) {
    return undefined;
  }
  const method: unknown = Reflect.get(nature, key);
  return typeof method === "function" ? method : undefined;
}

function bound(method: AnyFunction, owner: unknown): (...args: unknown[]) => unknown {
  return (...args) => Reflect.apply(method, owner, args);
}

function callFunction(
  context: RenderContext,
  line: number,
  callee: unknown,
  args: unknown[],
): unknown {
  if (typeof callee !== "function") throw templateFault("this is not a function", line);
  try {
    const made: unknown = Reflect.apply(callee, context, args);
    refuseHuge(made, line);
    return made;
  } catch (thrown) {
    if (thrown instanceof TemplateFault) throw thrown;
    throw templateFault(thrown instanceof Error ? thrown.message : String(thrown), line);
  }
}

function shown(key: string | number): string {
  return toText(key).slice(0, 60);
}
