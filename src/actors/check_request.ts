/**
 * Checks what a template rendered against the carrier's contract, before anything is sent.
 *
 * @module
 */
import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import { addressSchema } from "../contracts/address.ts";
import { packageSchema, shipmentRequestSchema } from "../contracts/carrier.ts";
import type { RenderedRequest } from "../machines/row_types.ts";

/** How many faults of one row are told. */
const toldFaults = 3;

/**
 * Checks a rendered request and fills in what it leaves out.
 *
 * @param rendered What the template rendered.
 * @param shipper The job's shipper, for a request that names none.
 * @returns The request with its defaults, or the problem in the row's own words.
 */
export function checkRequest(rendered: unknown, shipper: unknown): RenderedRequest {
  if (typeof rendered !== "object" || rendered === null || Array.isArray(rendered)) {
    return refused(["it is not a JSON object"]);
  }
  const result = shipmentRequestSchema.safeParse({ shipper, ...rendered });
  const faults = [
    ...unknownFields(rendered),
    ...(result.success
      ? []
      : result.error.issues.flatMap((issue) => describeIssue(issue, rendered))),
  ];
  if (faults.length > 0) return refused(faults);
  return result.success ? { type: "rendered", request: result.data } : refused([]);
}

/**
 * A near miss of a known name at the top level; others may be meant for a carrier of somebody
 * else's, and pass.
 */
function unknownFields(rendered: object): string[] {
  const known = Object.keys(shipmentRequestSchema.shape);
  return Object.keys(rendered).filter((name) => !known.includes(name)).flatMap((name) => {
    const nearest = closest(name, known);
    return distance(name, nearest) <= 2 ? [`${name}: did you mean ${nearest}?`] : [];
  });
}

function describeIssue(issue: z.core.$ZodIssue, rendered: unknown): string[] {
  const path = pathOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(
      issue.path[0] === "packages" ? packageSchema.shape : addressSchema.shape,
    );
    return issue.keys.map((key) => `${path}.${key}: ${hintFor(key, known)}`);
  }
  const value = valueAt(rendered, issue.path);
  if (value === undefined) return [`${path} is missing`];
  if (typeof value === "string" && value.trim() === "") return [`${path} is empty`];
  if (issue.code === "invalid_type" && issue.expected === "number" && typeof value === "string") {
    return [`${path} is a text: a number is needed, without quotes around it`];
  }
  if (issue.code === "invalid_type" && issue.expected === "boolean") {
    return [`${path} is neither true nor false`];
  }
  // Without the value, which may be personal: this is kept, and sent to people.
  return [`${path} does not fit: ${issue.message}`];
}

/** People's names for a field that no edit distance finds. */
const otherNames: Readonly<Record<string, string>> = {
  zip: "postal_code",
  zip_code: "postal_code",
  postcode: "postal_code",
  state: "state_province_code",
  province: "state_province_code",
  country: "country_code",
  street: "address_line1",
  address: "address_line1",
  address1: "address_line1",
  address2: "address_line2",
  recipient: "name",
  company: "name",
  contact: "attention_name",
};

/**
 * The known field that a person most likely meant.
 *
 * @param key What was written.
 * @param known The fields that there are.
 * @returns One of them, or `undefined` if none is near.
 */
export function nearestField(key: string, known: string[]): string | undefined {
  const other = otherNames[key.toLowerCase()];
  if (other !== undefined && known.includes(other)) return other;
  // Of two that are as near, people get the first letter right: "heigth" is no "length".
  const isAlike = (name: string) => name[0] === key[0];
  const nearest = closest(key, [...known.filter(isAlike), ...known]);
  const isNear = distance(key, nearest) <= Math.max(2, key.length / 3);
  return isNear || nearest.includes(key) || key.includes(nearest) ? nearest : undefined;
}

function hintFor(key: string, known: string[]): string {
  const nearest = nearestField(key, known);
  return nearest === undefined ? "there is no such field" : `did you mean ${nearest}?`;
}

/**
 * What does not fit a contract, in words.
 *
 * @param error What zod found.
 * @param value What was checked.
 * @param known The fields at its top.
 * @returns One fault for each issue.
 *
 * @internal
 */
export function issueFaults(error: z.ZodError, value: unknown, known: string[]): string[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `${key}: ${hintFor(key, known)}`)
      : describeIssue(issue, value)
  );
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`)
    .join("").replace(/^\./, "") || "the request";
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

function refused(faults: readonly string[]): RenderedRequest {
  const more = faults.length > toldFaults ? ` (and ${faults.length - toldFaults} more)` : "";
  return {
    type: "refused",
    problem: {
      code: "E-2001",
      message: `Cannot ship this row: ${faults.slice(0, toldFaults).join("; ")}${more}`,
      remedy: "Mend the row in the source or the field in the template",
    },
  };
}
