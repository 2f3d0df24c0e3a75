/**
 * The filters a template can use: the logistics filters, and nunjucks's own where they make sense
 * for JSON.
 *
 * @module
 */
// @ts-types="./nunjucks.d.ts"
import nunjucks, { type Callable } from "nunjucks";
import { refuseHuge, TemplateFault } from "./fault.ts";
import { Fragment } from "./fragment.ts";
import { FilterError } from "./filters/filter_error.ts";
import { logisticsFilters } from "./filters.ts";
import { JsonText, toText } from "./placeholders.ts";
import type { RenderContext } from "./render_context.ts";

/** Made for HTML; here they would only mutilate a value, since every value is escaped anyway. */
const identities = new Set(["safe", "escape", "e", "forceescape", "string"]);

/** Filters of nunjucks that break on anything but text. */
const textFilters = new Set(
  "capitalize center indent lower replace title trim truncate upper urlencode wordcount".split(" "),
);

const environment = new nunjucks.Environment([], { autoescape: false });

/** The nunjucks environment, for compiled code and nunjucks's own filters. */
export const nunjucksEnvironment: object = environment;

/** Every test's name, as in `x is defined`. */
export const testNames: readonly string[] = Object.keys(environment.tests);

const filters = new Map<string, Callable>(Object.entries(environment.filters));
// The same row renders to the same request, always: the request's hash says whether it changed.
filters.delete("random");
for (const name of ["dump", "tojson"]) filters.set(name, dump);
for (const [name, filter] of Object.entries(logisticsFilters)) {
  filters.set(name, (value, ...given) => filter.apply(value, ...settings(filter.settings, given)));
}

/** Every filter's name. */
export const filterNames: readonly string[] = [...filters.keys()];

/**
 * Applies a filter.
 *
 * @param context The rendering's names, which nunjucks's filters want as `this`.
 * @param name The filter.
 * @param line The template's line.
 * @param args The value, then the settings.
 * @returns What the filter makes of it.
 * @throws {TemplateFault} If the filter refuses the value.
 */
export function applyFilter(
  context: RenderContext,
  name: string,
  line: number,
  args: readonly unknown[],
): unknown {
  const filter = filters.get(name);
  const [value, ...given] = args;
  if (identities.has(name)) return value;
  if (name === "trim" && value instanceof Fragment) return value.trimmed();
  const plain = [value, ...given].map((arg) => arg instanceof Fragment ? String(arg) : arg);
  if (plain[0] instanceof JsonText) plain[0] = String(plain[0]);
  if (textFilters.has(name) && typeof plain[0] !== "string") plain[0] = toText(plain[0]);
  try {
    if (!Object.hasOwn(logisticsFilters, name)) refuseHugeSettings(given);
    const made = filter?.apply(context, plain);
    refuseHuge(made, line);
    return made;
  } catch (thrown) {
    if (thrown instanceof TemplateFault) throw thrown;
    throw new TemplateFault({
      kind: "filter",
      filter: name,
      value: shortened(plain[0]),
      problem: thrown instanceof Error ? thrown.message : String(thrown),
      remedy: thrown instanceof FilterError ? thrown.remedy : undefined,
      line,
    });
  }
}

/** Nunjucks's `center`, `slice` and the like count up to whatever they are told. */
function refuseHugeSettings(given: readonly unknown[]): void {
  if (given.some((setting) => typeof setting === "number" && setting > 10_000)) {
    throw new FilterError("a setting is too large");
  }
}

function dump(value: unknown, indent: unknown): JsonText {
  if (value instanceof JsonText) return value;
  return new JsonText(
    value,
    typeof indent === "number" || typeof indent === "string" ? indent : undefined,
  );
}

/** The settings in order, whether the template gives them by place or by name. */
function settings(names: readonly string[], given: readonly unknown[]): unknown[] {
  const last = given.at(-1);
  if (typeof last !== "object" || last === null || !Object.hasOwn(last, "__keywords")) {
    return [...given];
  }
  const named = Object.entries(last).filter(([name]) => name !== "__keywords");
  const unknown = named.find(([name]) => !names.includes(name));
  if (unknown) throw new FilterError(`there is no setting "${unknown[0].slice(0, 60)}"`);
  const inOrder = given.slice(0, -1);
  for (const [name, value] of named) inOrder[names.indexOf(name)] = value;
  return inOrder;
}

function shortened(value: unknown): string {
  const text = value === undefined ? "nothing" : toText(value);
  const characters = [...text.slice(0, 200)];
  return characters.length <= 60 ? characters.join("") : `${characters.slice(0, 59).join("")}…`;
}
