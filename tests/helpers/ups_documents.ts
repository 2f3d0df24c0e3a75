/**
 * UPS's official OpenAPI documents as the outside opinion on what we send and on what our sandbox
 * answers. They are not in this repository: they lie beside it (`../shared/reference/ups-openapi`),
 * or where `WAYBILL_UPS_OPENAPI` says.
 *
 * ```ts
 * describeWithDocuments("a ship request", (documents) => {
 *   const faults = documents().validator("Shipping", "SHIPRequestWrapper");
 *   it("is one by UPS's document", () => expect(faults(body)).toEqual([]));
 * });
 * ```
 *
 * A validator gives the faults of a body in words, none if it is right. It is strict: a field that
 * the document does not know is a fault too, so that a misspelt one is found.
 *
 * The documents are wrong in places; {@link ./ups_patches.ts} names each, and each must be needed:
 * `unneededPatches()` tells which are not, given bodies that are right in reality.
 *
 * @module
 */
import { Ajv, type ErrorObject } from "ajv";
import formats from "ajv-formats";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { applyPatch, type Patch, patches } from "./ups_patches.ts";

/** The documents, by the names of their files. */
export type DocumentName =
  | "Shipping"
  | "Rating"
  | "Tracking"
  | "AddressValidation"
  | "OAuthClientCredentials";

/** The faults of a body in words, none if it is right. */
export type Validator = (body: unknown) => string[];

/** A body that is right in reality, and what it should be. */
export interface Example {
  document: DocumentName;
  schema: string;
  body: unknown;
}

/** The documents. */
export interface UpsDocuments {
  /** The validator of a component schema such as `SHIPRequestWrapper`. */
  validator(document: DocumentName, schema: string): Validator;
  /** The patches of a side without which all of the examples are right just the same. */
  unneededPatches(side: Patch["side"], examples: readonly Example[]): string[];
}

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const folder = process.env["WAYBILL_UPS_OPENAPI"] ||
  fileURLToPath(new URL("../../../shared/reference/ups-openapi", import.meta.url));
const areThere = existsSync(`${folder}/Shipping.json`);

/**
 * A group of tests that need the documents. Without them it is skipped, and says why; where `CI` is
 * set it fails.
 */
export function describeWithDocuments(
  name: string,
  body: (documents: () => UpsDocuments) => void,
): void {
  if (areThere) return describe(name, () => body(openDocuments));
  const why = `UPS's OpenAPI documents are not at ${folder}; WAYBILL_UPS_OPENAPI may name another`;
  if (!process.env["CI"]) return describe(name, () => it.skip(`skipped: ${why}`, () => {}));
  it(`${name}: finds the documents`, () => {
    throw new Error(why);
  });
}

let opened: UpsDocuments | undefined;

/** Opens the documents, once. */
export function openDocuments(): UpsDocuments {
  const compiled = new Map<string, Validator>();
  const validator = (document: DocumentName, schema: string, without?: string) => {
    const name = [document, schema, without].join(" ");
    const known = compiled.get(name) ?? compile(document, schema, without);
    compiled.set(name, known);
    return known;
  };
  opened ??= {
    validator: (document, schema) => validator(document, schema),
    unneededPatches: (side, examples) =>
      patches.filter((patch) => patch.side === side).filter(({ name, document }) =>
        examples.filter((example) => example.document === document)
          .every(({ schema, body }) => validator(document, schema, name)(body).length === 0)
      ).map(({ name }) => name),
  };
  return opened;
}

const compilers = new Map<string, Ajv>();

function compile(document: DocumentName, schema: string, without: string | undefined): Validator {
  const name = [document, without].join(" ");
  const ajv = compilers.get(name) ?? compilerOf(document, without);
  compilers.set(name, ajv);
  const validate = ajv.getSchema(`${document}#/components/schemas/${schema}`);
  if (!validate) throw new RangeError(`${document}.json has no schema ${schema}`);
  return (body) => validate(body) ? [] : (validate.errors ?? []).map(inWords);
}

function compilerOf(document: DocumentName, without: string | undefined): Ajv {
  const { components }: { components: { schemas: Json } } = JSON.parse(
    Deno.readTextFileSync(`${folder}/${document}.json`),
  );
  for (const patch of patches) {
    if (patch.document === document && patch.name !== without) {
      applyPatch(patch, components.schemas);
    }
  }
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  const schemas = transformAll(components.schemas);
  return ajv.addSchema({ $id: document, components: { schemas } });
}

function inWords({ instancePath, message, keyword, params }: ErrorObject): string {
  const what = keyword === "additionalProperties" ? `: ${params["additionalProperty"]}` : "";
  return `${instancePath || "/"} ${message}${what}`;
}

/** A schema of OpenAPI 3.0, as these documents write it, in JSON Schema. */
function transform(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(transform);
  if (typeof schema !== "object" || schema === null) return schema;
  const { type, maximum, minimum, nullable, properties, xml, example, discriminator, ...rest } =
    schema;
  void [xml, example, discriminator];
  const isNumber = type === "number" || type === "integer";
  const inside = Object.entries(rest).map(([name, value]) => [name, transform(value)]);
  return {
    ...Object.fromEntries(inside),
    ...(type === undefined ? {} : { type: nullable === true ? [type, "null"] : type }),
    // On a text or an object it says how often it may stand there.
    ...(isNumber && maximum !== undefined ? { maximum } : {}),
    ...(isNumber && minimum !== undefined ? { minimum } : {}),
    ...(type === "array" && maximum !== undefined ? { maxItems: maximum } : {}),
    ...(properties === undefined
      ? {}
      : { properties: transformAll(properties), additionalProperties: false }),
  };
}

/** Names that are no keywords, each with a schema. */
function transformAll(schemas: Json): Json {
  return Object.fromEntries(
    Object.entries(schemas ?? {}).map(([name, schema]) => [name, transform(schema)]),
  );
}
