/**
 * What of a request does not fit the contract, as faults: with the field, without its content.
 *
 * @module
 */
import type { z } from "zod";
import type { CarrierFault } from "./explain_faults.ts";
import { faultOf } from "./ship_limits.ts";

/**
 * The faults of a request that does not fit.
 *
 * @param error What zod found.
 * @returns One for each field.
 *
 * @internal
 */
export function misfits({ issues }: z.ZodError): CarrierFault[] {
  return issues.flatMap((issue) => {
    const path = pathOf(issue.path);
    if (issue.code === "unrecognized_keys") {
      const at = issue.path.length > 0 ? `${path}.` : "";
      return issue.keys.map((key) => faultOf({ message: `${at}${key}: there is no such field` }));
    }
    return [faultOf({ message: `${path}: ${issue.message}` })];
  });
}

function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`);
  return text.join("").replace(/^\./, "") || "the shipment";
}
